"""Clips can be read back: as many frames, at their times, with nearly their pixels."""

from pathlib import Path

import numpy as np
import pytest

from helpers.footage import moving_square
from surveil_reid.core import Frame, Image, MediaError
from surveil_reid.video import VideoOptions, read_frames, write_clip

WHOLE = VideoOptions(fps=None)


def frames_of(images: list[Image], *, fps: float, start: float = 3.2) -> list[Frame]:
    return [Frame(n, start + n / fps, image) for n, image in enumerate(images, start=1)]


@pytest.mark.parametrize("fps", [10, 20, 25, 29.97])
def test_a_clip_shows_its_frames_at_their_times(tmp_path: Path, fps: float) -> None:
    frames = frames_of(moving_square(12), fps=fps)
    path = tmp_path / "clip.mp4"
    assert write_clip(path, iter(frames), fps=fps) == 12
    with read_frames(path, WHOLE) as read:
        back = list(read)
    assert [f.time for f in back] == pytest.approx([n / fps for n in range(12)], abs=1e-4)
    for wrote, found in zip(frames, back, strict=True):
        assert np.abs(wrote.image.astype(int) - found.image.astype(int)).mean() < 6


def test_an_uneven_rhythm_is_kept(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.5, 0.6]
    frames = [Frame(n, t, i) for n, (t, i) in enumerate(zip(times, moving_square(4), strict=True))]
    write_clip(tmp_path / "clip.mp4", frames, fps=10)
    with read_frames(tmp_path / "clip.mp4", WHOLE) as read:
        assert [f.time for f in read] == pytest.approx(times, abs=1e-4)


def test_an_odd_last_row_and_column_are_cut_off(tmp_path: Path) -> None:
    write_clip(
        tmp_path / "clip.mp4", frames_of(moving_square(3, width=97, height=65), fps=10), fps=10
    )
    with read_frames(tmp_path / "clip.mp4", WHOLE) as read:
        assert next(iter(read)).image.shape == (64, 96, 3)


def test_a_clip_of_nothing_is_not_made_and_an_older_one_stays(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"older")
    with pytest.raises(MediaError, match="no frame"):
        write_clip(tmp_path / "clip.mp4", [], fps=10)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]
    assert (tmp_path / "clip.mp4").read_bytes() == b"older"
