"""What the pipeline relies on, whichever tracker is built."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import Detections, InputError
from surveil_reid.tracking import Tracked, Tracker, TrackingOptions, build_tracker

BUILDERS: dict[str, Callable[[], Tracker]] = {
    "default": build_tracker,
    "patient": lambda: build_tracker(TrackingOptions(lost_seconds=2.0)),
    "strict": lambda: build_tracker(TrackingOptions(high=0.6, new=0.7, overlap=0.3)),
}

Moment = tuple[Detections, float]


@pytest.fixture(params=BUILDERS)
def make(request: pytest.FixtureRequest) -> Callable[[], Tracker]:
    return BUILDERS[request.param]


def people(*spots: tuple[float, float, float]) -> Detections:
    """Boxes 40 by 100 pixels, each from its left side, top and confidence."""
    boxes = [(x, y, x + 40, y + 100) for x, y, _ in spots]
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        confidences=np.array([c for *_, c in spots], np.float32),
    )


def walk(times: Iterable[float], *, speed: float = 40.0, x: float = 50.0) -> list[Moment]:
    return [(people((x + speed * t, 100, 0.9)), t) for t in times]


def feed(tracker: Tracker, moments: Sequence[Moment]) -> list[Tracked]:
    return [tracker.update(detections, time) for detections, time in moments]


def as_plain(tracked: Tracked, *, offset: int = 0) -> tuple[object, ...]:
    return (
        (tracked.numbers - offset).tolist(),
        tracked.boxes.tolist(),
        tracked.confidences.tolist(),
        tracked.detections.tolist(),
        tuple(number - offset for number in tracked.ended),
    )


@pytest.mark.parametrize("new", [0.55, 0.6, 0.7, 0.8, 0.9])
def test_a_confidence_at_the_threshold_gives_nobody_the_number_of_another(new: float) -> None:
    """The float32 nearest to some of these lies below them, to others above."""
    tracker = build_tracker(TrackingOptions(high=0.5, new=new))
    first, other = (50.0, 100.0, 0.95), (400.0, 100.0, new)
    tracker.update(people(first), 0.0)
    numbers = tracker.update(people(first, other), 0.2).numbers.tolist()
    assert numbers == ([1, 2] if float(np.float32(new)) >= new else [1])


def test_empty_frames_give_nothing_and_leave_it_idle(make: Callable[[], Tracker]) -> None:
    tracker = make()
    assert tracker.idle
    for tracked in feed(tracker, [(Detections.empty(), 0.2 * i) for i in range(5)]):
        assert as_plain(tracked) == ([], [], [], [], ())
        assert tracked.numbers.dtype == tracked.detections.dtype == np.int64
        assert tracked.boxes.dtype == tracked.confidences.dtype == np.float32
        assert tracked.boxes.shape == (0, 4)
    assert tracker.idle


@pytest.mark.parametrize("rate", [5.0, 7.0, 10.0, 30.0])
def test_one_person_walking_keeps_one_number_from_the_first_detection(
    make: Callable[[], Tracker], rate: float
) -> None:
    moments = walk(np.arange(40) / rate)
    tracker = make()
    for (detections, _), tracked in zip(moments, feed(tracker, moments), strict=True):
        assert tracked.numbers.tolist() == [1]
        np.testing.assert_array_equal(tracked.boxes, detections.boxes)
        np.testing.assert_array_equal(tracked.confidences, detections.confidences)
        assert tracked.detections.tolist() == [0]
        assert tracked.ended == ()
    assert not tracker.idle


def test_uneven_times_do_not_break_a_track(make: Callable[[], Tracker]) -> None:
    gaps = np.tile([0.2, 0.1, 0.3, 0.2, 0.033, 0.4], 8)
    assert {t.numbers.tolist()[0] for t in feed(make(), walk(np.cumsum(gaps)))} == {1}


def test_a_small_shuffle_of_the_clock_does_not_matter() -> None:
    moments = walk(np.arange(20) / 5)
    shifted = [(detections, time + 1.7e9) for detections, time in moments]
    plain = [as_plain(t) for t in feed(build_tracker(), moments)]
    assert plain == [as_plain(t) for t in feed(build_tracker(), shifted)]


def test_two_people_crossing_keep_their_numbers(make: Callable[[], Tracker]) -> None:
    moments = [
        (people((50 + 60 * t, 100, 0.9), (350 - 60 * t, 130, 0.85)), t) for t in np.arange(26) / 5
    ]
    for tracked in feed(make(), moments):
        assert dict(zip(tracked.numbers, tracked.detections, strict=True)) == {1: 0, 2: 1}


def test_order_of_detections_is_only_an_order(make: Callable[[], Tracker]) -> None:
    tracker = make()
    first = tracker.update(people((50, 100, 0.9), (350, 130, 0.85)), 0.0)
    there = dict(zip(first.detections.tolist(), first.numbers.tolist(), strict=True))
    then = tracker.update(people((348, 130, 0.85), (52, 100, 0.9)), 0.2)
    assert dict(zip(then.detections.tolist(), then.numbers.tolist(), strict=True)) == {
        0: there[1],
        1: there[0],
    }


def test_weak_detections_start_nobody_but_keep_somebody() -> None:
    options = TrackingOptions()
    weak = options.high - 0.1
    tracker = build_tracker(options)
    assert tracker.update(people((50, 100, weak)), 0.0).numbers.tolist() == []
    assert tracker.idle
    feed(tracker, walk(np.arange(1, 6) / 5))
    kept = tracker.update(people((90 + 8, 100, weak)), 1.2)
    assert kept.numbers.tolist() == [1]
    ignored = tracker.update(people((106, 100, options.low / 2)), 1.4)
    assert ignored.numbers.tolist() == []


def test_rows_skip_what_was_not_followed() -> None:
    tracker = build_tracker()
    moment = people((400, 100, 0.05), (50, 100, 0.9), (200, 100, 0.2), (300, 100, 0.8))
    tracked = tracker.update(moment, 0.0)
    assert sorted(tracked.detections.tolist()) == [1, 3]
    np.testing.assert_array_equal(tracked.boxes, moment.boxes[tracked.detections])
    np.testing.assert_array_equal(tracked.confidences, moment.confidences[tracked.detections])
    assert sorted(tracked.numbers.tolist()) == [1, 2]


@pytest.mark.parametrize("rate", [5.0, 10.0, 30.0])
@pytest.mark.parametrize("lost_seconds", [0.65, 1.05, 3.03])
def test_a_lost_person_ends_once_and_in_time(rate: float, lost_seconds: float) -> None:
    tracker = build_tracker(TrackingOptions(lost_seconds=lost_seconds))
    feed(tracker, walk(np.arange(11) / rate))
    last = 10 / rate
    ended_at = []
    for time in last + np.arange(1, int(5 * rate)) / rate:
        tracked = tracker.update(Detections.empty(), float(time))
        ended_at += [(number, float(time)) for number in tracked.ended]
        assert tracker.idle == bool(ended_at)
    assert [number for number, _ in ended_at] == [1]
    waited = ended_at[0][1] - last
    assert lost_seconds < waited <= lost_seconds + 1 / rate + 1e-9


def test_somebody_back_in_time_keeps_the_number_and_too_late_does_not() -> None:
    spot = people((50, 100, 0.9))
    for gap, expected in ((0.6, 1), (0.8, 2)):
        tracker = build_tracker(TrackingOptions(lost_seconds=0.65))
        feed(tracker, [(spot, 0.2 * i) for i in range(6)])
        assert tracker.update(spot, 1.0 + gap).numbers.tolist() == [expected]


def test_an_unconfirmed_person_ends_at_the_next_frame(make: Callable[[], Tracker]) -> None:
    tracker = make()
    assert tracker.update(people((50, 100, 0.9)), 0.0).numbers.tolist() == [1]
    assert not tracker.idle
    assert tracker.update(Detections.empty(), 0.2).ended == (1,)
    assert tracker.idle


def test_trackers_know_nothing_of_one_another(make: Callable[[], Tracker]) -> None:
    one, other = (
        walk(np.arange(10) / 5),
        [(people((20 * i, 9, 0.9), (300, 200, 0.8)), 0.2 * i) for i in range(10)],
    )
    alone = [as_plain(t) for t in feed(make(), one)], [as_plain(t) for t in feed(make(), other)]
    first, second = make(), make()
    together: tuple[list[object], list[object]] = ([], [])
    for here, there in zip(one, other, strict=True):
        together[0].append(as_plain(first.update(*here)))
        together[1].append(as_plain(second.update(*there)))
    assert together == alone


@pytest.mark.parametrize("time", [0.9, float("nan"), float("inf")])
def test_time_must_not_run_backwards(make: Callable[[], Tracker], time: float) -> None:
    tracker = make()
    feed(tracker, walk([0.8, 1.0]))
    with pytest.raises(InputError, match="order of time"):
        tracker.update(Detections.empty(), time)


def test_two_frames_may_share_a_time(make: Callable[[], Tracker]) -> None:
    moments = walk([0.0, 0.2, 0.2, 0.4])
    assert [t.numbers.tolist() for t in feed(make(), moments)] == [[1]] * 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": -0.1},
        {"low": 0.5, "high": 0.4},
        {"high": 0.5, "new": 0.4},
        {"new": 1.1},
        {"overlap": 0.0},
        {"overlap": 1.5},
        {"lost_seconds": 0.0},
        {"lost_seconds": float("nan")},
        {"reference_rate": 0.0},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="tracking"):
        TrackingOptions(**wrong)


def test_the_room_opens_without_the_library() -> None:
    code = "import sys, surveil_reid.tracking; sys.exit('trackers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


spots = st.tuples(
    st.integers(0, 30).map(lambda x: 10.0 * x),
    st.integers(0, 3).map(lambda y: 30.0 * y),
    st.sampled_from([0.05, 0.2, 0.42, 0.5, 0.7, 0.95]),
)
footage = st.lists(
    st.tuples(st.lists(spots, max_size=4), st.sampled_from([0.0, 0.04, 0.2, 0.5, 1.0])),
    max_size=25,
).map(
    lambda frames: [
        (people(*seen), float(time))
        for (seen, _), time in zip(frames, np.cumsum([gap for _, gap in frames]), strict=True)
    ]
)


@settings(deadline=None, max_examples=60)
@given(footage)
def test_bookkeeping_holds_for_any_footage(moments: list[Moment]) -> None:
    tracker = build_tracker()
    seen: set[int] = set()
    ended: set[int] = set()
    for detections, time in moments:
        tracked = tracker.update(detections, time)
        numbers = tracked.numbers.tolist()
        assert len(set(numbers)) == len(numbers) == len(set(tracked.detections.tolist()))
        assert not ended & (set(numbers) | set(tracked.ended)), "ended means gone for good"
        assert set(tracked.ended) <= seen
        assert not set(tracked.ended) & set(numbers)
        seen |= set(numbers)
        ended |= set(tracked.ended)
        np.testing.assert_array_equal(tracked.boxes, detections.boxes[tracked.detections])
        assert tracker.idle == (seen == ended)
        assert seen == set(range(1, len(seen) + 1)), "numbers count from 1 without holes"


@settings(deadline=None, max_examples=60)
@given(footage)
def test_a_replay_is_the_same_and_idle_means_as_good_as_fresh(moments: list[Moment]) -> None:
    whole, renewed = build_tracker(), build_tracker()
    again = [as_plain(t) for t in feed(build_tracker(), moments)]
    highest = offset = 0
    for moment, expected in zip(moments, again, strict=True):
        tracked = whole.update(*moment)
        assert as_plain(tracked) == expected
        assert as_plain(tracked, offset=offset) == as_plain(renewed.update(*moment))
        highest = max(highest, *tracked.numbers.tolist(), 0)
        assert renewed.idle == whole.idle
        if renewed.idle:
            renewed, offset = build_tracker(), highest


@pytest.mark.parametrize("rate", [0.5, 1.0, 2.0, 4.0])
def test_whoever_stands_is_followed_however_rare_the_frames_are(rate: float) -> None:
    """Missed in every fourth frame, too."""
    tracker = build_tracker(TrackingOptions().at_rate(rate))
    rng = np.random.default_rng(0)
    seen = set[int]()
    for number in range(24):
        box = np.array([[50, 40, 90, 140]]) + rng.normal(0, 1, (1, 4))
        found = Detections(
            boxes=box.astype(np.float32)[: number % 4 != 3 or number == 0],
            confidences=np.full(int(number % 4 != 3 or number == 0), 0.9, np.float32),
        )
        seen |= set(tracker.update(found, number / rate + rng.uniform(0, 0.1)).numbers.tolist())
    assert seen == {1}


def test_a_usual_rate_changes_nothing() -> None:
    assert TrackingOptions().at_rate(5) == TrackingOptions().at_rate(30) == TrackingOptions()
