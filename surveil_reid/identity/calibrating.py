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
    Integers,
)
from surveil_reid.matching import similarity_blocks

ENOUGH = 10
"""Hits of either kind, right and wrong, without which nothing can be fitted."""

ENOUGH_EACH = 30
"""Hits of either kind for each stretch between knots, and for a pair of cameras of its own."""

MOST_STRETCHES = 4
MOST_LOG_ODDS = 12.0
SMALLEST_SLOPE = 1e-3

SHARE, FEWEST = 4, 3
"""Galleries are searched whole and thinned by this factor again and again, down to so many."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownHits:
    """Hits of searches, and whether each was the person searched for.

    Attributes:
        similarities: float64 `(n,)`, cosine.
        same: bool `(n,)`, whether it was.
        gallery_sizes: int64 `(n,)`, tracklets that each search compared with, at least 1.
        cameras: n pairs of cameras, of query and hit; empty where they are not known.
    """

    similarities: Doubles
    same: Booleans
    gallery_sizes: Integers
    cameras: tuple[tuple[str, str], ...] = ()


def best_hits(
    descriptors: Floats, people: Sequence[str], cameras: Sequence[str | None]
) -> KnownHits:
    """Search for everybody twice, once with the person in the gallery and once without.

    A query's own camera shows the same person a moment later, which is no achievement: there the
    person is left out. So a search's best hit is right only in another camera, or where cameras are
    not known.

    It is done again among a quarter of all strangers, drawn at random, a sixteenth, and so on: the
    best of a few strangers is far less alike than the best of many, and no search among all would
    tell what such similarities mean.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        people: who each of the n is.
        cameras: where each was seen; None where that is not known.
    """
    person = np.unique(people, return_inverse=True)[1]
    camera = np.unique([name or "" for name in cameras], return_inverse=True)[1]
    known = np.array([name is not None for name in cameras], np.bool_)
    sizes = _gallery_sizes(max(1, len(descriptors) - 1))
    random = np.random.default_rng(0)
    similarities: list[float] = []
    same: list[bool] = []
    compared: list[int] = []
    pairs: list[tuple[str, str]] = []
    for rows, block in similarity_blocks(descriptors, descriptors):
        places = np.arange(len(block))
        own = person[rows, None] == person
        block[places, places + rows.start] = -np.inf
        block[own & (camera[rows, None] == camera) & known[rows, None]] = -np.inf
        present = np.isfinite(np.where(own, block, -np.inf)).any(axis=1)
        everybody = np.ones(len(block), np.bool_)
        for size in sizes:
            absent = random.random(block.shape) >= size / sizes[0]
            for removed, asked in ((absent & ~own, present), (absent | own, everybody)):
                seen = np.where(removed, -np.inf, block)
                hits = seen.argmax(axis=1)
                best = seen[places, hits]
                for row in np.flatnonzero(asked & np.isfinite(best)).tolist():
                    similarities.append(float(best[row]))
                    same.append(bool(own[row, hits[row]]))
                    compared.append(size)
                    pairs.append((cameras[rows.start + row] or "", cameras[hits[row]] or ""))
    return KnownHits(
        similarities=np.array(similarities, np.float64),
        same=np.array(same, np.bool_),
        gallery_sizes=np.array(compared, np.int64),
        cameras=tuple(pairs) if known.all() else (),
    )


def _gallery_sizes(whole: int) -> list[int]:
    sizes = [whole]
    while sizes[-1] // SHARE >= FEWEST:
        sizes.append(sizes[-1] // SHARE)
    return sizes


def fit_calibration(hits: KnownHits, fitted_on: str) -> Calibration:
    """Fit the probability that a hit is the person, which never falls as the similarity rises.

    Logistic regression on a linear spline with few knots, at the similarities' quantiles; with
    little data there are but two, a plain logistic curve. Where hits tell little of a stretch, its
    slope is that of its neighbours. Pairs of cameras with enough hits of either kind are shifted by
    what fits them best.

    Args:
        hits: with known answers.
        fitted_on: the data in words.

    Raises:
        InputError: when there are too few right or wrong hits, or all are equally similar.
    """
    right, wrong = _counts(hits.same, hits)
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
        gallery_size=int(hits.gallery_sizes.max()),
        fitted_on=fitted_on,
    )
    return replace(curve, shifts=_shifts(curve, hits))


def _counts(same: Booleans, hits: KnownHits) -> tuple[int, int]:
    """Right and wrong hits in galleries of one size: who is found among few was among many."""
    galleries = max(1, len(np.unique(hits.gallery_sizes)))
    return int(same.sum()) // galleries, int((~same).sum()) // galleries


def _knots(similarities: Doubles, stretches: int) -> Doubles:
    stretches = int(np.clip(stretches, 1, MOST_STRETCHES))
    inner = np.linspace(0.02, 0.98, stretches + 1)
    knots: Doubles = np.unique(np.quantile(similarities, inner).round(4))
    return knots


def _log_odds(hits: KnownHits, knots: Doubles) -> Doubles:
    """Log odds at each knot, of least log loss among those that do not fall.

    Slopes of neighbouring stretches are held together by a normal prior on their difference, as
    wide as the slope of the plain logistic curve.
    """
    ends = knots[[0, -1]]
    low, high = _least_loss(hits, ends, np.inf)
    return _least_loss(hits, knots, max((high - low) / (ends[1] - ends[0]), SMALLEST_SLOPE))


def _least_loss(hits: KnownHits, knots: Doubles, width: float) -> Doubles:
    """Log odds at each knot, where the prior on differences of slopes has this width."""
    # It takes longer to import than a search takes, and nothing else needs it.
    from scipy.optimize import minimize  # noqa: PLC0415

    basis = _basis(hits.similarities, knots)
    sign = np.where(hits.same, 1.0, -1.0)
    bends = np.diff(np.diag(1 / np.diff(knots)), axis=0) / width
    fewer = np.log(hits.gallery_sizes.max() / hits.gallery_sizes)

    def loss(rises: Doubles) -> tuple[float, Doubles]:
        margin = sign * (basis @ rises + fewer)
        pull = sign * np.exp(-np.logaddexp(0, margin))
        bent = bends @ rises[1:]
        total = np.logaddexp(0, -margin).sum() + bent @ bent / 2
        gradient = -(basis.T @ pull) + np.concatenate([[0.0], bends.T @ bent])
        return float(total) / len(sign), gradient / len(sign)

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
        if min(_counts(hits.same[rows], hits)) >= ENOUGH_EACH:
            sizes = hits.gallery_sizes[rows]
            likely = curve.probability(hits.similarities[rows], gallery_size=sizes)
            shift = _shift(likely, int(hits.same[rows].sum()))
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
