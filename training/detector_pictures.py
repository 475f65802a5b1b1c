"""Pictures to train a detector on, out of recordings, labelled by what it can follow in them.

    python -m training.detector_pictures YOLO.pt --out DIR RECORDING...

The detector looks at every frame at twice its usual size, weak answers too, and the tracker follows
them: whoever is followed for a while is a person in every frame, the weak ones included. What was
seen and not followed may be one or not, and is painted over with grey; frames in which it touches
somebody sure are left out. `DIR` is laid out as Ultralytics reads it, and goes into
`python -m training.detector_tuning`.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import yaml

from surveil_reid.core import BoxTrack, Detections, Floats, Image, InputError, box_iou, write_whole
from surveil_reid.detection import DetectionOptions, Detector, load_detector
from surveil_reid.tracking import TrackingOptions, build_tracker, fill_gaps, is_doubtful
from surveil_reid.video import VideoOptions, read_frames
from training.paper_pages import exit_status

FPS = 5.0
"""Frames a second that are looked at, as in processing."""

SIZE = 1280
FOLLOWED = 5
"""Detections at least of whoever counts as a person."""

NOTICED = 0.25
"""Confidence from which something that is not followed may be a person."""

SAME = 0.5  # intersection over union of two boxes around one person
GREY = 114  # Ultralytics' own colour around pictures


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What is known of a frame.

    Attributes:
        people: float32 `(n, 4)`, xyxy in pixels.
        unsure: likewise, what may be people or not.
    """

    people: Floats
    unsure: Floats

    @property
    def clear(self) -> bool:
        """Whether what is unsure can be painted over without touching anybody."""
        return not box_iou(self.people, self.unsure).any()


def follow_recording(recording: Path, detector: Detector) -> dict[int, Labels]:
    """What a detector sees and can follow in a recording.

    Args:
        recording: a file.
        detector: that gives weak detections too.

    Returns:
        Labels by the recording's own frame number, of every frame that was looked at.

    Raises:
        MediaError: when the file cannot be decoded.
    """
    tracker = build_tracker()
    seen: dict[int, Detections] = {}
    times: list[float] = []
    rows: dict[int, list[tuple[int, float, Floats, float]]] = {}
    for frame in read_frames(recording, VideoOptions(fps=FPS)):
        (detections,) = detector.detect([frame.image])
        seen[frame.number] = detections
        times.append(frame.time)
        tracked = tracker.update(detections, frame.time)
        for number, box, sure in zip(
            tracked.numbers, tracked.boxes, tracked.confidences, strict=True
        ):
            rows.setdefault(int(number), []).append((frame.number, frame.time, box, float(sure)))
    tracks = [_track(some) for some in rows.values()]
    analysed, when = np.array(list(seen), np.int64), np.array(times, np.float64)
    gap = TrackingOptions().lost_seconds
    sure = [
        fill_gaps(track, analysed, when, max_gap=gap)
        for track in tracks
        if len(track) >= FOLLOWED and not is_doubtful(track)
    ]
    return {number: _label(number, detections, sure) for number, detections in seen.items()}


def _track(rows: Sequence[tuple[int, float, Floats, float]]) -> BoxTrack:
    frames, times, boxes, confidences = zip(*rows, strict=True)
    return BoxTrack(
        frames=np.array(frames, np.int64),
        times=np.array(times, np.float64),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        confidences=np.array(confidences, np.float32),
    )


def _label(number: int, detections: Detections, sure: Sequence[BoxTrack]) -> Labels:
    own = [track.boxes[track.frames == number] for track in sure]
    people = np.concatenate([np.zeros((0, 4), np.float32), *own])
    noticed = detections.boxes[detections.confidences >= NOTICED]
    known = (box_iou(noticed, people) >= SAME).any(axis=1)
    return Labels(people, noticed[~known])


def write_pictures(
    recordings: Sequence[Path], detector: Detector, out: Path, *, every: int = 2
) -> int:
    """Write pictures and labels of recordings.

    Args:
        recordings: files of different names.
        detector: that gives weak detections too.
        out: a new folder, for `images`, `labels` and the `data.yaml` that Ultralytics reads.
        every: of the frames that were looked at every n-th becomes a picture.

    Returns:
        How many pictures there are.

    Raises:
        InputError: when `out` exists.
        MediaError: when a file cannot be decoded.
    """
    if out.exists():
        msg = f"{out} is there already; delete it or choose another name"
        raise InputError(msg)
    count = 0
    for place, recording in enumerate(recordings):
        labels = follow_recording(recording, detector)
        chosen = {number: labels[number] for number in list(labels)[::every]}
        for number, image in _frames(recording):
            if number in chosen and chosen[number].clear:
                stem = f"{place:02}-{recording.stem}-{number:06}"
                _write_picture(out, stem, image, chosen[number])
                count += 1
    index = {"path": ".", "train": "images", "val": "images", "names": {0: "person"}}
    write_whole(out / "data.yaml", yaml.safe_dump(index, sort_keys=False).encode())
    return count


def _frames(recording: Path) -> Iterator[tuple[int, Image]]:
    for frame in read_frames(recording, VideoOptions(fps=FPS)):
        yield frame.number, frame.image


def _write_picture(out: Path, stem: str, image: Image, labels: Labels) -> None:
    painted = image.copy()
    for left, top, right, bottom in labels.unsure.astype(int):
        painted[top : bottom + 1, left : right + 1] = GREY
    _, encoded = cv2.imencode(".png", cv2.cvtColor(painted, cv2.COLOR_RGB2BGR))
    height, width = image.shape[:2]
    write_whole(out / "images" / f"{stem}.png", encoded.tobytes())
    write_whole(out / "labels" / f"{stem}.txt", yolo_lines(labels.people, width, height).encode())


def yolo_lines(boxes: Floats, width: int, height: int) -> str:
    """Lines `0 x y width height`: centre and size of boxes xyxy, as shares of the picture."""
    corners = boxes.astype(np.float64) / (width, height, width, height)
    centres = (corners[:, :2] + corners[:, 2:]) / 2
    shares = np.concatenate([centres, corners[:, 2:] - corners[:, :2]], axis=1)
    return "".join("0 {:.6f} {:.6f} {:.6f} {:.6f}\n".format(*row) for row in shares)


def main(arguments: Sequence[str] | None = None) -> int:
    """Look, follow and write; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.detector_pictures", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("weights", metavar="YOLO.pt")
    parser.add_argument("recordings", metavar="RECORDING", type=Path, nargs="+")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--every", type=int, default=2, help="keep every n-th frame looked at")
    parser.add_argument("--size", type=int, default=SIZE, help="longer side that is looked at")
    parser.add_argument("--trust-weights", action="store_true", help="load an unknown pickle")
    given = parser.parse_args(arguments)

    def work() -> None:
        options = DetectionOptions(image_size=given.size)
        detector = load_detector(given.weights, options, trust_weights=given.trust_weights)
        count = write_pictures(given.recordings, detector, given.out, every=given.every)
        sys.stdout.write(f"{count} pictures in {given.out}\n")

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
