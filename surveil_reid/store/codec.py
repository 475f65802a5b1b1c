"""Compact, versioned byte strings for vectors, detections and box tracks; no pickle.

A packed blob is one version byte and a zlib stream of little-endian columns behind a row count.
The bytes of a column are shuffled first (all lowest bytes, then the next, as HDF5 and Blosc do):
neighbouring frame numbers and times differ in few bytes, which zlib can then fold.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import BoxTrack, Detections, Floats, StoreError
from surveil_reid.store.values import SegmentDetections

_VERSION: Final = 1
_Columns = Sequence[tuple[str, int]]  # dtype and values to a row
_FRAMES: Final = (("<i8", 1), ("<f8", 1), ("|u1", 1), ("<u4", 1))
_BOXES: Final = (("<f4", 4), ("<f4", 1))
_TRACK: Final = (("<i8", 1), ("<f8", 1), ("<f4", 4), ("<f4", 1))


def encode_vector(vector: Floats) -> bytes:
    """Little-endian float32, nothing else, so that many of them join into one matrix."""
    return np.ascontiguousarray(vector, "<f4").tobytes()


def decode_vector(blob: bytes) -> Floats:
    """Read-only float32 `(n,)`."""
    return np.frombuffer(blob, "<f4")


def decode_matrix(blobs: Iterable[bytes], dim: int) -> Floats:
    """Read-only float32 `(n, dim)` from n vectors.

    Raises:
        StoreError: when a vector is not of length `dim`.
    """
    joined = list(blobs)
    if any(len(blob) != 4 * dim for blob in joined):
        msg = "the store is damaged: a vector is not of its model's length; re-embed the store"
        raise StoreError(msg)
    return np.frombuffer(b"".join(joined), "<f4").reshape(len(joined), dim)


def encode_detections(segment: SegmentDetections) -> bytes:
    """All of a segment but its number."""
    counts = np.array([len(found) for found in segment.detections], np.uint32)
    rows = (segment.frames, segment.times, segment.gated, counts)
    none = Detections.empty()
    boxes = np.concatenate([none.boxes, *(d.boxes for d in segment.detections)])
    confidences = np.concatenate([none.confidences, *(d.confidences for d in segment.detections)])
    return _seal(_pack(rows, _FRAMES), _pack((boxes, confidences), _BOXES))


def decode_detections(number: int, blob: bytes) -> SegmentDetections:
    """The exact reverse of `encode_detections`.

    Raises:
        StoreError: when the blob is damaged or of a newer version.
    """
    body = _open(blob)
    (frames, times, gated, counts), rest = _unpack(body, _FRAMES)
    (boxes, confidences), _ = _unpack(rest, _BOXES)
    ends = np.cumsum(counts, dtype=np.int64)
    return SegmentDetections(
        number=number,
        frames=frames,
        times=times,
        gated=gated.astype(np.bool_),
        detections=tuple(
            Detections(boxes=boxes[end - count : end], confidences=confidences[end - count : end])
            for end, count in zip(ends, counts.astype(np.int64), strict=True)
        ),
    )


def encode_track(track: BoxTrack) -> bytes:
    """One piece of a box track."""
    return _seal(_pack((track.frames, track.times, track.boxes, track.confidences), _TRACK))


def decode_track(blob: bytes) -> BoxTrack:
    """The exact reverse of `encode_track`.

    Raises:
        StoreError: when the blob is damaged or of a newer version.
    """
    (frames, times, boxes, confidences), _ = _unpack(_open(blob), _TRACK)
    return BoxTrack(frames=frames, times=times, boxes=boxes, confidences=confidences)


def _seal(*packed: bytes) -> bytes:
    return bytes([_VERSION]) + zlib.compress(b"".join(packed))


def _open(blob: bytes) -> bytes:
    if blob[:1] != bytes([_VERSION]):
        msg = f"stored rows have format {blob[:1].hex() or 'none'}, not 01; update surveil-reid"
        raise StoreError(msg)
    try:
        return zlib.decompress(blob[1:])
    except zlib.error as error:
        msg = f"the store is damaged: stored rows cannot be unpacked ({error})"
        raise StoreError(msg) from error


def _pack(arrays: Sequence[NDArray[Any]], columns: _Columns) -> bytes:
    count = len(arrays[0]).to_bytes(4, "little")
    shuffled = (
        np.ascontiguousarray(array, dtype).view(np.uint8).reshape(-1, np.dtype(dtype).itemsize).T
        for array, (dtype, _) in zip(arrays, columns, strict=True)
    )
    return count + b"".join(piece.tobytes() for piece in shuffled)


def _unpack(body: bytes, columns: _Columns) -> tuple[list[NDArray[Any]], bytes]:
    count = int.from_bytes(body[:4], "little")
    place = 4
    arrays: list[NDArray[Any]] = []
    for dtype, width in columns:
        size = np.dtype(dtype).itemsize
        end = place + count * width * size
        if end > len(body):
            msg = "the store is damaged: stored rows are cut short"
            raise StoreError(msg)
        shuffled = np.frombuffer(body[place:end], np.uint8).reshape(size, -1)
        values = np.ascontiguousarray(shuffled.T).view(dtype).reshape(-1)
        arrays.append(values.reshape(-1, width) if width > 1 else values)
        place = end
    return arrays, body[place:]
