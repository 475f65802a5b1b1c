import errno
import resource
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import (
    SIGHT,
    ArrayError,
    Floats,
    Integers,
    ReadOnlyError,
    Sights,
    SpaceError,
    StoreError,
    l2_normalise,
)
from surveil_reid.matching import DescriptorIndex, IndexSource
from surveil_reid.matching import index as index_module

SOURCE = IndexSource(model_sha256="ab" * 32, store="here")

Found = tuple[Floats, Integers]


def vectors_of(count: int, seed: int, dim: int = 6) -> Floats:
    """Unit vectors on a coarse grid, so that copies and equal similarities are common."""
    rng = np.random.default_rng(seed)
    raw = rng.integers(-2, 3, (count, dim)).astype(np.float64)
    raw[~raw.any(axis=1), 0] = 1
    return l2_normalise(raw)


def ids_of(count: int, seed: int) -> Integers:
    return np.random.default_rng(seed + 1).permutation(10 * count + 1)[:count].astype(np.int64)


def sights_of(ids: Integers) -> Sights:
    """What a store might say of tracklets; nobody else is seen like it."""
    return np.array([(n % 7, n / 3, n / 3 + 1, n % 2 == 0) for n in ids.tolist()], SIGHT)


class Rows:
    """A store's descriptors, from which rows can go."""

    def __init__(self, ids: Integers, vectors: Floats) -> None:
        self.vectors = dict(zip(ids.tolist(), vectors, strict=False))

    def __call__(self, ids: Integers) -> Found:
        there = np.array([number for number in ids.tolist() if number in self.vectors], np.int64)
        vectors = np.array([self.vectors[number] for number in there.tolist()], np.float32)
        return there, vectors.reshape(len(there), vectors.shape[-1])


def built(ids: Integers, vectors: Floats, rows: Rows | None = None) -> DescriptorIndex:
    fetch = rows or Rows(ids, vectors)
    return DescriptorIndex.build(
        ids, vectors, sights_of(ids), source=SOURCE, revision=1, fetch=fetch
    )


def opened(path: Path, rows: Rows | None = None, **changed: object) -> DescriptorIndex | None:
    asked = {"source": SOURCE, "dim": 6, "fetch": rows or Rows(ids_of(0, 0), vectors_of(0, 0))}
    return DescriptorIndex.open(path, **(asked | changed))


def brute_force(
    ids: Integers,
    vectors: Floats,
    queries: Floats,
    top: int,
    allowed: Collection[int] | None = None,
) -> Found:
    """Sort everything by float64 similarity, then by id."""
    similarities = np.full((len(queries), top), -np.inf, np.float32)
    found = np.full((len(queries), top), -1, np.int64)
    for row, query in enumerate(queries.astype(np.float64)):
        everyone = [
            (-np.float32((query * vector).sum()), number)
            for number, vector in zip(ids, vectors.astype(np.float64), strict=True)
            if allowed is None or number in allowed
        ]
        for place, (negative, number) in enumerate(sorted(everyone)[:top]):
            similarities[row, place], found[row, place] = -negative, number
    return similarities, found


def assert_found(result: Found, wanted: Found) -> None:
    np.testing.assert_allclose(result[0], wanted[0], atol=1e-6)
    assert result[0].dtype == np.float32
    assert result[1].dtype == np.int64
    assert (result[1] == wanted[1]).all()


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes from a hundred vectors on, and some thirty vectors compared in full for each search."""
    monkeypatch.setattr(index_module, "EXACT_UP_TO", 100)
    monkeypatch.setattr(index_module, "RESCORED_EACH", 2)
    monkeypatch.setattr(index_module, "RESCORED_LEAST", 30)


def clusters(count: int, dim: int = 64, people: int = 40) -> Floats:
    rng = np.random.default_rng(0)
    means = rng.normal(size=(people, dim))
    return l2_normalise(means[rng.integers(0, people, count)] + 0.8 * rng.normal(size=(count, dim)))


def recall(found: Integers, wanted: Integers) -> float:
    return float(np.mean([np.isin(b, a).mean() for a, b in zip(found, wanted, strict=True)]))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 60), st.integers(0, 999), st.integers(0, 3), st.integers(1, 70), st.data())
def test_search_is_that_of_a_full_sort(
    count: int, seed: int, queries: int, top: int, data: st.DataObject
) -> None:
    ids, vectors = ids_of(count, seed), vectors_of(count, seed)
    asked = vectors_of(queries, seed + 2)
    allowed = data.draw(
        st.none() | st.lists(st.integers(0, 600)).map(lambda some: np.array(some, np.int64))
    )
    wanted = brute_force(ids, vectors, asked, top, allowed)
    index = built(ids, vectors)
    chosen = None if allowed is None else np.isin(index.ids, allowed)
    assert_found(index.search(asked, top, chosen=chosen), wanted)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 40), st.integers(0, 999), st.data())
def test_adding_and_removing_leaves_what_a_fresh_index_would_hold(
    count: int, seed: int, data: st.DataObject
) -> None:
    ids, vectors = ids_of(count, seed), vectors_of(count, seed)
    cut = data.draw(st.integers(0, count))
    index = built(ids[:cut], vectors[:cut])
    index.add(ids[cut:], vectors[cut:], sights_of(ids[cut:]))
    gone = np.array(data.draw(st.lists(st.sampled_from([*ids.tolist(), 99_999]))), np.int64)
    kept = ~np.isin(ids, gone)
    assert index.remove(gone) == (~kept).sum()
    assert len(index) == kept.sum()
    assert sorted(index.ids) == sorted(ids[kept])
    assert (index.sights == sights_of(index.ids)).all()
    asked = vectors_of(3, seed + 2)
    assert_found(index.search(asked, 5), brute_force(ids[kept], vectors[kept], asked, 5))


def test_equal_similarities_come_in_order_of_id_even_where_the_list_is_cut() -> None:
    ids = np.arange(500)[::-1].copy()
    copies = np.tile(np.eye(4, dtype=np.float32)[:1], (500, 1))
    similarities, found = built(ids, copies).search(copies[:1], 3)
    assert found.tolist() == [[0, 1, 2]]
    assert similarities.tolist() == [[1, 1, 1]]


def test_one_query_and_many_at_once_get_the_same_bits() -> None:
    rng = np.random.default_rng(0)
    vectors = l2_normalise(rng.normal(size=(700, 64)))
    index = built(np.arange(700), vectors)
    together = index.search(vectors[:150], 9)
    for row in range(0, 150, 10):
        alone = index.search(vectors[row : row + 1], 9)
        assert (alone[0] == together[0][row]).all()
        assert (alone[1] == together[1][row]).all()


@pytest.mark.usefixtures("codes")
class TestCodes:
    @pytest.mark.parametrize("threads", [1, 2, 3])
    @pytest.mark.parametrize("queries", [1, 50])
    def test_they_find_nearly_all_of_the_nearest(self, threads: int, queries: int) -> None:
        vectors = clusters(1200)
        asked, vectors = vectors[:queries], vectors[50:]
        wanted = brute_force(np.arange(1150), vectors, asked, 5)
        index = built(np.arange(1150), vectors)
        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(threads)
        try:
            similarities, found = index.search(asked, 5)
        finally:
            faiss.omp_set_num_threads(before)
        assert recall(found, wanted[1]) > 0.95
        right = found == wanted[1]
        np.testing.assert_array_equal(similarities[right], wanted[0][right])
        assert (np.diff(similarities, axis=1) <= 0).all()

    def test_a_filter_costs_no_recall(self) -> None:
        vectors = clusters(1200)
        asked, vectors = vectors[:50], vectors[50:]
        index = built(np.arange(1150), vectors)
        for step in (1, 2, 5, 20):
            allowed = np.arange(0, 1150, step)
            wanted = brute_force(np.arange(1150), vectors, asked, 5, set(allowed.tolist()))[1]
            found = index.search(asked, 5, chosen=np.isin(index.ids, allowed))[1]
            assert np.isin(found, allowed).all()
            assert recall(found, wanted) > 0.99

    @pytest.mark.parametrize("asked", [1, 20])
    def test_a_search_among_few_misses_nothing(self, asked: int) -> None:
        vectors, queries = vectors_of(600, 1), vectors_of(asked, 2)
        index = built(np.arange(600), vectors)
        for allowed in (np.arange(0), np.arange(7), np.arange(0, 600, 12)):
            wanted = brute_force(np.arange(600), vectors, queries, 10, set(allowed.tolist()))
            assert_found(index.search(queries, 10, chosen=np.isin(index.ids, allowed)), wanted)

    def test_asking_for_everything_gives_everything(self) -> None:
        vectors, asked = vectors_of(300, 1), vectors_of(3, 2)
        index = built(np.arange(300), vectors)
        wanted = brute_force(np.arange(300), vectors, asked, 320)
        assert_found(index.search(asked, 320), wanted)

    def test_an_insert_and_a_deletion_show_in_the_next_search(self) -> None:
        vectors = clusters(1201)
        rows = Rows(np.arange(1201), vectors)
        index = built(np.arange(1200), vectors[:1200], rows)
        assert 1200 not in index.search(vectors[1200:], 3)[1]
        index.add(np.array([1200]), vectors[1200:], sights_of(np.array([1200])))
        assert index.search(vectors[1200:], 3)[1][0, 0] == 1200
        assert index.remove(np.array([1200, 9_999])) == 1
        assert 1200 not in index.search(vectors[1200:], 3)[1]

    def test_who_is_gone_from_the_store_is_not_found(self) -> None:
        vectors = clusters(1200)
        rows = Rows(np.arange(1200), vectors)
        index = built(np.arange(1200), vectors, rows)
        near = index.search(vectors[:1], 5)[1][0]
        del rows.vectors[int(near[0])]
        again = index.search(vectors[:1], 4)[1][0]
        assert again.tolist() == near[1:].tolist()
        rows.vectors.clear()
        similarities, found = index.search(vectors[:1], 4)
        assert found.tolist() == [[-1] * 4]
        assert np.isneginf(similarities).all()

    def test_growing_past_the_limit_removing_and_saving_keep_the_contents(
        self, tmp_path: Path
    ) -> None:
        vectors, asked = vectors_of(400, 1), vectors_of(3, 2)
        rows = Rows(np.arange(400), vectors)
        index = built(np.arange(90), vectors[:90], rows)
        index.add(np.arange(90, 300), vectors[90:300], sights_of(np.arange(90, 300)))
        index.add(np.arange(300, 400), vectors[300:], sights_of(np.arange(300, 400)))
        assert index.remove(np.arange(0, 400, 2)) == 200
        assert (index.ids == np.arange(1, 400, 2)).all()
        index.save(tmp_path / "index")
        again = opened(tmp_path / "index", rows)
        wanted = brute_force(index.ids, vectors[1::2], asked, 100)
        assert_found(again.search(asked, 100), wanted)
        assert again.remove(np.array([1, 3])) == 2
        again.add(np.array([3]), vectors[3:4], sights_of(np.array([3])))
        assert len(again) == 199

    def test_a_damaged_file_counts_as_none(self, tmp_path: Path) -> None:
        path = tmp_path / "index"
        built(np.arange(200), vectors_of(200, 1)).save(path)
        whole = path.read_bytes()
        assert opened(path) is not None
        for place in range(0, len(whole), len(whole) // 20):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
            assert opened(path) is None


class TestFile:
    @settings(deadline=None, max_examples=30)
    @given(count=st.integers(0, 30), seed=st.integers(0, 999))
    def test_comes_back_as_it_was(
        self, count: int, seed: int, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("index") / "tracklets.index"
        ids, vectors, asked = ids_of(count, seed), vectors_of(count, seed), vectors_of(2, seed + 2)
        index = built(ids, vectors)
        index.save(path)
        again = opened(path)
        assert (again.ids == index.ids).all()
        assert (again.sights == index.sights).all()
        assert_found(again.search(asked, 8), index.search(asked, 8))

    @pytest.mark.parametrize(
        "asked",
        [
            {"source": replace(SOURCE, model_sha256="cd" * 32)},
            {"source": replace(SOURCE, store="elsewhere")},
            {"dim": 7},
        ],
    )
    def test_of_another_source_counts_as_none(self, tmp_path: Path, asked: dict[str, Any]) -> None:
        built(ids_of(5, 0), vectors_of(5, 0)).save(tmp_path / "index")
        assert opened(tmp_path / "index") is not None
        assert opened(tmp_path / "index", **asked) is None

    def test_that_is_missing_counts_as_none(self, tmp_path: Path) -> None:
        assert opened(tmp_path / "none") is None
        assert opened(tmp_path) is None

    @settings(deadline=None)
    @given(data=st.data())
    def test_damaged_anywhere_counts_as_none(
        self, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("index") / "index"
        built(ids_of(5, 0), vectors_of(5, 0)).save(path)
        whole = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(whole) - 1))
        if data.draw(st.booleans()):
            whole = whole[:place]
        else:
            whole[place] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(whole)
        assert opened(path) is None

    def test_with_something_after_its_end_counts_as_none(self, tmp_path: Path) -> None:
        path = tmp_path / "index"
        built(ids_of(5, 0), vectors_of(5, 0)).save(path)
        path.write_bytes(path.read_bytes() + b"x")
        assert opened(path) is None

    def test_is_replaced_whole_and_follows_the_revision(self, tmp_path: Path) -> None:
        path = tmp_path / "index"
        index = built(ids_of(5, 0), vectors_of(5, 0))
        index.save(path)
        index.remove(index.ids[:2])
        index.revision = 2
        index.save(path)
        again = opened(path)
        assert again.revision == 2
        assert (again.ids == index.ids).all()
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize(
        ("number", "error"),
        [
            (errno.ENOSPC, SpaceError),
            (errno.EROFS, ReadOnlyError),
            (errno.EIO, StoreError),
        ],
    )
    def test_a_failed_write_leaves_the_old_one_and_no_litter(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        number: int,
        error: type[StoreError],
    ) -> None:
        path = tmp_path / "index"
        index = built(ids_of(5, 0), vectors_of(5, 0))
        index.save(path)
        before = path.read_bytes()

        def fail(_: int) -> None:
            raise OSError(number, "the disk says no")

        monkeypatch.setattr("os.fsync", fail)
        with pytest.raises(error, match="index"):
            index.save(path)
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]

    def test_a_write_that_fails_half_way_says_so(self, tmp_path: Path) -> None:
        """A limit on the size of files stops FAISS in the middle of its own writing."""
        index = built(np.arange(30_000), vectors_of(30_000, 0))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        try:
            with pytest.raises(StoreError, match="cannot write the index"):
                index.save(tmp_path / "index")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert not list(tmp_path.iterdir())

    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="nowhere"):
            built(ids_of(1, 0), vectors_of(1, 0)).save(tmp_path / "nowhere" / "index")


@pytest.mark.parametrize(
    ("ids", "vectors", "said"),
    [
        (np.zeros(0, np.int64), np.eye(6, dtype=np.float32)[:1], "shape"),
        (np.arange(6, dtype=np.int32), np.eye(6, dtype=np.float32), "int64"),
        (np.array([1, 1]), np.eye(6, dtype=np.float32)[:2], "once"),
        (np.array([-1]), np.eye(6, dtype=np.float32)[:1], "negative"),
        (np.array([1]), np.full((1, 6), np.nan, np.float32), "finite"),
        (np.array([1]), np.ones((1, 6), np.float32), "normalised"),
    ],
)
def test_what_cannot_be_indexed_is_refused(ids: Integers, vectors: Floats, said: str) -> None:
    with pytest.raises(ArrayError, match=said):
        built(ids, vectors)
    with pytest.raises(ArrayError, match=said):
        built(np.zeros(0, np.int64), np.zeros((0, 6), np.float32)).add(ids, vectors, sights_of(ids))


def test_an_id_cannot_be_added_twice_nor_another_models_vectors() -> None:
    index = built(np.array([4]), np.eye(6, dtype=np.float32)[:1])
    with pytest.raises(ArrayError, match="already"):
        index.add(np.array([4]), np.eye(6, dtype=np.float32)[:1], sights_of(np.array([4])))
    with pytest.raises(ArrayError, match="6 dimensions"):
        index.add(np.array([5]), np.eye(7, dtype=np.float32)[:1], sights_of(np.array([5])))
    with pytest.raises(ArrayError, match="sights"):
        index.add(np.array([5]), np.eye(6, dtype=np.float32)[:1], sights_of(np.array([5, 6])))
    assert index.ids.tolist() == [4]


@pytest.mark.parametrize(
    ("queries", "top"),
    [
        (np.eye(7, dtype=np.float32), 3),
        (np.full((1, 6), np.nan, np.float32), 3),
        (np.eye(6, dtype=np.float32), 0),
    ],
)
def test_what_cannot_be_asked_is_refused(queries: Floats, top: int) -> None:
    with pytest.raises(ArrayError):
        built(np.arange(6), np.eye(6, dtype=np.float32)).search(queries, top)
