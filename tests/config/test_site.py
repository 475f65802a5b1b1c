"""Site files and camera options: what is read, and what a mistake is answered with."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surveil_reid.config import load_site, parse_camera, site_of
from surveil_reid.core import SiteError
from surveil_reid.pipeline.files import video_files
from surveil_reid.store import open_store


def write(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_site_is_read() -> None:
    site = load_site(Path("configs/site.example.yaml"))
    assert [camera.name for camera in site.cameras] == ["gate", "yard"]
    assert site.cameras[0].clock_offset == -2.5
    assert len(site.cameras[0].ignore[0]) == 4
    assert [camera.position for camera in site.cameras] == [(0, 0), (40, 25)]
    start = site.cameras[0].recordings[0].start
    assert start == datetime(2026, 3, 1, 1, tzinfo=UTC).timestamp()


def test_paths_are_relative_to_the_site_file(tmp_path: Path) -> None:
    site = load_site(write(tmp_path, "cameras: [{name: a, recordings: [x.mp4, /y.mp4]}]"))
    assert [r.path for r in site.cameras[0].recordings] == [str(tmp_path / "x.mp4"), "/y.mp4"]


def test_an_sqlite_store_lies_beside_the_site_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a site, 50% #1?"
    folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    text = "store: sqlite:///site.db\ncameras: [{name: a, recordings: [x]}]"
    for file in (write(folder, text), Path("..") / folder.name / "site.yaml"):
        with open_store(load_site(file).store or "") as store:
            assert store.cameras() == ()
        assert (folder / "site.db").is_file()
        (folder / "site.db").unlink()
        shutil.rmtree(folder / "site.files")  # which is that store's alone
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////var/site.db",
        "sqlite:///file:site.db?uri=true",
        "postgresql://ann:secret@host/site",
    ],
)
def test_any_other_store_is_taken_as_it_is_written(tmp_path: Path, url: str) -> None:
    text = f"store: '{url}'\ncameras: [{{name: a, recordings: [x]}}]"
    assert load_site(write(tmp_path, text)).store == url


@pytest.mark.parametrize(
    "start", ["2026-03-01T08:00:00", "'20260301_080000'", "2026-03-01 15:00:00+07:00"]
)
def test_a_start_may_be_written_in_several_ways(tmp_path: Path, start: str) -> None:
    site = load_site(write(tmp_path, f"cameras: [{{name: a, recordings: [x], start: {start}}}]"))
    moment = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()
    assert site.cameras[0].recordings[0].start == moment


def test_only_what_a_site_file_says_is_a_glob(tmp_path: Path) -> None:
    folder = tmp_path / "Site [A]*"
    folder.mkdir()
    for name in ("gate [1].mp4", "gate [2].mp4", "x.mp4"):
        (folder / name).touch()
    text = "cameras: [{name: a, recordings: [gate*.mp4, 'gate [1].mp4', none.mp4]}]"
    found = [video_files(r.path) for r in load_site(write(folder, text)).cameras[0].recordings]
    both = [folder / "gate [1].mp4", folder / "gate [2].mp4"]
    assert found == [both, both[:1], [folder / "none.mp4"]]


def test_a_start_is_that_of_the_first_recording_only(tmp_path: Path) -> None:
    text = "cameras: [{name: a, recordings: [x.mp4, y.mp4], start: 2026-03-01T08:00:00}]"
    first, second = load_site(write(tmp_path, text)).cameras[0].recordings
    assert first.start == datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()
    assert second.start is None
    assert (first.continues, second.continues) == (False, True)
    text = "cameras: [{name: a, recordings: [x.mp4, y.mp4]}]"
    assert not any(r.continues for r in load_site(write(tmp_path, text)).cameras[0].recordings)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "valid dictionary"),
        ("cameras: []", "cameras"),
        ("cameras: [{name: a, recordings: []}]", "recordings"),
        ("cameras: [{name: a, recording: [x]}]", "did you mean 'recordings'"),
        ("camera: [{name: a, recordings: [x]}]", "cameras"),
        ("cameras: [{name: a, recordings: [x], zzz: 1}]", "the keys are name, recordings"),
        ("cameras: [{name: a, recordings: [x], ignore: [[[0, 0], [1, 1]]]}]", "three points"),
        ("cameras: [{name: a, recordings: [x], clock_offset: .nan}]", "clock_offset"),
        ("cameras: [{name: a, recordings: [x], start: noon}]", "start: 'noon' is no time; write"),
        ("cameras: [{name: a, recordings: [x], start: 20260301_080000}]", "start: .* is a number"),
        ("cameras: [{name: a, recordings: [x], start: 18:00:00}]", "start: 64800 is a number"),
        ("cameras: [{name: a, recordings: [x], start: 1.5}]", "start: 1.5 is a number"),
        ("cameras: [{name: a, recordings: [x], position: [1]}]", "position"),
        ("cameras: [{name: a, recordings: [x], position: [1, .inf]}]", "position"),
        ("cameras: [{name: a, recordings: [x]}, {name: a, recordings: [y]}]", "named 'a'"),
        (
            "cameras: [{name: a, recordings: [x]}]\ntravel: [{from: a, to: b, minimum: 1}]",
            "camera 'b'",
        ),
        (
            "cameras: [{name: a, recordings: [x]}]\ntravel: [{from: a, too: a, minimum: 1}]",
            "did you mean 'to'|to: Field required",
        ),
        ("{", "not a YAML file"),
        ("store: site.db\ncameras: [{name: a, recordings: [x]}]", "store: 'site.db' is not a data"),
        (
            "cameras: [{name: a, recordings: [x],\n start: 2026-02-29T08:00:00Z}]",
            "line 2: 2026-02-29T08:00:00Z is not possible: day is out of range",
        ),
        ("cameras: [{name: a, recordings: [x], clock_offset: 0x_}]", "line 1: 0x_ is not possible"),
    ],
)
def test_a_mistake_is_named_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SiteError, match=says) as caught:
        load_site(write(tmp_path, text))
    assert str(tmp_path / "site.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_or_binary_site_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="No such file"):
        load_site(tmp_path / "none.yaml")
    (tmp_path / "film.mp4").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(SiteError, match="not UTF-8 text"):
        load_site(tmp_path / "film.mp4")


@pytest.mark.parametrize(
    ("text", "name", "path", "start"),
    [
        ("gate=a.mp4", "gate", "a.mp4", None),
        ("gate=a=b.mp4", "gate", "a=b.mp4", None),
        ("gate=a@b.mp4", "gate", "a@b.mp4", None),
        ("gate=a@b.mp4@1970-01-01T00:01:00Z", "gate", "a@b.mp4", 60.0),
        ("gate=a.mp4@1970-01-01T01:00:00+01:00", "gate", "a.mp4", 0.0),
        ("gate=a.mp4@1970-01-01T00:00:01", "gate", "a.mp4", 1.0),
    ],
)
def test_camera_options(text: str, name: str, path: str, start: float | None) -> None:
    camera = parse_camera(text)
    assert (camera.name, camera.recordings[0].path) == (name, path)
    assert camera.recordings[0].start == start


@pytest.mark.parametrize("text", ["", "gate", "=a.mp4", "gate="])
def test_a_camera_option_needs_a_name_and_a_path(text: str) -> None:
    with pytest.raises(SiteError, match="NAME=PATH"):
        parse_camera(text)


def test_the_same_name_again_adds_recordings() -> None:
    site = site_of(map(parse_camera, ["gate=a.mp4", "yard=b.mp4", "gate=c.mp4"]))
    assert [c.name for c in site.cameras] == ["gate", "yard"]
    assert [r.path for r in site.cameras[0].recordings] == ["a.mp4", "c.mp4"]
