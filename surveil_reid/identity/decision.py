"""The open-set decision: is anybody found the person that was asked for, or is nobody?"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from surveil_reid.core import Booleans, Floats, InputError, ModelInfo, OperatingPoint, WeightsError

CLOSEST = 1e-6
"""A distance (1 - cosine similarity) that float32 cannot tell from none."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Which results of a search are matches.

    Attributes:
        threshold: cosine similarity from which on a result is a match.
        pair_rate: share of pairs of different people that reach the threshold.
        matches: bool, of the shape of the similarities.
        extrapolated: whether `pair_rate` lies outside of what was measured for the model, so that
            the threshold continues a trend instead of standing on data.
    """

    threshold: float
    pair_rate: float
    matches: Booleans
    extrapolated: bool


class Threshold(NamedTuple):
    """A similarity, and whether it lies outside of the measured operating points."""

    similarity: float
    extrapolated: bool


def decide(
    similarities: Floats, *, info: ModelInfo, gallery_size: int, false_alarm: float
) -> Decision:
    """Decide which results of a search are the person asked for.

    `false_alarm` is a rate of searches: of those for somebody who is not there, at most this share
    may report anybody. Each search compares with `gallery_size` tracklets, so by the union bound
    each comparison may err at `false_alarm / gallery_size`. The bound holds however the comparisons
    hang together, as far as the footage resembles the data that the model's points were fitted on.

    Args:
        similarities: cosine similarities of the results, any shape.
        info: the model, with its operating points.
        gallery_size: tracklets that were searched among, found or not; at least 0.
        false_alarm: over 0 and at most 1.

    Raises:
        WeightsError: when the model has fewer than two operating points.
        InputError: when a number is out of range.
    """
    if not 0 < false_alarm <= 1 or gallery_size < 0:
        msg = (
            "the false-alarm rate must lie over 0 and up to 1, and a gallery cannot be of negative "
            f"size; got {false_alarm} and {gallery_size}"
        )
        raise InputError(msg)
    pair_rate = false_alarm / max(1, gallery_size)
    threshold = threshold_at(pair_rate, info)
    return Decision(
        threshold=threshold.similarity,
        pair_rate=pair_rate,
        matches=np.asarray(similarities >= threshold.similarity),
        extrapolated=threshold.extrapolated,
    )


def threshold_at(pair_rate: float, info: ModelInfo) -> Threshold:
    """The similarity that pairs of different people reach at a given rate.

    Between the model's operating points the logarithm of the distance, which is 1 - similarity, is
    linear in the logarithm of the rate; outside, the outermost stretch goes on, at most down to a
    similarity of -1. That is how near neighbours grow rare: where points lie smoothly in m
    dimensions, the share within a small Euclidean distance r is proportional to r^m (Levina and
    Bickel, Maximum Likelihood Estimation of Intrinsic Dimension, 2004), and 1 - similarity is
    r^2 / 2. So no gallery is so large that nobody could be recognised in it.

    Args:
        pair_rate: share of pairs of different people at or above the threshold, over 0.
        info: the model, with its operating points.

    Raises:
        WeightsError: when the model has fewer than two operating points.
    """
    points = _usable(info)
    rates = np.log([point.false_alarm for point in points])
    distances = np.log([max(1 - point.similarity, CLOSEST) for point in points])
    wanted = np.log(pair_rate)
    right = int(np.clip(np.searchsorted(rates, wanted), 1, len(rates) - 1))
    share = (wanted - rates[right - 1]) / (rates[right] - rates[right - 1])
    distance = np.exp((1 - share) * distances[right - 1] + share * distances[right])
    return Threshold(
        similarity=float(max(1 - distance, -1)),
        extrapolated=bool(not rates[0] <= wanted <= rates[-1]),
    )


def _usable(info: ModelInfo) -> list[OperatingPoint]:
    """Points of different rates over 0, by rate."""
    by_rate = {point.false_alarm: point for point in info.linking if point.false_alarm > 0}
    if len(by_rate) < 2:
        msg = (
            f"model {info.name} has no operating points to decide by; "
            "fit them with `python -m training.thresholds`"
        )
        raise WeightsError(msg)
    return [by_rate[rate] for rate in sorted(by_rate)]
