"""The index of descriptors: nearest tracklets by cosine similarity, on FAISS.

The index is derived: every vector in it also lies in the store, so a file that is missing, damaged,
out of date or made with another model is no error, only a reason to build it again.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import faiss
import numpy as np

from surveil_reid.core import SIGHT, ArrayError, Booleans, Floats, Integers, Sights
from surveil_reid.matching import coarse, index_file
from surveil_reid.matching.distances import check_vectors

EXACT_UP_TO = 50_000
"""Vectors above which coarse codes replace the exact scan.

`tests/benchmarks/search_scale.py` measures both.
"""

RESCORED_EACH, RESCORED_LEAST = 4, 100
"""Vectors compared in full after a scan of codes: so many for each one sought, and so many more."""

TIE_SLACK = 1e-5
"""Similarities closer than this may come back from FAISS in either order (float32 rounding)."""

SPARE = 16
QUERIES_AT_ONCE = 64

Fetch = Callable[[Integers], tuple[Integers, Floats]]
"""From ids, int64 `(n,)` rising, to those that still exist, rising, and their vectors."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexSource:
    """What an index is derived from; the file of another source's is never opened for it.

    Attributes:
        model_sha256: of the model that made the vectors.
        store: a name that no other store has.
    """

    model_sha256: str
    store: str


class DescriptorIndex:
    """Descriptors by tracklet id, searchable by cosine similarity.

    Up to `EXACT_UP_TO` vectors it holds them and the search is exact. Beyond, it holds a code of
    one bit for each dimension: a search compares the codes of all that are allowed, then fetches
    the vectors of the best few hundred and compares those in full; a few of the nearest may be
    missed, with a filter no more of them than without.

    Attributes:
        ids: int64 `(n,)`.
        sights: `SIGHT` `(n,)`, parallel to `ids`, to choose by.
        source: what it is derived from.
        revision: the state of the store that the index mirrors; set it after adding and removing.
    """

    def __init__(
        self,
        index: faiss.Index,
        ids: Integers,
        sights: Sights,
        *,
        source: IndexSource,
        revision: int,
        fetch: Fetch,
    ) -> None:
        self._index = index  # its vectors are parallel to `ids`
        self.ids = ids
        self.sights = sights
        self._fetch = fetch
        self.source = source
        self.revision = revision

    @classmethod
    def build(
        cls,
        ids: Integers,
        vectors: Floats,
        sights: Sights,
        *,
        source: IndexSource,
        revision: int,
        fetch: Fetch,
    ) -> Self:
        """Index vectors under their ids.

        Args:
            ids: int64 `(n,)`, not negative, each once.
            vectors: float32 `(n, dim)`, L2-normalised; n may be 0, dim may not.
            sights: `SIGHT` `(n,)`.
            source: what they come from.
            revision: the state of the store that they were read from.
            fetch: gives vectors, as they are now; asked where the index holds codes alone.

        Raises:
            ArrayError: when an argument is not as said.
        """
        index = cls(
            faiss.IndexFlatIP(vectors.shape[1]),
            np.zeros(0, np.int64),
            np.zeros(0, SIGHT),
            source=source,
            revision=revision,
            fetch=fetch,
        )
        index.add(ids, vectors, sights)
        return index

    @classmethod
    def open(cls, path: Path, *, source: IndexSource, dim: int, fetch: Fetch) -> Self | None:
        """Read an index from its file, of whatever revision it is.

        Args:
            path: the file.
            source: what the index must have been derived from.
            dim: their length.
            fetch: as for `build`.

        Returns:
            The index, or None when the file is missing or damaged, or is of another source:
            then build it again.
        """
        facts: index_file.Facts = {**asdict(source), "dim": dim}
        with index_file.opened(path, facts) as stream:
            if stream is None:
                return None
            revision, count = np.frombuffer(stream.read(16), "<i8").tolist()
            ids = np.frombuffer(stream.read(8 * count), "<i8").astype(np.int64)
            sights = np.frombuffer(stream.read(SIGHT.itemsize * count), SIGHT)
            inner = faiss.read_index(faiss.PyCallbackIOReader(stream.read))
        return cls(inner, ids, sights, source=source, revision=revision, fetch=fetch)

    def save(self, path: Path) -> None:
        """Write the index to a file, replacing an older one in a single step.

        Raises:
            SpaceError: when the disk is full.
            ReadOnlyError: when the folder cannot be written.
        """
        facts: index_file.Facts = {**asdict(self.source), "dim": self.dim}
        with index_file.replaced(path, facts) as write:
            write(np.array([self.revision, len(self)], "<i8").tobytes())
            write(self.ids.astype("<i8").tobytes())
            write(self.sights.tobytes())
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(write))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def add(self, ids: Integers, vectors: Floats, sights: Sights) -> None:
        """Index more vectors; past `EXACT_UP_TO` the index changes to codes, once.

        Args:
            ids: int64 `(n,)`, none of them in the index yet.
            vectors: float32 `(n, dim)`, L2-normalised.
            sights: `SIGHT` `(n,)`.

        Raises:
            ArrayError: when an argument is not as said.
        """
        _check_ids(ids, vectors, dim=self.dim)
        if sights.dtype != SIGHT or sights.shape != ids.shape:
            msg = f"sights must be SIGHT of shape {ids.shape}; got {sights.dtype} {sights.shape}"
            raise ArrayError(msg)
        if np.isin(ids, self.ids).any():
            msg = "an id is in the index already; remove it before adding it again"
            raise ArrayError(msg)
        if self._is_exact and len(self) + len(ids) > EXACT_UP_TO:
            vectors = np.concatenate([self._index.reconstruct_n(0, len(self)), vectors])
            self._index = coarse.train(vectors)
        self._index.add(vectors)
        self.ids = np.concatenate([self.ids, ids])
        self.sights = np.concatenate([self.sights, sights])

    def remove(self, ids: Integers) -> int:
        """Take vectors out; ids that are not in the index are passed over.

        Args:
            ids: int64 `(n,)`.

        Returns:
            How many were taken out.
        """
        gone = np.isin(self.ids, ids)
        self._index.remove_ids(coarse.chosen_only(gone))
        self.ids, self.sights = self.ids[~gone], self.sights[~gone]
        return int(gone.sum())

    def search(
        self, queries: Floats, top: int, *, chosen: Booleans | None = None
    ) -> tuple[Floats, Integers]:
        """The most similar vectors for each query.

        Similarities are computed in float64 and rounded once, so that neither the batch nor the
        kind of index changes them; equal ones are in ascending order of id.

        Args:
            queries: float32 `(q, dim)`, L2-normalised.
            top: how many to find for each query, at least 1.
            chosen: bool `(n,)`, parallel to `ids`: which to look among; None looks among all.

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
        similarities = np.full((len(queries), top), -np.inf, np.float32)
        ids = np.full((len(queries), top), -1, np.int64)
        reachable = len(self) if chosen is None else int(chosen.sum())
        if reachable == 0:
            return similarities, ids
        if reachable == len(self):
            chosen = None
        for start in range(0, len(queries), QUERIES_AT_ONCE):
            part = slice(start, start + QUERIES_AT_ONCE)
            near, found = self._nearest(queries[part], min(top, reachable), reachable, chosen)
            similarities[part, : near.shape[1]] = near
            ids[part, : near.shape[1]] = found
        return similarities, ids

    @property
    def _is_exact(self) -> bool:
        return not coarse.is_coarse(self._index)

    def _nearest(
        self, queries: Floats, top: int, reachable: int, chosen: Booleans | None
    ) -> tuple[Floats, Integers]:
        """The `top` nearest of a few queries, exactly ordered; `top` is at most `reachable`."""
        if self._is_exact:
            positions = self._exact_candidates(queries, top, reachable, chosen)
        else:
            count = min(RESCORED_EACH * top + RESCORED_LEAST, reachable)
            positions = coarse.scan(self._index, queries, count, chosen)
        ids, near = self._similarities(queries, positions)
        order = np.lexsort((ids, -near), axis=1)[:, :top]
        return np.take_along_axis(near, order, axis=1), np.take_along_axis(ids, order, axis=1)

    def _exact_candidates(
        self, queries: Floats, top: int, reachable: int, chosen: Booleans | None
    ) -> Integers:
        """Positions of the `top` nearest and of all that might tie with the last."""
        selector = None if chosen is None else coarse.chosen_only(chosen)
        fetch = min(top + SPARE, reachable)
        while True:
            near, positions = self._index.search(
                queries, fetch, params=faiss.SearchParameters(sel=selector)
            )
            settled = near[:, -1] < near[:, top - 1] - TIE_SLACK
            if fetch == reachable or settled.all():
                return np.asarray(positions, np.int64)
            fetch = min(2 * fetch, reachable)

    def _similarities(self, queries: Floats, positions: Integers) -> tuple[Integers, Floats]:
        """Ids of each query's candidates and their cosines; -1 and -inf for who is not there."""
        ids = np.where(positions < 0, -1, self.ids[positions])
        there, vectors = self._vectors(np.unique(positions[positions >= 0]))
        if len(there) == 0:
            return np.full_like(ids, -1), np.full(ids.shape, -np.inf, np.float32)
        rows = np.searchsorted(there, ids).clip(max=len(there) - 1)
        known = there[rows] == ids
        cosines = np.einsum("qd,qkd->qk", queries, vectors[rows], dtype=np.float64)
        return np.where(known, ids, -1), np.where(known, cosines, -np.inf).astype(np.float32)

    def _vectors(self, positions: Integers) -> tuple[Integers, Floats]:
        """Ids of some vectors, rising, without those that are gone, and the vectors."""
        positions = positions[np.argsort(self.ids[positions])]
        if self._is_exact:
            return self.ids[positions], self._index.reconstruct_batch(positions)
        return self._fetch(self.ids[positions])


def _check_ids(ids: Integers, vectors: Floats, *, dim: int) -> None:
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
