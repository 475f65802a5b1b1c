"""What a page says of each identity."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from surveil_reid.core import Tracklet
from surveil_reid.report.overview import Overview
from surveil_reid.report.pictures import Picture, Pictures
from surveil_reid.store import Identity, Store

TALLEST: Final = 208
"""Pixels of a crop's picture; it is shown smaller, and sharp on dense screens too."""

MOST_CAMERAS: Final = 8
"""Cameras on a card."""

MOST_PICTURES: Final = 2
"""Pictures of one camera on a card."""

_LOOKED_AT = 4  # tracklets of a camera, the longest, among whose crops the best are sought


@dataclass(frozen=True, slots=True)
class CameraPart:
    """What one camera saw of an identity; times are UTC seconds since 1970."""

    camera: str
    tracklets: int
    start: float
    end: float
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """An identity on the page.

    Attributes:
        identity: its number.
        first: UTC seconds since 1970.
        last: likewise.
        tracklets: how many.
        reviewed: of those, how many a reviewer put here.
        similarity: of the tracklet that is least like the others; None for a single one.
        probability: that this one is the same person; None where nobody has fitted it.
        parts: by camera, in order of first appearance.
        cameras_left_out: cameras that the card has no room for.
    """

    identity: int
    first: float
    last: float
    tracklets: int
    reviewed: int
    similarity: float | None
    probability: float | None
    parts: tuple[CameraPart, ...]
    cameras_left_out: int


def make_card(store: Store, identity: Identity, overview: Overview, pictures: Pictures) -> Card:
    """Gather what is known of an identity.

    Args:
        store: where its crops are.
        identity: whom.
        overview: of the store.
        pictures: makes them, as long as there is room.
    """
    weakest = min(identity.scores) if len(identity.tracklet_ids) > 1 else None
    tracklets = overview.people[identity.id]
    by_camera = groupby(sorted(tracklets, key=lambda t: t.camera), key=lambda t: t.camera)
    seen = {camera: list(theirs) for camera, theirs in by_camera}
    order = sorted(seen, key=lambda camera: (min(t.start for t in seen[camera]), camera))
    return Card(
        identity=identity.id,
        first=identity.first,
        last=identity.last,
        tracklets=len(identity.tracklet_ids),
        reviewed=len(overview.reviewed.intersection(identity.tracklet_ids)),
        similarity=weakest,
        probability=None if weakest is None else overview.probability(weakest),
        parts=tuple(_part(store, c, seen[c], pictures) for c in order[:MOST_CAMERAS]),
        cameras_left_out=len(order[MOST_CAMERAS:]),
    )


def _part(
    store: Store, camera: str, tracklets: Sequence[Tracklet], pictures: Pictures
) -> CameraPart:
    longest = sorted(tracklets, key=lambda t: (t.start - t.end, t.id))[:_LOOKED_AT]
    crops = [
        max(kept, key=lambda crop: crop.quality)
        for tracklet in longest
        if (kept := store.tracklet(tracklet.id).crops)
    ]
    best = sorted(crops, key=lambda crop: -crop.quality)[:MOST_PICTURES]
    made = [pictures.of_file(store.crops.path(crop.file), TALLEST) for crop in best]
    return CameraPart(
        camera=camera,
        tracklets=len(tracklets),
        start=min(t.start for t in tracklets),
        end=max(t.end for t in tracklets),
        pictures=tuple(picture for picture in made if picture is not None),
    )
