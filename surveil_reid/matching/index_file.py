"""The file of a descriptor index: one line of facts, what FAISS wrote, and a checksum of both.

All three lie in one file that is replaced in a single step, so that they never disagree. The
checksum is verified before FAISS sees a byte: its reader trusts the sizes that it finds.
"""

import errno
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from surveil_reid.core import ReadOnlyError, SpaceError, StoreError, replaced_whole

FORMAT = "surveil-reid index 3"
CHECKSUM_BYTES = hashlib.sha256().digest_size
CHUNK = 1 << 20

Facts = Mapping[str, str | int]


@contextmanager
def replaced(path: Path, facts: Facts) -> Iterator[Callable[[bytes], int]]:
    """Write a new file beside `path` and put it in its place when all is written.

    Args:
        path: the file; whatever was there stays until the new one is complete.
        facts: what the index was made from; `opened` asks for the same.

    Yields:
        A function that appends bytes.

    Raises:
        SpaceError: when the disk is full.
        ReadOnlyError: when the folder cannot be written.
        StoreError: when writing fails for another reason.
    """
    try:
        with replaced_whole(path) as stream:
            yield from _checked_write(stream, facts)
    except OSError as error:
        raise _explained(error, path) from error


def _checked_write(stream: BinaryIO, facts: Facts) -> Iterator[Callable[[bytes], int]]:
    checksum = hashlib.sha256()

    def write(data: bytes) -> int:
        checksum.update(data)
        return stream.write(data)

    write(_first_line(facts))
    yield write
    stream.write(checksum.digest())


def _first_line(facts: Facts) -> bytes:
    return json.dumps({"format": FORMAT, **facts}, sort_keys=True).encode() + b"\n"


def _explained(error: OSError, path: Path) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return SpaceError(f"no space left to write the index {path}; free some and try again")
    if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
        return ReadOnlyError(f"cannot write the index {path}; make {path.parent} writable")
    return StoreError(f"cannot write the index {path}: {error.strerror}")


@contextmanager
def opened(path: Path, facts: Facts) -> Iterator[BinaryIO | None]:
    """Open the file for reading what FAISS wrote.

    Args:
        path: the file.
        facts: what the index must have been made from.

    Yields:
        The stream, standing behind the first line; or None when the file is missing or damaged, or
        holds other facts.
    """
    try:
        stream = path.open("rb")
    except OSError:
        yield None
        return
    with stream:
        line = _first_line(facts)
        yield stream if stream.readline(len(line)) == line and _intact(stream, line) else None


def _intact(stream: BinaryIO, line: bytes) -> bool:
    """Whether the checksum at the end agrees; leaves the stream where the first line ends."""
    end = stream.seek(0, os.SEEK_END) - CHECKSUM_BYTES
    stream.seek(0)
    checksum = hashlib.sha256()
    left = end
    while left > 0:
        chunk = stream.read(min(CHUNK, left))
        checksum.update(chunk)
        left -= len(chunk)
    agrees = stream.read() == checksum.digest()
    stream.seek(len(line))
    return agrees
