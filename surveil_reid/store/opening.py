"""Opens a store: finds its database and folder, creates or migrates them."""

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, inspect, text

from surveil_reid.core import ReadOnlyError, StoreError
from surveil_reid.store import folders
from surveil_reid.store.engine import Database, parse_url, sqlite_file
from surveil_reid.store.failures import database_failures, file_failures
from surveil_reid.store.schema import REVISION
from surveil_reid.store.store import Store


def open_store(
    url: str = "sqlite:///surveil.db",
    *,
    folder: Path | None = None,
    create: bool = True,
    read_only: bool = False,
) -> Store:
    """Open a store, and create it where there is none.

    Args:
        url: of the database, as SQLAlchemy writes it.
        folder: for crops and the index, of no other store; by default `x.files` beside the SQLite
            file `x.db`, and `x.y.files` beside any other `x.y`.
        create: False refuses an SQLite file that is not there, rather than start an empty store.
        read_only: create, migrate and change nothing.

    Raises:
        ReadOnlyError: when the file or a folder cannot be written.
        SchemaError: when a newer version of the software made the store.
        OutdatedError: when an older one did, and it is to be read only.
        BusyError: when another process keeps its lock.
        StoreError: when the URL names no usable database, or one that holds something else, or the
            folder is another store's.
    """
    parsed = parse_url(url)
    file = sqlite_file(parsed)
    place = _folder(parsed, file, folder)
    if file is not None and not create and not file.exists():
        msg = f"there is no store at {file}; name one with --store, or make it with `process`"
        raise StoreError(msg)
    if file is not None and read_only and file.exists() and not _may(file, os.R_OK):
        msg = f"{file} cannot be read; who made it decides who else may"
        raise StoreError(msg)
    if file is not None and not read_only:
        with file_failures(file):
            _require_access(file)
        # What is refused leaves no new store; another process makes the file before the folder.
        if folders.in_use(place) and not file.exists():
            raise folders.refuse(place, url)
        with file_failures(file):
            _make_private(file)
    database = Database(parsed, read_only=read_only)
    try:
        if _revision(database) != REVISION:
            _bring_up_to_date(database)
        owner = folders.Owner.of(database)
        if file is not None and folder is None:
            place = folders.known_folder(file, owner, read_only=read_only)
        _take(place, owner, read_only=read_only)
    except BaseException:
        database.close()
        raise
    return Store(database, place, file)


def _take(place: Path, owner: folders.Owner, *, read_only: bool) -> None:
    if read_only:
        folders.require_own(place, owner)
        return
    with file_failures(place):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_write(place)
    folders.claim(place, owner)


def _revision(database: Database) -> str | None:
    with database_failures(database.name), database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _bring_up_to_date(database: Database) -> None:
    # Alembic is a third of the time that it takes to open a store, and most need no migration.
    from surveil_reid.store import migrate  # noqa: PLC0415

    if database.read_only:
        migrate.check_current(database)
    else:
        migrate.migrate(database)


def _folder(url: URL, file: Path | None, folder: Path | None) -> Path:
    if folder is not None:
        return Path(folder).absolute()
    if file is None:
        name = url.render_as_string(hide_password=True)
        msg = f"{name} has no file to keep crops beside; say in which folder to keep them"
        raise StoreError(msg)
    return folders.default_folder(file)


def _require_access(file: Path) -> None:
    """SQLite would notice only at the first write, after minutes of work."""
    if not file.parent.is_dir():
        msg = f"the folder {file.parent} does not exist; create it or name another store"
        raise StoreError(msg)
    if file.is_dir():
        msg = f"{file} is a folder; name a file for the store"
        raise StoreError(msg)
    _require_write(file.parent)
    if file.exists():
        _require_write(file)


def _make_private(file: Path) -> None:
    """Make a new database that its owner alone can read, like what SQLite puts beside it."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _require_write(path: Path) -> None:
    if not _may(path, os.W_OK):
        msg = f"{path} cannot be written; check its permissions, or name another store"
        raise ReadOnlyError(msg)
