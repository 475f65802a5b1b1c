"""Writing files whole or not at all, in folders that can be made, under names that stay inside."""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from surveil_reid.core.errors import InputError, SurveilReidError


def file_word(name: str) -> str:
    """A name, of a camera say, as part of a file name."""
    return re.sub(r"[^\w-]+", "_", name)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Make a folder, and those above it, where it is not there yet.

    Args:
        folder: the folder.
        mode: its permissions where it is new, less those that the system holds back.

    Raises:
        InputError: when it cannot be made, or is a file.
    """
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as failure:
        msg = f"{folder} cannot be a folder ({failure.strerror}); name another place"
        raise InputError(msg) from failure


@contextmanager
def replaced_whole(path: Path) -> Iterator[BinaryIO]:
    """Write beside a file and rename onto it, so that nobody ever reads half of it.

    What is written is on disk before it takes the name.

    Args:
        path: the file, in a folder that exists; an older one of that name stays until the new one
            is complete, and for good if anything goes wrong.

    Yields:
        A stream to write to.

    Raises:
        OSError: when it cannot be written; nothing half-written remains.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    # Not `mkstemp`, whose files are private whatever the system's mask says.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def writing_whole(path: Path, *, error: type[SurveilReidError] = InputError) -> Iterator[BinaryIO]:
    """Replace a file by what is written to a stream, in one step; its folder is made if missing.

    Args:
        path: the file.
        error: what to raise when it cannot be written; an older file is then untouched.

    Yields:
        A stream to write to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced_whole(path) as stream:
            yield stream
    except OSError as failure:
        msg = f"cannot write {path}: {failure.strerror}; free space or choose another folder"
        raise error(msg) from failure


def write_whole(path: Path, content: bytes, *, error: type[SurveilReidError] = InputError) -> None:
    """Replace a file by new content, as `writing_whole` does."""
    with writing_whole(path, error=error) as stream:
        stream.write(content)


@contextmanager
def moved_together(out: Path) -> Iterator[Path]:
    """Make files in a folder of their own and move them beside `out` when all are there.

    Args:
        out: the file or folder that it is about, which must not exist; its parent is made.

    Yields:
        An empty folder on the same disk. What lies in it in the end goes into the folder of `out`
        under the names that it has, all of it or, if anything goes wrong, nothing.

    Raises:
        InputError: when one of the names is taken, or the folder cannot be written.
    """
    if out.exists():
        msg = f"{out} is there already; delete it or choose another name"
        raise InputError(msg)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
            yield Path(folder)
            _move_all(Path(folder), out.parent)
    except OSError as failure:
        msg = f"cannot write {out}: {failure.strerror}; free space or choose another folder"
        raise InputError(msg) from failure


def _move_all(source: Path, target: Path) -> None:
    entries = sorted(source.iterdir())
    if taken := [target / entry.name for entry in entries if (target / entry.name).exists()]:
        msg = f"{taken[0]} is there already; delete it or choose another name"
        raise InputError(msg)
    moved: list[Path] = []
    try:
        moved.extend(entry.rename(target / entry.name) for entry in entries)
    except OSError:
        for place in moved:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        raise
