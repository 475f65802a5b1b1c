"""The blobs give back exactly what went in, and say when they cannot."""

import zlib

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, BoxTrack, Detections, StoreError
from surveil_reid.store import SegmentDetections
from surveil_reid.store.codec import (
    decode_detections,
    decode_matrix,
    decode_track,
    decode_vector,
    encode_detections,
    encode_track,
    encode_vector,
)

finite = st.floats(-1e6, 1e6, width=32)
shares = st.floats(0, 1, width=32)


@st.composite
def boxes(draw: st.DrawFn, count: int) -> np.ndarray:
    corners = draw(hnp.arrays(np.float32, (count, 2), elements=st.floats(-1e4, 1e4, width=32)))
    sides = draw(hnp.arrays(np.float32, (count, 2), elements=st.floats(1, 1e4, width=32)))
    return np.concatenate([corners, corners + sides], axis=1)


@st.composite
def segments(draw: st.DrawFn) -> SegmentDetections:
    counts = draw(st.lists(st.integers(0, 4), max_size=6))
    n = len(counts)
    whole = st.integers(-(2**63), 2**63 - 1)
    return SegmentDetections(
        number=draw(st.integers(0, 9)),
        frames=draw(hnp.arrays(np.int64, n, elements=whole)),
        times=draw(hnp.arrays(np.float64, n, elements=st.floats(allow_nan=False))),
        gated=draw(hnp.arrays(np.bool_, n)),
        detections=tuple(
            Detections(draw(boxes(c)), draw(hnp.arrays(np.float32, c, elements=shares)))
            for c in counts
        ),
    )


@st.composite
def tracks(draw: st.DrawFn) -> BoxTrack:
    n = draw(st.integers(0, 6))
    times = draw(hnp.arrays(np.float64, n, elements=st.floats(0, 4e9)))
    return BoxTrack(
        frames=draw(hnp.arrays(np.int64, n, elements=st.integers(1, 2**40))),
        times=np.sort(times),
        boxes=draw(boxes(n)),
        confidences=draw(hnp.arrays(np.float32, n, elements=shares)),
    )


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.dtype == second.dtype and first.shape == second.shape and (first == second).all()


@given(segments())
def test_detections_come_back_bit_for_bit(given_segment: SegmentDetections) -> None:
    back = decode_detections(given_segment.number, encode_detections(given_segment))
    assert back.number == given_segment.number
    for name in ("frames", "times", "gated"):
        assert same(getattr(back, name), getattr(given_segment, name))
    assert len(back.detections) == len(given_segment.detections)
    for one, other in zip(back.detections, given_segment.detections, strict=True):
        assert same(one.boxes, other.boxes)
        assert same(one.confidences, other.confidences)


@given(tracks())
def test_box_tracks_come_back_bit_for_bit(given_track: BoxTrack) -> None:
    back = decode_track(encode_track(given_track))
    for name in ("frames", "times", "boxes", "confidences"):
        assert same(getattr(back, name), getattr(given_track, name))


@given(hnp.arrays(np.float32, st.integers(0, 9), elements=finite))
def test_vectors_come_back_bit_for_bit(vector: np.ndarray) -> None:
    assert same(decode_vector(encode_vector(vector)), vector)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_vectors_join_into_a_matrix(count: int) -> None:
    matrix = np.arange(count * 5, dtype=np.float32).reshape(count, 5)
    assert same(decode_matrix((encode_vector(row) for row in matrix), 5), matrix)


def test_a_vector_of_another_length_is_reported() -> None:
    with pytest.raises(StoreError, match="re-embed"):
        decode_matrix([bytes(8), bytes(12)], 2)


def test_an_hour_of_quiet_footage_takes_little_room() -> None:
    n = 5 * 3600
    quiet = SegmentDetections(
        number=0,
        frames=np.arange(n) * 5 + 1,
        times=np.arange(n) / 5,
        gated=np.ones(n, np.bool_),
        detections=(Detections.empty(),) * n,
    )
    assert len(encode_detections(quiet)) < 2 * n


CUT_SHORT = zlib.compress((7).to_bytes(4, "little") + b"seven rows are longer")


@pytest.mark.parametrize("blob", [b"", b"\x02rest", b"\x01not zlib", b"\x01" + CUT_SHORT])
def test_a_damaged_or_newer_blob_is_reported(blob: bytes) -> None:
    with pytest.raises(StoreError, match=r"damaged|update surveil-reid"):
        decode_track(blob)
    with pytest.raises(StoreError, match=r"damaged|update surveil-reid"):
        decode_detections(0, blob)


def test_a_segment_of_unequal_columns_is_refused() -> None:
    with pytest.raises(ArrayError, match="times must be float64"):
        SegmentDetections(
            number=0,
            frames=np.ones(1, np.int64),
            times=np.ones(2),
            gated=np.ones(1, np.bool_),
            detections=(Detections.empty(),),
        )
