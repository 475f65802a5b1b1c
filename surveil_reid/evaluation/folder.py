"""A user's own pictures: one folder for each identity.

The paper's self-collected set (60 identities, 390 images) is of this kind: one query image for each
identity, the rest gallery. Which image the paper asks with is not said; here it is the first in
order of file names.
"""

import re
from itertools import groupby
from pathlib import Path

from surveil_reid.core import InputError
from surveil_reid.evaluation.images import DataSet, Images, LabelledImage, portable
from surveil_reid.evaluation.parts import (
    GALLERY,
    QUERY,
    TRAIN,
    camera_name,
    check_folder,
    pictures,
)

CAMERA = re.compile(r"(?:^|[^a-z0-9])(?:camera|cam|c)[_-]?(\d+)(?=s\d|[^a-z0-9]|$)", re.IGNORECASE)
OFFICIAL = frozenset({TRAIN, QUERY, GALLERY, "labeled", "detected"})


def read_folder(root: Path) -> DataSet:
    """Read `identity/image`: each identity's first image is its query, the rest the gallery.

    A camera may stand in a picture's name, set off from the rest: `c1_0001.jpg`, `x-cam2.png`,
    `camera_3.jpg`, `0001_c2s1_000151_01.jpg`. Without one the camera is unknown and no image is
    left out as seen by the query's own camera.

    Args:
        root: holds one folder for each identity; the folder's name is the identity.

    Returns:
        The data set, without a training part; its notes count images of unknown camera and
        identities that have nothing to be found by.

    Raises:
        InputError: when there are no such folders, no gallery is left, or the layout is that of one
            of the public data sets.
    """
    check_folder(root)
    folders = sorted((f for f in root.iterdir() if _is_identity(f)), key=lambda f: portable(f.name))
    if any(folder.name in OFFICIAL for folder in folders):
        msg = f"{root} has the folders of a public data set; read it as market1501 or cuhk03-np"
        raise InputError(msg)
    images = tuple(image for folder in folders for image in _read_identity(folder))
    groups = [tuple(group) for _, group in groupby(images, key=lambda image: image.identity)]
    gallery = tuple(image for group in groups for image in group[1:])
    if not gallery:
        msg = (
            f"{root} holds no identity with two pictures ({len(images)} pictures in {len(folders)} "
            "folders); lay them out as identity/image.jpg, one folder for each person"
        )
        raise InputError(msg)
    return DataSet(
        name="folder",
        train=(),
        query=tuple(group[0] for group in groups),
        gallery=gallery,
        notes=_notes(root, images, groups),
    )


def camera_in(name: str) -> str | None:
    """The camera that a file name mentions, as `c1`, or None."""
    match = CAMERA.search(name)
    return camera_name(match[1]) if match else None


def _is_identity(folder: Path) -> bool:
    """Whether it is a folder of the user's, and not one that an archiver or a disk left there."""
    return folder.is_dir() and not folder.name.startswith((".", "@", "__"))


def _read_identity(folder: Path) -> Images:
    identity = portable(folder.name)
    return tuple(LabelledImage(p, identity, camera_in(p.stem)) for p in pictures(folder))


def _notes(root: Path, images: Images, groups: list[Images]) -> tuple[str, ...]:
    unknown = sum(image.camera is None for image in images)
    alone = sum(len(group) == 1 for group in groups)
    loose = len(pictures(root))
    counted = (
        (unknown, f"{unknown:,} of {len(images):,} images name no camera: none is left out"),
        (alone, f"{alone:,} of {len(groups):,} identities have one image, so nothing to find"),
        (loose, f"{loose:,} pictures outside an identity's folder passed over"),
    )
    return tuple(f"folder: {text}" for count, text in counted if count)
