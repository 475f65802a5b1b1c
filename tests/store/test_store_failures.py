"""What databases say in their own words becomes one of the project's errors."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import NoResultFound, OperationalError

from surveil_reid.core import BusyError, ReadOnlyError, SpaceError, StoreError
from surveil_reid.store.failures import database_failures, file_failures


class ServerError(Exception):
    """As PostgreSQL's drivers raise it."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("first line\nsecond line")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("25006", ReadOnlyError),
        ("53100", SpaceError),
        ("40P01", BusyError),
        ("55P03", BusyError),
        ("42P01", StoreError),
    ],
)
def test_a_servers_states_are_told_apart(state: str, kind: type[StoreError]) -> None:
    with (
        pytest.raises(StoreError, match=r"^[^\n]*people[^\n]*$") as caught,
        database_failures("people"),
    ):
        raise OperationalError("SELECT 1", {}, ServerError(state))
    assert type(caught.value) is kind


def test_an_error_without_words_has_a_name() -> None:
    with pytest.raises(StoreError, match="people: OSError"), database_failures("people"):
        raise OperationalError("SELECT 1", {}, OSError())


def test_what_sqlalchemy_itself_refuses_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="people: no row"), database_failures("people"):
        raise NoResultFound("no row")


def test_the_drivers_own_errors_are_caught_too(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    connection = sqlite3.connect(tmp_path / "x.db")
    with pytest.raises(StoreError, match="is not a database"), database_failures("people"):
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def test_a_file_error_without_a_number_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="strange"), file_failures(tmp_path):
        raise OSError("strange")
