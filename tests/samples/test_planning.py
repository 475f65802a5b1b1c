"""The renderer's plans: who there is, where, when, and that nobody walks through anything."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samples.render.cast import draw_cast
from samples.render.gait import cycle
from samples.render.layout import draw_layout
from samples.render.routes import is_clear, smooth_path
from samples.render.schedule import APART, ScheduleError, closest, plan
from samples.render.site import SiteOptions, Takes, WorkError, plan_site

SITE = Path(__file__).parents[2] / "samples" / "site"
seeds = st.integers(0, 10_000)


@settings(max_examples=5, deadline=None)
@given(seed=seeds, cameras=st.integers(1, 5), people=st.integers(1, 10))
def test_nobody_walks_through_people_walls_or_things(seed: int, cameras: int, people: int) -> None:
    layout = draw_layout(cameras, seed=seed)
    cast = draw_cast(people, seed=seed)
    motions = plan(cast, layout, seconds=40, fps=10, seed=seed)
    assert set(motions) == {person.number for person in cast}
    assert closest(list(motions.values())) >= APART
    for person in cast:
        motion = motions[person.number]
        assert is_clear(motion.places, layout.blocks)
        steps = np.linalg.norm(np.diff(motion.places, axis=0), axis=1) * 10
        # Who comes back may do so elsewhere; until then nobody jumps or runs.
        assert np.nanmax(steps, initial=0) <= 2


def test_a_large_site_can_be_planned() -> None:
    options = SiteOptions(seed=3, people=20, cameras=8, seconds=60)
    site = plan_site(options)
    assert len({camera.name for camera in site.layout.cameras}) == 8
    assert closest(list(site.motions.values())) >= APART
    south = np.concatenate([m.places[m.present, 1] for m in site.motions.values()])
    seen = [((south > a.south) & (south < a.north)).any() for a in site.layout.areas]
    assert all(seen)


def test_the_same_options_make_the_same_site_and_others_another() -> None:
    options = SiteOptions(seed=5, people=6, seconds=20)
    first, again = plan_site(options), plan_site(options)
    assert first.cast == again.cast
    assert first.layout == again.layout
    for number, motion in first.motions.items():
        np.testing.assert_array_equal(motion.places, again.motions[number].places)
    assert plan_site(replace(options, seed=6)).layout != first.layout


def test_a_person_depends_on_its_number_alone() -> None:
    assert draw_cast(3, seed=1, first=5) == draw_cast(7, seed=1)[4:]


def test_look_alikes_are_as_many_as_asked_for() -> None:
    plain, alike = draw_cast(200, seed=1), draw_cast(200, seed=1, alike=0.3)
    changed = sum(a.outfit != b.outfit for a, b in zip(plain, alike, strict=True))
    assert changed == pytest.approx(60, abs=4)


def test_some_pause_and_some_come_back() -> None:
    motions = plan_site(SiteOptions(people=12)).motions.values()
    assert any((motion.speeds[motion.present] < 0.05).any() for motion in motions)
    returns = [np.diff(motion.present.astype(int), prepend=0) == 1 for motion in motions]
    assert any(entries.sum() == 2 for entries in returns)


def test_too_many_people_are_refused() -> None:
    layout = draw_layout(1, seed=1)
    with pytest.raises(ScheduleError, match="fewer people"):
        plan(draw_cast(60, seed=1), layout, seconds=20, fps=10, seed=1, tries=2)


def test_the_shipped_site_is_the_one_that_is_planned() -> None:
    """Whoever is plainly seen in the shipped truth stands where the plan has them."""
    site = plan_site(SiteOptions())
    for camera in site.layout.cameras:
        rows = np.loadtxt(SITE / "truth" / f"{camera.name}.txt", delimiter=",")
        plain = rows[(rows[:, 8] > 0.95) & (rows[:, 3] + rows[:, 5] < camera.height - 2)][::25]
        assert len(plain) > 30
        places = [site.motions[int(r[1])].places[int(r[0]) - 1] for r in plain]
        pixels, depth = camera.project(np.column_stack([places, np.zeros(len(plain))]))
        feet = np.stack([plain[:, 2] + plain[:, 4] / 2, plain[:, 3] + plain[:, 5]], axis=1)
        metres = np.linalg.norm(pixels - feet, axis=1) * depth / camera.focal
        assert np.median(metres) < 0.2
        assert metres.max() < 0.6  # half a step


@given(speeds=st.lists(st.floats(0, 2), min_size=1, max_size=60), stride=st.floats(0.9, 1.7))
def test_steps_cover_the_ground_that_is_walked(speeds: list[float], stride: float) -> None:
    walked = np.array(speeds)
    phases, amounts = cycle(walked, 10, stride)
    covered = np.diff(phases, prepend=0) * amounts * stride
    np.testing.assert_allclose(covered, walked / 10, atol=1e-9)
    assert (amounts[walked == 0] == 0).all()


def test_a_path_is_smooth_and_as_long_as_it_should_be() -> None:
    path = smooth_path(np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]]))
    assert 4 * np.sqrt(2) < path.length < 8
    np.testing.assert_allclose(path.at(np.array([0.0, path.length])), [[0, 0], [4, 4]])
    headings = path.headings(np.linspace(0, path.length, 50))
    assert headings[0] == pytest.approx(0)
    assert headings[-1] == pytest.approx(np.pi / 2)
    assert np.abs(np.diff(headings)).max() < 0.4


def test_frames_of_other_options_are_not_mixed_in(tmp_path: Path) -> None:
    Takes(tmp_path, SiteOptions(seed=1))
    Takes(tmp_path, SiteOptions(seed=1))
    with pytest.raises(WorkError, match="other options"):
        Takes(tmp_path, SiteOptions(seed=2))
