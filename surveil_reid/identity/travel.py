"""How long people take between cameras: what is impossible, and what is likely.

Nobody is in two places of one picture at one time, and nobody is quicker than the quickest. What is
usual is learned from the store itself: of pairs that surely are one person, how often lies so much
time between both, compared with any two tracklets of these cameras.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveil_reid.core import Doubles, InputError, Integers, Tracklet

LONGEST_POWER = 17
GAP_EDGES = np.concatenate(
    [
        [-np.inf],
        -(2.0 ** np.arange(LONGEST_POWER, 1, -1)),
        [0.0],
        2.0 ** np.arange(2, LONGEST_POWER + 1),
        [np.inf],
    ]
)
"""Gaps are counted in bins that double in width, from 4 seconds to a day and a half."""

PRIOR_LINKS = 30.0
"""Links that nobody has seen, distributed as any two tracklets are: a few sure ones say little."""

USUAL_LINKS = 30.0
"""What a usual time in the site file counts as, in links."""

MOST_LOG_ODDS = 3.0
BACKGROUND_PAIRS = 400_000


@dataclass(frozen=True, kw_only=True, slots=True)
class TravelTime:
    """What a site says about walking from one camera to another.

    Attributes:
        origin: name of the camera that is left.
        to: name of the one that is reached.
        minimum: seconds that anybody needs at least; 0 where the views may overlap.
        usual: seconds that most people need, or None to learn it.

    Raises:
        InputError: when a time is negative or both cameras are one.
    """

    origin: str
    to: str
    minimum: float
    usual: float | None = None

    def __post_init__(self) -> None:
        if not self.minimum >= 0 or (self.usual is not None and not self.usual >= 0):
            msg = f"travel from {self.origin} to {self.to}: times cannot be negative"
            raise InputError(msg)
        if self.origin == self.to:
            msg = f"travel needs two cameras; {self.origin} is named as both"
            raise InputError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """Where and when n tracklets were.

    Attributes:
        names: of the cameras, ascending.
        cameras: int64 `(n,)`, positions in `names`.
        starts: float64 `(n,)`, UTC seconds.
        ends: float64 `(n,)`, UTC seconds.
    """

    names: tuple[str, ...]
    cameras: Integers
    starts: Doubles
    ends: Doubles

    @classmethod
    def of(cls, tracklets: Sequence[Tracklet]) -> "Whereabouts":
        """Those of some tracklets."""
        names = sorted({t.camera for t in tracklets})
        number = {name: position for position, name in enumerate(names)}
        return cls(
            names=tuple(names),
            cameras=np.array([number[t.camera] for t in tracklets], np.int64),
            starts=np.array([t.start for t in tracklets], np.float64),
            ends=np.array([t.end for t in tracklets], np.float64),
        )

    def take(self, rows: Integers) -> "Whereabouts":
        """Those of some of them."""
        return Whereabouts(self.names, self.cameras[rows], self.starts[rows], self.ends[rows])


def impossible_pairs(places: Whereabouts, travel: Sequence[TravelTime]) -> Integers:
    """Pairs that nobody can be both of, int64 `(pairs, 2)`: positions, the smaller first.

    In view of one camera at one moment, or in view of two with less than the minimum time between.
    Where a site gives the time in one direction only, it holds for the other as well.
    """
    shortest = _minima(places.names, travel)
    found = [np.zeros((0, 2), np.int64)]
    inside = [np.flatnonzero(places.cameras == camera) for camera in range(len(places.names))]
    inside = [rows[np.argsort(places.starts[rows], kind="stable")] for rows in inside]
    for origin, rows in enumerate(inside):
        found.append(_follow_too_soon(places, rows, rows, 0.0)[:, ::-1])
        for to, minimum in shortest.get(origin, {}).items():
            found.append(_follow_too_soon(places, rows, inside[to], minimum))
    pairs = np.concatenate(found)
    pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
    return np.unique(pairs, axis=0)


def _minima(names: Sequence[str], travel: Sequence[TravelTime]) -> dict[int, dict[int, float]]:
    """Minimum over 0 by origin and destination."""
    given = {(time.origin, time.to): time.minimum for time in travel}
    given = {(to, origin): minimum for (origin, to), minimum in given.items()} | given
    number = {name: position for position, name in enumerate(names)}
    minima: dict[int, dict[int, float]] = {}
    for (origin, to), minimum in sorted(given.items()):
        if minimum > 0 and origin in number and to in number:
            minima.setdefault(number[origin], {})[number[to]] = minimum
    return minima


def _follow_too_soon(
    places: Whereabouts, rows: Integers, others: Integers, minimum: float
) -> Integers:
    """Pairs of `rows` and of those `others`, sorted by start, that begin in or right after them."""
    starts = places.starts[others]
    low = np.searchsorted(starts, places.starts[rows], side="left")
    last = places.ends[rows] + minimum
    high = np.searchsorted(starts, last, side="left" if minimum else "right")
    counts = np.maximum(high - low, 0)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    second = others[np.repeat(low, counts) + offsets]
    return np.stack([np.repeat(rows, counts), second], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class TravelEvidence:
    """What the time between two tracklets says about their being one person.

    Attributes:
        log_odds: float64 `(cameras, cameras, bins)`, added to the natural logarithm of the odds,
            within ±`MOST_LOG_ODDS`; for a pair of cameras the one named first comes first.
    """

    log_odds: Doubles

    @classmethod
    def learn(
        cls, places: Whereabouts, sure: Integers, travel: Sequence[TravelTime]
    ) -> "TravelEvidence":
        """Compare sure links with any pairs.

        Args:
            places: of n tracklets, in an order that does not depend on how they came.
            sure: int64 `(links, 2)`, pairs that are almost certainly one person; one that is
                given twice counts once.
            travel: what the site says; a usual time counts as some links that took about as long.
        """
        any_two = _any_pairs(len(places.starts))
        seen = _counts(places, _each_once(sure)) + _usual(places.names, travel)
        background = _counts(places, any_two) + 0.5
        background /= background.sum(axis=2, keepdims=True)
        share = (seen + PRIOR_LINKS * background) / (seen.sum(axis=2, keepdims=True) + PRIOR_LINKS)
        return cls(np.clip(np.log(share / background), -MOST_LOG_ODDS, MOST_LOG_ODDS))

    def of(self, places: Whereabouts, pairs: Integers) -> Doubles:
        """The evidence for each pair, float64 `(pairs,)`."""
        found: Doubles = self.log_odds[_cells(places, pairs)]
        return found


def _any_pairs(count: int) -> Integers:
    """All pairs, or so many drawn from them that it makes no difference."""
    if count * (count - 1) // 2 <= BACKGROUND_PAIRS:
        return np.stack(np.triu_indices(count, 1), axis=1)
    # Seeded, so that the same tracklets give the same evidence.
    drawn = np.random.default_rng(0).integers(0, count, (BACKGROUND_PAIRS, 2))
    different: Integers = drawn[drawn[:, 0] != drawn[:, 1]]
    return different


def _each_once(pairs: Integers) -> Integers:
    """Pairs without those that stand there already, whichever way round."""
    low, high = np.sort(pairs, axis=1).T
    base = high.max(initial=0) + 1
    keys = np.sort(low * base + high)
    keys = keys[np.diff(keys, prepend=-1) > 0]  # several times as fast as np.unique
    return np.stack([keys // base, keys % base], axis=1)


def _cells(places: Whereabouts, pairs: Integers) -> tuple[Integers, Integers, Integers]:
    """Cameras and bin of each pair's gap: from the first camera to the second, or back if under 0.

    Within one camera the gap has no direction.
    """
    swapped = places.cameras[pairs[:, 0]] > places.cameras[pairs[:, 1]]
    first = np.where(swapped, pairs[:, 1], pairs[:, 0])
    second = np.where(swapped, pairs[:, 0], pairs[:, 1])
    there = np.maximum(places.starts[second] - places.ends[first], 0)
    back = np.maximum(places.starts[first] - places.ends[second], 0)
    one_camera = places.cameras[first] == places.cameras[second]
    gaps = np.where(one_camera, there + back, there - back)
    bins = np.searchsorted(GAP_EDGES, gaps, side="right") - 1
    return places.cameras[first], places.cameras[second], np.minimum(bins, len(GAP_EDGES) - 2)


def _counts(places: Whereabouts, pairs: Integers) -> Doubles:
    shape = (len(places.names), len(places.names), len(GAP_EDGES) - 1)
    cells = np.ravel_multi_index(_cells(places, pairs), shape)
    counts = np.bincount(cells, minlength=int(np.prod(shape)))
    return counts.reshape(shape).astype(np.float64)


def _usual(names: Sequence[str], travel: Sequence[TravelTime]) -> Doubles:
    """Links that stand for the site's usual times: half of them to twice of them."""
    number = {name: position for position, name in enumerate(names)}
    counts = np.zeros((len(names), len(names), len(GAP_EDGES) - 1))
    for time in travel:
        if time.usual is None or not {time.origin, time.to} <= number.keys():
            continue
        origin, to = number[time.origin], number[time.to]
        sign = 1 if origin < to else -1
        bins = np.searchsorted(GAP_EDGES, sign * time.usual * np.array([0.5, 1, 2]), "right") - 1
        np.add.at(counts[min(origin, to), max(origin, to)], bins, USUAL_LINKS / len(bins))
    return counts
