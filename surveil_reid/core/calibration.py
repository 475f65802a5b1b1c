"""From similarities to probabilities."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from surveil_reid.core.arrays import Doubles, Floats, Integers
from surveil_reid.core.errors import ArrayError


@dataclass(frozen=True, slots=True)
class CameraPairShift:
    """What a pair of cameras adds to the log odds.

    Attributes:
        first: name of one camera.
        second: name of the other; the order means nothing.
        log_odds: added to those of any other pair.
    """

    first: str
    second: str
    log_odds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """How likely a similarity means one person, as fitted on searches with known answers.

    The log odds are linear between the knots and go on with the outermost slopes beyond them; two
    knots make a logistic curve.

    Odds fall with the number of tracklets that a search compares with: each is another chance for a
    stranger to look alike. So they are given for `gallery_size` of them, and scaled to others.

    Attributes:
        similarities: of the knots, cosine, rising; two or more.
        log_odds: natural logarithm of the odds at each knot, not falling.
        gallery_size: tracklets that the searches compared with, at least 1.
        fitted_on: the data in words.
        shifts: by pair of cameras, where there was enough to fit on.

    Raises:
        ArrayError: when knots are too few, do not rise, or are not finite.
    """

    similarities: tuple[float, ...]
    log_odds: tuple[float, ...]
    gallery_size: int
    fitted_on: str
    shifts: tuple[CameraPairShift, ...] = ()

    def __post_init__(self) -> None:
        knots = np.array([*self.similarities, *self.log_odds])
        fit = (
            len(self.similarities) == len(self.log_odds) >= 2
            and np.isfinite(knots).all()
            and (np.diff(self.similarities) > 0).all()
            and (np.diff(self.log_odds) >= 0).all()
        )
        if not fit or self.gallery_size < 1:
            msg = (
                "a calibration needs two or more finite knots with rising similarities and log "
                f"odds that do not fall, and a gallery; got {self.similarities}, "
                f"{self.log_odds} and {self.gallery_size}"
            )
            raise ArrayError(msg)

    def probability(
        self,
        similarities: Floats | Doubles,
        *,
        gallery_size: int | Integers | None = None,
        cameras: Iterable[tuple[str, str]] = (),
    ) -> Doubles:
        """The probability that a hit of this similarity is the person searched for.

        Args:
            similarities: cosine, -1..1, any shape.
            gallery_size: tracklets that were searched among, for all together or of the same shape;
                none counts as one, and None is as many as it was fitted on.
            cameras: those of query and hit, if known; of several pairs, the mean counts.

        Returns:
            float64 0..1 of the same shape, never falling as the similarity rises.
        """
        odds = self._log_odds(np.asarray(similarities, np.float64))
        size = self.gallery_size if gallery_size is None else gallery_size
        odds = odds + np.log(self.gallery_size / np.maximum(1, size))
        shifts = [self._shift(pair) for pair in cameras]
        odds = odds + sum(shifts) / max(1, len(shifts))
        probability: Doubles = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
        return probability

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, from which `from_dict` makes it again."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Make it of what `as_dict` gave, through JSON or not."""
        return cls(
            similarities=tuple(values["similarities"]),
            log_odds=tuple(values["log_odds"]),
            gallery_size=values["gallery_size"],
            fitted_on=values["fitted_on"],
            shifts=tuple(CameraPairShift(**shift) for shift in values["shifts"]),
        )

    def _log_odds(self, similarities: Doubles) -> Doubles:
        knots, odds = np.array(self.similarities), np.array(self.log_odds)
        slopes = np.diff(odds) / np.diff(knots)
        below = np.minimum(similarities - knots[0], 0) * slopes[0]
        above = np.maximum(similarities - knots[-1], 0) * slopes[-1]
        found: Doubles = np.interp(similarities, knots, odds) + below + above
        return found

    def _shift(self, cameras: tuple[str, str]) -> float:
        pair = {*cameras}
        return next((s.log_odds for s in self.shifts if {s.first, s.second} == pair), 0.0)
