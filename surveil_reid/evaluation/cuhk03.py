"""CUHK03 under the new protocol (CUHK03-NP): 767 training and 700 test identities.

Sources: Li et al., "DeepReID", CVPR 2014 (the pictures); Zhong et al., "Re-ranking Person
Re-identification with k-reciprocal Encoding", CVPR 2017 (the protocol and the folders). A picture's
name says identity, camera and index: `0001_c1_1.png`. The camera is 1 or 2 whichever of the five
camera pairs took it, so two identities' `c1` need not be one camera; the same-camera rule only
compares images of one identity, who was seen by one pair, and is not touched by that.
"""

import re
from pathlib import Path
from typing import Literal

from surveil_reid.evaluation.images import DataSet, Images, identities
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

Boxes = Literal["labeled", "detected"]
LAYOUT = Layout(
    data_set="CUHK03-NP",
    pattern=re.compile(
        r"(?P<identity>\d+)_c(?P<camera>[12])_\d+(?:\.(?:png|jpe?g))+", re.IGNORECASE
    ),
    example="0001_c1_1.png",
)
USUAL = ("CUHK03-NP", "cuhk03-np", "cuhk03_np", "cuhk03_np_pair1")
TRAIN_IMAGES: dict[Boxes, int] = {"labeled": 7_368, "detected": 7_365}
GALLERY_IMAGES: dict[Boxes, int] = {"labeled": 5_328, "detected": 5_332}


def read_cuhk03(root: Path, boxes: Boxes = "labeled") -> DataSet:
    """Read CUHK03-NP, PNG or JPEG.

    Args:
        root: the official folder with `labeled` and `detected` in it, one that holds it under a
            usual name, or the folder of one kind of boxes itself; its name then has the last word.
        boxes: drawn by hand (`labeled`) or by a detector (`detected`).

    Returns:
        The data set; its notes name every count that differs from the official one, as all do where
        only some of the five camera pairs are there.

    Raises:
        InputError: when a folder is missing or holds no picture of this data set.
    """
    usual = (boxes, *(f"{name}/{boxes}" for name in USUAL))
    place = find_root(root, usual, LAYOUT)
    kind: Boxes = "detected" if _is_detected(place, boxes) else "labeled"
    train, query, gallery = (read_part(place / name, LAYOUT) for name in (TRAIN, QUERY, GALLERY))
    notes = (
        *(note for part in (train, query, gallery) for note in part.notes),
        *count_notes(
            f"{LAYOUT.data_set} {kind}", _counts(train.images, query.images, gallery.images, kind)
        ),
    )
    return DataSet(
        name=f"cuhk03-np-{kind}",
        train=train.images,
        query=query.images,
        gallery=gallery.images,
        notes=notes,
    )


def _is_detected(place: Path, boxes: Boxes) -> bool:
    return place.name == "detected" or (boxes == "detected" and place.name != "labeled")


def _counts(train: Images, query: Images, gallery: Images, boxes: Boxes) -> tuple[Count, ...]:
    return (
        Count(f"{TRAIN}, images", len(train), TRAIN_IMAGES[boxes]),
        Count(f"{TRAIN}, identities", len(identities(train)), 767),
        Count(f"{QUERY}, images", len(query), 1_400),
        Count(f"{QUERY}, identities", len(identities(query)), 700),
        Count(f"{GALLERY}, images", len(gallery), GALLERY_IMAGES[boxes]),
        Count(f"{GALLERY}, identities", len(identities(gallery)), 700),
    )
