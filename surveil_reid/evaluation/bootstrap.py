"""Confidence intervals by resampling identities, since one person's queries err together."""

from dataclasses import dataclass

import numpy as np

from surveil_reid.core import ArrayError, Doubles, InputError, Integers


@dataclass(frozen=True, kw_only=True, slots=True)
class BootstrapOptions:
    """How an interval is drawn.

    Attributes:
        samples: number of resamplings.
        level: share of the distribution inside the interval, between 0 and 1.
        seed: of the random numbers.

    Raises:
        InputError: when a value is out of range.
    """

    samples: int = 1000
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 1 or not 0 < self.level < 1 or self.seed < 0:
            msg = (
                "bootstrap needs at least 1 sample, a level between 0 and 1 and a seed from 0; "
                f"got {self.samples}, {self.level} and {self.seed}"
            )
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the interval that its resamplings fill."""

    mean: float
    low: float
    high: float


def bootstrap_mean(values: Doubles, identities: Integers, *, options: BootstrapOptions) -> Interval:
    """Percentile interval of a mean over queries, resampling identities with replacement.

    An identity that is drawn brings all of its queries (Efron and Tibshirani, "An Introduction to
    the Bootstrap", 1993, chapters 8 and 13).

    Args:
        values: float64 `(n,)`, a score of each query, such as its average precision.
        identities: int64 `(n,)`, whose query it is.
        options: how to draw.

    Raises:
        ArrayError: when there is nothing to resample or the lengths differ.
    """
    if len(values) == 0 or values.shape != identities.shape:
        msg = f"cannot resample {len(values)} values of {len(identities)} identities"
        raise ArrayError(msg)
    people, owners = np.unique(identities, return_inverse=True)
    sums, counts = np.bincount(owners, weights=values), np.bincount(owners)
    generator = np.random.default_rng(options.seed)
    shares = np.full(len(people), 1 / len(people))
    drawn = generator.multinomial(len(people), shares, size=options.samples)
    means = (drawn * sums).sum(axis=1) / (drawn * counts).sum(axis=1)
    outside = (1 - options.level) / 2
    low, high = np.quantile(means, [outside, 1 - outside])
    return Interval(float(values.mean()), float(low), float(high))
