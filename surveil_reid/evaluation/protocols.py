"""Protocols: which images of a data set to train on, to validate with, to ask and to be asked.

`official` is what everybody reports: the data set's own parts, nothing held out of training.

`paper-50` and `paper-80` are the 50:50 and 80:20 experiments of Allen, Polles and Eleonora, "Deep
Residual Network and Transfer Learning-based Person Re-Identification". The paper leaves most of the
protocol unsaid. What its tables give away (a CMC value is a whole number of queries) decides:

- 50:50 is the official split. Its CMC values are whole numbers of 3,368 queries on Market-1501, of
  1,400 on CUHK03-NP and of 4,768 on both, which are the official query sets.
- 80:20 pools all identities and divides them anew. CUHK03-NP's values are whole numbers of 588: two
  cameras of 294 identities, a fifth of 1,467 rounded up. So the share of the test is rounded up
  here, and there is one query for each test identity and camera.
- Market-1501's fine-tuned values fit 1,344 queries, about as many as a fifth of its identities have
  cameras. Which identities the paper drew is not known; a draw of as many queries need not be its.
- Fine-tuned CUHK03-NP "80:20" fits 1,400 queries, the official test, part of whose identities an
  80:20 split trains on. That reading would leak and is not offered.

Nothing tells the following; these are our readings:

- Validation takes the first image of each training identity in order of file names, and training
  does without it. An identity with a single image stays in training, unvalidated.
- An identity's query in a camera is its first image there, in order of file names.
- Distractors stay in the gallery under every protocol; they are nobody to train on.
- Identities seen by one camera only stay in the test. Their query finds nothing that counts and is
  no valid query; they are counted in the notes.
- A combined set is pooled and divided as one, not set by set.
- The draw: identities in order of a digest of seed and name. It depends on no library's generator,
  on no directory's order, and never changes.
"""

import hashlib
from collections.abc import Callable, Iterable
from itertools import groupby

from surveil_reid.core import InputError
from surveil_reid.evaluation.images import DataSet, Images, LabelledImage, Split, in_order

TRAIN_FIFTHS = 4  # of five, in `paper_80`


def official(data_set: DataSet, seed: int = 0) -> Split:  # noqa: ARG001 - one signature for all
    """The data set's own parts; all of its training images train and none validates.

    Raises:
        InputError: when its training and test identities are not disjoint.
    """
    return Split(
        train=data_set.train,
        validation=(),
        query=data_set.query,
        gallery=data_set.gallery,
        notes=data_set.notes,
    )


def paper_50(data_set: DataSet, seed: int = 0) -> Split:  # noqa: ARG001 - one signature for all
    """The official identities, queries and gallery, with one image of each identity validating.

    Raises:
        InputError: when the data set has no training part, or training and test share identities.
    """
    if not data_set.train:
        msg = f"{data_set.name} has no training part for paper-50; take official or paper-80"
        raise InputError(msg)
    train, validation, notes = hold_out(data_set.train)
    return Split(
        train=train,
        validation=validation,
        query=data_set.query,
        gallery=data_set.gallery,
        notes=(*data_set.notes, *notes),
    )


def paper_80(data_set: DataSet, seed: int = 0) -> Split:
    """All identities pooled and drawn 80:20; one query for each test identity and camera.

    Args:
        data_set: with at least two identities.
        seed: of the draw.

    Returns:
        The split; its notes count test identities that one camera alone has seen.

    Raises:
        InputError: when there are not two identities to divide.
    """
    everything = in_order((*data_set.train, *data_set.query, *data_set.gallery))
    people = tuple(image for image in everything if not image.distractor)
    distractors = tuple(image for image in everything if image.distractor)
    learned = draw({image.identity for image in people}, seed)
    train, validation, notes = hold_out(i for i in people if i.identity in learned)
    query, rest = ask_each_camera(i for i in people if i.identity not in learned)
    return Split(
        train=train,
        validation=validation,
        query=query,
        gallery=(*rest, *distractors),
        notes=(*data_set.notes, *notes, _single_cameras((*query, *rest))),
    )


PROTOCOLS: dict[str, Callable[[DataSet, int], Split]] = {
    "official": official,
    "paper-50": paper_50,
    "paper-80": paper_80,
}


def split(data_set: DataSet, protocol: str, seed: int = 0) -> Split:
    """Divide a data set by a protocol's name.

    Args:
        data_set: as its parser returned it.
        protocol: one of `PROTOCOLS`.
        seed: of the draw in `paper-80`; the others draw nothing.

    Returns:
        The split, with disjoint training and test identities.

    Raises:
        InputError: when the protocol is unknown, or does not fit the data set.
    """
    if protocol not in PROTOCOLS:
        msg = f"no protocol is called {protocol!r}; take one of {', '.join(PROTOCOLS)}"
        raise InputError(msg)
    return PROTOCOLS[protocol](data_set, seed)


def draw(names: Iterable[str], seed: int) -> set[str]:
    """Draw four fifths of the names, rounded down so that the test's share is rounded up.

    Args:
        names: at least two different ones, in any order.
        seed: another seed, another draw.

    Returns:
        The identities to train on.

    Raises:
        InputError: when there are fewer than two.
    """
    pool = set(names)
    if len(pool) < 2:
        msg = f"paper-80 divides identities into training and test; the data have {len(pool)}"
        raise InputError(msg)
    shuffled = sorted(pool, key=lambda name: _digest(f"{seed}:{name}"))
    return set(shuffled[: len(pool) * TRAIN_FIFTHS // 5])


def _digest(text: str) -> bytes:
    # A folder's name need not be valid Unicode; Python escapes the bytes that are not.
    return hashlib.sha256(text.encode(errors="surrogateescape")).digest()


def hold_out(images: Iterable[LabelledImage]) -> tuple[Images, Images, tuple[str, ...]]:
    """Hold out each identity's first image, unless it is the only one.

    Args:
        images: to train on, in any order.

    Returns:
        What is left to train on, what validates, both by identity and file name, and a note if
        identities have nothing to validate with.
    """
    train: list[LabelledImage] = []
    validation: list[LabelledImage] = []
    alone = 0
    for _, group in groupby(in_order(images), key=lambda image: image.identity):
        first, *rest = group
        (validation if rest else train).append(first)
        train.extend(rest)
        alone += not rest
    note = f"validation: {alone:,} training identities have one image and are not validated"
    return tuple(train), tuple(validation), (note,) if alone else ()


def ask_each_camera(images: Iterable[LabelledImage]) -> tuple[Images, Images]:
    """Make the first image of each identity in each camera a query; the rest is gallery.

    Args:
        images: of the test identities, in any order; an unknown camera counts as one more.

    Returns:
        Queries and gallery, both by identity and file name.
    """
    query: list[LabelledImage] = []
    gallery: list[LabelledImage] = []
    asked: set[tuple[str, str | None]] = set()
    for image in in_order(images):
        place = (image.identity, image.camera)
        (gallery if place in asked else query).append(image)
        asked.add(place)
    return tuple(query), tuple(gallery)


def _single_cameras(images: Images) -> str:
    """Count the identities that one camera alone has seen; unknown cameras may be any."""
    cameras: dict[str, set[str | None]] = {}
    for image in images:
        cameras.setdefault(image.identity, set()).add(image.camera)
    single = sum(len(seen) == 1 and None not in seen for seen in cameras.values())
    return f"paper-80: {single:,} of {len(cameras):,} test identities were seen by one camera only"
