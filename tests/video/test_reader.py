"""Reading frames: which ones, when, how they look, and what is survived."""

import hashlib
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.footage import corner_card, corrupt_packets, moving_square, write_video
from surveil_reid.core import Frame, MediaError
from surveil_reid.video import FrameMark, VideoOptions, read_frames, reader
from surveil_reid.video.reader import sampling_slot

FULL = VideoOptions(fps=None)


def fingerprint(frame: Frame) -> tuple[int, float, str]:
    return frame.number, frame.time, hashlib.sha256(frame.image.tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("b_frames.mp4", "libx264"),
        ("b_frames.mkv", "libx264"),
        ("b_frames.avi", "libx264"),
        ("parts.mp4", "mpeg4"),
        ("stream.ts", "libx264"),
        ("stills.avi", "mjpeg"),
        ("hevc.mp4", "libx265"),
    ],
)
def test_every_frame_comes_once_in_order_with_its_content(
    tmp_path: Path, name: str, codec: str
) -> None:
    images = moving_square(30)
    quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_video(tmp_path / name, images, fps=10, codec=codec, codec_options=quiet)
    with read_frames(path, FULL) as frames:
        seen = list(frames)
    assert [frame.number for frame in seen] == list(range(1, 31))
    assert [frame.time for frame in seen] == pytest.approx([i / 10 for i in range(30)], abs=1e-9)
    for frame, image in zip(seen, images, strict=True):
        difference = np.abs(frame.image.astype(int) - image.astype(int)).mean()
        others = min(
            np.abs(frame.image.astype(int) - other.astype(int)).mean()
            for other in images
            if other is not image
        )
        assert difference < others, frame.number
    assert (frames.decoded, frames.corrupt, frames.ended_early) == (30, 0, False)


def test_colours_come_as_red_green_blue(tmp_path: Path) -> None:
    path = write_video(tmp_path / "red.mp4", [np.full((64, 96, 3), (220, 60, 20), np.uint8)] * 3)
    image = next(iter(read_frames(path))).image
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert np.abs(image.reshape(-1, 3).mean(axis=0) - (220, 60, 20)).max() < 6


@pytest.mark.parametrize("threads", [1, 2, 0])
def test_threads_change_nothing_about_a_sound_recording(tmp_path: Path, threads: int) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(40))
    one = [fingerprint(f) for f in read_frames(path, FULL)]
    many = [fingerprint(f) for f in read_frames(path, VideoOptions(fps=None, threads=threads))]
    assert many == one


@pytest.mark.parametrize("rotation", [0, 90, 180, 270, -90])
@pytest.mark.parametrize("mirrored", [False, True])
def test_frames_stand_upright(tmp_path: Path, rotation: int, mirrored: bool) -> None:
    card = corner_card()
    path = write_video(tmp_path / "turned.mp4", [card] * 3, rotation=rotation, mirrored=mirrored)
    shown = np.rot90(card, rotation // 90)
    shown = shown[:, ::-1] if mirrored else shown
    image = next(iter(read_frames(path))).image
    assert image.shape == shown.shape
    assert np.abs(image.astype(int) - shown.astype(int)).mean() < 12


# --- which frames are analysed ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "fps", "expected"),
    [
        (10, 5, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]),
        (20, 5, [1, 5, 9, 13, 17]),
        (10, 3, [1, 5, 8, 11, 15, 18]),
        (10, 10, list(range(1, 21))),
        (10, 60, list(range(1, 21))),
        (10, 0.5, [1]),
        (10, None, list(range(1, 21))),
    ],
)
def test_sampling(tmp_path: Path, rate: int, fps: float | None, expected: list[int]) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(20), fps=rate)
    assert [f.number for f in read_frames(path, VideoOptions(fps=fps))] == expected


def test_variable_rate_keeps_its_true_times(tmp_path: Path) -> None:
    times = [0.0, 0.1, 0.15, 0.4, 0.41, 0.9, 1.5, 1.61, 2.0, 7.5]
    for name in ("a.mp4", "a.mkv"):
        path = write_video(tmp_path / name, moving_square(10), times=times)
        assert [f.time for f in read_frames(path, FULL)] == pytest.approx(times, abs=1e-9)
        sampled = [f.number for f in read_frames(path, VideoOptions(fps=2))]
        assert sampled == [1, 6, 7, 9, 10]


def test_frames_that_are_not_analysed_are_never_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    converted = []
    honest = reader.upright
    monkeypatch.setattr(reader, "upright", lambda *raw: converted.append(raw) or honest(*raw))
    path = write_video(tmp_path / "a.mp4", moving_square(20), fps=10)
    with read_frames(path, VideoOptions(fps=2)) as frames:
        assert len(list(frames)) == len(converted) == 4
        assert frames.decoded == 20


def analysed_by_slots(times: list[Fraction], fps: int) -> list[int]:
    """The rule said differently: of each interval of 1/fps the first frame in it."""
    firsts: dict[int, int] = {}
    for i, time in enumerate(times):
        firsts.setdefault(math.floor(time * fps + Fraction(1, 100)), i)
    return sorted(firsts.values())


@given(
    gaps=st.lists(st.integers(1, 3000), max_size=60),
    fps=st.integers(1, 40),
)
def test_one_frame_of_each_interval_is_analysed(gaps: list[int], fps: int) -> None:
    ticks = [0]
    for gap in gaps:
        ticks.append(ticks[-1] + gap)
    times = [Fraction(tick, 1000) for tick in ticks]
    chosen, last = [], None
    for i, time in enumerate(times):
        slot = sampling_slot(float(time), fps)
        if last is None or slot > last:
            chosen.append(i)
            last = slot
    exact = [(t * fps + Fraction(1, 100)).denominator == 1 for t in times]
    if not any(exact):  # on the very border of an interval, rounding decides
        assert chosen == analysed_by_slots(times, fps)
    if all(gap * fps >= 1020 for gap in gaps):
        assert chosen == list(range(len(times)))


# --- damage ---------------------------------------------------------------------------------


def test_damage_is_skipped_up_to_the_next_keyframe_and_counted(tmp_path: Path) -> None:
    images = moving_square(60)
    plain = {"bf": "0", "sc_threshold": "0"}  # no B-frames, no keyframes out of turn
    path = write_video(tmp_path / "a.mp4", images, gop=12, codec_options=plain)
    clean = {f.time: fingerprint(f)[2] for f in read_frames(path, FULL)}
    corrupt_packets(path, [20, 21, 40])
    with read_frames(path, FULL) as frames:
        seen = list(frames)
    # Frames 21, 22 and 41 are lost, those behind them up to keyframes 25 and 49 are spoilt.
    assert [round(10 * f.time) for f in seen] == [*range(20), *range(24, 40), *range(48, 60)]
    assert [fingerprint(f)[2] for f in seen] == [clean[f.time] for f in seen]
    assert frames.corrupt == 60 - len(seen)
    assert len(seen) < frames.decoded <= 60
    assert not frames.ended_early
    numbers = [f.number for f in seen]
    assert numbers[:20] == list(range(1, 21))
    assert numbers[-12:] == list(range(frames.decoded - 11, frames.decoded + 1))


def test_a_truncated_file_gives_what_it_holds(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(60), faststart=True)
    whole = [fingerprint(f) for f in read_frames(path, FULL)]
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    with read_frames(path, FULL) as frames:
        part = [fingerprint(f) for f in frames]
    assert 10 < len(part) < 55
    assert part[:10] == whole[:10]
    assert frames.ended_early
    assert frames.expected == 60


def test_a_truncated_file_without_declared_frames_is_noticed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", moving_square(60))
    data = path.read_bytes()
    path.write_bytes(data[: int(0.6 * len(data))])
    with read_frames(path, FULL) as frames:
        assert 10 < len(list(frames)) < 55
    assert frames.ended_early
    assert frames.expected is None


def test_a_video_without_frames_is_an_error(tmp_path: Path) -> None:
    path = write_video(tmp_path / "none.mp4", moving_square(3), faststart=True)
    corrupt_packets(path, range(3))
    with pytest.raises(MediaError, match=r"none\.mp4 holds no frame"), read_frames(path) as frames:
        list(frames)


def test_the_file_is_let_go_when_reading_stops_halfway(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(20))
    with read_frames(path, FULL) as frames:
        next(iter(frames))
    open_files = [link.resolve() for link in Path("/proc/self/fd").iterdir()]
    assert path.resolve() not in open_files


# --- resuming -------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [None, 4])
@pytest.mark.parametrize(
    ("name", "codec", "damaged"),
    [
        ("a.mp4", "libx264", []),
        ("a.avi", "libx264", []),
        ("a.mkv", "libx264", []),
        ("a.ts", "libx264", []),
        ("a.avi", "mpeg4", []),
        ("a.mp4", "libx264", [20, 21]),
        ("a.mp4", "libx264", [12]),
        ("a.mp4", "libx264", [24]),
        ("a.mp4", "libx264", [12, 13, 14, 40]),
        ("a.mp4", "mpeg4", [24, 30]),
    ],
)
def test_resuming_behind_any_frame_equals_reading_on(
    tmp_path: Path, name: str, codec: str, damaged: list[int], fps: float | None
) -> None:
    path = write_video(tmp_path / name, moving_square(50), codec=codec)
    corrupt_packets(path, damaged)
    options = VideoOptions(fps=fps)
    with read_frames(path, options) as unbroken:
        whole = [fingerprint(f) for f in unbroken]
    for i, (number, time, _) in enumerate(whole):
        with read_frames(path, options, resume=FrameMark(number, time)) as frames:
            assert [fingerprint(f) for f in frames] == whole[i + 1 :], number
        assert frames.decoded == unbroken.decoded
        assert frames.corrupt <= unbroken.corrupt
        assert frames.ended_early == unbroken.ended_early


def test_variable_rate_resumes_exactly(tmp_path: Path) -> None:
    times = [round(0.001 * i**2.1, 3) for i in range(1, 61)]
    path = write_video(tmp_path / "a.mp4", moving_square(60), times=times)
    whole = [fingerprint(f) for f in read_frames(path, FULL)]
    for i, (number, time, _) in enumerate(whole):
        rest = read_frames(path, FULL, resume=FrameMark(number, time))
        assert [fingerprint(f) for f in rest] == whole[i + 1 :]


def test_resuming_a_sound_mp4_decodes_no_more_than_a_stretch_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(100), gop=10)
    whole = list(read_frames(path, FULL))

    def refuse(*_: object) -> None:
        pytest.fail("decoded from the beginning")

    monkeypatch.setattr(reader, "open_from_beginning", refuse)
    frames = read_frames(path, FULL, resume=FrameMark(whole[84].number, whole[84].time))
    assert [fingerprint(f) for f in frames] == [fingerprint(f) for f in whole[85:]]


@pytest.mark.parametrize("mark", [FrameMark(5, 0.41), FrameMark(500, 49.9)])
def test_a_mark_of_another_recording_is_refused(tmp_path: Path, mark: FrameMark) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(20))
    with pytest.raises(MediaError, match=r"a\.mp4 has no frame \d+ at .* anew"):
        read_frames(path, resume=mark)


# --- real footage ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("pets09-s2l1/video.avi", 795),
        ("plaza/cam1.mp4", 1200),
        ("plaza/cam2.mp4", 1200),
        ("rooms/cam1.mp4", 147),
        ("rooms/cam2.mp4", 84),
        ("indoor-walk/video.mp4", 1394),
    ],
)
def test_real_recordings_read_cleanly(real_data: Path, name: str, count: int) -> None:
    with read_frames(real_data / "footage" / name, VideoOptions(fps=1)) as frames:
        times = [f.time for f in frames]
    assert (frames.decoded, frames.expected, frames.corrupt) == (count, count, 0)
    assert not frames.ended_early
    assert [round(time) for time in times] == list(range(len(times)))
    assert np.abs(np.array(times) - np.round(times)).max() < 0.04


def test_real_footage_resumes_exactly(real_data: Path) -> None:
    path = real_data / "footage" / "rooms" / "cam2.mp4"
    whole = [fingerprint(f) for f in read_frames(path)]
    for i, (number, time, _) in list(enumerate(whole))[::4]:
        rest = read_frames(path, resume=FrameMark(number, time))
        assert [fingerprint(f) for f in rest] == whole[i + 1 :]
