"""Connections and transactions.

A write transaction is alone from its first moment: on SQLite it starts with BEGIN IMMEDIATE, which
waits for the lock instead of failing when a read lock would have to be raised; elsewhere it locks
the row of `revision`. So two writers queue, never deadlock, and neither works on stale rows.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from surveil_reid.core import ReadOnlyError, StoreError
from surveil_reid.store.failures import database_failures
from surveil_reid.store.schema import RevisionRow

BUSY_TIMEOUT_S: Final = 60.0


def parse_url(text: str) -> URL:
    """The database that `text` names.

    Raises:
        StoreError: when it is not a URL.
    """
    try:
        return make_url(text)
    except (SQLAlchemyError, ValueError) as error:
        msg = f"{text!r} is not a database URL; write one like sqlite:///surveil.db"
        raise StoreError(msg) from error


def url_from(text: str, folder: Path) -> str:
    """The database that `text`, written in a file of `folder`, names.

    Returns:
        `text`, but for an SQLite file whose relative path counts from `folder`.

    Raises:
        StoreError: when it is not a URL.
    """
    url = parse_url(text)
    if sqlite_file(url) is None or Path(url.database or "").is_absolute():
        return text
    return url.set(database=str(folder / (url.database or ""))).render_as_string(
        hide_password=False
    )


def sqlite_file(url: URL) -> Path | None:
    """The absolute path of the SQLite file, or None where the store is not a plain file."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:" or "uri" in url.query:
        return None
    return Path(name).absolute()


class Database:
    """An engine and the two kinds of transaction.

    Attributes:
        name: the URL without its password, for messages.
        read_only: whether `writing` is refused.
    """

    def __init__(self, url: URL, *, read_only: bool = False) -> None:
        self.name = url.render_as_string(hide_password=True)
        self.read_only = read_only
        file = sqlite_file(url)
        if read_only and file is not None:
            self.engine = _read_only_engine(url, file)
        else:
            self.engine = _make_engine(url)
        self._immediate = self.engine.execution_options(immediate=True)

    def require_writable(self) -> None:
        """Raise ReadOnlyError when the store was opened for reading only."""
        if self.read_only:
            msg = f"{self.name} was opened for reading only"
            raise ReadOnlyError(msg)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees the store as it is at its first statement.

        Raises:
            StoreError: whatever the database has to say.
        """
        with database_failures(self.name), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction with nobody else writing; committed unless the block raises.

        Raises:
            ReadOnlyError: when the store was opened, or lies, where it cannot be written.
            BusyError: when another process keeps the lock.
            SpaceError: when the disk is full.
            StoreError: whatever else the database has to say.
        """
        self.require_writable()
        with database_failures(self.name), Session(self._immediate) as session, session.begin():
            session.execute(select(RevisionRow.number).with_for_update())
            yield session

    @contextmanager
    def changing_schema(self) -> Iterator[Any]:
        """A connection in a write transaction that needs no table to be there yet."""
        with database_failures(self.name), self._immediate.begin() as connection:
            yield connection

    def use_write_ahead_log(self) -> None:
        """Let SQLite's readers and its writer not wait for one another; nothing elsewhere."""
        if self.engine.dialect.name != "sqlite":
            return
        with database_failures(self.name):
            raw = self.engine.raw_connection()
            try:
                _wait_for_write_ahead_log(raw.cursor())
            finally:
                raw.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _make_engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {}
    if sqlite and "timeout" not in url.query:
        options["connect_args"] = {"timeout": BUSY_TIMEOUT_S}
    if sqlite and url.database in {None, "", ":memory:"}:
        options["poolclass"] = StaticPool  # each further connection would be another database
    try:
        engine = create_engine(url, **options)
    except ModuleNotFoundError as error:
        msg = f"{url.drivername} needs the Python package {error.name}; install it"
        raise StoreError(msg) from error
    except (SQLAlchemyError, TypeError, ValueError) as error:
        msg = f"{url.render_as_string()} is not a usable database URL: {error}"
        raise StoreError(msg.splitlines()[0]) from error
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver would otherwise begin transactions itself, and only before the first write:
    # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#sqlite-enabling-transactions
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    # What was removed would else stay readable in the file until something is written over it.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _wait_for_write_ahead_log(cursor: DBAPICursor) -> None:
    # Beside a writer, such as another process that just makes this change, SQLite refuses it at
    # once: this statement reads before it writes, so its own wait for locks might be a deadlock.
    cursor.execute("PRAGMA busy_timeout")
    (milliseconds,) = cursor.fetchone() or (0,)
    deadline = time.monotonic() + milliseconds / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Any) -> None:  # noqa: ANN401  (Connection; the event is untyped)
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _read_only_engine(url: URL, file: Path) -> Engine:
    """SQLite reads a write-ahead log through a file beside it that it may have to make.

    Where the folder forbids that, the database can still be read as a file that nobody changes,
    provided that no log with committed rows lies beside it.
    """
    if not file.is_file():
        msg = f"there is no store at {file}"
        raise StoreError(msg)
    name = url.render_as_string()
    database = f"file:{quote(str(file))}"
    plain = url.set(database=database).update_query_dict({"mode": "ro", "uri": "true"})
    engine = _make_engine(plain)
    try:
        with database_failures(name), engine.connect() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
    except StoreError:
        engine.dispose()
        log = file.with_name(f"{file.name}-wal")
        if log.exists() and log.stat().st_size > 0:
            msg = f"{name} has changes in {log.name} that need a writable folder to be read"
            raise ReadOnlyError(msg) from None
        return _make_engine(plain.update_query_dict({"immutable": "1"}))
    return engine
