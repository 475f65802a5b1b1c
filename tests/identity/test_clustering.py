from functools import partial
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from surveil_reid.core import Booleans, Doubles, Floats, Integers, l2_normalise
from surveil_reid.identity.clustering import Edges, cluster

NO_PAIRS = np.zeros((0, 2), np.int64)


def looks(seed: int, count: int, noise: float = 0.6) -> Floats:
    rng = np.random.default_rng(seed)
    people = rng.normal(size=(max(1, count // 4), 6))
    return l2_normalise(
        people[rng.integers(0, len(people), count)] + noise * rng.normal(size=(count, 6))
    )


def all_pairs(count: int) -> Integers:
    return np.array(list(combinations(range(count), 2)), np.int64).reshape(-1, 2)


def partition(labels: Integers) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == row).tolist()) for row in np.unique(labels)}


def brute_force(
    similar: Doubles, linked: Booleans, apart: Booleans, start: Integers, least: float
) -> set[frozenset[int]]:
    """Merge all groups that are each other's most similar, round after round, in plain Python."""
    groups = [frozenset(group) for group in partition(start)]

    def mean(one: frozenset[int], other: frozenset[int]) -> float:
        inside = np.ix_(sorted(one), sorted(other))
        if apart[inside].any() or not linked[inside].any():
            return -np.inf
        return float(similar[inside].mean())

    while True:
        best = {
            one: max((other for other in groups if other != one), key=partial(mean, one))
            for one in groups
            if len(groups) > 1
        }
        merging = {
            frozenset([one, other])
            for one, other in best.items()
            if best[other] == one and mean(one, other) >= least
        }
        if not merging:
            return set(groups)
        merged = [frozenset.union(*pair) for pair in merging]
        groups = merged + [one for one in groups if not any(one <= group for group in merged)]


def one_after_the_other(
    similar: Doubles, apart: Booleans, start: Integers, least: float
) -> set[frozenset[int]]:
    """Merge the most similar two of all groups, one pair after the other, in plain Python."""
    groups = [sorted(group) for group in partition(start)]
    while True:
        best, pair = -np.inf, None
        for a, b in combinations(range(len(groups)), 2):
            inside = np.ix_(groups[a], groups[b])
            mean = similar[inside].mean()
            if not apart[inside].any() and mean >= max(least, best):
                best, pair = mean, (a, b)
        if pair is None:
            return {frozenset(group) for group in groups}
        groups[pair[0]] += groups.pop(pair[1])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 40), st.floats(-0.4, 0.9))
def test_with_all_pairs_it_is_average_linkage(seed: int, count: int, least: float) -> None:
    descriptors = looks(seed, count)
    pairs = all_pairs(count)
    edges = Edges.of(pairs, np.zeros(len(pairs)), NO_PAIRS)
    found = cluster(descriptors, edges, np.arange(count), similarity=least)
    if count == 1:
        assert found.tolist() == [0]
        return
    tree = linkage(descriptors.astype(np.float64), "average", metric="cosine")
    expected = fcluster(tree, 1 - least, "distance")
    assert partition(found) == partition(expected)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 9999),
    st.integers(0, 18),
    st.floats(-0.3, 0.9),
    st.one_of(st.floats(0, 1), st.just(1.0)),
    st.floats(0, 1),
)
def test_sparse_graphs_are_clustered_as_by_brute_force(
    seed: int, count: int, least: float, kept: float, parted: float
) -> None:
    rng = np.random.default_rng(seed)
    descriptors, pairs = looks(seed, count), all_pairs(count)
    candidates = pairs[rng.random(len(pairs)) < kept]
    bonus = rng.uniform(-0.3, 0.3, len(candidates))
    never = pairs[rng.random(len(pairs)) < parted / 4]
    start = np.arange(count)
    for first, second in pairs[rng.random(len(pairs)) < 0.05]:
        start[start == start[second]] = start[first]
    start = np.array([np.flatnonzero(start == row).min() for row in start], np.int64)
    similar = descriptors.astype(float) @ descriptors.T.astype(float)
    linked, apart = np.zeros((2, count, count), np.bool_)
    for (first, second), value in zip(candidates, bonus, strict=True):
        similar[first, second] += value
        similar[second, first] += value
        linked[first, second] = linked[second, first] = True
    for first, second in never:
        apart[first, second] = apart[second, first] = True
    found = cluster(descriptors, Edges.of(candidates, bonus, never), start, similarity=least)
    assert partition(found) == brute_force(similar, linked, apart, start, least)
    if linked.sum() == count * (count - 1):
        assert partition(found) == one_after_the_other(similar, apart, start, least)
    assert all(found[row] == np.flatnonzero(found == found[row]).min() for row in range(count))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 9999), st.integers(2, 30), st.floats(-0.4, 0.9))
def test_closed_groups_never_merge(seed: int, count: int, least: float) -> None:
    rng = np.random.default_rng(seed)
    descriptors, pairs = looks(seed, count), all_pairs(count)
    closed = rng.random(count) < 0.4
    edges = Edges.of(pairs, np.zeros(len(pairs)), NO_PAIRS)
    found = cluster(descriptors, edges, np.arange(count), similarity=least, closed=closed)
    for group in np.unique(found):
        assert closed[found == group].sum() <= 1


def test_a_chain_that_one_outlier_holds_together_stays_two() -> None:
    """Two people of four tracklets, and a blurred one that is like both."""
    one = np.tile([1.0, 0.0, 0.0], (4, 1)) + 0.05 * np.eye(4, 3)
    other = np.tile([0.0, 1.0, 0.0], (4, 1)) + 0.05 * np.eye(4, 3)
    descriptors = l2_normalise(np.concatenate([one, other, [[1.0, 1.0, 0.0]]]))
    pairs = all_pairs(9)
    edges = Edges.of(pairs, np.zeros(len(pairs)), NO_PAIRS)
    # The outlier is alike enough to each of the eight, so that single linkage would chain them.
    assert (descriptors[8] @ descriptors[:8].T).min() > 0.6
    found = cluster(descriptors, edges, np.arange(9), similarity=0.6)
    assert len(set(found[:4])) == len(set(found[4:8])) == 1
    assert found[0] != found[4]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_without_edges_nothing_changes(count: int) -> None:
    edges = Edges.of(NO_PAIRS, np.zeros(0), NO_PAIRS)
    found = cluster(looks(0, count), edges, np.arange(count), similarity=-1)
    assert found.tolist() == list(range(count))
