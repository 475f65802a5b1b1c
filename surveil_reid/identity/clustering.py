"""Average-linkage clustering on a sparse graph, in which some groups must stay apart."""

from dataclasses import dataclass

import numpy as np

from surveil_reid.core import Booleans, Doubles, Floats, Integers

GRID = 2.0**20
"""Sums are compared after rounding to this many steps in 1.

Means that are equal but for the order of their terms are then equal in the last bit; a millionth is
far below what a descriptor's similarity can mean.
"""

EDGES_AT_ONCE = 2_048
"""Edges whose sums are gathered at a time; they then fit a processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Pairs of n things, the smaller position first; of a pair given twice, both count.

    Attributes:
        first: int64 `(e,)`, positions.
        second: int64 `(e,)`, positions.
        bonus: float64 `(e,)`, what speaks for the pair beside its cosine similarity.
        apart: float64 `(e,)`, over 0 where the pair must not end up together.
    """

    first: Integers
    second: Integers
    bonus: Doubles
    apart: Doubles

    @classmethod
    def of(cls, pairs: Integers, bonus: Doubles, never: Integers) -> "Edges":
        """Edges of candidate pairs `(p, 2)` with a bonus, and of pairs that must stay apart."""
        first, second = np.sort(np.concatenate([pairs, never]), axis=1).T
        return cls(
            first=first,
            second=second,
            bonus=np.concatenate([bonus, np.zeros(len(never))]),
            apart=np.concatenate([np.zeros(len(pairs)), np.ones(len(never))]),
        )

    def merged(self, labels: Integers) -> "Edges":
        """The edges between groups: sums over the pairs between them."""
        first, second = labels[self.first], labels[self.second]
        outside = first != second
        low = np.minimum(first, second)[outside]
        high = np.maximum(first, second)[outside]
        keys, inverse = np.unique(low * len(labels) + high, return_inverse=True)
        return Edges(
            first=keys // len(labels),
            second=keys % len(labels),
            bonus=_sums(inverse, self.bonus[outside], len(keys)),
            apart=_sums(inverse, self.apart[outside], len(keys)),
        )


def cluster(
    descriptors: Floats,
    edges: Edges,
    start: Integers,
    *,
    similarity: float,
    closed: Booleans | None = None,
) -> Integers:
    """Merge the two most similar groups again and again, until no two are similar enough.

    The similarity of two groups is the mean over all pairs between them (average linkage, UPGMA) of
    cosine plus bonus; pairs without an edge have none. Groups without any edge between them are
    never merged, nor those with one that must stay apart. Groups that are each other's most similar
    merge at once. With edges between all pairs the result is that of merging one pair after the
    other: a mean over both is no higher than the higher of the two, so nobody can come between
    them. Where edges are missing, somebody might; who merges is then decided round by round.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        edges: between them.
        start: int64 `(n,)`, the group that each is in at the start, named by the position of its
            first member.
        similarity: the least mean at which groups merge.
        closed: bool `(n,)`, rows of groups no two of which ever merge; None for no such groups.

    Returns:
        int64 `(n,)`, the group that each is in at the end, named likewise.
    """
    groups = _Groups.of(descriptors, start, closed)
    between = edges.merged(start)
    cosines = groups.cosines(between)
    while len(between.first):
        partner = _partners(between, groups.means(between, cosines), similarity)
        kept = np.flatnonzero(partner > np.arange(len(partner)))
        kept = kept[partner[partner[kept]] == kept]
        if len(kept) == 0:
            break
        renamed = groups.merge(kept, partner[kept])
        old, between = between, between.merged(renamed)
        cosines = groups.updated_cosines(between, old, cosines, kept)
    return groups.labels


@dataclass(slots=True, eq=False)
class _Groups:
    """Groups in the making; each stands in the row of its first member, other rows are unused.

    Attributes:
        sums: float64 `(n, dim)`, sums of the members' descriptors.
        sizes: float64 `(n,)`, members of each group.
        labels: int64 `(n,)`, the row of the group that each member is in.
        closed: bool `(n,)`, whether the group takes in no other such group.
    """

    sums: Doubles
    sizes: Doubles
    labels: Integers
    closed: Booleans

    @classmethod
    def of(cls, descriptors: Floats, start: Integers, closed: Booleans | None) -> "_Groups":
        sums = descriptors.astype(np.float64)
        added = np.flatnonzero(start != np.arange(len(start)))
        np.add.at(sums, start[added], sums[added])
        sizes = np.bincount(start, minlength=len(start)).astype(np.float64)
        closed = np.zeros(len(start), np.bool_) if closed is None else closed.copy()
        return cls(sums=sums, sizes=sizes, labels=start.copy(), closed=closed)

    def cosines(self, edges: Edges) -> Doubles:
        """Sums of the cosines of all pairs between the groups of each edge."""
        found = np.empty(len(edges.first), np.float64)
        for begin in range(0, len(found), EDGES_AT_ONCE):
            part = slice(begin, begin + EDGES_AT_ONCE)
            first, second = self.sums[edges.first[part]], self.sums[edges.second[part]]
            found[part] = np.einsum("ij,ij->i", first, second)
        return found

    def updated_cosines(
        self, edges: Edges, old: Edges, cosines: Doubles, changed: Integers
    ) -> Doubles:
        """`cosines` of new edges, of which only those of changed groups are computed again."""
        count = len(self.labels)
        fresh = np.zeros(count, np.bool_)
        fresh[changed] = True
        stale = fresh[edges.first] | fresh[edges.second]
        found = np.empty(len(edges.first), np.float64)
        keys = old.first * count + old.second  # ascending, as `merged` left them
        same = edges.first[~stale] * count + edges.second[~stale]
        found[~stale] = cosines[np.searchsorted(keys, same)]
        parts = Edges(edges.first[stale], edges.second[stale], edges.bonus, edges.apart)
        found[stale] = self.cosines(parts)
        return found

    def means(self, edges: Edges, cosines: Doubles) -> Doubles:
        """Mean similarity at each edge, rounded; -inf where groups must stay apart."""
        pairs = self.sizes[edges.first] * self.sizes[edges.second]
        means: Doubles = np.rint((cosines + edges.bonus) / pairs * GRID) / GRID
        both_closed = self.closed[edges.first] & self.closed[edges.second]
        means[(edges.apart > 0) | both_closed] = -np.inf
        return means

    def merge(self, kept: Integers, gone: Integers) -> Integers:
        """Put each group of `gone` into that of `kept`; returns the new row of every old row."""
        self.sums[kept] += self.sums[gone]
        self.sizes[kept] += self.sizes[gone]
        self.closed[kept] |= self.closed[gone]
        renamed = np.arange(len(self.labels))
        renamed[gone] = kept
        self.labels = renamed[self.labels]
        return renamed


def _partners(edges: Edges, means: Doubles, similarity: float) -> Integers:
    """The most similar group of each that is similar enough, else -1; ties by position."""
    count = int(edges.second.max()) + 1
    good = np.flatnonzero(means >= similarity)
    first, second, means = edges.first[good], edges.second[good], means[good]
    best = np.full(count, -np.inf)
    np.maximum.at(best, first, means)
    np.maximum.at(best, second, means)
    # Edges ascend, so of equal ones the foremost has the smallest positions.
    nobody = len(good)
    place = np.full(count, nobody, np.int64)
    for owners in (first, second):
        equal = np.flatnonzero(means == best[owners])
        np.minimum.at(place, owners[equal], equal)
    partner = np.full(count, -1, np.int64)
    chosen = np.flatnonzero(place < nobody)
    partner[chosen] = (first + second)[place[chosen]] - chosen
    return partner


def _sums(places: Integers, values: Doubles, count: int) -> Doubles:
    # Without any values, bincount would count in integers.
    sums: Doubles = np.bincount(places, values, count).astype(np.float64)
    return sums
