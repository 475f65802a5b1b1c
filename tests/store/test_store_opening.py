"""Opening a store: where it lies, what is refused, and which schema it has."""

import json
import multiprocessing
import os
import re
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

import surveil_reid.store
from helpers.store_rows import (
    MODEL,
    assert_sound,
    commit,
    crop,
    described,
    new_recording,
    rows,
    store_at,
)
from surveil_reid.core import BusyError, OutdatedError, ReadOnlyError, SchemaError, StoreError
from surveil_reid.store import IdentityGroup, open_store
from surveil_reid.store.engine import Database, parse_url
from surveil_reid.store.migrate import migration_config
from surveil_reid.store.schema import REVISION, Base


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that everybody may read and enter, as pytest's own may not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Permissions bind everybody but root, so be nobody for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def bring(database: Database, revision: str) -> None:
    """Bring a database to an older schema, or an empty one up to that."""
    with database.changing_schema() as connection:
        config = migration_config()
        config.attributes["connection"] = connection
        change = command.upgrade if not inspect(connection).get_table_names() else command.downgrade
        change(config, revision)


def test_exported_names() -> None:
    assert set(surveil_reid.store.__all__) == {
        "CameraCounts",
        "CropFolder",
        "Event",
        "Identity",
        "IdentityGroup",
        "LinkingBasis",
        "NewRecording",
        "Recording",
        "Removed",
        "Reverted",
        "SegmentCommit",
        "SegmentDetections",
        "Store",
        "StoreCounts",
        "StoredCrop",
        "TrackletState",
        "TrackletUpdate",
        "open_store",
        "url_from",
    }


def test_an_empty_store_answers_every_question(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        assert store.cameras() == ()
        assert store.recordings() == ()
        assert store.find_recording("0" * 64) is None
        assert list(store.segments(1)) == []
        assert store.tracklets() == ()
        ids, matrix = store.descriptors()
        assert ids.shape == (0,)
        assert len(matrix) == 0
        assert store.box_tracks(1) == {}
        assert store.model() is None
        assert store.check_model(MODEL) is None
        assert store.memberships() == {}
        assert store.identities() == ()
        assert store.set_identities([]) == ()
        assert store.sweep_crops(0) == 0
        assert store.counts().cameras == ()


def test_the_folder_lies_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///site.db") as store:
        assert store.url == "sqlite:///site.db"
        assert store.folder == tmp_path / "site.files"
        assert store.index_path == tmp_path / "site.files" / "index.faiss"
        assert store.folder.is_dir()


def test_sqlite_is_set_up_for_several_processes(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        with store._database.reading() as session:
            connection = session.connection()
            asked = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "foreign_keys", "busy_timeout")
            }
        assert asked == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 20_000}
    with (
        open_store(f"sqlite:///{tmp_path / 'y.db'}") as store,
        store._database.reading() as session,
    ):
        wait = session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar()
        assert wait >= 30_000


def test_a_store_in_memory_keeps_its_rows(tmp_path: Path) -> None:
    with open_store("sqlite://", folder=tmp_path / "files") as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
        assert [tracklet.id for tracklet in store.tracklets()] == [1]
        assert store.counts().bytes_on_disk == len(b"jpeg 1") + len(store.key())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not a database URL"),
        ("surveil.db", "not a database URL"),
        ("nosuch://host/db", "not a usable database URL"),
        ("sqlite://", "in which folder"),
        ("sqlite:///:memory:", "in which folder"),
        ("oracle+cx_oracle://u:secret@host/db", "in which folder"),
        ("sqlite:///no/such/folder/x.db", "does not exist"),
    ],
)
def test_an_unusable_url_is_reported(
    url: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "files" if url.startswith("nosuch") else None
    with pytest.raises(StoreError, match=says) as caught:
        open_store(url, folder=folder)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_driver_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cx_Oracle"):
        open_store("oracle+cx_oracle://u:p@host/db", folder=tmp_path)


def test_a_folder_is_not_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, *, read_only: bool) -> None:
    garbage = bytes(range(256)) * 40
    (tmp_path / "x.db").write_bytes(garbage)
    with pytest.raises(StoreError, match="not a database"):
        store_at(tmp_path, read_only=read_only)
    assert (tmp_path / "x.db").read_bytes() == garbage
    assert {path.name for path in tmp_path.iterdir()} <= {"x.db"}


def test_a_strangers_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE invoice (id INTEGER)")
    before = (tmp_path / "x.db").read_bytes()
    with pytest.raises(StoreError, match="invoice"):
        store_at(tmp_path)
    assert (tmp_path / "x.db").read_bytes() == before


def test_a_newer_schema_is_refused_naming_both(tmp_path: Path) -> None:
    store_at(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for read_only in (False, True):
        with pytest.raises(SchemaError, match=rf"9999.*{REVISION}"):
            store_at(tmp_path, read_only=read_only)


def test_an_empty_file_becomes_a_store_but_not_by_reading(tmp_path: Path) -> None:
    (tmp_path / "x.db").touch()
    with pytest.raises(StoreError, match="open it once for writing"):
        store_at(tmp_path, read_only=True)
    store_at(tmp_path).close()
    with store_at(tmp_path, read_only=True) as store:
        assert store.revision() == 0


def test_a_store_is_made_only_where_wanted(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with pytest.raises(StoreError, match="no store at"):
        open_store(url, create=False)
    assert list(tmp_path.iterdir()) == []
    open_store(url).close()
    open_store(url, create=False).close()


def test_reading_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        store_at(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_migrations_make_the_schema_of_the_classes(tmp_path: Path) -> None:
    with store_at(tmp_path) as store, store._database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == REVISION


def test_the_newest_migration_is_the_one_named() -> None:
    assert ScriptDirectory.from_config(migration_config()).get_heads() == [REVISION]


def test_a_store_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    database = Database(parse_url(f"sqlite:///{tmp_path / 'x.db'}"))
    first = ScriptDirectory.from_config(migration_config()).get_bases()[0]
    bring(database, first)
    with database.changing_schema() as connection:
        connection.exec_driver_sql("INSERT INTO camera (name) VALUES ('gate')")
    database.close()
    with store_at(tmp_path) as store:
        assert store.cameras() == ("gate",)
    assert rows(tmp_path, "SELECT version_num FROM alembic_version") == [(REVISION,)]


def test_what_a_store_of_the_first_schema_holds_is_kept(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1)), described(crop(2), seed=1)))
        store.set_identities([IdentityGroup(None, (1, 2), (0.5, 0.25))])
        store.log("search", {"top": 1}, "ann")
        (store.folder / "store.key").unlink()  # stores had no keys
        bring(store._database, "0001")
        with store._database.changing_schema() as connection:
            said = {"identities": [1], "sides": [[2], [1]], "named": True}
            connection.exec_driver_sql(
                "INSERT INTO decision (kind, payload, made_at, made_by) VALUES (?, ?, 5.0, 'bob')",
                ("confirm", json.dumps(said)),
            )
    tables = ("camera", "recording", "segment", "model", "tracklet", "track_part", "crop",
              "identity", "membership", "event")  # fmt: skip
    before = {table: rows(tmp_path, f"SELECT * FROM {table}") for table in tables}  # noqa: S608
    with store_at(tmp_path) as store:
        (decision,) = store.decisions()
        assert (decision.kind, decision.sides, decision.who) == ("confirm", ((2,), (1,)), "bob")
        assert store.model() == MODEL
        assert store.memberships() == {1: 1, 2: 1}
        for table in tables:
            after = rows(tmp_path, f"SELECT * FROM {table}")  # noqa: S608
            shown = [row[: len(before[table][0])] for row in after]
            assert shown == before[table]
        assert store.undo().decisions == (decision,)
        assert_sound(store, tmp_path)


def test_an_outdated_store_is_not_changed_by_reading(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        bring(store._database, "0001")
    with pytest.raises(OutdatedError, match="older schema"):
        store_at(tmp_path, read_only=True)
    assert rows(tmp_path, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_migrations_can_be_taken_back(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        bring(store._database, "base")
    left = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    assert rows(tmp_path, left) == [("alembic_version",)]


@pytest.mark.parametrize("dialect", [postgresql.dialect(), mysql.dialect()])
def test_other_databases_can_hold_the_schema(dialect: object) -> None:
    for table in Base.metadata.sorted_tables:
        text = str(CreateTable(table).compile(dialect=dialect))
        assert f"CREATE TABLE {table.name}" in text.replace("`", "").replace('"', "")
        # MySQL's plain BLOB ends at 64 KiB; a length makes it choose a longer kind.
        assert not re.search(r"BLOB(?!\()", text)
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect)).startswith("CREATE INDEX")


def test_a_read_only_store_reads_and_refuses_to_write(tmp_path: Path) -> None:
    with store_at(tmp_path) as store:
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
    with store_at(tmp_path, read_only=True) as store:
        assert len(store.tracklets()) == 1
        for write in (
            lambda: store.add_recording(new_recording("two")),
            lambda: store.commit_segment(commit(recording, 1, described(crop(2)))),
            lambda: store.log("search", {}),
            lambda: store.sweep_crops(0),
            lambda: store.reembed(MODEL, lambda _: None),
        ):
            with pytest.raises(ReadOnlyError):
                write()
        assert len(list(store.folder.rglob("*.jpg"))) == 1


def test_a_reader_sees_a_writer_at_work(tmp_path: Path) -> None:
    with store_at(tmp_path) as writer, store_at(tmp_path, read_only=True) as reader:
        writer.add_recording(new_recording())
        assert reader.cameras() == ("gate",)


@pytest.mark.parametrize("name", ["x.db", "a #1%20.db"])
def test_a_store_in_a_folder_without_permission_can_be_read(public_folder: Path, name: str) -> None:
    url = f"sqlite:///{public_folder / name}"
    with open_store(url) as store:
        store.add_recording(new_recording())
    public_folder.chmod(0o555)
    with unprivileged(), pytest.raises(StoreError, match="cannot be read; who made it decides"):
        open_store(url, read_only=True)
    next(public_folder.glob("*.db")).chmod(0o644)
    store.folder.chmod(0o755)
    with unprivileged():
        with open_store(url, read_only=True) as store:
            assert store.cameras() == ("gate",)
        with pytest.raises(ReadOnlyError, match="cannot be written"):
            open_store(url)


def test_a_log_that_cannot_be_read_is_not_passed_over(public_folder: Path) -> None:
    url = f"sqlite:///{public_folder / 'x.db'}"
    open_store(url).close()
    (public_folder / "x.db").chmod(0o644)
    (public_folder / "x.db-wal").write_bytes(b"committed rows")
    public_folder.chmod(0o555)
    with unprivileged(), pytest.raises(ReadOnlyError, match=r"x\.db-wal"):
        open_store(url, read_only=True)


@pytest.mark.parametrize("place", ["x.db", "x.files"])
def test_a_place_without_permission_is_refused_at_once(public_folder: Path, place: str) -> None:
    url = f"sqlite:///{public_folder / 'x.db'}"
    open_store(url).close()
    for path in (public_folder, *public_folder.iterdir()):
        path.chmod(0o777)
    (public_folder / place).chmod(0o555)
    with unprivileged(), pytest.raises(ReadOnlyError, match=f"{place} cannot be written"):
        open_store(url)


def test_a_place_that_cannot_be_entered_is_refused(public_folder: Path) -> None:
    public_folder.chmod(0o700 if os.geteuid() == 0 else 0o000)
    with unprivileged(), pytest.raises(ReadOnlyError, match="cannot be written"):
        open_store(f"sqlite:///{public_folder / 'inner' / 'x.db'}")


def _open(url: str) -> int:
    with open_store(url) as store:
        store.log("opened", {})
        return store.revision()


def test_processes_may_create_a_store_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    url = f"sqlite:///{tmp_path / 'x.db'}"
    with context.Pool(3) as pool:
        assert pool.map(_open, [url] * 3, chunksize=1) == [0] * 3
    with open_store(url) as store:
        assert len(store.events(10)) == 3


def test_a_new_store_waits_for_who_else_is_making_it(tmp_path: Path) -> None:
    """As while another process goes over to the write-ahead log, which takes a moment."""
    file = tmp_path / "x.db"
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="another process holds its lock"):
            open_store(f"sqlite:///{file}?timeout=0.1")
        release = threading.Timer(0.5, other.execute, ["ROLLBACK"])
        release.start()
        with open_store(f"sqlite:///{file}") as store:
            assert store.revision() == 0
        release.join()
