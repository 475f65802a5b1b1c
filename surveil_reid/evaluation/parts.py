"""Reading a data set's folders: finding them, taking the pictures by name, comparing counts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveil_reid.core import InputError
from surveil_reid.evaluation.images import Images, LabelledImage, in_order, portable

TRAIN, QUERY, GALLERY = "bounding_box_train", "query", "bounding_box_test"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


@dataclass(frozen=True, slots=True)
class Layout:
    """How a data set with the three official folders names its pictures.

    Attributes:
        data_set: its name, for messages.
        pattern: matches a whole file name, with the groups `identity` and `camera` (a number).
        example: a file name that fits, for messages.
    """

    data_set: str
    pattern: re.Pattern[str]
    example: str


@dataclass(frozen=True, slots=True)
class Part:
    """The pictures of one folder.

    Attributes:
        images: in order of identity and file name.
        notes: what was passed over.
    """

    images: Images
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A number found beside the number that the official data set has."""

    what: str
    found: int
    official: int


def find_root(root: Path, usual: Iterable[str], layout: Layout) -> Path:
    """The folder that holds the three official folders: `root` or one with a usual name in it.

    Args:
        root: what the user named.
        usual: folders, relative to `root`, to look into if `root` has none of the three itself.
        layout: of the data set, for the message.

    Returns:
        The folder; all three are there.

    Raises:
        InputError: when none of them has the layout; names the folders that are missing.
    """
    check_folder(root)
    places = [root, *(root / name for name in usual)]
    for place in places:
        missing = [name for name in (TRAIN, QUERY, GALLERY) if not (place / name).is_dir()]
        if not missing:
            return place
        if len(missing) < 3:
            msg = f"{layout.data_set}: {place} lacks {' and '.join(missing)}; unpack it again"
            raise InputError(msg)
    msg = (
        f"{root} does not look like {layout.data_set}: looked for the folders {TRAIN}, {QUERY} and "
        f"{GALLERY} in it and in {', '.join(usual)}; name the folder that holds them"
    )
    raise InputError(msg)


def read_part(folder: Path, layout: Layout) -> Part:
    """Read one of the three folders by its pictures' names; nothing is decoded.

    Files that are no pictures (`Thumbs.db`, `readme.txt`, hidden files) are passed over in silence,
    pictures of another name with a note.

    Args:
        folder: one of the three.
        layout: of the data set.

    Returns:
        The pictures and what was passed over.

    Raises:
        InputError: when no picture has a name that fits.
    """
    paths = pictures(folder)
    matches = [(path, layout.pattern.fullmatch(path.name)) for path in paths]
    images = [
        LabelledImage(path, match["identity"], camera_name(match["camera"]))
        for path, match in matches
        if match
    ]
    strangers = [path.name for path, match in matches if not match]
    if not images:
        msg = (
            f"{layout.data_set}: {folder} holds no picture named like {layout.example} "
            f"({len(strangers)} of other names); check that it is this data set, and complete"
        )
        raise InputError(msg)
    return Part(in_order(images), _stranger_notes(folder.name, strangers, layout))


def _stranger_notes(folder: str, names: Sequence[str], layout: Layout) -> tuple[str, ...]:
    if not names:
        return ()
    return (
        f"{layout.data_set}: {folder}: {len(names)} pictures passed over, not named like "
        f"{layout.example}: {names[0]}",
    )


def pictures(folder: Path) -> list[Path]:
    """The pictures lying in a folder, sorted by name; hidden files and other files left out."""
    found = [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
    ]
    return sorted(found, key=lambda path: portable(path.name))


def camera_name(number: str) -> str:
    """A camera's number as its name, `c1` for `1` and for `01`."""
    return f"c{int(number)}"


def check_folder(folder: Path) -> None:
    """Raise InputError unless the folder is there."""
    if not folder.is_dir():
        msg = f"{folder} is not a folder; name the one that holds the data set"
        raise InputError(msg)


def count_notes(data_set: str, counts: Iterable[Count]) -> tuple[str, ...]:
    """One line for each count that differs from the official one; none where all agree."""
    return tuple(
        f"{data_set}: {count.what}: {count.found:,} found of {count.official:,}"
        for count in counts
        if count.found != count.official
    )
