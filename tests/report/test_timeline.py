"""Places on the timeline and the map, and moments in words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import Tracklet
from surveil_reid.report.site_map import RADIUS, WIDTH, count_transitions, draw_map
from surveil_reid.report.timeline import MOST_BARS, draw_timeline
from surveil_reid.report.times import Clock, length

BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC).timestamp()
DIRECTION = np.array([1, 0], np.float32)


def stay(camera: str, start: float, end: float, number: int = 1) -> Tracklet:
    return Tracklet(number, camera, BEGIN + start, BEGIN + end, DIRECTION)


STAYS = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 5000), st.floats(0, 300)),
    min_size=1,
    max_size=80,
).map(lambda rows: [stay(c, s, s + d) for c, s, d in sorted(rows, key=lambda row: row[1])])


@given(st.lists(STAYS, min_size=1, max_size=5))
def test_bars_lie_on_the_axis_and_never_on_one_another(people: list[list[Tracklet]]) -> None:
    timeline = draw_timeline(dict(enumerate(people)))
    assert timeline is not None
    assert [lane.identity for lane in timeline.lanes] == list(range(len(people)))
    assert all(0 <= left <= 100 for left, _ in timeline.ticks)
    first = min(t.start for tracklets in people for t in tracklets)
    for lane, tracklets in zip(timeline.lanes, people, strict=True):
        assert len(lane.bars) <= MOST_BARS
        assert {bar.camera for bar in lane.bars} <= {t.camera for t in tracklets}
        if not lane.left_out:
            for t in tracklets:
                assert any(
                    b.camera == t.camera and b.start <= t.start and t.end <= b.end
                    for b in lane.bars
                )
        for bar in lane.bars:
            assert 0 <= bar.left < bar.left + bar.width <= 100 + 1e-9
            assert bar.row < lane.rows
            assert bar.start >= first
        for row in range(lane.rows):
            ends = [(b.left, b.left + b.width) for b in lane.bars if b.row == row]
            assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(ends))


def test_nobody_has_no_timeline() -> None:
    assert draw_timeline({}) is None


def ways(*people: Sequence[Tracklet]) -> dict[tuple[str, str], tuple[int, float]]:
    return {(t.origin, t.to): (t.count, t.seconds) for t in count_transitions(people)}


def test_transitions_count_who_comes_next_elsewhere() -> None:
    found = ways(
        [stay("a", 0, 10), stay("b", 15, 20), stay("b", 30, 40), stay("a", 47, 50)],
        [stay("a", 0, 10), stay("b", 19, 25)],
        [stay("a", 0, 10), stay("b", 17, 25), stay("c", 20, 30)],
        [stay("c", 0, 10)],
    )
    assert found == {
        ("a", "b"): (3, pytest.approx(7)),
        ("b", "a"): (1, pytest.approx(7)),
        ("b", "c"): (1, pytest.approx(-5)),
    }
    assert count_transitions([])[:1] == ()


@given(
    count=st.integers(1, 40),
    positions=st.lists(
        st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=40, max_size=40
    ),
    known=st.booleans(),
)
def test_cameras_lie_within_the_map(
    count: int, positions: list[tuple[float, float]], *, known: bool
) -> None:
    cameras = [f"camera {n:02d}" for n in range(count)]
    people = [[stay(a, 0, 1), stay(b, 2, 3)] for a in cameras for b in cameras if a != b]
    places = dict(zip(cameras, positions, strict=False)) if known else {}
    drawn = draw_map(cameras, count_transitions(people), places)
    assert drawn.measured == (known and count > 1)
    assert len(drawn.places) + drawn.cameras_left_out == count
    assert len(drawn.ways) + drawn.ways_left_out == count * (count - 1)
    for place in drawn.places:
        assert RADIUS <= place.x <= WIDTH - RADIUS
        assert RADIUS <= place.y <= drawn.height - RADIUS
    assert not any("nan" in way.path or "inf" in way.path for way in drawn.ways)


def test_a_moment_says_its_day_only_where_there_are_several() -> None:
    day = Clock(BEGIN, BEGIN + 59)
    assert day.one_day == "2026-03-01"
    assert day.span(BEGIN, BEGIN + 59) == "08:00:00 to 08:00:59"
    assert [label for _, label in day.ticks()] == [f"08:00:{n}0" for n in range(6)]
    days = Clock(BEGIN, BEGIN + 200_000)
    assert days.one_day is None
    assert days.span(BEGIN, BEGIN + 5) == "2026-03-01 08:00:00 to 08:00:05"
    assert days.span(BEGIN, BEGIN + 86400) == "2026-03-01 08:00:00 to 2026-03-02 08:00:00"


@given(st.floats(0, 4e9), st.floats(0, 3e8))
def test_an_axis_has_few_round_marks_within_it(first: float, longer: float) -> None:
    clock = Clock(first, first + longer)
    ticks = clock.ticks()
    assert len(ticks) <= 7
    assert all(clock.first <= moment <= clock.last for moment, _ in ticks)
    assert all(moment % 1 == 0 for moment, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (0.4, "0.4 s"), (9.96, "10.0 s"), (59.4, "59 s"), (60, "1 min"), (61, "1 min 1 s"),
     (3599.7, "1 h"), (7260, "2 h 1 min"), (90000, "1 d 1 h")],
)  # fmt: skip
def test_lengths_of_time_are_in_two_units_at_most(seconds: float, said: str) -> None:
    assert length(seconds) == said
