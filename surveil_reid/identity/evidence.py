"""What speaks for and against two tracklets being one person: looks, neighbours, time and place."""

from dataclasses import dataclass

import numpy as np

from surveil_reid.core import Booleans, Doubles, Floats, Integers
from surveil_reid.identity.travel import TravelEvidence, Whereabouts
from surveil_reid.matching import (
    RerankOptions,
    nearest_neighbours,
    neighbourhood_overlaps,
    similarity_blocks,
)

NEIGHBOURS = 40
"""Each may be linked to so many of the most alike, and to whoever finds it among theirs."""

RECIPROCAL = RerankOptions(k1=10, k2=4)
OVERLAP_WEIGHT = 2 / 3
USUAL_OVERLAP = 0.37
"""Overlap of neighbourhoods that neither speaks for a link nor against it."""

FEW, MANY = 30, 600
"""Tracklets up to which neighbourhoods mean nothing, and from which on they mean all they can.

Among few, everybody's ten nearest are much the same people.
"""

TRAVEL_WEIGHT = 0.06
SURE_OVERLAP = 0.5
ROWS_AT_ONCE = 64


def trust_in_neighbours(count: int) -> float:
    """How far neighbourhoods among so many tracklets are to be believed, 0..1."""
    return float(np.clip(np.log(max(count, 1) / FEW) / np.log(MANY / FEW), 0, 1))


def threshold_for(similarity: float, count: int) -> float:
    """The least mean of cosine and bonus at which to merge, among so many tracklets.

    Pairs that share no neighbours get no bonus; so what is usual is asked of all.
    """
    return similarity + trust_in_neighbours(count) * OVERLAP_WEIGHT * USUAL_OVERLAP


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs of tracklets that may be one person, each once, the smaller position first.

    Attributes:
        pairs: int64 `(pairs, 2)`, positions.
        overlaps: float64 `(pairs,)` in 0..1, of their neighbourhoods.
        sure: bool `(pairs,)`, where they are so surely one person that others can learn of them.
    """

    pairs: Integers
    overlaps: Doubles
    sure: Booleans

    def sure_pairs(self, never: Integers) -> Integers:
        """The sure pairs but those of `never` `(p, 2)`: int64 `(pairs, 2)`."""
        pairs = self.pairs[self.sure]
        base = max(pairs.max(initial=0), never.max(initial=0)) + 1
        low, high = never.min(axis=1), never.max(axis=1)
        known = np.isin(pairs[:, 0] * base + pairs[:, 1], low * base + high)
        return pairs[~known]


def find_candidates(descriptors: Floats, *, similarity: float) -> Candidates:
    """Find who is among whose most alike.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        similarity: cosine from which a pair with much of its neighbourhoods in common is sure.
    """
    near, neighbours = nearest_neighbours(descriptors, max(NEIGHBOURS, RECIPROCAL.k1 + 1))
    owners = np.repeat(np.arange(len(near)), near.shape[1])
    there = (neighbours.ravel() >= 0) & (neighbours.ravel() != owners)
    pairs = np.sort(np.stack([owners, neighbours.ravel()], axis=1)[there], axis=1)
    keys, places = np.unique(pairs[:, 0] * len(near) + pairs[:, 1], return_index=True)
    pairs = np.stack([keys // len(near), keys % len(near)], axis=1)
    overlaps = neighbourhood_overlaps(descriptors, neighbours, pairs, options=RECIPROCAL)
    alike = near.ravel()[there][places] >= similarity
    return Candidates(pairs, overlaps, alike & (overlaps >= SURE_OVERLAP))


def weigh(
    candidates: Candidates, evidence: TravelEvidence, places: Whereabouts, *, count: int
) -> Doubles:
    """The bonus of each candidate beside its cosine, float64 `(pairs,)`.

    Times count only where looks count as well: pairs that share no neighbour get no bonus at all.

    Args:
        candidates: the pairs.
        evidence: of travel times.
        places: where and when the tracklets were.
        count: tracklets that there are in all.
    """
    bonus: Doubles = trust_in_neighbours(count) * OVERLAP_WEIGHT * candidates.overlaps
    met = candidates.overlaps > 0
    bonus[met] += TRAVEL_WEIGHT * evidence.of(places, candidates.pairs[met])
    return bonus


def nearby(descriptors: Floats, rows: Integers, groups: Integers) -> Integers:
    """Rows that decide about some: they, their most alike, and everybody of the groups of those.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        rows: int64, positions.
        groups: int64 `(n,)`, the group of each.

    Returns:
        int64, ascending positions.
    """
    chosen = np.zeros(len(descriptors), np.bool_)
    chosen[groups[rows]] = True
    for _, block in similarity_blocks(descriptors[rows], descriptors, rows=ROWS_AT_ONCE):
        count = min(NEIGHBOURS, block.shape[1])
        near = np.argpartition(-block, count - 1, axis=1)[:, :count]
        chosen[groups[near]] = True
    found: Integers = np.flatnonzero(chosen[groups])
    return found
