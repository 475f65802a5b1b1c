"""The sample site that ships: its truth agrees with its pictures and with itself."""

import csv
import json
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import yaml

import surveil_reid
from surveil_reid.video import VideoOptions, read_frames

SITE = Path(__file__).parents[2] / "samples" / "site"
CAMERAS = ("corridor", "gate", "yard")
APART = ({"gate", "yard"}, {"corridor", "yard"})
MOVED = 16  # of 255, against the plate: over the noise of every camera
EVERY = 40


def rows(camera: str) -> np.ndarray:
    """Frame, id, left, top, width, height, counts, class and visibility."""
    return np.loadtxt(SITE / "truth" / f"{camera}.txt", delimiter=",")


@pytest.fixture(scope="module")
def visits() -> list[dict[str, str]]:
    with (SITE / "visits.csv").open(encoding="ascii") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def moving() -> dict[str, list[tuple[int, np.ndarray]]]:
    """Of each camera, some frame numbers and which pixels differ from the empty plate there."""
    found = {}
    for camera in CAMERAS:
        plate = surveil_reid.read_picture(SITE / "plates" / f"{camera}.jpg").astype(np.int16)
        frames = read_frames(SITE / "footage" / f"{camera}.mp4", VideoOptions(fps=None))
        found[camera] = [
            (number, np.abs(frame.image - plate).max(axis=2) > MOVED)
            for number, frame in enumerate(frames, start=1)
            if number % EVERY == 0
        ]
    return found


def test_the_footage_is_what_it_should_be() -> None:
    for camera in CAMERAS:
        with av.open(str(SITE / "footage" / f"{camera}.mp4")) as container:
            stream = container.streams.video[0]
            assert stream.codec_context.name == "h264"
            assert stream.average_rate == 10
            assert (stream.width, stream.height) >= (640, 480)
            assert 600 <= sum(1 for _ in container.decode(stream)) <= 900
            assert sum(1 for s in container.streams) == 1


def test_the_whole_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) < 25e6


def test_the_site_file_loads() -> None:
    site = surveil_reid.load_site(SITE / "site.yaml")
    assert sorted(camera.name for camera in site.cameras) == list(CAMERAS)
    starts = {source.start for camera in site.cameras for source in camera.recordings}
    assert len(starts) == 1  # one clock
    hung = json.loads((SITE / "cameras.json").read_text(encoding="ascii"))
    for camera in site.cameras:
        assert camera.position == pytest.approx(hung[camera.name]["position"][:2], abs=0.06)
        assert all(Path(source.path).is_file() for source in camera.recordings)


def test_the_truth_scores_perfectly_against_itself() -> None:
    truth = surveil_reid.read_cameras(SITE / "truth", truth=True)
    scores = surveil_reid.score_cameras(truth, truth)
    assert scores.idf1 == scores.bcubed_f1 == 1
    assert 12 <= scores.identities_true == scores.identities_found
    assert {name: s.mota for name, s in scores.cameras.items()} == dict.fromkeys(CAMERAS, 1.0)


@pytest.mark.parametrize("camera", CAMERAS)
def test_boxes_lie_in_the_picture(camera: str) -> None:
    table = rows(camera)
    assert (table[:, 0] >= 1).all()
    assert (table[:, 0] <= 600).all()
    assert (table[:, 2:6] >= 0).all()
    assert (table[:, 4:6] >= 1).all()
    assert (table[:, 2] + table[:, 4] <= 640).all()
    assert (table[:, 3] + table[:, 5] <= 480).all()
    assert ((table[:, 8] >= 0) & (table[:, 8] <= 1)).all()
    np.testing.assert_array_equal(table[:, 6] == 1, table[:, 8] >= 0.25)


@pytest.mark.parametrize("camera", CAMERAS)
def test_boxes_cover_moving_pixels(
    camera: str, moving: dict[str, list[tuple[int, np.ndarray]]]
) -> None:
    """What is plainly seen differs from the empty plate, and fills its box as people do."""
    table, shares, reached = rows(camera), [], []
    for number, mask in moving[camera]:
        for row in table[(table[:, 0] == number) & (table[:, 8] > 0.9) & (table[:, 5] >= 60)]:
            left, top, width, height = row[2:6].astype(int)
            box = mask[top : top + height, left : left + width]
            shares.append(box.mean())
            ys, xs = np.nonzero(box)
            across, down = np.array([xs.min(), xs.max()]) / width, np.array([ys.min(), ys.max()])
            reached.append(
                across[0] < 0.3
                and across[1] > 0.7
                and down[0] < 0.15 * height
                and down[1] > 0.85 * height
            )
    assert len(shares) >= 20
    assert min(shares) > 0.2
    assert np.median(shares) > 0.35
    # The boxes are tight, as far as dark hair before a dark wall lets one see it.
    assert np.mean(reached) > 0.9


@pytest.mark.parametrize("camera", CAMERAS)
def test_moving_pixels_lie_in_boxes_and_shadows(
    camera: str, moving: dict[str, list[tuple[int, np.ndarray]]]
) -> None:
    table, inside, everywhere = rows(camera), 0, 0
    for number, mask in moving[camera]:
        near = np.zeros_like(mask)
        for row in table[table[:, 0] == number]:
            left, top, width, height = row[2:6].astype(int)
            # A shadow is at most as long as the person, and lies on the ground beside.
            x0, y0 = max(left - height, 0), max(top - 4, 0)
            near[y0 : top + height + 8, x0 : left + width + height] = True
        inside += int((mask & near).sum())
        everywhere += int(mask.sum())
    assert inside / everywhere > 0.97


def test_nobody_is_in_two_distant_views_at_once() -> None:
    for pair in APART:
        seen = [{(int(r[0]), int(r[1])) for r in rows(camera) if r[6] == 1} for camera in pair]
        assert not set.intersection(*seen)


def test_overlapping_views_show_people_at_once() -> None:
    seen = [{(r[0], r[1]) for r in rows(camera) if r[6] == 1} for camera in ("gate", "corridor")]
    both = set.intersection(*seen)
    assert len({identity for _, identity in both}) >= 5


def test_overlapping_views_agree_on_where_people_stand() -> None:
    """The feet, seen by two calibrated cameras, are at one place on the ground."""
    cameras = json.loads((SITE / "cameras.json").read_text(encoding="ascii"))
    places: list[dict[tuple[int, int], np.ndarray]] = []
    for name in ("gate", "corridor"):
        plain = [r for r in rows(name) if r[8] > 0.97 and r[3] + r[5] < 478 and r[5] > 60]
        places.append({(int(r[0]), int(r[1])): on_ground(cameras[name], r) for r in plain})
    both = set(places[0]) & set(places[1])
    assert len(both) >= 50
    gaps = [np.linalg.norm(places[0][key] - places[1][key]) for key in both]
    # The lowest pixel is that of the nearer foot, half a step away, and pixels are coarse far off.
    assert np.median(gaps) < 0.6
    assert np.percentile(gaps, 90) < 1.5


def on_ground(camera: dict, row: np.ndarray) -> np.ndarray:
    """Where the middle of a box's lower edge meets the ground."""
    pose = np.array(camera["world_to_camera"])
    x = (row[2] + row[4] / 2 - camera["width"] / 2) / camera["focal"]
    y = (row[3] + row[5] - camera["height"] / 2) / camera["focal"]
    ray = pose[:, :3].T @ (x, y, 1.0)
    origin = -pose[:, :3].T @ pose[:, 3]
    return (origin - ray * origin[2] / ray[2])[:2]


def test_travel_between_distant_views_takes_a_plausible_time(
    visits: list[dict[str, str]],
) -> None:
    stated = {
        (entry["from"], entry["to"]): entry["minimum"]
        for entry in yaml.safe_load((SITE / "site.yaml").read_text(encoding="ascii"))["travel"]
    }
    times = []
    for stays in by_identity(visits).values():
        for before, after in pairwise(stays):
            pair = (before["camera"], after["camera"])
            if set(pair) in APART:
                seconds = (moment(after["first"]) - moment(before["last"])).total_seconds()
                assert seconds >= stated[pair] >= 3
                times.append(seconds)
    assert len(times) >= 5
    assert max(times) < 40


def test_visits_follow_from_the_boxes(visits: list[dict[str, str]]) -> None:
    begin = datetime.fromisoformat("2026-03-01T08:00:00+07:00")
    for camera in CAMERAS:
        table = rows(camera)
        told = defaultdict(int)
        for visit in visits:
            if visit["camera"] == camera:
                told[int(visit["identity"])] += int(visit["frames"])
                first = round((moment(visit["first"]) - begin).total_seconds() * 10) + 1
                mine = table[(table[:, 1] == int(visit["identity"])) & (table[:, 6] == 1)]
                assert first in mine[:, 0]
        counted = table[table[:, 6] == 1]
        assert told == {int(i): int((counted[:, 1] == i).sum()) for i in np.unique(counted[:, 1])}


def test_some_come_back_and_some_show_in_one_camera_only(visits: list[dict[str, str]]) -> None:
    stays = by_identity(visits)
    one_camera = [i for i, s in stays.items() if len({v["camera"] for v in s}) == 1]
    assert len(one_camera) >= 2
    again = 0
    for mine in stays.values():
        for before, after in pairwise(mine):
            gap = (moment(after["first"]) - moment(before["last"])).total_seconds()
            again += before["camera"] == after["camera"] and gap > 5
    assert again >= 2


def by_identity(visits: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    stays = defaultdict(list)
    for visit in sorted(visits, key=lambda v: v["first"]):
        stays[visit["identity"]].append(visit)
    return stays


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
