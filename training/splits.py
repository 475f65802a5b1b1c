"""Which rows of the cache a run learns from, validates with and is tested on."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from surveil_reid.core import InputError, Integers
from surveil_reid.evaluation import Split, split
from surveil_reid.evaluation.images import Images, LabelledImage, identities
from surveil_reid.evaluation.protocols import ask_each_camera
from training.picture_files import PictureFile
from training.recipe import DataRecipe


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Pictures of training identities.

    Attributes:
        rows: int64 `(n,)`, in the cache.
        labels: int64 `(n,)`, classes from 0.
    """

    rows: Integers
    labels: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Retrieval:
    """Queries and a gallery.

    Attributes:
        split: with their labels.
        query: int64 `(Q,)`, rows in the cache.
        gallery: int64 `(G,)`, likewise.
    """

    split: Split
    query: Integers
    gallery: Integers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Task:
    """All that a run looks at.

    Attributes:
        classes: number of identities to learn.
        train: to learn from.
        validation: one picture of each identity that is learned, if the protocol has it; the
            paper's validation accuracy is measured on it.
        held_out: identities of the training part that are not learned, to measure the mAP on.
        test: of the protocol; None where the data hold none.
        notes: what must be known to judge a figure.
    """

    classes: int
    train: Labelled
    validation: Labelled | None
    held_out: Retrieval | None
    test: Retrieval | None
    notes: tuple[str, ...]


def make_task(pictures: PictureFile, recipe: DataRecipe) -> Task:
    """Divide a data set as a recipe says.

    Raises:
        InputError: when the protocol does not fit the data set, or fewer than two identities would
            be left to learn.
    """
    parts = split(pictures.data_set, recipe.protocol, recipe.split_seed)
    everybody = identities(parts.train)
    aside = set_aside(everybody, recipe)
    people = aside | _learned(everybody, recipe)
    if len(people) - len(aside) < 2:
        msg = (
            f"{recipe.set} has {len(people)} training identities, of which {len(aside)} are held "
            "out; learning to tell people apart takes two: lower data.held_out or add pictures"
        )
        raise InputError(msg)
    names = {name: label for label, name in enumerate(sorted(people - aside))}
    notes = list(parts.notes)
    learned = [i for i in (*parts.train, *parts.validation) if i.identity in aside]
    return Task(
        classes=len(names),
        train=_labelled(parts.train, names, pictures),
        validation=_labelled(parts.validation, names, pictures) if parts.validation else None,
        held_out=_held_out(learned, pictures, notes),
        test=_retrieval(parts, pictures, "test", notes),
        notes=tuple(notes),
    )


def set_aside(people: set[str], recipe: DataRecipe) -> set[str]:
    """The training identities that a recipe holds out.

    Raises:
        InputError: when `held_out_of` is no part of the data set.
    """
    if recipe.held_out_of is None:
        return hold_out(people, recipe.held_out, recipe.split_seed)
    within = f"{recipe.held_out_of}/"
    own = {
        name.removeprefix(within)
        for name in _of_part(people, recipe.held_out_of, recipe.set, "held_out_of")
    }
    return {f"{within}{name}" for name in hold_out(own, recipe.held_out, recipe.split_seed)}


def _learned(people: set[str], recipe: DataRecipe) -> set[str]:
    if recipe.learned_of is None:
        return people
    parts = (_of_part(people, part, recipe.set, "learned_of") for part in recipe.learned_of)
    return set().union(*parts)


def _of_part(people: set[str], part: str, data_set: str, key: str) -> set[str]:
    """The identities of one of several data sets; `key` is what names it in the recipe."""
    own = {name for name in people if name.startswith(f"{part}/")}
    if not own:
        msg = f"{data_set} has no part called {part}; correct data.{key}"
        raise InputError(msg)
    return own


def hold_out(people: set[str], count: int, seed: int) -> set[str]:
    """Draw identities; the same whatever their order and the libraries' versions."""

    def digest(name: str) -> bytes:
        text = f"{seed}:held out:{name}"
        return hashlib.sha256(text.encode(errors="surrogateescape")).digest()

    return set(sorted(people, key=digest)[:count])


def _held_out(
    images: Iterable[LabelledImage], pictures: PictureFile, notes: list[str]
) -> Retrieval | None:
    query, gallery = ask_each_camera(images)
    parts = Split(train=(), validation=(), query=query, gallery=gallery)
    return _retrieval(parts, pictures, "held-out", notes)


def _retrieval(
    parts: Split, pictures: PictureFile, whose: str, notes: list[str]
) -> Retrieval | None:
    """Queries and gallery, None where there are none or no query can be answered."""
    if not parts.query:
        return None
    if not _answerable(parts):
        notes.append(f"no {whose} identity was seen by two cameras, so none is measured on")
        return None
    return Retrieval(parts, _rows(parts.query, pictures), _rows(parts.gallery, pictures))


def _answerable(parts: Split) -> bool:
    """Whether any query has a picture in the gallery that another camera may have taken."""
    seen: dict[str, set[str | None]] = {}
    for image in parts.gallery:
        seen.setdefault(image.identity, set()).add(image.camera)
    return any(
        other is None or other != image.camera
        for image in parts.query
        for other in seen.get(image.identity, ())
    )


def _labelled(images: Images, names: dict[str, int], pictures: PictureFile) -> Labelled:
    kept = tuple(image for image in images if image.identity in names)
    labels = np.array([names[image.identity] for image in kept], np.int64)
    return Labelled(_rows(kept, pictures), labels)


def _rows(images: Images, pictures: PictureFile) -> Integers:
    return np.array([pictures.rows[image.path] for image in images], np.int64)
