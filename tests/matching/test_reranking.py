import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, Doubles, Floats, InputError, l2_normalise
from surveil_reid.matching import RerankOptions, euclidean_distances, rerank, rerank_within
from surveil_reid.matching.reranking import _largest


def reference(vectors: Floats, k1: int, k2: int, lambda_: float) -> Doubles:
    """The paper's equations, one loop for each symbol, in float64; returns (n, n)."""
    x = vectors.astype(np.float64)
    n = len(x)
    everyone = range(n)
    squared = np.array([[((a - b) ** 2).sum() for b in x] for a in x])
    d = np.array([row / row.max() for row in squared])
    ranking = [sorted(everyone, key=lambda g, p=p: (g != p, squared[p, g], g)) for p in everyone]

    def nearest(p: int, k: int) -> set[int]:  # equation 1; p itself is not counted
        return set(ranking[p][: k + 1])

    def mutual(p: int, k: int) -> set[int]:  # equation 2
        return {g for g in nearest(p, k) if p in nearest(g, k)}

    def expanded(p: int) -> set[int]:  # equation 3
        found = set(mutual(p, k1))
        for q in mutual(p, k1):
            others = mutual(q, round(k1 / 2))
            if len(mutual(p, k1) & others) > len(others) * 2 / 3:
                found |= others
        return found

    v = np.zeros((n, n))
    for p in everyone:
        for g in expanded(p):  # equation 5
            v[p, g] = np.exp(-d[p, g])
        v[p] /= v[p].sum()
    averaged = np.array([np.mean([v[g] for g in ranking[p][:k2]], axis=0) for p in everyone])
    return blended(averaged, d, lambda_)


def blended(v: Doubles, d: Doubles, lambda_: float) -> Doubles:
    """Equations 6 and 8."""
    out = np.zeros_like(d)
    for p in range(len(d)):
        for g in range(len(d)):
            jaccard = 1 - np.minimum(v[p], v[g]).sum() / np.maximum(v[p], v[g]).sum()
            out[p, g] = (1 - lambda_) * jaccard + lambda_ * d[p, g]
    return out


def people(count: int, seed: int, *, dim: int = 8) -> Floats:
    """Unit vectors around a few centres, as embeddings of a few people are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 4), dim))
    return l2_normalise(
        centres[rng.integers(0, len(centres), count)] + 0.7 * rng.normal(size=(count, dim))
    )


cases = given(
    st.integers(2, 40),
    st.integers(0, 10_000),
    st.integers(1, 12),
    st.integers(1, 8),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.data(),
)


@settings(max_examples=60, deadline=None)
@cases
def test_queries_against_a_gallery_agree_with_the_papers_equations(
    count: int, seed: int, k1: int, k2: int, weight: float, data: st.DataObject
) -> None:
    vectors = people(count, seed)
    cut = data.draw(st.integers(1, count - 1))
    options = RerankOptions(k1=k1, k2=k2, lambda_=weight)
    found = rerank(vectors[:cut], vectors[cut:], options=options)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reference(vectors, k1, k2, weight)[:cut, cut:], atol=1e-5)


@settings(max_examples=60, deadline=None)
@cases
def test_a_set_against_itself_agrees_with_the_mean_of_both_directions(
    count: int, seed: int, k1: int, k2: int, weight: float, data: st.DataObject
) -> None:
    del data
    vectors = people(count, seed)
    found = rerank_within(vectors, options=RerankOptions(k1=k1, k2=k2, lambda_=weight))
    wanted = reference(vectors, k1, k2, weight)
    np.testing.assert_allclose(found, (wanted + wanted.T) / 2, atol=1e-5)
    assert (found == found.T).all()
    assert not np.diagonal(found).any()


def test_many_vectors_agree_with_the_papers_equations() -> None:
    """Enough of them that nearest ones are sought by groups of columns and in several blocks."""
    vectors = people(300, 5)
    found = rerank(vectors[:270], vectors[270:], options=RerankOptions(k1=6, k2=3))
    np.testing.assert_allclose(found, reference(vectors, 6, 3, 0.3)[:270, 270:], atol=1e-5)


@settings(deadline=None)
@given(
    st.integers(1, 5), st.integers(1, 6), st.integers(0, 200), st.integers(1, 50), st.integers(0)
)
def test_the_largest_are_those_of_a_full_sort_ties_included(
    rows: int, count: int, more: int, kinds: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, kinds, (rows, count + more)).astype(np.float32)
    wanted = np.argsort(-values, axis=1, kind="stable")[:, :count]
    np.testing.assert_array_equal(_largest(values, count), wanted)


def test_without_the_jaccard_part_the_ranking_is_the_plain_one() -> None:
    vectors = people(30, 3)
    found = rerank(vectors[:5], vectors[5:], options=RerankOptions(lambda_=1))
    plain = euclidean_distances(vectors[:5], vectors[5:])
    assert (np.argsort(found, axis=1) == np.argsort(plain, axis=1)).all()


def test_it_finds_more_of_each_person_than_plain_distances_do() -> None:
    """What it is for: mean precision among as many as the person has pictures."""
    rng = np.random.default_rng(1)
    owners = np.repeat(np.arange(30), 8)
    centres = rng.normal(size=(30, 32))
    vectors = l2_normalise(centres[owners] + 1.1 * rng.normal(size=(240, 32)))

    def precision(distances: Floats) -> float:
        np.fill_diagonal(distances, np.inf)
        return (owners[np.argsort(distances, axis=1)[:, :7]] == owners[:, None]).mean()

    plain = precision(euclidean_distances(vectors, vectors))
    assert precision(rerank_within(vectors, options=RerankOptions(k1=8, k2=4))) > plain + 0.02


@pytest.mark.parametrize(("queries", "gallery"), [(0, 0), (0, 3), (3, 0), (1, 1)])
def test_few_or_no_vectors(queries: int, gallery: int) -> None:
    vectors = people(queries + gallery, 0)
    found = rerank(vectors[:queries], vectors[queries:], options=RerankOptions())
    assert found.shape == (queries, gallery)
    assert np.isfinite(found).all()
    assert rerank_within(vectors, options=RerankOptions()).shape == (len(vectors), len(vectors))


def test_copies_of_one_picture_are_at_no_distance() -> None:
    vectors = np.tile(np.eye(4, dtype=np.float32)[:1], (6, 1))
    options = RerankOptions(k1=8, k2=2)
    np.testing.assert_allclose(rerank_within(vectors, options=options), 0, atol=1e-6)


@pytest.mark.parametrize(
    "wrong", [{"k1": 0}, {"k2": 0}, {"lambda_": -0.1}, {"lambda_": 1.1}, {"lambda_": float("nan")}]
)
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        RerankOptions(**wrong)


def test_vectors_of_two_dimensions_are_refused() -> None:
    with pytest.raises(ArrayError, match="gallery vectors must have 4 dimensions"):
        rerank(people(3, 0, dim=4), people(3, 0, dim=5), options=RerankOptions())
