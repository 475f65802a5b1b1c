"""Average-linkage clustering in which some groups must stay apart."""

from dataclasses import dataclass

import numpy as np

from surveil_reid.core import Booleans, Doubles, Floats, Integers

GRID = 2.0**20
"""Similarities are rounded to this many steps in 1, so that their sums are exact.

Equal means are then equal in the last bit, in whatever order they were summed; a millionth is far
below what a descriptor's similarity can mean.
"""

APART = -np.inf


def cluster(
    descriptors: Floats, conflicts: Booleans, start: Integers, *, similarity: float
) -> Integers:
    """Merge the two most similar groups again and again, until no two are similar enough.

    The similarity of two groups is the mean over all pairs between them (average linkage, UPGMA).
    Groups with a conflict between any two of their members are never merged. Of equally similar
    pairs of groups, that with the first group standing first is merged, then with the second.

    Time grows with the square of n for the usual data, memory is 8 n² bytes and a little.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised.
        conflicts: bool `(n, n)`, symmetric: pairs that must not end up together.
        start: int64 `(n,)`, the group that each is in at the start, named by the position of its
            first member.
        similarity: the least mean cosine at which groups merge.

    Returns:
        int64 `(n,)`, the group that each is in at the end, named likewise.
    """
    if len(descriptors) == 0:
        return start.copy()
    groups = _Groups.of(_exact_cosines(descriptors), conflicts, start)
    while True:
        first = int(groups.best.argmax())
        if groups.best[first] < similarity:
            return groups.labels
        groups.merge(first, int(groups.partner[first]))


def _exact_cosines(descriptors: Floats) -> Doubles:
    wide = descriptors.astype(np.float64)
    cosines: Doubles = wide @ wide.T
    np.multiply(cosines, GRID, out=cosines)
    np.rint(cosines, out=cosines)
    return np.divide(cosines, GRID, out=cosines)


@dataclass(slots=True, eq=False)
class _Groups:
    """Groups in the making; each stands in the row of its first member, other rows are unused.

    Attributes:
        sums: `(n, n)` sums of similarities between members; APART where groups cannot merge.
        sizes: `(n,)` members of each group.
        labels: `(n,)` the row of the group that each member is in.
        best: `(n,)` the highest mean similarity of each group to another; APART if there is none.
        partner: `(n,)` the first group with which it has that.
    """

    sums: Doubles
    sizes: Doubles
    labels: Integers
    best: Doubles
    partner: Integers

    @classmethod
    def of(cls, cosines: Doubles, conflicts: Booleans, start: Integers) -> "_Groups":
        """Set up the groups of `start`; takes over `cosines`."""
        cosines[conflicts] = APART
        count = len(start)
        for row in np.flatnonzero(start != np.arange(count)):
            _fold(cosines, int(start[row]), int(row))
        np.fill_diagonal(cosines, APART)
        groups = cls(
            sums=cosines,
            sizes=np.maximum(np.bincount(start, minlength=count), 1).astype(np.float64),
            labels=start.copy(),
            best=np.full(count, APART),
            partner=np.zeros(count, np.int64),
        )
        for position in range(count):
            groups._find_partner(position)
        return groups

    def merge(self, kept: int, gone: int) -> None:
        """Put the group of row `gone` into that of row `kept`, which stands before it."""
        self.labels[self.labels == gone] = kept
        self.sizes[kept] += self.sizes[gone]
        _fold(self.sums, kept, gone)
        self.sums[kept, kept] = APART
        # A mean over both is no higher than the higher of the two, so that nobody else's partner
        # can change: only those who had one of the two look again, and the group itself.
        lost = (self.partner == kept) | (self.partner == gone)
        lost &= self.best > APART
        lost[[kept, gone]] = True
        for row in np.flatnonzero(lost):
            self._find_partner(int(row))

    def _means(self, row: int) -> Doubles:
        means: Doubles = self.sums[row] / (self.sizes[row] * self.sizes)
        return means

    def _find_partner(self, row: int) -> None:
        means = self._means(row)
        partner = int(means.argmax())
        self.partner[row], self.best[row] = partner, means[partner]


def _fold(sums: Doubles, kept: int, gone: int) -> None:
    """Add one row and column to another; the row and column left over can merge with nothing."""
    sums[kept] += sums[gone]
    sums[:, kept] = sums[kept]
    sums[gone] = sums[:, gone] = APART
