"""Data sets, decoded once: from their folders or from a packed file to one that is mapped."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from surveil_reid.core import Image, InputError
from surveil_reid.embedding.preprocessing import stretch
from surveil_reid.evaluation import DataSet, LabelledImage, read_data_set
from surveil_reid.evaluation.combined import combine
from surveil_reid.evaluation.folder import read_folder
from surveil_reid.evaluation.images import in_order
from training.picture_files import (
    PARTS,
    Bytes,
    PictureFile,
    labels_of,
    open_picture_file,
    write_picture_file,
)

JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
TAIL = 1024
"""A JPEG file may have some bytes behind its end, but its end must come."""


@dataclass(frozen=True, slots=True)
class Source:
    """Encoded images with their labels.

    Attributes:
        data_set: the paths of its images are relative.
        read: gives the bytes of one of them.
        stamp: changes whenever an image does.
    """

    data_set: DataSet
    read: Callable[[Path], bytes]
    stamp: str


def open_source(name: str, place: Path, beside: Sequence[str] = ()) -> Source:
    """Find a data set's images.

    Args:
        name: of the data set, see `read_data_set`.
        place: its folder, one above it, or a file that `pack` wrote.
        beside: see `DataRecipe`.

    Raises:
        InputError: when there is no such data set there, or no such folder.
    """
    whole = "+".join((name, *beside))
    if place.is_file():
        return _from_pack(place, whole)
    found = read_data_set(name, place)
    if beside:
        found = _joined(found, [_people_to_learn(place / folder) for folder in beside])
    return _from_folder(replace(found, name=whole), place)


def pack(source: Source, path: Path, parts: Collection[str] = PARTS) -> None:
    """Write a data set into one file of its encoded images, to travel.

    Args:
        source: the images.
        path: where to.
        parts: of the data set; without query and gallery a run cannot test itself.

    Raises:
        InputError: when an image is missing or the file cannot be written.
    """
    whole = source.data_set
    kept = {part: getattr(whole, part) if part in parts else () for part in PARTS}
    data_set = DataSet(name=whole.name, notes=whole.notes, **kept)
    contents = [np.frombuffer(source.read(i.path), np.uint8) for i in _images(data_set)]
    size = sum(len(content) for content in contents)
    encoded = ((content, None) for content in contents)
    write_picture_file(path, "encoded", (size,), data_set, encoded)


def open_cache(
    source: Source, size: tuple[int, int], folder: Path, *, skip_limit: int
) -> PictureFile:
    """Decode a data set, unless that was done before.

    Args:
        source: the images.
        size: height and width that pictures are kept at.
        folder: where decoded data sets are kept.
        skip_limit: unreadable images to leave out; with one more the data set is refused.

    Returns:
        The pictures; what was skipped is in none of the parts.

    Raises:
        InputError: when too many images cannot be read, or the file cannot be written.
    """
    key = hashlib.sha256(f"{source.stamp} {size}".encode()).hexdigest()[:16]
    path = folder / f"{source.data_set.name}-{size[0]}x{size[1]}-{key}.safetensors"
    if not path.exists():
        shape = (len(_images(source.data_set)), *size, 3)
        decoded = _decode_all(source, size, skip_limit)
        write_picture_file(path, "pictures", shape, source.data_set, decoded)
    found = open_picture_file(path)
    _check_skipped(found.skipped, skip_limit)  # another recipe may have allowed more
    return found


def _from_pack(path: Path, name: str) -> Source:
    packed = open_picture_file(path)
    if not packed.sizes or packed.data_set.name != name:
        msg = f"{path} holds {packed.data_set.name}, not {name} to decode; name another file"
        raise InputError(msg)
    ends = np.cumsum(packed.sizes)

    def read(image: Path) -> bytes:
        row = packed.rows[image]
        return packed.content[ends[row] - packed.sizes[row] : ends[row]].tobytes()

    return Source(packed.data_set, read, packed.sha256)


def _people_to_learn(folder: Path) -> DataSet:
    """Somebody's own pictures, all of them to learn from."""
    found = read_folder(folder)
    images = in_order((*found.query, *found.gallery))
    return DataSet(name=folder.name, train=images, query=(), gallery=())


def _joined(found: DataSet, further: Sequence[DataSet]) -> DataSet:
    """Data sets side by side; identities of those that were combined already have their names."""
    if any("/" not in image.identity for image in _images(found)):
        return combine([found, *further])
    return replace(found, train=(*found.train, *combine(further).train))


def _from_folder(found: DataSet, root: Path) -> Source:
    absolute = {image.path for image in _images(found)}
    relative: dict[str, Any] = {
        part: tuple(replace(i, path=i.path.relative_to(root)) for i in getattr(found, part))
        for part in PARTS
    }
    data_set = replace(found, **relative)
    stats = [(path.as_posix(), path.stat()) for path in sorted(absolute)]
    facts = [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats]
    stamp = hashlib.sha256(json.dumps([facts, labels_of(data_set)]).encode()).hexdigest()
    return Source(data_set, lambda path: (root / path).read_bytes(), stamp)


def _images(data_set: DataSet) -> tuple[LabelledImage, ...]:
    return tuple(image for part in PARTS for image in getattr(data_set, part))


def _decode_all(
    source: Source, size: tuple[int, int], skip_limit: int
) -> Iterator[tuple[Bytes, str | None]]:
    skipped: list[str] = []
    for image in _images(source.data_set):
        picture = decode(_read(source, image.path))
        if picture is None:
            skipped.append(image.path.as_posix())
            _check_skipped(skipped, skip_limit)
            yield np.zeros((*size, 3), np.uint8), skipped[-1]
        else:
            yield np.ascontiguousarray(stretch(picture, size)), None


def _read(source: Source, path: Path) -> bytes:
    try:
        return source.read(path)
    except OSError:
        return b""


def decode(encoded: bytes) -> Image | None:
    """Decode a JPEG, PNG or the like.

    Returns:
        RGB uint8 `(height, width, 3)`, upright; None where it is no picture or is cut short.
    """
    cut = encoded.startswith(JPEG_START) and JPEG_END not in encoded[-TAIL:]
    if not encoded or cut:
        return None
    picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR_RGB)
    return None if picture is None else np.asarray(picture, np.uint8)


def _check_skipped(skipped: "tuple[str, ...] | list[str]", limit: int) -> None:
    if len(skipped) > limit:
        names = ", ".join(skipped[:3]) + (", …" if len(skipped) > 3 else "")
        msg = (
            f"{len(skipped)} pictures cannot be read ({names}); mend or remove them, or allow more "
            "with data.skip_limit"
        )
        raise InputError(msg)
