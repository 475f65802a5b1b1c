"""Pictures into a YOLO network's input, and its answers into detections, as Ultralytics does it."""

from dataclasses import dataclass

import cv2
import numpy as np

from surveil_reid.core import Detections, Floats, Image, Integers

PAD = 114
"""Grey level around a picture that does not fill the input."""
MOST = 300
"""Boxes of one picture at most."""


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture lies in a network's input: scaled to fit, in the middle, grey around it.

    Attributes:
        picture: height and width of the picture in pixels.
        scaled: its height and width in the input.
        pads: input pixels above, below, left and right of it.
    """

    picture: tuple[int, int]
    scaled: tuple[int, int]
    pads: tuple[int, int, int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input."""
        above, below, left, right = self.pads
        return self.scaled[0] + above + below, self.scaled[1] + left + right

    def fill(self, image: Image) -> Image:
        """The input: uint8 `(1, *size, 3)` in the picture's order of colours."""
        height, width = self.scaled
        if self.scaled != self.picture:
            image = np.asarray(cv2.resize(image, (width, height)), np.uint8)
        grey = (PAD, PAD, PAD)
        padded = cv2.copyMakeBorder(image, *self.pads, cv2.BORDER_CONSTANT, value=grey)
        return np.asarray(padded, np.uint8)[None]

    def back(self, boxes: Floats) -> Floats:
        """Boxes float32 `(n, 4)`, xyxy in pixels of the input, in pixels of the picture."""
        gains = [new / old for new, old in zip(self.scaled, self.picture, strict=True)]
        above, _, left, _ = self.pads
        moved = boxes - np.array([left, above, left, above], np.float32)
        return np.asarray(moved / np.array([gains[1], gains[0]] * 2, np.float32), np.float32)


def letterbox(picture: tuple[int, int], size: tuple[int, int], stride: int | None) -> Letterbox:
    """How a picture lies in an input.

    Args:
        picture: its height and width in pixels.
        size: height and width of the input.
        stride: the input is cut to the least multiple of it that holds the picture; None keeps it.
    """
    ratio = min(new / old for new, old in zip(size, picture, strict=True))
    scaled = [max(round(side * ratio), 1) for side in picture]
    spare = [new - old for new, old in zip(size, scaled, strict=True)]
    halves = [(s if stride is None else s % stride) / 2 for s in spare]
    above, left = (round(half - 0.1) for half in halves)
    below, right = (round(half + 0.1) for half in halves)
    return Letterbox(picture, (scaled[0], scaled[1]), (above, below, left, right))


def persons_in(answer: Floats, person: int, confidence: float, iou: float) -> Floats:
    """The persons in what a network answers for a picture.

    Args:
        answer: float32 `(4 + classes, places)`: for each place centre, width and height of the box
            in pixels of the input, and its score in each class.
        person: number of that class; a box is of the class that scores best.
        confidence: scores up to this are dropped.
        iou: of two boxes that overlap more than this the weaker one is dropped.

    Returns:
        float32 `(n, 5)`: xyxy in pixels of the input, and confidence; the surest first.
    """
    sure = np.flatnonzero(answer[4 + person] > confidence)
    sure = sure[answer[4:, sure].argmax(axis=0) == person]
    rows = answer[:, sure].T
    half = rows[:, 2:4] / np.float32(2)
    boxes = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
    scores = rows[:, 4 + person]
    kept = suppress(boxes, scores, iou)[:MOST]
    return np.concatenate([boxes[kept], scores[kept, None]], axis=1)


def suppress(boxes: Floats, scores: Floats, iou: float) -> Integers:
    """Non-maximum suppression, greedily from the surest on, in the arithmetic of torchvision's.

    Args:
        boxes: float32 `(n, 4)`, xyxy.
        scores: float32 `(n,)`.
        iou: of two boxes that overlap more than this the weaker one goes.

    Returns:
        int64: which boxes stay, the surest first; of equal ones the first.
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = np.argsort(-scores, kind="stable")
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        corners = np.maximum(boxes[left, :2], boxes[best, :2])
        sides = np.minimum(boxes[left, 2:], boxes[best, 2:]) - corners
        common = np.prod(np.maximum(sides, 0), axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):  # boxes without area
            shares = common / (areas[best] + areas[left] - common)
        # Neither compared as float32, which rounds the limit, nor dropped where it is no number.
        left = left[~(shares.astype(np.float64) > iou)]
    return np.array(kept, np.int64)


def detections_of(rows: Floats, image: Image) -> Detections:
    """Detections from rows `x1, y1, x2, y2, confidence, …` in pixels of the picture."""
    height, width = image.shape[:2]
    boxes = rows[:, :4].clip(0, np.array([width, height, width, height], np.float32))
    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return Detections(
        boxes=boxes[solid].astype(np.float32),
        confidences=rows[solid, 4].clip(0, 1).astype(np.float32),
    )
