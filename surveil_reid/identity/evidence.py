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

ROWS_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceOptions:
    """How much each kind of evidence weighs.

    `overlap_weight`, `usual_overlap`, `travel_weight` and `camera_doubt` are fitted by
    `training.link_fitting` on Market-1501's training identities alone; the search for the others
    was not finished, and they are what they were before it. What was tried and what it gave is in
    `tests/benchmarks/results/link-constants.json`.

    Attributes:
        neighbours: each may be linked to so many of the most alike, and to whoever finds it among
            theirs.
        k1: size of the neighbourhood that must be mutual, as in re-ranking.
        k2: how many of the nearest, itself included, a neighbourhood is averaged over.
        overlap_weight: what the overlap of two neighbourhoods, 0..1, counts beside their cosine.
        usual_overlap: the overlap that neither speaks for a link nor against it.
        few: tracklets up to which neighbourhoods mean nothing; among few, everybody's nearest are
            much the same people.
        many: tracklets from which on they mean all they can; more than `few`.
        travel_weight: what the log odds of a travel time count beside the cosine.
        sure_overlap: the overlap from which others can learn of a pair that looks alike as well.
        camera_doubt: people of a camera among whom half of what sets their looks apart from those
            of other cameras' people is put down to the camera.
    """

    neighbours: int = 30
    k1: int = 10
    k2: int = 4
    overlap_weight: float = 0.33
    usual_overlap: float = 0.5
    few: int = 10
    many: int = 600
    travel_weight: float = 0.2
    sure_overlap: float = 0.2
    camera_doubt: float = 3.0

    def trust_in_neighbours(self, count: int) -> float:
        """How far neighbourhoods among so many tracklets are to be believed, 0..1."""
        steps = np.log(max(count, 1) / self.few) / np.log(self.many / self.few)
        return float(np.clip(steps, 0, 1))

    def threshold_for(self, similarity: float, count: int) -> float:
        """The least mean of cosine and bonus at which to merge, among so many tracklets.

        Pairs that share no neighbours get no bonus; so what is usual is asked of all.
        """
        trust = self.trust_in_neighbours(count)
        return similarity + trust * self.overlap_weight * self.usual_overlap


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


def find_candidates(
    descriptors: Floats, *, similarity: float, options: EvidenceOptions
) -> Candidates:
    """Find who is among whose most alike.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        similarity: cosine from which a pair with much of its neighbourhoods in common is sure.
        options: how far to look, and what is sure.
    """
    near, neighbours = nearest_neighbours(descriptors, max(options.neighbours, options.k1 + 1))
    owners = np.repeat(np.arange(len(near)), near.shape[1])
    there = (neighbours.ravel() >= 0) & (neighbours.ravel() != owners)
    pairs = np.sort(np.stack([owners, neighbours.ravel()], axis=1)[there], axis=1)
    keys, places = np.unique(pairs[:, 0] * len(near) + pairs[:, 1], return_index=True)
    pairs = np.stack([keys // len(near), keys % len(near)], axis=1)
    reciprocal = RerankOptions(k1=options.k1, k2=options.k2)
    overlaps = neighbourhood_overlaps(descriptors, neighbours, pairs, options=reciprocal)
    alike = near.ravel()[there][places] >= similarity
    return Candidates(pairs, overlaps, alike & (overlaps >= options.sure_overlap))


def weigh(
    candidates: Candidates,
    evidence: TravelEvidence,
    places: Whereabouts,
    *,
    count: int,
    options: EvidenceOptions,
) -> Doubles:
    """The bonus of each candidate beside its cosine, float64 `(pairs,)`.

    Times count only where looks count as well: pairs that share no neighbour get no bonus at all.

    Args:
        candidates: the pairs.
        evidence: of travel times.
        places: where and when the tracklets were.
        count: tracklets that there are in all.
        options: what each kind of evidence weighs.
    """
    trust = options.trust_in_neighbours(count)
    bonus: Doubles = trust * options.overlap_weight * candidates.overlaps
    met = candidates.overlaps > 0
    bonus[met] += options.travel_weight * evidence.of(places, candidates.pairs[met])
    return bonus


def nearby(
    descriptors: Floats, rows: Integers, groups: Integers, *, options: EvidenceOptions
) -> Integers:
    """Rows that decide about some: they, their most alike, and everybody of the groups of those.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        rows: int64, positions.
        groups: int64 `(n,)`, the group of each.
        options: how many are the most alike.

    Returns:
        int64, ascending positions.
    """
    chosen = np.zeros(len(descriptors), np.bool_)
    chosen[groups[rows]] = True
    for _, block in similarity_blocks(descriptors[rows], descriptors, rows=ROWS_AT_ONCE):
        count = min(options.neighbours, block.shape[1])
        near = np.argpartition(-block, count - 1, axis=1)[:, :count]
        chosen[groups[near]] = True
    found: Integers = np.flatnonzero(chosen[groups])
    return found
