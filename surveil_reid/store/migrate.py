"""Brings a database to the schema of this software, or says why not."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect

from surveil_reid.core import OutdatedError, SchemaError, StoreError
from surveil_reid.store.engine import Database
from surveil_reid.store.failures import database_failures
from surveil_reid.store.schema import REVISION

_SCRIPTS = Path(__file__).with_name("migrations")


def migration_config() -> Config:
    """Alembic's configuration; `attributes["connection"]` is still to be set for `command`s."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(database: Database) -> None:
    """Create the tables or bring them up to date, as a whole or not at all.

    Raises:
        SchemaError: when the schema is newer than this software.
        StoreError: when the database holds something else, or cannot be written.
    """
    if _found(database) == REVISION:
        return
    # Only now: a stranger's database is left as it is.
    database.use_write_ahead_log()
    with database.changing_schema() as connection:
        config = migration_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_current(database: Database) -> None:
    """Raise unless the database can be read as it is.

    Raises:
        SchemaError: when the schema is newer than this software.
        OutdatedError: when it is older.
        StoreError: when there is none, or the database holds something else.
    """
    found = _found(database)
    if found is None:
        msg = f"{database.name} holds no store yet; open it once for writing"
        raise StoreError(msg)
    if found != REVISION:
        msg = f"{database.name} has an older schema; open it once for writing"
        raise OutdatedError(msg)


def _found(database: Database) -> str | None:
    """The revision of a store's schema; None of an empty database."""
    with database_failures(database.name), database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None:
            _refuse_strangers(database, connection)
    known = ScriptDirectory.from_config(migration_config())
    try:
        known.get_revisions(found or "base")
    except CommandError as error:
        msg = (
            f"{database.name} has schema {found}, which is newer than {REVISION}, "
            "the newest that this software knows; update surveil-reid"
        )
        raise SchemaError(msg) from error
    return found


def _refuse_strangers(database: Database, connection: Connection) -> None:
    tables = inspect(connection).get_table_names()
    if tables:
        msg = f"{database.name} holds something else (table {tables[0]}); name another database"
        raise StoreError(msg)
