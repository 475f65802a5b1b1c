"""Turns what databases and file systems raise into the project's errors, one line each."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from surveil_reid.core import BusyError, ReadOnlyError, SpaceError, StoreError

_BUSY: Final = "{name} is busy: another process holds its lock; try again when it is done"
_FULL: Final = "{name} cannot grow: the disk is full; free some space and run the command again"
_READ_ONLY: Final = "{name} cannot be written; check the permissions of the file and its folder"

# SQLSTATE of PostgreSQL and others: read-only transaction, disk full, deadlock and lock timeouts.
_BY_SQLSTATE: Final[dict[str, tuple[type[StoreError], str]]] = {
    "25006": (ReadOnlyError, _READ_ONLY),
    "53100": (SpaceError, _FULL),
    "40001": (BusyError, _BUSY),
    "40P01": (BusyError, _BUSY),
    "55P03": (BusyError, _BUSY),
}
# SQLite's result codes, https://www.sqlite.org/rescode.html; the extended ones start like these.
_BY_SQLITE: Final[dict[str, tuple[type[StoreError], str]]] = {
    "SQLITE_BUSY": (BusyError, _BUSY),
    "SQLITE_LOCKED": (BusyError, _BUSY),
    "SQLITE_FULL": (SpaceError, _FULL),
    "SQLITE_IOERR_WRITE": (SpaceError, _FULL),  # quota or file size limit reached
    "SQLITE_IOERR_SHMSIZE": (SpaceError, _FULL),
    "SQLITE_READONLY": (ReadOnlyError, _READ_ONLY),
    "SQLITE_NOTADB": (StoreError, "{name} is not a database; name another file"),
    "SQLITE_CORRUPT": (StoreError, "{name} is damaged; restore it from a copy"),
    "SQLITE_CANTOPEN": (StoreError, "{name} cannot be opened; check that its folder exists"),
}
_BY_ERRNO: Final[dict[int, tuple[type[StoreError], str]]] = {
    errno.ENOSPC: (SpaceError, _FULL),
    errno.EDQUOT: (SpaceError, _FULL),
    errno.EFBIG: (SpaceError, _FULL),
    errno.EROFS: (ReadOnlyError, _READ_ONLY),
    errno.EACCES: (ReadOnlyError, _READ_ONLY),
    errno.EPERM: (ReadOnlyError, _READ_ONLY),
}


@contextmanager
def database_failures(name: str) -> Iterator[None]:
    """Let no error of the database out of the block except as a StoreError naming `name`."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise _from_database(name, getattr(error, "orig", None) or error) from error
    except (SQLAlchemyError, UnicodeEncodeError) as error:
        msg = f"{name}: {_first_line(error)}"
        raise StoreError(msg) from error


@contextmanager
def file_failures(path: Path) -> Iterator[None]:
    """Let no OSError out of the block except as a StoreError naming `path`."""
    try:
        yield
    except OSError as error:
        kind, text = _BY_ERRNO.get(
            error.errno or 0, (StoreError, "{name}: " + (error.strerror or str(error)))
        )
        raise kind(text.format(name=path)) from error


def _from_database(name: str, cause: BaseException) -> StoreError:
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state in _BY_SQLSTATE:
        kind, text = _BY_SQLSTATE[state]
        return kind(text.format(name=name))
    code = getattr(cause, "sqlite_errorname", "")
    for start, (kind, text) in _BY_SQLITE.items():
        if code.startswith(start):
            return kind(text.format(name=name))
    return StoreError(f"{name}: {_first_line(cause)}")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
