"""What a camera sees: projection, visibility, boxes, and what is written about them."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import surveil_reid
from samples.render.accessories import rounded_box
from samples.render.camera import Camera
from samples.render.clothes import Mesh
from samples.render.crops import CropOptions, cut_out
from samples.render.film import read_picture, write_film, write_picture
from samples.render.scenes import yolo_labels
from samples.render.sensor import Sensor
from samples.render.truth import find_visits, write_boxes, write_site
from samples.render.visibility import Sight, changed, merge, see
from surveil_reid.video import VideoOptions, read_frames

CAMERA = Camera(name="c", position=(0, -10, 1), target=(0, 0, 1), field=60)
EMPTY = np.full((480, 640), 1000.0)
START = datetime.fromisoformat("2026-03-01T08:00:00+07:00")


def block(x: float, y: float, *, half: float = 0.5) -> tuple[Mesh, np.ndarray]:
    """A nearly sharp-edged block, 2 m high, that stands at x, y."""
    vertices, quads = rounded_box(12, power=60)
    placed = vertices * (half, half, 1.0) + (x, y, 1.0)
    materials = np.full(len(quads), 3)
    return Mesh(vertices, np.ones((len(vertices), 1)), quads, materials), placed


def test_a_camera_maps_what_its_calibration_says() -> None:
    camera = Camera(name="c", position=(3, -4, 2.5), target=(0, 1, 0.5), field=70)
    points = np.random.default_rng(0).uniform(-1, 1, (50, 3))
    pixels, depth = camera.project(points)
    told = camera.calibration()
    pose = np.array(told["world_to_camera"])
    local = points @ pose[:, :3].T + pose[:, 3]
    np.testing.assert_allclose(local[:, 2], depth, atol=1e-4)
    expected = told["focal"] * local[:, :2] / local[:, 2:] + (320, 240)
    np.testing.assert_allclose(pixels, expected, atol=0.02)
    target, _ = camera.project(np.array([[0, 1, 0.5]]))
    np.testing.assert_allclose(target, [[320, 240]], atol=1e-9)


def test_who_stands_free_is_seen_whole_and_boxed_tightly() -> None:
    sight = see(CAMERA, EMPTY, {7: block(0, 0)})[7]
    assert sight.visibility == pytest.approx(1)
    assert sight.inside == 1
    size = CAMERA.focal / 9.5  # pixels for a metre at the front face
    expected = (320 - size / 2, 240 - size, 320 + size / 2, 240 + size)
    np.testing.assert_allclose(sight.box, expected, atol=2)
    assert sight.seen == sight.box


def test_who_stands_before_hides_who_stands_behind() -> None:
    sights = see(CAMERA, EMPTY, {1: block(0, 0), 2: block(0.45, 3)})
    assert sights[1].visibility == pytest.approx(1)
    assert 0.1 < sights[2].visibility < 0.6
    assert sights[2].seen[0] > sights[2].box[0]
    assert sights[2].seen[2] == sights[2].box[2]
    assert set(see(CAMERA, EMPTY, {1: block(0, 0), 2: block(0, 4, half=0.3)})) == {1}


def test_the_site_hides_people_too() -> None:
    wall = EMPTY.copy()
    wall[240:] = 5.0  # in front of everybody's lower half
    assert see(CAMERA, wall, {1: block(0, 0)})[1].visibility == pytest.approx(0.5, abs=0.02)
    assert see(CAMERA, np.full((480, 640), 5.0), {1: block(0, 0)}) == {}


def test_what_is_outside_the_picture_counts_as_hidden() -> None:
    edge = 10 * np.tan(np.radians(30))
    sight = see(CAMERA, EMPTY, {1: block(edge, 0)})[1]
    assert sight.box[2] == 640
    assert sight.visibility == pytest.approx(0.5, abs=0.1)
    assert sight.inside == pytest.approx(0.5, abs=0.1)
    assert see(CAMERA, EMPTY, {1: block(20, 0), 2: block(0, -30)}) == {}


def test_what_changes_holds_the_person_and_the_shadow() -> None:
    _, vertices = block(0, 0)
    part = changed(CAMERA, vertices, np.array([0.6, 0, -1.0]), margin=0)
    assert part is not None
    shadow, _ = CAMERA.project(np.array([[0.5 + 2 * 0.6, 0, 0.0]]))
    assert part[2] >= shadow[0, 0] - 2
    assert changed(CAMERA, vertices - np.array([0, 30, 0]), np.array([0.0, 0, -1])) is None


rectangles = st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(1, 200)] * 2).map(
    lambda r: (r[0], r[1], r[0] + r[2], r[1] + r[3])
)


@given(st.lists(rectangles, max_size=8))
def test_merged_rectangles_cover_all_of_them_at_no_greater_cost(
    parts: list[tuple[int, int, int, int]],
) -> None:
    merged = merge(parts)
    cover = np.zeros((600, 600), bool)
    for left, top, right, bottom in merged:
        cover[top:bottom, left:right] = True
    for left, top, right, bottom in parts:
        assert cover[top:bottom, left:right].all()

    def cost(rects: list[tuple[int, int, int, int]]) -> int:
        return sum((r[2] - r[0]) * (r[3] - r[1]) + 12_000 for r in rects)

    assert cost(merged) <= cost(parts)


def sight(visibility: float, box: tuple[int, int, int, int] = (10, 20, 40, 110)) -> Sight:
    return Sight(box=box, seen=box, visibility=visibility, inside=1.0)


def test_boxes_are_read_as_they_were_written(tmp_path: Path) -> None:
    write_boxes(tmp_path / "c.txt", [{}, {3: sight(1.0), 1: sight(0.2)}, {3: sight(0.25)}])
    lines = (tmp_path / "c.txt").read_text(encoding="ascii").splitlines()
    assert lines[1] == "2,3,10,20,30,90,1,1,1.000"
    tracks = surveil_reid.read_mot(tmp_path / "c.txt", truth=True)
    assert list(zip(tracks.frames, tracks.ids, strict=True)) == [(2, 3), (3, 3)]
    np.testing.assert_array_equal(tracks.boxes, [[10, 20, 40, 110]] * 2)


def test_visits_end_with_an_absence_and_give_travel_times(tmp_path: Path) -> None:
    here = [{1: sight(1.0)}] * 20 + [{}] * 25 + [{1: sight(0.5)}] * 5 + [{}] * 100
    there = [{1: sight(0.1)}] * 90 + [{1: sight(1.0)}] * 60
    visits = find_visits({"gate": here, "yard": there}, 10)
    assert [(v.camera, v.first, v.last, v.frames) for v in visits] == [
        ("gate", 0.0, 4.9, 25),
        ("yard", 9.0, 14.9, 60),
    ]
    write_site(tmp_path / "site.yaml", {"gate": (4.24, 0.0), "yard": (-5, 9)}, visits, START)
    document = yaml.safe_load((tmp_path / "site.yaml").read_text(encoding="ascii"))
    assert document["travel"] == [{"from": "gate", "to": "yard", "minimum": 4, "usual": 4.1}]
    site = surveil_reid.load_site(tmp_path / "site.yaml")
    assert {s.start for c in site.cameras for s in c.recordings} == {START.timestamp()}
    assert [camera.position for camera in site.cameras] == [(4.2, 0), (-5, 9)]


def test_a_sensor_blurs_and_adds_the_noise_it_is_told() -> None:
    grey = np.full((120, 160, 3), 128, np.uint8)
    quiet, loud = Sensor(noise=2.0), Sensor(noise=8.0)
    assert (quiet.soften(grey) == 128).all()
    takes = [s.take(grey, np.random.default_rng(1)).astype(float) for s in (quiet, loud)]
    assert takes[1].std() / takes[0].std() == pytest.approx(4, rel=0.15)
    again = loud.take(grey, np.random.default_rng(1))
    np.testing.assert_array_equal(again, takes[1])
    step = grey.copy()
    step[:, 80:] = 200
    assert len(np.unique(quiet.soften(step))) > 2
    assert Sensor(gamma=1.5).soften(grey).mean() > 140


def test_films_and_pictures_come_back(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    picture = np.stack([np.tile(ramp, (48, 1))] * 3, axis=2)
    write_picture(tmp_path / "p.png", picture)
    np.testing.assert_array_equal(read_picture(tmp_path / "p.png"), picture)
    write_film(tmp_path / "f.mp4", [picture] * 12, fps=10, crf=18)
    frames = list(read_frames(tmp_path / "f.mp4", VideoOptions(fps=None)))
    assert len(frames) == 12
    assert np.abs(frames[5].image.astype(int) - picture).mean() < 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.mp4", "p.png"]
    with pytest.raises(OSError, match="none"):
        read_picture(tmp_path / "none.png")


@given(identities=st.integers(1, 80), images=st.integers(0, 900))
def test_pictures_are_spread_evenly_over_people(identities: int, images: int) -> None:
    options = CropOptions(identities=identities, images=images)
    quotas = [options.quota(number) for number in range(1, identities + 1)]
    assert sum(quotas) == images
    assert max(quotas) - min(quotas) <= 1


def test_a_crop_shows_the_person_or_is_refused() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[40:160, 80:130] = (200, 30, 30)
    box = (80, 40, 130, 160)
    crop = cut_out(picture, sight(0.9, box), (64, 128), np.random.default_rng(0))
    assert crop is not None
    assert crop.shape == (128, 64, 3)
    assert (crop[:, :, 0] > 100).mean() > 0.75
    assert cut_out(picture, sight(0.4, box), (64, 128), np.random.default_rng(0)) is None


def test_labels_hold_what_is_seen() -> None:
    person = Sight(box=(0, 0, 100, 200), seen=(20, 40, 60, 140), visibility=0.4, inside=1.0)
    hidden = Sight(box=(0, 0, 9, 9), seen=(0, 0, 2, 2), visibility=0.05, inside=1.0)
    assert yolo_labels([person, hidden], (200, 400)) == "0 0.200000 0.225000 0.200000 0.250000\n"
    assert yolo_labels([], (200, 400)) == ""
