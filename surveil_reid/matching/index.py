"""The index of descriptors: nearest tracklets by cosine similarity, on FAISS.

The index is derived: every vector in it also lies in the store, so a file that is missing, damaged,
out of date or made with another model is no error, only a reason to build it again.
"""

from pathlib import Path
from typing import Self

import faiss
import numpy as np

from surveil_reid.core import ArrayError, Floats, Integers
from surveil_reid.matching import index_file
from surveil_reid.matching.distances import check_vectors

EXACT_UP_TO = 200_000
"""Vectors above which inverted lists replace the exact scan.

Measured with 256 dimensions on two busy cores: the exact scan of 200,000 takes 45 ms, inverted
lists take 1 ms but 17 s to build; the ten nearest agree to 0.998 at the share below.
"""

PROBED_SHARE = 1 / 16
"""Share of the inverted lists that a search looks into."""

POINTS_PER_LIST = 39
"""Training vectors for each list; FAISS warns below this number."""

TIE_SLACK = 1e-5
"""Similarities closer than this may come back from FAISS in either order (float32 rounding)."""

SPARE = 16
QUERIES_AT_ONCE = 64


class DescriptorIndex:
    """Descriptors by tracklet id, searchable by cosine similarity.

    Up to `EXACT_UP_TO` vectors the search is exact. Beyond, inverted lists make it several times
    quicker and a few of the nearest may be missed; a search limited to `allowed` ids stays exact.

    Attributes:
        model_sha256: of the model that made the vectors.
        revision: the state of the store that the index mirrors; set it after adding and removing.
    """

    def __init__(self, index: faiss.Index, *, model_sha256: str, revision: int) -> None:
        self._index = index
        self.model_sha256 = model_sha256
        self.revision = revision

    @classmethod
    def build(cls, ids: Integers, vectors: Floats, *, model_sha256: str, revision: int) -> Self:
        """Index vectors under their ids.

        Args:
            ids: int64 `(n,)`, not negative, each once.
            vectors: float32 `(n, dim)`, L2-normalised; n may be 0, dim may not.
            model_sha256: of the model that made the vectors.
            revision: the state of the store that they were read from.

        Raises:
            ArrayError: when an argument is not as said.
        """
        _check_ids(ids, vectors)
        inner = _inverted(vectors) if len(ids) > EXACT_UP_TO else _exact(vectors.shape[1])
        inner.add_with_ids(vectors, ids)
        return cls(inner, model_sha256=model_sha256, revision=revision)

    @classmethod
    def open(cls, path: Path, *, model_sha256: str, revision: int, dim: int) -> Self | None:
        """Read an index from its file.

        Returns:
            The index, or None when the file is missing or damaged, or was made with another model,
            for another revision or of another dimension: then build it again.
        """
        facts: index_file.Facts = {"model_sha256": model_sha256, "revision": revision, "dim": dim}
        with index_file.opened(path, facts) as stream:
            if stream is None:
                return None
            inner = faiss.read_index(faiss.PyCallbackIOReader(stream.read))
        return cls(inner, model_sha256=model_sha256, revision=revision)

    def save(self, path: Path) -> None:
        """Write the index to a file, replacing an older one in a single step.

        Raises:
            SpaceError: when the disk is full.
            ReadOnlyError: when the folder cannot be written.
        """
        facts: index_file.Facts = {
            "model_sha256": self.model_sha256,
            "revision": self.revision,
            "dim": self.dim,
        }
        with index_file.replaced(path, facts) as write:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(write))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    @property
    def ids(self) -> Integers:
        """The ids in the index, int64 `(n,)`, ascending."""
        if self._is_exact:
            return np.sort(faiss.vector_to_array(self._index.id_map))
        lists = self._index.invlists
        parts = [
            faiss.rev_swig_ptr(lists.get_ids(number), lists.list_size(number))
            for number in range(lists.nlist)
            if lists.list_size(number)
        ]
        return np.sort(np.concatenate([np.zeros(0, np.int64), *parts]))

    def add(self, ids: Integers, vectors: Floats) -> None:
        """Index more vectors; past `EXACT_UP_TO` the whole index is built again, once.

        Args:
            ids: int64 `(n,)`, none of them in the index yet.
            vectors: float32 `(n, dim)`, L2-normalised.

        Raises:
            ArrayError: when an argument is not as said.
        """
        _check_ids(ids, vectors, dim=self.dim)
        present = self.ids
        if np.isin(ids, present).any():
            msg = "an id is in the index already; remove it before adding it again"
            raise ArrayError(msg)
        if self._is_exact and len(self) + len(ids) > EXACT_UP_TO:
            vectors = np.concatenate([self._index.reconstruct_batch(present), vectors])
            ids = np.concatenate([present, ids])
            self._index = _inverted(vectors)
        self._index.add_with_ids(vectors, ids)

    def remove(self, ids: Integers) -> int:
        """Take vectors out; ids that are not in the index are passed over.

        Args:
            ids: int64 `(n,)`.

        Returns:
            How many were taken out.
        """
        return int(self._index.remove_ids(np.ascontiguousarray(ids, np.int64)))

    def search(
        self, queries: Floats, top: int, *, allowed: Integers | None = None
    ) -> tuple[Floats, Integers]:
        """The most similar vectors for each query.

        Similarities are computed in float64 and rounded once, so that neither the batch nor the
        kind of index changes them; equal ones are in ascending order of id.

        Args:
            queries: float32 `(q, dim)`, L2-normalised.
            top: how many to find for each query, at least 1.
            allowed: int64 ids to look among; None looks among all.

        Returns:
            Similarities float32 `(q, top)`, descending, and their ids int64 `(q, top)`; where there
            are fewer than `top`, the rest is -inf and -1.

        Raises:
            ArrayError: when the queries are not as said or `top` is less than 1.
        """
        check_vectors(queries, dim=self.dim, name="queries")
        if top < 1:
            msg = f"top must be at least 1; got {top}"
            raise ArrayError(msg)
        selector = None if allowed is None else faiss.IDSelectorBatch(allowed)
        similarities = np.full((len(queries), top), -np.inf, np.float32)
        ids = np.full((len(queries), top), -1, np.int64)
        reachable = len(self) if allowed is None else int(np.isin(self.ids, allowed).sum())
        if reachable == 0:
            return similarities, ids
        for start in range(0, len(queries), QUERIES_AT_ONCE):
            part = slice(start, start + QUERIES_AT_ONCE)
            near, found = self._nearest(queries[part], min(top, reachable), reachable, selector)
            similarities[part, : near.shape[1]] = near
            ids[part, : near.shape[1]] = found
        return similarities, ids

    @property
    def _is_exact(self) -> bool:
        return isinstance(self._index, faiss.IndexIDMap2)

    def _nearest(
        self,
        queries: Floats,
        top: int,
        reachable: int,
        selector: faiss.IDSelector | None,
    ) -> tuple[Floats, Integers]:
        """The `top` nearest of a few queries, exactly ordered; `top` is at most `reachable`."""
        candidates = self._candidates(queries, top, reachable, selector, PROBED_SHARE)
        if (candidates[:, top - 1] < 0).any():  # the lists that were looked into held too few
            candidates = self._candidates(queries, top, reachable, selector, 1)
        near = self._similarities(queries, candidates)
        order = np.lexsort((candidates, -near), axis=1)[:, :top]
        return np.take_along_axis(near, order, axis=1), np.take_along_axis(
            candidates, order, axis=1
        )

    def _candidates(
        self,
        queries: Floats,
        top: int,
        reachable: int,
        selector: faiss.IDSelector | None,
        share: float,
    ) -> Integers:
        """Ids of the `top` nearest and of all that might tie with the last; -1 where too few."""
        fetch = min(top + SPARE, reachable)
        while True:
            near, ids = self._index.search(queries, fetch, params=self._parameters(selector, share))
            settled = (near[:, -1] < near[:, top - 1] - TIE_SLACK) | (ids[:, -1] < 0)
            if fetch == reachable or settled.all():
                return np.asarray(ids, np.int64)
            fetch = min(2 * fetch, reachable)

    def _parameters(
        self, selector: faiss.IDSelector | None, share: float
    ) -> faiss.SearchParameters:
        if self._is_exact:
            return faiss.SearchParameters(sel=selector)
        # What is allowed may lie in lists that would not be probed: then look into all of them.
        probes = self._index.nlist * (share if selector is None else 1)
        return faiss.SearchParametersIVF(sel=selector, nprobe=max(1, round(probes)))

    def _similarities(self, queries: Floats, candidates: Integers) -> Floats:
        """Cosine of each query with each of its candidates; -inf for the padding id -1."""
        known = candidates >= 0
        vectors = np.zeros((*candidates.shape, self.dim), np.float32)
        vectors[known] = self._index.reconstruct_batch(candidates[known])
        cosines = np.einsum("qd,qkd->qk", queries, vectors, dtype=np.float64)
        return np.where(known, cosines, -np.inf).astype(np.float32)


def _exact(dim: int) -> faiss.Index:
    return faiss.IndexIDMap2(faiss.IndexFlatIP(dim))


def _inverted(vectors: Floats) -> faiss.Index:
    """Inverted lists over the vectors' own clusters, trained but empty."""
    count, dim = vectors.shape
    lists = min(round(2 * np.sqrt(count)), count // POINTS_PER_LIST)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.spherical = True  # centres of length 1, as the vectors are
    index.train(vectors)
    index.set_direct_map_type(faiss.DirectMap.Hashtable)
    return index


def _check_ids(ids: Integers, vectors: Floats, *, dim: int | None = None) -> None:
    check_vectors(vectors, dim=dim)
    if ids.dtype != np.int64 or ids.shape != (len(vectors),):
        msg = (
            f"ids must be int64 of shape ({len(vectors)},), one for each vector; "
            f"got {ids.dtype} of shape {ids.shape}"
        )
        raise ArrayError(msg)
    if (ids < 0).any() or len(np.unique(ids)) < len(ids):
        msg = "ids must not be negative, and each may stand there once"
        raise ArrayError(msg)
