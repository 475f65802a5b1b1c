"""What to search by: one descriptor for pictures, a tracklet or an identity."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from surveil_reid.core import (
    Floats,
    Image,
    InputError,
    MediaError,
    StoreError,
    UnknownNameError,
    describe,
    l2_normalise,
)
from surveil_reid.crops import cut_crop, decode_jpeg
from surveil_reid.store import Store

if TYPE_CHECKING:
    from surveil_reid.detection import Detector
    from surveil_reid.embedding import Embedder


def find_people(image: Image, detector: "Detector") -> Floats:
    """The people in a picture, as a reader would number them: from left to right.

    Args:
        image: RGB uint8 `(height, width, 3)`.
        detector: finds them.

    Returns:
        float32 `(n, 4)`, xyxy in pixels.
    """
    (found,) = detector.detect([image])
    order = np.lexsort((found.boxes[:, 1], found.boxes[:, 0]))
    boxes: Floats = found.boxes[order]
    return boxes


def choose_person(image: Image, boxes: Floats, person: int | None = None) -> Image:
    """Cut one of the people out of a picture.

    Args:
        image: RGB uint8 `(height, width, 3)`.
        boxes: float32 `(n, 4)`, xyxy in pixels, of `find_people`.
        person: which of them, counted from 1; None takes the only one there is. An upright picture
            that one of them fills is a crop of that person already, and stays whole.

    Returns:
        RGB uint8 `(height, width, 3)`.

    Raises:
        InputError: when there is nobody, not so many, or several and none is chosen; the line lists
            the boxes as X,Y,W,H.
    """
    if len(boxes) == 0:
        msg = "nobody was found in the picture; say where the person is with --box X,Y,W,H"
        raise InputError(msg)
    if person is None and _is_crop(image, boxes):
        return image
    listed = ", ".join(f"{place}: {_xywh(box)}" for place, box in enumerate(boxes, start=1))
    if person is None and len(boxes) > 1:
        msg = f"{len(boxes)} people were found; choose one with --person N (N: box; {listed})"
        raise InputError(msg)
    place = person or 1
    if not 1 <= place <= len(boxes):
        msg = f"there is no person {place} among the {len(boxes)} that were found ({listed})"
        raise InputError(msg)
    return cut_crop(image, boxes[place - 1])


def _is_crop(image: Image, boxes: Floats) -> bool:
    """Whether somebody takes up half of an upright picture or more."""
    height, width = image.shape[:2]
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return width <= height and bool(areas.max() >= 0.5 * width * height)


def _xywh(box: Floats) -> str:
    left, top, right, bottom = (round(float(side)) for side in box)
    return f"{left},{top},{right - left},{bottom - top}"


def describe_pictures(images: Sequence[Image], embedder: "Embedder") -> Floats:
    """One descriptor for pictures of a person: the mean of their embeddings, normalised again.

    Args:
        images: crops, RGB uint8 `(height, width, 3)`.
        embedder: the model of the store.

    Returns:
        float32 `(dim,)`, L2-normalised.
    """
    return describe(embedder.embed(images), np.ones(len(images), np.float32))


def describe_identity(store: Store, identity: int) -> tuple[Floats, tuple[int, ...]]:
    """The mean descriptor of an identity, and its tracklets.

    Raises:
        UnknownNameError: when the store holds no such identity.
    """
    members = store.identity(identity).tracklet_ids
    descriptors = np.stack([tracklet.descriptor for tracklet in store.chosen_tracklets(members)])
    return l2_normalise(descriptors.mean(axis=0, keepdims=True))[0], members


def describe_tracklet(store: Store, tracklet: int) -> Floats:
    """The descriptor of a tracklet.

    Raises:
        UnknownNameError: when the store holds no such tracklet, or it has no descriptor yet.
    """
    descriptor = store.tracklet(tracklet).descriptor
    if descriptor is None:
        msg = f"tracklet {tracklet} has no descriptor yet; let `surveil-reid process` finish first"
        raise UnknownNameError(msg)
    return descriptor


def pictures_of(store: Store, tracklets: Sequence[int], most: int = 4) -> tuple[Image, ...]:
    """The best crops of tracklets, one of each, the best of all first.

    Args:
        store: where they are.
        tracklets: ids.
        most: pictures at most.

    Returns:
        RGB uint8 `(height, width, 3)` each; those whose file is missing or damaged are left out.

    Raises:
        UnknownNameError: when the store holds no such tracklet.
    """
    crops = [crop for number in tracklets for crop in store.tracklet(number).crops]
    best = {crop.tracklet_id: crop for crop in sorted(crops, key=lambda crop: crop.quality)}
    pictures: list[Image] = []
    for crop in sorted(best.values(), key=lambda crop: -crop.quality):
        if len(pictures) < most:
            with contextlib.suppress(StoreError, MediaError):
                pictures.append(decode_jpeg(store.crops.read(crop.file)))
    return tuple(pictures)
