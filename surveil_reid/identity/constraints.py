"""What linking must obey: reviewers' decisions, and that nobody is in two places at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components, shortest_path

from surveil_reid.core import InputError, Integers

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Constraints:
    """Pairs of tracklets, by id, that a reviewer has decided about.

    The order within a pair means nothing, and pairs of tracklets that are not linked are passed
    over. They outrank everything that linking finds out by itself: must-links hold even between
    tracklets that were in view of one camera at one moment.

    Attributes:
        must: pairs that are one person.
        cannot: pairs that are not.

    Raises:
        InputError: when must-links, directly or in a chain, join a pair that a cannot-link parts;
            the message names the tracklets.
    """

    must: frozenset[Pair] = frozenset()
    cannot: frozenset[Pair] = frozenset()

    def __post_init__(self) -> None:
        ids = sorted({id_ for pair in self.must | self.cannot for id_ in pair})
        joined = must_groups(ids, self.must)
        group_of = dict(zip(ids, joined.tolist(), strict=True))
        for first, second in sorted(self.cannot):
            if group_of[first] == group_of[second]:
                chain = " = ".join(map(str, _chain(ids, self.must, first, second)))
                msg = (
                    f"tracklets {first} and {second} cannot be one person and must be ({chain}); "
                    "undo one of these decisions"
                )
                raise InputError(msg)


def must_groups(ids: Sequence[int], must: Iterable[Pair]) -> Integers:
    """The group of each tracklet that must-links alone make.

    Args:
        ids: n tracklets, each once.
        must: pairs that are one person; those with another tracklet are passed over.

    Returns:
        int64 `(n,)`, groups named by the position of their first member.
    """
    return joined(np.arange(len(ids)), positions_of(ids, must))


def joined(groups: Integers, pairs: Integers) -> Integers:
    """Groups after joining those that pairs lie between.

    Args:
        groups: int64 `(n,)`, each named by the position of one of its members.
        pairs: int64 `(pairs, 2)`, positions.

    Returns:
        int64 `(n,)`, groups named by the position of their first member.
    """
    count = len(groups)
    first = np.concatenate([np.arange(count), pairs[:, 0]])
    second = np.concatenate([groups, pairs[:, 1]])
    graph = sparse.csr_array((np.ones(len(first)), (first, second)), shape=(count, count))
    components = connected_components(graph, directed=False)[1]
    _, firsts, inverse = np.unique(components, return_index=True, return_inverse=True)
    named: Integers = firsts[inverse].astype(np.int64)
    return named


def positions_of(ids: Sequence[int], pairs: Iterable[Pair]) -> Integers:
    """Pairs by their positions in `ids`: int64 `(pairs, 2)`, in a fixed order.

    Pairs with a tracklet that is not in `ids` are left out.
    """
    position = {id_: row for row, id_ in enumerate(ids)}
    found = [(position[a], position[b]) for a, b in pairs if a in position and b in position]
    return np.array(sorted(found), np.int64).reshape(-1, 2)


def _graph(ids: Sequence[int], must: Iterable[Pair]) -> sparse.csr_array:
    rows = positions_of(ids, must)
    count = len(ids)
    return sparse.csr_array((np.ones(len(rows)), (rows[:, 0], rows[:, 1])), shape=(count, count))


def _chain(ids: Sequence[int], must: Iterable[Pair], first: int, second: int) -> list[int]:
    """The shortest chain of must-links from one tracklet to another."""
    start, row = ids.index(first), ids.index(second)
    before = shortest_path(
        _graph(ids, must), directed=False, unweighted=True, indices=start, return_predecessors=True
    )[1]
    chain = [row]
    while chain[-1] != start:
        chain.append(int(before[chain[-1]]))
    return [ids[row] for row in reversed(chain)]


NO_CONSTRAINTS = Constraints()
