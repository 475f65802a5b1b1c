"""Features of queries and a gallery with their labels, checked once so that metrics need not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import ArrayError, Booleans, Doubles, Floats, Integers

JUNK = -1
"""Identity of gallery images that are left out of every ranking."""

DISTRACTOR = 0
"""Identity of gallery images of nobody in the query set; they stay and count against us."""

UNKNOWN_CAMERA = -1
"""Camera of images that name none; it is no other image's camera, not even another unknown's."""

GRID = 2.0**-24
"""Step of `unit` features: the finest on which float32 holds every number of -1..1."""

_RESERVED_IDS = {"-1": JUNK, "0000": DISTRACTOR, "0": DISTRACTOR}

_RESERVED_CAMERAS = {"-1": UNKNOWN_CAMERA, "": UNKNOWN_CAMERA}

_ROWS = 4096


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Features:
    """What an embedder made of queries and a gallery; `make_features` builds it from raw arrays.

    Attributes:
        query: float32 `(Q, D)`, finite, no row all zeros, of any length; Q ≥ 1.
        gallery: float32 `(G, D)`, likewise; G ≥ 1, no junk.
        query_ids: int64 `(Q,)`, at least 1.
        gallery_ids: int64 `(G,)`, at least 0; 0 is a distractor.
        query_cameras: int64 `(Q,)`, at least -1; -1 is an unknown camera.
        gallery_cameras: int64 `(G,)`, likewise.
        camera_names: name of the camera of each code from 0; empty where the codes are the names.

    Raises:
        ArrayError: when something is not so.
    """

    query: Floats
    gallery: Floats
    query_ids: Integers
    gallery_ids: Integers
    query_cameras: Integers
    gallery_cameras: Integers
    camera_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_vectors("query", self.query)
        _check_vectors("gallery", self.gallery)
        if self.query.shape[1] != self.gallery.shape[1]:
            msg = (
                "query and gallery must have the same dimension; "
                f"got {self.query.shape[1]} and {self.gallery.shape[1]}"
            )
            raise ArrayError(msg)
        _check_codes("query_ids", self.query_ids, len(self.query), lowest=DISTRACTOR + 1)
        _check_codes("gallery_ids", self.gallery_ids, len(self.gallery), lowest=DISTRACTOR)
        _check_codes("query_cameras", self.query_cameras, len(self.query), lowest=UNKNOWN_CAMERA)
        _check_codes(
            "gallery_cameras", self.gallery_cameras, len(self.gallery), lowest=UNKNOWN_CAMERA
        )

    def camera_name(self, code: int) -> str:
        """What people call the camera of a code."""
        if code == UNKNOWN_CAMERA:
            return "unknown"
        return self.camera_names[code] if self.camera_names else str(code)

    def own_camera_left_in(self) -> "Features":
        """The same with all cameras unknown: what a query's own camera saw then counts too."""
        return replace(
            self,
            query_cameras=np.full_like(self.query_cameras, UNKNOWN_CAMERA),
            gallery_cameras=np.full_like(self.gallery_cameras, UNKNOWN_CAMERA),
        )

    def subset(self, queries: Booleans, gallery: Booleans) -> "Features":
        """The features of some queries bool `(Q,)` and some gallery images bool `(G,)`."""
        return Features(
            query=self.query[queries],
            gallery=self.gallery[gallery],
            query_ids=self.query_ids[queries],
            gallery_ids=self.gallery_ids[gallery],
            query_cameras=self.query_cameras[queries],
            gallery_cameras=self.gallery_cameras[gallery],
            camera_names=self.camera_names,
        )


def make_features(
    *,
    query: NDArray[Any],
    gallery: NDArray[Any],
    query_ids: NDArray[Any],
    gallery_ids: NDArray[Any],
    query_cameras: NDArray[Any],
    gallery_cameras: NDArray[Any],
) -> Features:
    """Check features and labels as a file or a program holds them, and drop junk.

    Args:
        query: real `(Q, D)`.
        gallery: real `(G, D)`.
        query_ids: whole numbers or text `(Q,)`.
        gallery_ids: likewise `(G,)`; -1 is junk and dropped, 0 (`0000`) is a distractor and stays.
        query_cameras: whole numbers or text `(Q,)`; -1 or empty text is an unknown camera.
        gallery_cameras: likewise `(G,)`.

    Raises:
        ArrayError: when features are not finite, zero, or of another dimension; when labels are of
            another length or cannot be read; when no query or no gallery image is left.
    """
    query_codes, gallery_codes, _ = _encode(
        "ids", query_ids, gallery_ids, reserved=_RESERVED_IDS, first=DISTRACTOR + 1
    )
    views, gallery_views, names = _encode(
        "cameras", query_cameras, gallery_cameras, reserved=_RESERVED_CAMERAS, first=0
    )
    vectors = _as_float32("gallery", gallery)
    _check_codes("gallery_ids", gallery_codes, len(vectors), lowest=JUNK)
    _check_codes("gallery_cameras", gallery_views, len(vectors), lowest=UNKNOWN_CAMERA)
    keep = gallery_codes != JUNK
    return Features(
        query=_as_float32("query", query),
        gallery=vectors if keep.all() else vectors[keep],
        query_ids=query_codes,
        gallery_ids=gallery_codes[keep],
        query_cameras=views,
        gallery_cameras=gallery_views[keep],
        camera_names=names,
    )


def unit(vectors: Floats) -> Doubles:
    """Vectors scaled to length 1, on a grid that makes their inner products exact.

    Each number is a multiple of `GRID`, so a product is one of `GRID`², 2⁻⁴⁸, and float64 holds
    every sum of them up to 32 without rounding. Similarities therefore depend neither on the order
    of summation, nor the size of a block, nor the number of threads: equal images tie exactly, and
    a rank is the same on every machine. The grid moves a cosine by less than float32 sums do.

    Args:
        vectors: float32 `(n, dim)`, finite, no row all zeros.

    Returns:
        float64 `(n, dim)`.
    """
    wide = vectors.astype(np.float64)
    for start in range(0, len(wide), _ROWS):
        part = wide[start : start + _ROWS]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        part /= GRID
        np.rint(part, out=part)
        part *= GRID
    return wide


def _as_float32(name: str, vectors: NDArray[Any]) -> Floats:
    given = np.asarray(vectors)
    if not np.issubdtype(given.dtype, np.floating):
        msg = f"{name} must hold real numbers; got {given.dtype}"
        raise ArrayError(msg)
    with np.errstate(over="ignore"):  # too large becomes infinite, which the check reports
        return np.asarray(given, np.float32)


def _check_vectors(name: str, vectors: Floats) -> None:
    if vectors.dtype != np.float32 or vectors.ndim != 2:
        msg = f"{name} must be float32 of shape (n, dim); got {vectors.dtype} of {vectors.shape}"
        raise ArrayError(msg)
    if len(vectors) == 0:
        msg = f"{name} is empty (junk does not count); there is nothing to rank"
        raise ArrayError(msg)
    for start in range(0, len(vectors), _ROWS):
        part = vectors[start : start + _ROWS]
        _check_rows(name, "NaN or infinity", start, np.asarray(np.isfinite(part).all(axis=1)))
        _check_rows(name, "only zeros", start, np.asarray(part.any(axis=1)))


def _check_rows(name: str, fault: str, start: int, good: Booleans) -> None:
    if not good.all():
        msg = f"{name} row {start + int(good.argmin())} holds {fault}; extract its feature again"
        raise ArrayError(msg)


def _check_codes(name: str, codes: Integers, length: int, *, lowest: int) -> None:
    if codes.dtype != np.int64 or codes.shape != (length,):
        msg = f"{name} must be int64 of shape ({length},); got {codes.dtype} of {codes.shape}"
        raise ArrayError(msg)
    if length and codes.min() < lowest:
        msg = (
            f"{name} must be at least {lowest}; got {codes.min()} (identities count from 1: "
            "-1 marks junk, 0 a distractor, in the gallery alone)"
        )
        raise ArrayError(msg)


def _encode(
    name: str,
    query: NDArray[Any],
    gallery: NDArray[Any],
    *,
    reserved: dict[str, int],
    first: int,
) -> tuple[Integers, Integers, tuple[str, ...]]:
    """Codes of both sets' labels, and the texts with codes from `first` on, if they are text."""
    both = np.asarray(query), np.asarray(gallery)
    kinds = "".join(labels.dtype.kind for labels in both)
    if set(kinds) <= set("iu"):
        return both[0].astype(np.int64), both[1].astype(np.int64), ()
    if kinds != "UU":
        msg = (
            f"query_{name} and gallery_{name} must both be whole numbers or both be text; "
            f"got {both[0].dtype} and {both[1].dtype}"
        )
        raise ArrayError(msg)
    texts = sorted({*both[0].ravel().tolist(), *both[1].ravel().tolist()} - reserved.keys())
    codes = reserved | {text: code for code, text in enumerate(texts, first)}
    return _look_up(codes, both[0]), _look_up(codes, both[1]), tuple(texts)


def _look_up(codes: dict[str, int], labels: NDArray[Any]) -> Integers:
    flat: Sequence[str] = labels.ravel().tolist()
    return np.array([codes[text] for text in flat], np.int64).reshape(labels.shape)
