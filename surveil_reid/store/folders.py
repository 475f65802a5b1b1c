"""Which folder a store keeps its crops and index in: each folder is one store's alone.

A store deletes pictures that none of its rows names, so two in one folder would delete each
other's. The store's key lies in its folder; one that was made before keys were is taken over.
"""

from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import select

from surveil_reid.core import StoreError, replaced_whole
from surveil_reid.store.engine import Database
from surveil_reid.store.failures import file_failures
from surveil_reid.store.journal import read_key
from surveil_reid.store.schema import CropRow

_KEY: Final = "store.key"
_REMEDY: Final = "name another with --store-folder, or move it away if that store is gone"


class Owner(NamedTuple):
    """Who asks for a folder: the database, its key, and whether its rows name pictures."""

    name: str
    key: str
    pictured: bool

    @classmethod
    def of(cls, database: Database) -> "Owner":
        """The store in a database that is up to date."""
        with database.reading() as session:
            pictured = session.scalars(select(CropRow.id).limit(1)).first() is not None
            return cls(database.name, read_key(session), pictured)


def default_folder(file: Path) -> Path:
    """Beside the SQLite file: `x.files` of `x.db`, and `x.y.files` of any other `x.y`."""
    return file.with_name(f"{file.name.removesuffix('.db')}.files")


def known_folder(file: Path, owner: Owner, *, read_only: bool) -> Path:
    """The default folder, or `x.files` of `x.y` where that, as once was usual, is the store's.

    Raises:
        StoreError: when it is to be written and `x.db` is there, whose folder it would be too.
    """
    own, former = default_folder(file), file.with_suffix(".files")
    if own.exists() or not _is_of(former, owner):
        return own
    if not read_only and (other := file.with_suffix(".db")).exists():
        msg = f"{former} is the folder of {other} too; copy it to {own}, so that each has its own"
        raise StoreError(msg)
    return former


def _is_of(folder: Path, owner: Owner) -> bool:
    key = _key_in(folder)
    return folder.exists() and (owner.pictured if key is None else key == owner.key)


def in_use(folder: Path) -> bool:
    """Whether a folder is some store's."""
    return _key_in(folder) is not None or _holds_pictures(folder)


def refuse(folder: Path, name: str) -> StoreError:
    """The error that says that a folder is another store's than the database's of this name."""
    return StoreError(f"{folder} belongs to another store than {name}; {_REMEDY}")


def require_own(folder: Path, owner: Owner) -> None:
    """Raise StoreError when a folder is another store's, or looks like one's."""
    key = _key_in(folder)
    if key is None and not owner.pictured and _holds_pictures(folder):
        raise refuse(folder, owner.name)
    if key not in {None, owner.key}:
        raise refuse(folder, owner.name)


def claim(folder: Path, owner: Owner) -> None:
    """Make a folder, which is there, the store's.

    Raises:
        StoreError: when it is another store's, or cannot be written.
    """
    require_own(folder, owner)
    if _key_in(folder) is None:
        with file_failures(folder), replaced_whole(folder / _KEY) as stream:
            stream.write(owner.key.encode())


def _key_in(folder: Path) -> str | None:
    path = folder / _KEY
    with file_failures(path):
        return path.read_text() if path.exists() else None


def _holds_pictures(folder: Path) -> bool:
    return next((folder / "crops").glob("??/*.jpg"), None) is not None
