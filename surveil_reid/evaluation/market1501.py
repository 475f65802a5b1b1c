"""Market-1501: six cameras in front of a supermarket.

Source: Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015. The folder is
`Market-1501-v15.09.15`; a picture's name says identity, camera, sequence, frame and box:
`0002_c1s1_000451_03.jpg`. Six pictures of `query` end in `.jpg.jpg`, and that is how they come.
"""

import re
from pathlib import Path

from surveil_reid.evaluation.images import (
    DISTRACTOR,
    JUNK,
    DataSet,
    Images,
    LabelledImage,
    identities,
)
from surveil_reid.evaluation.parts import (
    GALLERY,
    QUERY,
    TRAIN,
    Count,
    Layout,
    count_notes,
    find_root,
    read_part,
)

LAYOUT = Layout(
    data_set="Market-1501",
    pattern=re.compile(
        r"(?P<identity>-1|\d{4})_c(?P<camera>[1-6])s\d+_\d+_\d+(?:\.jpe?g)+", re.IGNORECASE
    ),
    example="0002_c1s1_000451_03.jpg",
)
USUAL = ("Market-1501-v15.09.15", "Market-1501", "market1501")


def read_market1501(root: Path) -> DataSet:
    """Read Market-1501: junk (`-1`) dropped, distractors (`0000`) kept in the gallery.

    Args:
        root: the official folder, or one that holds it under its usual name.

    Returns:
        The data set; its notes name every count that differs from the official one, and the junk.

    Raises:
        InputError: when a folder is missing or holds no picture of this data set.
    """
    place = find_root(root, USUAL, LAYOUT)
    train, query, gallery = (read_part(place / name, LAYOUT) for name in (TRAIN, QUERY, GALLERY))
    kept = _ranked(gallery.images)
    junk = len(gallery.images) - len(kept)
    notes = (
        *(note for part in (train, query, gallery) for note in part.notes),
        *count_notes(LAYOUT.data_set, _counts(train.images, query.images, gallery.images)),
        f"{LAYOUT.data_set}: {GALLERY}: {junk:,} junk images ({JUNK}) left out",
    )
    return DataSet(
        name="market1501",
        train=_ranked(train.images),
        query=_ranked(query.images),
        gallery=kept,
        notes=notes,
    )


def _ranked(images: Images) -> Images:
    """Without the junk, and with the distractors marked."""
    return tuple(
        LabelledImage(i.path, i.identity, i.camera, distractor=i.identity == DISTRACTOR)
        for i in images
        if i.identity != JUNK
    )


def _counts(train: Images, query: Images, gallery: Images) -> tuple[Count, ...]:
    labels = [image.identity for image in gallery]
    return (
        Count(f"{TRAIN}, images", len(train), 12_936),
        Count(f"{TRAIN}, identities", len(identities(_ranked(train))), 751),
        Count(f"{QUERY}, images", len(query), 3_368),
        Count(f"{QUERY}, identities", len(identities(_ranked(query))), 750),
        Count(f"{GALLERY}, images with junk", len(gallery), 19_732),
        Count(f"{GALLERY}, identities", len(identities(_ranked(gallery))), 750),
        Count(f"{GALLERY}, distractors ({DISTRACTOR})", labels.count(DISTRACTOR), 2_798),
        Count(f"{GALLERY}, junk ({JUNK})", labels.count(JUNK), 3_819),
    )
