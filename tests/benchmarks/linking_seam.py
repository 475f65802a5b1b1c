"""Links between real cameras: one person in two rooms, and people who cross a seam.

    python tests/benchmarks/linking_seam.py DATA --detector D --embedder E

DATA holds `footage/rooms` and `footage/plaza`. Nobody has labelled either. In `rooms` one man walks
through both views: one identity is right. `plaza` is one view cut in two halves. Its truth is made:
both halves joined side by side again are tracked as one picture, and whoever has boxes on both
sides of the seam there crosses it. A tracklet of one half is that joined tracklet with which it
shares most boxes (IoU 0.5 in the same frame, half of its own boxes or more). A pair of tracklets,
one from each half, is truly one person if both are the same joined tracklet, and linked if both
have one identity. Whoever leaves the joined picture and comes back counts as somebody else, so
precision errs to the low side. On the joined picture people are looked for in three windows of the
size of a half, so that they are as large as in the halves. Nothing is tuned on this footage. Prints
one JSON document for `tests/benchmarks/results`.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import av
import numpy as np

import surveil_reid
from surveil_reid.core import Detections, Image, box_iou

SAME_BOX = 0.5
EDGE = 3.0
"""Pixels from the inner edge of a window within which a box is cut off."""


class Windows:
    """A detector that looks at a wide picture in three windows, one over the seam."""

    def __init__(self, inner: surveil_reid.Detector) -> None:
        self._inner = inner
        self.name, self.sha256, self.batch_size = inner.name, inner.sha256, inner.batch_size

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """The detections of each picture, those that windows cut off or share left out."""
        return [self._detect(image) for image in images]

    def _detect(self, image: Image) -> Detections:
        width = image.shape[1] // 2
        lefts = (0, width // 2, width)
        windows = [np.ascontiguousarray(image[:, left : left + width]) for left in lefts]
        boxes, confidences = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
        for left, found in zip(lefts, self._inner.detect(windows), strict=True):
            cut = ((left > 0) & (found.boxes[:, 0] < EDGE)) | (
                (left < width) & (found.boxes[:, 2] > width - EDGE)
            )
            boxes.append(found.boxes[~cut] + np.array([left, 0, left, 0], np.float32))
            confidences.append(found.confidences[~cut])
        return _once(np.concatenate(boxes), np.concatenate(confidences))


def _once(boxes: np.ndarray, confidences: np.ndarray) -> Detections:
    order = np.argsort(-confidences, kind="stable")
    kept: list[int] = []
    overlaps = box_iou(boxes, boxes)
    for row in order.tolist():
        if not any(overlaps[row, other] > SAME_BOX for other in kept):
            kept.append(row)
    return Detections(boxes=boxes[kept], confidences=confidences[kept])


def join(left: Path, right: Path, target: Path) -> int:
    """Write two recordings side by side; returns the width of the left one."""
    with av.open(str(left)) as one, av.open(str(right)) as other, av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=one.streams.video[0].average_rate)
        stream.options = {"crf": "12", "preset": "veryfast"}
        width, height = one.streams.video[0].width, one.streams.video[0].height
        stream.width, stream.height = width + other.streams.video[0].width, height
        for first, second in zip(one.decode(video=0), other.decode(video=0), strict=False):
            images = [first.to_ndarray(format="rgb24"), second.to_ndarray(format="rgb24")]
            both = np.concatenate(images, axis=1)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(both, format="rgb24")))
        out.mux(stream.encode())
        return width


def processed(
    cameras: dict[str, Path],
    store: str,
    detector: surveil_reid.Detector,
    embedder: surveil_reid.Embedder,
    fps: float,
) -> surveil_reid.Store:
    """A store of recordings that begin at one moment."""
    opened = surveil_reid.open_store(store)
    sources = [
        surveil_reid.parse_camera(f"{name}={path}@2026-03-01T08:00:00+00:00")
        for name, path in cameras.items()
    ]
    settings = replace(surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=fps))
    surveil_reid.process(
        surveil_reid.site_of(sources),
        opened,
        detector=detector,
        embedder=embedder,
        settings=settings,
    )
    surveil_reid.link_store(opened)
    return opened


Boxes = dict[int, dict[int, np.ndarray]]


def boxes_of(store: surveil_reid.Store, camera: str, shift: float = 0.0) -> Boxes:
    """Each tracklet's box by frame, moved to the right; doubtful tracklets are left out."""
    known = store.memberships()
    (recording,) = store.recordings(camera)
    return {
        number: {
            int(frame): box + np.array([shift, 0, shift, 0], np.float32)
            for frame, box in zip(track.frames, track.boxes, strict=True)
        }
        for number, track in store.box_tracks(recording.id).items()
        if number in known
    }


def whose(half: Boxes, joined: Boxes) -> dict[int, int]:
    """The joined tracklet that each of a half is, where it clearly is one."""
    found = {}
    for number, boxes in half.items():
        shared: Counter[int] = Counter()
        for other, others in joined.items():
            frames = sorted(boxes.keys() & others.keys())
            if frames:
                mine = np.array([boxes[frame] for frame in frames])
                theirs = np.array([others[frame] for frame in frames])
                shared[other] = int((np.diag(box_iou(mine, theirs)) >= SAME_BOX).sum())
        best, times = shared.most_common(1)[0] if shared else (0, 0)
        if 2 * times >= len(boxes):
            found[number] = best
    return found


def plaza(
    footage: Path,
    folder: str,
    detector: surveil_reid.Detector,
    embedder: surveil_reid.Embedder,
    fps: float,
) -> dict[str, Any]:
    """Precision and recall of links across the seam."""
    cameras = {"left": footage / "cam1.mp4", "right": footage / "cam2.mp4"}
    wide = Path(folder) / "wide.mp4"
    width = join(*cameras.values(), wide)
    with processed(
        {"wide": wide}, f"sqlite:///{folder}/wide.db", Windows(detector), embedder, fps
    ) as store:
        joined = boxes_of(store, "wide")
    with processed(cameras, f"sqlite:///{folder}/halves.db", detector, embedder, fps) as store:
        left, right = boxes_of(store, "left"), boxes_of(store, "right", width)
        identity = store.memberships()
    truth = whose(left, joined) | whose(right, joined)
    pairs = [pair for pair in product(left, right) if pair[0] in truth and pair[1] in truth]
    true = {(a, b) for a, b in pairs if truth[a] == truth[b]}
    linked = {(a, b) for a, b in pairs if identity[a] == identity[b]}
    everywhere = sum(identity[a] == identity[b] for a, b in product(left, right))
    return {
        "tracklets": {"left": len(left), "right": len(right), "joined": len(joined)},
        "tracklets_with_truth": len(truth),
        "true_pairs": len(true),
        "linked_pairs": len(linked),
        "linked_pairs_without_truth": everywhere - len(linked),
        "right_pairs": len(true & linked),
        "pair_precision": round(len(true & linked) / len(linked), 4) if linked else None,
        "pair_recall": round(len(true & linked) / len(true), 4) if true else None,
        "identities": len(set(identity.values())),
    }


def rooms(
    footage: Path,
    folder: str,
    detector: surveil_reid.Detector,
    embedder: surveil_reid.Embedder,
    fps: float,
) -> dict[str, Any]:
    """How many identities one man is, and in how many cameras."""
    cameras = {"cam1": footage / "cam1.mp4", "cam2": footage / "cam2.mp4"}
    with processed(cameras, f"sqlite:///{folder}/rooms.db", detector, embedder, fps) as store:
        found = store.identities()
    return {
        "identities": len(found),
        "tracklets": sum(len(identity.tracklet_ids) for identity in found),
        "cameras_of_each": [list(identity.cameras) for identity in found],
    }


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--detector", required=True)
    parser.add_argument("--embedder", required=True)
    parser.add_argument("--fps", type=float, default=10.0)
    given = parser.parse_args()
    embedder = surveil_reid.load_embedder(given.embedder)
    detector = surveil_reid.load_detector(given.detector)
    with tempfile.TemporaryDirectory() as folder:
        result = {
            "detector": Path(given.detector).name,
            "embedder": embedder.info.name,
            "frames_per_second": given.fps,
            "rooms": rooms(given.data / "footage" / "rooms", folder, detector, embedder, given.fps),
            "plaza": plaza(given.data / "footage" / "plaza", folder, detector, embedder, given.fps),
        }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
