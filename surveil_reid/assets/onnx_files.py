"""Where an ONNX file keeps its weights, read from its bytes: the library for that is an extra."""

import contextlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

# The messages on the way to tensors, and by which field each leads to the next one, as
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto numbers them.
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_LOCATION, _EXTERNAL = 14, b"\x01"

_NUMBER, _BYTES = 0, 2
# Groups, long out of use, have no length: what is in them counts as part of what is around them.
_WIDTHS = {1: 8, 3: 0, 4: 0, 5: 4}
_LONGEST_NUMBER = 10


def keeps_weights_apart(path: Path) -> bool:
    """Whether an ONNX file leaves some of its weights to another file, which it names.

    What is no ONNX file, or a damaged one, does not: whoever runs it says so better.
    """
    with (
        contextlib.suppress(ValueError, IndexError),
        path.open("rb") as stream,
        mmap(stream.fileno(), 0, access=ACCESS_READ) as data,
    ):
        left = [("model", 0, len(data))]
        while left:
            message, begin, end = left.pop()
            for field, start, stop in _fields(data, begin, end):
                if message == "tensor" and field == _LOCATION and data[start:stop] == _EXTERNAL:
                    return True
                if field in _INSIDE[message]:
                    left.append((_INSIDE[message][field], start, stop))
    return False


def _fields(data: mmap, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The number of each field of a message, and where its content begins and ends."""
    at = begin
    while at < end:
        tag, start = _number(data, at)
        field, kind = tag >> 3, tag & 7
        if kind == _NUMBER:
            _, at = _number(data, start)
        elif kind == _BYTES:
            length, start = _number(data, start)
            at = start + length
        elif kind in _WIDTHS:
            at = start + _WIDTHS[kind]
        else:
            msg = f"no field begins at byte {at}"
            raise ValueError(msg)
        yield field, start, at


def _number(data: mmap, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for place in range(_LONGEST_NUMBER):
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    msg = f"no number begins at byte {at}"
    raise ValueError(msg)
