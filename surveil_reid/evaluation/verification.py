"""Are two images of one person? True positives at a fixed rate of false positives, exactly.

A pair is a query and a gallery image that its ranking does not leave out: genuine if the identity
is one, impostor if not. There may be hundreds of millions of impostors, and only the most alike
of them decide a threshold, so no others are kept.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import ArrayError, Booleans, Doubles, InputError
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.ranking import searches

REPORTED_RATES = (1e-4, 1e-3, 1e-2)


@dataclass(frozen=True, slots=True)
class VerificationPoint:
    """What a threshold on single pairs does.

    Attributes:
        wanted: the false-positive rate asked for.
        threshold: cosine similarity; a pair counts as one person if it is *more* alike than this.
        false_positive_rate: share of impostor pairs over the threshold; at most `wanted`.
        true_positive_rate: share of genuine pairs over the threshold.
    """

    wanted: float
    threshold: float
    false_positive_rate: float
    true_positive_rate: float


@dataclass(frozen=True, slots=True)
class Verification:
    """Points at several rates, and the number of pairs that they stand on."""

    points: tuple[VerificationPoint, ...]
    genuine: int
    impostors: int

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "genuine": self.genuine,
            "impostors": self.impostors,
            "points": [
                {
                    "FPR_wanted": point.wanted,
                    "FPR_reached": point.false_positive_rate,
                    "TPR": point.true_positive_rate,
                    "threshold": point.threshold,
                }
                for point in self.points
            ],
        }


def verify(features: Features, *, rates: Sequence[float] = REPORTED_RATES) -> Verification:
    """True-positive rates at fixed false-positive rates, over all genuine and impostor pairs.

    Memory grows with the largest rate: at 0.01, a hundredth of all impostor scores is kept.

    Args:
        features: queries and gallery.
        rates: false-positive rates, at least 0 and below 1.

    Raises:
        InputError: when a rate is out of range or there is none.
        ArrayError: when there is no genuine or no impostor pair.
    """
    check_rates(rates)
    impostors = _count_impostors(features)
    keep = allowed(max(rates), impostors) + 1
    hardest = _Largest(keep)
    found: list[Doubles] = []
    for search in searches(features):
        found.append(search.scores[search.matches])
        search.scores[search.matches] = -np.inf
        hardest.add(search.scores)
    genuine = np.concatenate(found)
    if len(genuine) == 0 or impostors == 0:
        msg = f"{len(genuine)} genuine and {impostors} impostor pairs; verification needs both"
        raise ArrayError(msg)
    falls = hardest.values()
    points = tuple(_point(rate, genuine, falls, impostors) for rate in rates)
    return Verification(points, len(genuine), impostors)


def check_rates(rates: Sequence[float]) -> None:
    """Raise InputError unless there are rates and all of them lie in 0..1, 1 excluded."""
    if not rates or not all(0 <= rate < 1 for rate in rates):
        msg = f"give rates of at least 0 and below 1; got {list(rates)}"
        raise InputError(msg)


def allowed(rate: float, total: int) -> int:
    """How many of `total` may go wrong at a rate; exact, where floats make 28 of 0.29 * 100."""
    return math.floor(Fraction(str(rate)) * total)


def _point(wanted: float, genuine: Doubles, hardest: Doubles, impostors: int) -> VerificationPoint:
    threshold = hardest[allowed(wanted, impostors)]
    wrong = np.count_nonzero(hardest > threshold)
    right = np.count_nonzero(genuine > threshold)
    return VerificationPoint(
        wanted, float(threshold), float(wrong / impostors), float(right / len(genuine))
    )


def _count_impostors(features: Features) -> int:
    """Pairs of different identities, counted without looking at a score."""
    ids, sizes = np.unique(features.gallery_ids, return_counts=True)
    places = np.minimum(np.searchsorted(ids, features.query_ids), len(ids) - 1)
    own = np.where(ids[places] == features.query_ids, sizes[places], 0)
    return int(len(features.query) * len(features.gallery) - own.sum())


class _Largest:
    """Keeps the `keep` largest of all numbers that pass by, and seldom more than twice that."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._floor = -np.inf
        self._parts: list[Doubles] = []
        self._held = 0

    def add(self, numbers: NDArray[Any]) -> None:
        """Let numbers pass by; -infinity is none."""
        over: Booleans = numbers > self._floor
        self._parts.append(numbers[over])
        self._held += len(self._parts[-1])
        if self._held > 2 * self._keep:
            self._shrink()

    def values(self) -> Doubles:
        """Those kept, the largest first."""
        self._shrink()
        return np.sort(self._parts[0])[::-1]

    def _shrink(self) -> None:
        numbers = np.concatenate(self._parts)
        if len(numbers) > self._keep:
            numbers = np.partition(numbers, -self._keep)[-self._keep :]
            self._floor = numbers.min()
        self._parts, self._held = [numbers], len(numbers)
