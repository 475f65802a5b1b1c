"""Keeping a tracklet's best crops, spread over the time that the person was in view.

Where there is one crop too many, the one of least worth goes: worth is quality times the seconds
to the nearest other kept crop. So of two crops close in time the worse one goes, a picture from an
otherwise unseen moment may be poorer, and the crop of the highest quality always stays. What is
kept is a function of what was kept before and of the next offer alone; therefore a tracklet can be
taken up again from its stored crops.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from surveil_reid.core import Crop, Floats, Image
from surveil_reid.crops.options import CropOptions
from surveil_reid.crops.pictures import cut_crop, encode_jpeg
from surveil_reid.crops.quality import quality_bound, sharpness_factor


@dataclass(frozen=True, slots=True)
class _Entry:
    time: float
    frame: int
    quality: float


class CropKeeper:
    """The crops kept of one tracklet; holds `options.keep` encoded pictures at most."""

    def __init__(self, options: CropOptions) -> None:
        self._options = options
        self._kept: list[Crop] = []

    @classmethod
    def restore(cls, options: CropOptions, crops: Iterable[Crop]) -> Self:
        """Take up a tracklet from the crops kept of it, as if it had never been left."""
        keeper = cls(options)
        keeper._kept = list(merge_kept(tuple(crops), (), options))
        return keeper

    @property
    def kept(self) -> tuple[Crop, ...]:
        """The crops kept so far, in order of time."""
        return tuple(self._kept)

    def offer(
        self,
        *,
        frame: int,
        time: float,
        image: Image,
        box: Floats,
        confidence: float,
        others: Floats,
    ) -> None:
        """Offer one detection of the person; it is cut out only if it can be kept.

        Args:
            frame: the recording's own frame number, from 1.
            time: UTC seconds since 1970.
            image: the frame, RGB uint8 `(height, width, 3)`.
            box: float32 `(4,)`, xyxy in pixels.
            confidence: of the detection, 0..1; what has none, an interpolated box, is not kept.
            others: float32 `(n, 4)`, the boxes of the other people in the frame, without `box`.

        Raises:
            ArrayError: when the picture or the box is malformed.
        """
        if box[3] - box[1] < self._options.min_height:
            return
        bound = quality_bound(image.shape[:2], box, confidence, others)
        if bound <= 0 or not self._would_keep(_Entry(time, frame, bound)):
            return
        quality = bound * sharpness_factor(cut_crop(image, box))
        if not self._would_keep(_Entry(time, frame, quality)):
            return
        picture = cut_crop(image, box, self._options.margin)
        jpeg = encode_jpeg(picture, self._options.jpeg_quality)
        crop = Crop(frame=frame, time=time, box=box.copy(), quality=quality, jpeg=jpeg)
        self._kept = list(merge_kept(self._kept, (crop,), self._options))

    def _would_keep(self, offer: _Entry) -> bool:
        if len(self._kept) < self._options.keep:
            return True
        entries = sorted([*map(_entry, self._kept), offer], key=_order)
        return entries[_least_worth(entries)] is not offer


def merge_kept(
    first: Sequence[Crop], second: Sequence[Crop], options: CropOptions
) -> tuple[Crop, ...]:
    """The crops to keep of a tracklet that was found in two pieces.

    Args:
        first: kept of one piece, in any order.
        second: kept of the other.
        options: `keep` applies.

    Returns:
        `options.keep` of them at most, in order of time; whichever piece comes first.
    """
    crops = sorted([*first, *second], key=lambda crop: (*_order(_entry(crop)), crop.jpeg))
    while len(crops) > options.keep:
        del crops[_least_worth([_entry(crop) for crop in crops])]
    return tuple(crops)


def _entry(crop: Crop) -> _Entry:
    return _Entry(crop.time, crop.frame, crop.quality)


def _order(entry: _Entry) -> tuple[float, int, float]:
    return entry.time, entry.frame, entry.quality


def _least_worth(entries: Sequence[_Entry]) -> int:
    """Index of the entry to let go, of two or more in order of time; on a tie the last one."""
    steps = np.diff([-np.inf, *(entry.time for entry in entries), np.inf])
    gaps = np.minimum(steps[:-1], steps[1:])

    def rank(index: int) -> tuple[float, float, float, int]:
        entry, gap = entries[index], float(gaps[index])
        return entry.quality * gap, gap, entry.quality, -index

    return min(range(len(entries)), key=rank)
