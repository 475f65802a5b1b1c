"""Fitting probabilities to searches whose answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveil_reid.core import (
    Booleans,
    Calibration,
    CameraPairShift,
    Doubles,
    Floats,
    InputError,
)
from surveil_reid.matching import similarity_blocks

ENOUGH = 10
"""Hits of either kind, right and wrong, without which nothing can be fitted."""

ENOUGH_EACH = 30
"""Hits of either kind for each stretch between knots, and for a pair of cameras of its own."""

MOST_STRETCHES = 4
MOST_LOG_ODDS = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class KnownHits:
    """Hits of searches, and whether each was the person searched for.

    Attributes:
        similarities: float64 `(n,)`, cosine.
        same: bool `(n,)`, whether it was.
        gallery_size: tracklets that each search compared with.
        cameras: n pairs of cameras, of query and hit; empty where they are not known.
    """

    similarities: Doubles
    same: Booleans
    gallery_size: int
    cameras: tuple[tuple[str, str], ...] = ()


def best_hits(
    descriptors: Floats, people: Sequence[str], cameras: Sequence[str | None]
) -> KnownHits:
    """Search for everybody twice, once with the person in the gallery and once without.

    A query's own camera shows the same person a moment later, which is no achievement: there the
    person is left out. So a search's best hit is right only in another camera, or where cameras are
    not known.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        people: who each of the n is.
        cameras: where each was seen; None where that is not known.
    """
    person = np.unique(people, return_inverse=True)[1]
    camera = np.unique([name or "" for name in cameras], return_inverse=True)[1]
    known = np.array([name is not None for name in cameras], np.bool_)
    similarities: list[float] = []
    same: list[bool] = []
    pairs: list[tuple[str, str]] = []
    for rows, block in similarity_blocks(descriptors, descriptors):
        own = person[rows, None] == person
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = -np.inf
        block[own & (camera[rows, None] == camera) & known[rows, None]] = -np.inf
        for hidden in (False, True):
            seen = np.where(own, -np.inf, block) if hidden else block
            hits = seen.argmax(axis=1)
            for row, hit in enumerate(hits.tolist()):
                present = bool(np.isfinite(block[row][own[row]]).any())
                if np.isfinite(seen[row, hit]) and (hidden or present):
                    similarities.append(float(seen[row, hit]))
                    same.append(bool(own[row, hit]))
                    pairs.append((cameras[rows.start + row] or "", cameras[hit] or ""))
    return KnownHits(
        similarities=np.array(similarities, np.float64),
        same=np.array(same, np.bool_),
        gallery_size=max(1, len(descriptors) - 1),
        cameras=tuple(pairs) if known.all() else (),
    )


def fit_calibration(hits: KnownHits, fitted_on: str) -> Calibration:
    """Fit the probability that a hit is the person, which never falls as the similarity rises.

    Logistic regression on a linear spline with few knots, at the similarities' quantiles; with
    little data there are but two, a plain logistic curve. Pairs of cameras with enough hits of
    either kind are shifted by what fits them best.

    Args:
        hits: with known answers.
        fitted_on: the data in words.

    Raises:
        InputError: when there are too few right or wrong hits, or all are equally similar.
    """
    right, wrong = int(hits.same.sum()), int((~hits.same).sum())
    enough = min(right, wrong) >= ENOUGH
    knots = _knots(hits.similarities, min(right, wrong) // ENOUGH_EACH) if enough else np.zeros(0)
    if len(knots) < 2:
        msg = (
            f"{right} right and {wrong} wrong hits are too few to fit probabilities on; "
            f"it takes {ENOUGH} of each, of different similarity"
        )
        raise InputError(msg)
    curve = Calibration(
        similarities=tuple(knots.tolist()),
        log_odds=tuple(_log_odds(hits, knots).tolist()),
        gallery_size=hits.gallery_size,
        fitted_on=fitted_on,
    )
    return replace(curve, shifts=_shifts(curve, hits))


def _knots(similarities: Doubles, stretches: int) -> Doubles:
    stretches = int(np.clip(stretches, 1, MOST_STRETCHES))
    inner = np.linspace(0.02, 0.98, stretches + 1)
    knots: Doubles = np.unique(np.quantile(similarities, inner).round(4))
    return knots


def _log_odds(hits: KnownHits, knots: Doubles) -> Doubles:
    """Log odds at each knot, of least log loss among those that do not fall."""
    # It takes longer to import than a search takes, and nothing else needs it.
    from scipy.optimize import minimize  # noqa: PLC0415

    basis = _basis(hits.similarities, knots)
    sign = np.where(hits.same, 1.0, -1.0)

    def loss(rises: Doubles) -> tuple[float, Doubles]:
        margin = sign * (basis @ rises)
        pull = sign * np.exp(-np.logaddexp(0, margin))
        return float(np.logaddexp(0, -margin).mean()), -(basis.T @ pull) / len(sign)

    stretches = len(knots) - 1
    # Where right and wrong hits do not mingle, nothing else would keep the slope finite.
    bounds = [(-MOST_LOG_ODDS, MOST_LOG_ODDS), *[(0.0, MOST_LOG_ODDS)] * stretches]
    start = np.array([-1.0, *[2.0 / stretches] * stretches])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    odds: Doubles = np.cumsum(found).round(4)
    return odds


def _basis(similarities: Doubles, knots: Doubles) -> Doubles:
    """One column for the lowest knot, and one for the rise in each stretch, 0 before and 1 after.

    The outermost stretches go on, as `Calibration` has it.
    """
    rises = (similarities[:, None] - knots[:-1]) / np.diff(knots)
    low = np.full(len(knots) - 1, 0.0)
    high = np.full(len(knots) - 1, 1.0)
    low[0], high[-1] = -np.inf, np.inf
    return np.column_stack([np.ones(len(similarities)), np.clip(rises, low, high)])


def _shifts(curve: Calibration, hits: KnownHits) -> tuple[CameraPairShift, ...]:
    pairs = [tuple(sorted(pair)) for pair in hits.cameras]
    found = []
    for pair in sorted(set(pairs)):
        rows = np.array([one == pair for one in pairs], np.bool_)
        right = int(hits.same[rows].sum())
        if min(right, int(rows.sum()) - right) >= ENOUGH_EACH:
            shift = _shift(curve.probability(hits.similarities[rows]), right)
            found.append(CameraPairShift(pair[0], pair[1], round(shift, 4)))
    return tuple(found)


def _shift(probabilities: Doubles, right: int) -> float:
    """What to add to the log odds so that as many hits are expected to be right as are."""
    from scipy.optimize import brentq  # noqa: PLC0415 - as above

    clipped = np.clip(probabilities, 1e-12, 1 - 1e-12)
    odds = np.log(clipped / (1 - clipped))

    def excess(shift: float) -> float:
        return float((1 / (1 + np.exp(-odds - shift))).sum() - right)

    if excess(-MOST_LOG_ODDS) >= 0 or excess(MOST_LOG_ODDS) <= 0:
        return -MOST_LOG_ODDS if excess(0) > 0 else MOST_LOG_ODDS
    return float(brentq(excess, -MOST_LOG_ODDS, MOST_LOG_ODDS))
