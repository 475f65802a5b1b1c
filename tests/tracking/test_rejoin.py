"""Re-joining: only what appearance and motion both allow."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveil_reid.core import BoxTrack, Floats, InputError
from surveil_reid.tracking import Ended, RejoinOptions, find_rejoin, motion_plausible

VIEW = (640, 480)


def walking(
    start: float,
    *,
    seconds: float = 2.0,
    x: float = 200.0,
    speed: float = 0.0,
    height: float = 100.0,
    top: float = 100.0,
) -> BoxTrack:
    times = start + np.arange(int(seconds * 10) + 1) / 10
    left = x + speed * (times - start)
    boxes = np.stack(
        [left, np.full_like(left, top), left + 0.4 * height, np.full_like(left, top + height)], 1
    )
    return BoxTrack(
        frames=np.arange(1, len(times) + 1),
        times=times,
        boxes=boxes.astype(np.float32),
        confidences=np.full(len(times), 0.8, np.float32),
    )


def looks(angle: float) -> Floats:
    """A descriptor at this angle in degrees: the cosine of two is that of their difference."""
    turn = np.deg2rad(angle)
    return np.array([np.cos(turn), np.sin(turn)], np.float32)


def ended(id_: int, track: BoxTrack, angle: float | None = 0.0) -> Ended:
    return Ended(id=id_, track=track, descriptor=None if angle is None else looks(angle))


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([], None),
        ([ended(7, walking(0))], 7),
        ([ended(7, walking(0), 80)], None),
        ([ended(7, walking(0), None)], None),
        ([ended(7, BoxTrack.join([]))], None),
        ([ended(7, walking(0, x=500))], None),
        ([ended(7, walking(0, height=300))], None),
        ([ended(7, walking(-20))], None),
        ([ended(7, walking(2))], None),
        ([ended(7, walking(0), 40), ended(8, walking(0), -20), ended(9, walking(0), 30)], 8),
        ([ended(8, walking(0), 0), ended(9, walking(0.5), 0)], 9),
        ([ended(7, walking(0, x=500), 0), ended(8, walking(0), 40)], 8),
    ],
)
def test_who_is_chosen(earlier: Sequence[Ended], expected: int | None) -> None:
    assert find_rejoin(ended(1, walking(3)), earlier, appearance=0.55) == expected


def test_a_candidate_without_looks_joins_nobody() -> None:
    assert find_rejoin(ended(1, walking(3), None), [ended(7, walking(0))], appearance=0.5) is None


@pytest.mark.parametrize(("appearance", "expected"), [(0.86, 7), (0.88, None), (-1.0, 7)])
def test_the_models_own_threshold_decides(appearance: float, expected: int | None) -> None:
    found = find_rejoin(ended(1, walking(3)), [ended(7, walking(0), 30)], appearance=appearance)
    assert found == expected


def test_somebody_is_expected_where_they_were_walking() -> None:
    walker = walking(0, speed=100)
    assert motion_plausible(walker, walking(3, x=500))
    assert not motion_plausible(walker, walking(3, x=150))


def test_whoever_left_the_view_is_new_when_they_return() -> None:
    def plausible(before: BoxTrack, after: BoxTrack) -> bool:
        free = motion_plausible(before, after)
        assert free, "motion alone allows it"
        return motion_plausible(before, after, view=VIEW)

    assert plausible(walking(0), walking(3))
    at_the_side = walking(0, x=595)
    assert not plausible(at_the_side, walking(3, x=580))
    assert not plausible(walking(0, x=580), walking(3, x=595))
    going_out = walking(0, x=500, speed=40)
    assert not plausible(going_out, walking(3.5, x=585))
    cut_off_below = walking(0, top=380)
    assert plausible(cut_off_below, walking(3, top=380))


places = st.fixed_dictionaries(
    {
        "seconds": st.floats(0, 3),
        "x": st.floats(0, 500),
        "speed": st.floats(-100, 100),
        "height": st.floats(30, 200),
    }
)


@given(places, places, st.floats(-5, 0))
def test_never_where_they_overlap_or_touch_in_time(
    first: dict[str, float], second: dict[str, float], lead: float
) -> None:
    earlier = walking(0, **first)
    later = walking(float(earlier.times[-1]) + lead, **second)
    assert not motion_plausible(earlier, later)


@given(places, places, st.floats(0.01, 12), st.floats(0.01, 12))
def test_whoever_stood_still_may_be_farther_the_longer_they_were_gone(
    first: dict[str, float], second: dict[str, float], gap: float, longer: float
) -> None:
    assume(gap <= longer <= RejoinOptions().max_gap)
    earlier = walking(0, **(first | {"speed": 0.0}))
    end = float(earlier.times[-1])
    if motion_plausible(earlier, walking(end + gap, **second)):
        assert motion_plausible(earlier, walking(end + longer, **second))


@given(places, places, st.floats(0.01, 12), st.sampled_from([0.25, 2.0, 8.0]))
def test_resolution_does_not_matter(
    first: dict[str, float], second: dict[str, float], gap: float, scale: float
) -> None:
    earlier = walking(0, **first)
    later = walking(float(earlier.times[-1]) + gap, **second)

    def scaled(track: BoxTrack) -> BoxTrack:
        boxes = track.boxes * np.float32(scale)
        return BoxTrack(track.frames, track.times, boxes, track.confidences)

    assert motion_plausible(earlier, later) == motion_plausible(scaled(earlier), scaled(later))


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_gap": float("nan")},
        {"max_gap": -1.0},
        {"slack": -0.1},
        {"drift": float("nan")},
        {"border": -0.1},
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="rejoin"):
        RejoinOptions(**wrong)
