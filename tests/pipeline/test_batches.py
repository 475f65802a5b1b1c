"""Batches hold every frame once, and the detector sees as many of each as it is best at."""

from pathlib import Path

import pytest

from surveil_reid.pipeline.segment import GATED_SHARE, SEGMENT_FRAMES, Batch, batches
from surveil_reid.video import MotionGate, VideoOptions, read_frames

OPTIONS = VideoOptions(fps=None, motion_refresh=50)


def cut(path: Path, size: int, *, gated: bool) -> list[Batch]:
    gate = MotionGate(OPTIONS) if gated else None
    with read_frames(path, OPTIONS) as reader:
        return list(batches(reader, size, gate))


def gate_alone(path: Path) -> dict[int, bool]:
    """What the motion gate says of each frame, by its number; afresh for each segment."""
    said = {}
    gate = MotionGate(OPTIONS)
    with read_frames(path, OPTIONS) as reader:
        for at, frame in enumerate(reader):
            if at % SEGMENT_FRAMES == 0:
                gate.reset()
            said[frame.number] = gate.open(frame.image)
    return said


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_detector_sees_full_batches_of_what_moved(
    site_videos: dict[str, Path], size: int
) -> None:
    found = cut(site_videos["gate"], size, gated=True)
    said = {
        frame.number: moved
        for batch in found
        for frame, moved in zip(batch.frames, batch.moved, strict=True)
    }
    assert said == gate_alone(site_videos["gate"])
    assert 0 < sum(said.values()) < len(said)
    assert list(said) == sorted(said)
    for batch in found:
        full = sum(batch.moved) == size
        long = len(batch.frames) == GATED_SHARE * size
        assert batch.ends or full or long
        assert sum(batch.moved) <= size
        assert len(batch.frames) <= GATED_SHARE * size
    ends = [batch.frames[-1].number for batch in found if batch.ends]
    assert ends == [*range(SEGMENT_FRAMES, len(said), SEGMENT_FRAMES), len(said)]
    assert [batch.final for batch in found] == [False] * (len(found) - 1) + [True]


def test_without_a_gate_the_detector_sees_everything(site_videos: dict[str, Path]) -> None:
    found = cut(site_videos["gate"], 5, gated=False)
    assert all(all(batch.moved) for batch in found)
    assert {len(batch.frames) for batch in found if not batch.ends} == {5}
