"""The value types of benchmark data: labelled images, data sets, and splits ready to be ranked."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import InputError

Strings = NDArray[np.str_]

JUNK, DISTRACTOR = "-1", "0000"  # as Market-1501 names them, and everybody after it
RESERVED = frozenset({JUNK, DISTRACTOR, "0"})


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One picture of a benchmark and who is in it.

    Attributes:
        path: where the picture lies.
        identity: who it shows; equal strings are one person.
        camera: which camera took it, `"c1"` and the like, or None where the data do not say. An
            image of unknown camera is never left out of a ranking as "same camera".
        distractor: shows nobody in the query set; stays in the gallery and counts against us.
    """

    path: Path
    identity: str
    camera: str | None
    distractor: bool = False

    def within(self, data_set: str) -> Self:
        """The same image with identity and camera prefixed by `data_set/`."""
        camera = None if self.camera is None else f"{data_set}/{self.camera}"
        return replace(self, identity=f"{data_set}/{self.identity}", camera=camera)


Images = tuple[LabelledImage, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataSet:
    """A data set as its own folder divides it; junk is already gone, distractors are not.

    Attributes:
        name: for people, and the prefix of its identities and cameras when data sets are combined.
        train: training images; empty where the data set has no training part.
        query: images to ask with.
        gallery: images to find, distractors among them.
        notes: what differs from the official counts and what was left out, one line each.
    """

    name: str
    train: Images
    query: Images
    gallery: Images
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Split:
    """What to train on, what to validate with, what to ask and what to ask it of.

    Attributes:
        train: images to learn from.
        validation: images of training identities, held out of `train`.
        query: images to ask with.
        gallery: images to find, distractors among them.
        notes: what must be known to judge a figure reached on it, one line each.

    Raises:
        InputError: when training and test share an identity, when an image is in two parts, or
            when a distractor is anywhere but in the gallery.
    """

    train: Images
    validation: Images
    query: Images
    gallery: Images
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        learned = (*self.train, *self.validation)
        tested = (*self.query, *self.gallery)
        _check_identities(identities(learned) & identities(tested))
        _check_once((*learned, *tested))
        _check_distractors((*learned, *self.query))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RankingLabels:
    """Identities and cameras of a split's query and gallery, in its order.

    Attributes:
        query_ids: strings `(Q,)`.
        gallery_ids: strings `(G,)`; `"0000"` for a distractor of whichever data set.
        query_cameras: strings `(Q,)`; empty where the camera is unknown.
        gallery_cameras: strings `(G,)`; likewise.
    """

    query_ids: Strings
    gallery_ids: Strings
    query_cameras: Strings
    gallery_cameras: Strings


def ranking_labels(split: Split) -> RankingLabels:
    """The labels that metrics need, as arrays that an `.npz` file can hold without pickle."""
    return RankingLabels(
        query_ids=np.array([_label(image) for image in split.query], np.str_),
        gallery_ids=np.array([_label(image) for image in split.gallery], np.str_),
        query_cameras=np.array([image.camera or "" for image in split.query], np.str_),
        gallery_cameras=np.array([image.camera or "" for image in split.gallery], np.str_),
    )


def _label(image: LabelledImage) -> str:
    """An identity as metrics read it; a real person who is called like junk is called otherwise.

    No folder's name holds a slash and no data set is called `.`, so no two people become one.
    """
    if image.distractor:
        return DISTRACTOR
    return f"./{image.identity}" if image.identity in RESERVED else image.identity


def identities(images: Iterable[LabelledImage]) -> set[str]:
    """The people shown, distractors not counted."""
    return {image.identity for image in images if not image.distractor}


def in_order(images: Iterable[LabelledImage]) -> Images:
    """Images sorted by identity, then file name: the same on every file system.

    The folder decides only between images of one identity and one name, by its own name; where the
    data set lies and in which order a directory is listed never matter.
    """
    return tuple(
        sorted(images, key=lambda i: (i.identity, portable(i.path.name), i.path.parent.name))
    )


def portable(name: str) -> str:
    """A file's name in composed Unicode: some file systems hand it back decomposed."""
    return unicodedata.normalize("NFC", name)


def _check_identities(shared: set[str]) -> None:
    if shared:
        msg = (
            f"training and test share {len(shared)} identities ({_first(shared)}); "
            "a figure reached so would be leaked: split by identity"
        )
        raise InputError(msg)


def _check_once(images: Sequence[LabelledImage]) -> None:
    again = [str(path) for path, n in Counter(i.path for i in images).items() if n > 1]
    if again:
        msg = f"{len(again)} images are in two parts of the split ({_first(again)}); keep one each"
        raise InputError(msg)


def _check_distractors(images: Iterable[LabelledImage]) -> None:
    stray = [str(image.path) for image in images if image.distractor]
    if stray:
        msg = f"{len(stray)} distractors lie outside the gallery ({_first(stray)}); move them there"
        raise InputError(msg)


def _first(names: Iterable[str], count: int = 3) -> str:
    """The first few names in sorted order, for a message."""
    ordered = sorted(names)
    return ", ".join(ordered[:count]) + (", …" if len(ordered) > count else "")
