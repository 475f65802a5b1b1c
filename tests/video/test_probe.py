"""Probing: the facts of a recording, and one clear line for every file that is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.footage import (
    corrupt_packets,
    moving_square,
    write_cut_off,
    write_sound,
    write_video,
)
from surveil_reid.core import MediaError
from surveil_reid.video import VideoOptions, probe, read_frames


def test_facts(tmp_path: Path) -> None:
    stamp = {"creation_time": "2026-03-01T08:00:00Z"}
    path = write_video(tmp_path / "a.mp4", moving_square(20), fps=8, audio=True, metadata=stamp)
    info = probe(path)
    assert (info.width, info.height, info.frames) == (96, 64, 20)
    assert info.fps == pytest.approx(8)
    assert info.duration == pytest.approx(2.5)
    assert info.start == 1772352000.0


def test_what_the_file_does_not_tell_is_none(tmp_path: Path) -> None:
    info = probe(write_video(tmp_path / "a.mkv", moving_square(3)))
    assert info.frames is None
    assert info.start is None


def test_what_declares_no_length_lasts_as_long_as_its_frames(tmp_path: Path) -> None:
    """25 frames a second are the usual ones, where a bare stream tells none."""
    cut_off = write_cut_off(tmp_path / "cut.mkv", moving_square(57), fps=10)
    bare = write_video(tmp_path / "bare.h264", moving_square(57), fps=25)
    for path, seconds in ((cut_off, 5.7), (bare, 2.28)):
        info = probe(path)
        last = list(read_frames(path, VideoOptions(fps=None)))[-1]
        assert info.duration == pytest.approx(seconds)
        assert info.duration == pytest.approx(last.time + 1 / info.fps)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_joined_files_last_as_long_as_all(tmp_path: Path, parts: int) -> None:
    """Their stamps begin anew within, so that first and last are one file's length apart."""
    one = write_video(tmp_path / "one.ts", moving_square(40), fps=10)
    path = tmp_path / "joined.ts"
    path.write_bytes(one.read_bytes() * parts)
    last = list(read_frames(path, VideoOptions(fps=None)))[-1]
    assert last.time > 3.8 * parts
    assert probe(path).duration == pytest.approx(last.time + 0.1, abs=0.15 * parts)


@pytest.mark.parametrize(("rotation", "size"), [(0, (96, 64)), (90, (64, 96)), (180, (96, 64))])
def test_size_is_that_of_the_upright_frame(
    tmp_path: Path, rotation: int, size: tuple[int, int]
) -> None:
    info = probe(write_video(tmp_path / "a.mp4", moving_square(3), rotation=rotation))
    assert (info.width, info.height) == size


def nothing_there(folder: Path) -> Path:
    return folder / "missing.mp4"


def an_endless_name(folder: Path) -> Path:
    return folder / f"{'x' * 300}.mp4"


def a_folder(folder: Path) -> Path:
    (folder / "footage.mp4").mkdir()
    return folder / "footage.mp4"


def an_empty_file(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def a_text(folder: Path) -> Path:
    (folder / "text.mp4").write_text("This is not a video.\n" * 50)
    return folder / "text.mp4"


def a_playlist(folder: Path) -> Path:
    (folder / "list.mp4").write_text("#EXTM3U\n#EXTINF:10,\nhttp://192.0.2.1/a.ts\n#EXT-X-ENDLIST")
    return folder / "list.mp4"


def sound_only(folder: Path) -> Path:
    return write_sound(folder / "sound.mp4")


def no_frames(folder: Path) -> Path:
    path = write_video(folder / "none.mp4", moving_square(3))
    corrupt_packets(path, range(3))
    return path


def cut_before_its_index(folder: Path) -> Path:
    path = write_video(folder / "cut.mp4", moving_square(20))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nothing_there, "does not exist; check the path"),
        (an_endless_name, "cannot be read .File name too long.; check the path"),
        (a_folder, "is a folder; name a video file"),
        (an_empty_file, "is empty .* copy or export"),
        (a_text, "is not a video.* copy or export"),
        (a_playlist, "is not a video|holds no"),
        (sound_only, "holds no video.* recording with pictures"),
        (no_frames, "holds no frame .* copy or export"),
        (cut_before_its_index, "is not a video.* damaged .* copy or export"),
    ],
)
def test_one_line_names_the_file_and_the_remedy(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    path = make(tmp_path)
    for read in (probe, lambda p: list(read_frames(p))):
        with pytest.raises(MediaError, match=words) as caught:
            read(path)
        assert path.name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_metadata_in_an_unknown_encoding_is_no_obstacle(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(3), metadata={"title": "Kamera QQQQ"})
    path.write_bytes(path.read_bytes().replace(b"QQQQ", b"\xe4\xf6\xfc\xff"))
    assert probe(path).frames == 3
