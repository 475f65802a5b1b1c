"""Stretches of recordings with boxes and numbers drawn around people."""

import colorsys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from surveil_reid.core import BoxTrack, Floats, Frame, Image, moment
from surveil_reid.pipeline.footage import Footage, analysed_rate
from surveil_reid.store import Recording, Store
from surveil_reid.tracking import TrackingOptions
from surveil_reid.video import FrameMark, VideoOptions, read_frames

SECONDS: Final = 8.0
"""Length of a clip, without its margins."""

MARGIN: Final = 0.5
"""Seconds shown before the first person is there, and after the last."""

Colour = tuple[int, int, int]

YELLOW: Final[Colour] = (255, 200, 0)

_GOLDEN: Final = 0.618034  # of the circle of hues: numbers that follow one another look unlike
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Marked:
    """Somebody around whom a box is drawn.

    Attributes:
        track: where, in the recording's own frames.
        label: written above the box; empty for no label.
        colour: RGB of the box.
    """

    track: BoxTrack
    label: str = ""
    colour: Colour = YELLOW


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cut:
    """A stretch of a recording.

    Attributes:
        recording: which.
        people: whom to mark.
        start: seconds after the recording's first frame.
        end: likewise.
        widest: pictures that are wider are made so many pixels wide; None keeps them.
    """

    recording: Recording
    people: Sequence[Marked]
    start: float
    end: float
    widest: int | None = None


def identity_colour(identity: int) -> Colour:
    """The RGB colour of an identity's boxes, the same in every camera."""
    red, green, blue = colorsys.hsv_to_rgb(identity * _GOLDEN % 1, 0.75, 1)
    return round(255 * red), round(255 * green), round(255 * blue)


def drawn_frames(store: Store, cut: Cut, footage: Footage) -> Iterator[tuple[Frame, int]]:
    """The frames of a cut, drawn on, each with the number of people marked in it.

    Raises:
        MediaError: when the recording is no longer there, another file has its name, or it cannot
            be read.
    """
    path = footage.file(cut.recording)
    mark = _mark_before(store, cut)
    options = VideoOptions(fps=None)
    with read_frames(path, options, resume=mark) as frames:
        for frame in frames:
            if frame.time > cut.end:
                return
            if frame.time >= cut.start:
                image, marked = _draw(frame, cut)
                yield replace(frame, image=image), marked


def _mark_before(store: Store, cut: Cut) -> FrameMark | None:
    """The last analysed frame before a cut, from which reading can resume."""
    mark: FrameMark | None = None
    for segment in store.segments(cut.recording.id):
        before = int(np.searchsorted(segment.times, cut.start))
        if before:
            mark = FrameMark(int(segment.frames[before - 1]), float(segment.times[before - 1]))
        if before < len(segment.times):
            break
    return mark


def _draw(frame: Frame, cut: Cut) -> tuple[Image, int]:
    image, scale = _shrunk(frame.image, cut.widest)
    marked = 0
    gap = TrackingOptions().at_rate(analysed_rate(cut.recording)).lost_seconds
    for person in cut.people:
        box = _box_at(person.track, frame.number, gap)
        if box is not None:
            _mark(image, box * scale, person)
            marked += 1
    size = _text_size(image)
    image[: round(40 * size)] //= 3  # a dark strip, on which white is read over any picture
    # The font has no other signs than ASCII, and would write "?" for them.
    name = cut.recording.camera.encode("ascii", "backslashreplace").decode("ascii")
    words = f"{moment(cut.recording.start + frame.time)} {name}"
    (width, _), _ = cv2.getTextSize(words, _FONT, size, 1)
    # Smaller it could not be read; of a name that is too long even so, the end is cut off.
    fitting = size * min(1.0, max(0.6, (image.shape[1] - 16) / width))
    cv2.putText(image, words, (4, round(29 * size)), _FONT, fitting, (255, 255, 255))
    return image, marked


def _shrunk(image: Image, widest: int | None) -> tuple[Image, float]:
    """A copy to draw on, and its scale."""
    height, width = image.shape[:2]
    if widest is None or width <= widest:
        return image.copy(), 1.0
    scale = widest / width
    size = (widest, max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _mark(image: Image, box: Floats, person: Marked) -> None:
    left, top, right, bottom = (round(float(side)) for side in box)
    thickness = max(2, len(image) // 240)
    cv2.rectangle(image, (left, top), (right, bottom), person.colour, thickness)
    if not person.label:
        return
    size = _text_size(image) * 0.8
    (width, height), below = cv2.getTextSize(person.label, _FONT, size, thickness)
    base = max(top, height + below)
    corner = (left + width + below, base - height - below)
    cv2.rectangle(image, (left, base), corner, person.colour, cv2.FILLED)
    place = (left + below // 2, base - below // 2)
    cv2.putText(image, person.label, place, _FONT, size, (0, 0, 0), thickness, cv2.LINE_AA)


def _text_size(image: Image) -> float:
    return max(0.35, len(image) / 700)


def _box_at(track: BoxTrack, frame: int, gap: float) -> Floats | None:
    """The box in a frame, float32 `(4,)`; straight on between two at most `gap` seconds apart."""
    place = int(np.searchsorted(track.frames, frame))
    if place < len(track) and track.frames[place] == frame:
        found: Floats = track.boxes[place]
        return found
    if place in {0, len(track)}:
        return None
    if track.times[place] - track.times[place - 1] > gap:
        return None
    share = (frame - track.frames[place - 1]) / (track.frames[place] - track.frames[place - 1])
    between: Floats = (1 - share) * track.boxes[place - 1] + share * track.boxes[place]
    return between
