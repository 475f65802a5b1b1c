"""One day's work on SQLite, and on a real PostgreSQL server that a package brings along."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from helpers.store_rows import (
    DIM,
    OTHER_MODEL,
    commit,
    crop,
    described,
    files_of,
    new_recording,
    track,
    unit,
    units,
)
from surveil_reid.core import BusyError, ReviewDecision, StoreError
from surveil_reid.store import IdentityGroup, Removed, TrackletUpdate, open_store
from surveil_reid.store.engine import Database, parse_url
from surveil_reid.store.migrate import migration_config
from surveil_reid.store.schema import Base


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an empty database on a server of its own."""
    folder = tmp_path_factory.mktemp("postgresql")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", str(folder))
        # It looks for its runtime folder when it is imported.
        pgserver = pytest.importorskip("pgserver", reason="no pgserver for this Python or machine")
        server = pgserver.get_server(folder / "data")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'x.db'}"
        return
    other = request.getfixturevalue("postgresql")
    yield other
    database = Database(parse_url(other))
    with database.changing_schema() as connection:
        config = migration_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.execute(text("DROP TABLE alembic_version"))
    database.close()


def test_a_days_work(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    open_store(url, folder=folder).close()
    with open_store(url, folder=folder) as store:
        one = store.add_recording(new_recording("one", start=1000.0))
        two = store.add_recording(new_recording("two", start=1010.0))
        yard = store.add_recording(new_recording("yard", camera="yard", start=1000.1))
        assert store.recordings() == (one, yard, two)
        first = described(crop(1, time=1001.0), times=(1001.0, 1009.75), seed=1, live=4)
        store.commit_segment(commit(one, 0, first, state={"next": [1, 2.5]}))
        assert store.recordings("gate")[0].state == {"next": [1, 2.5]}
        with pytest.raises(BusyError):
            store.commit_segment(commit(one, 0, first))
        across = TrackletUpdate(
            id=1,
            track=track(1010.0, 1011.125),
            crops=(crop(1, time=1001.0), crop(2, time=1010.0)),
            embeddings=units(1, 2),
            descriptor=unit(5),
        )
        part = described(crop(3, time=1012.0), times=(1012.0, 1013.0))
        assert store.commit_segment(commit(two, 0, across, part)) == (1, 2)
        store.commit_segment(commit(yard, 0, described(crop(4), seed=4)))
        joined = TrackletUpdate(id=1, track=track(), crops=(crop(2, time=1010.0),), absorbs=(2,))
        store.commit_segment(commit(two, None, joined, complete=True))
        assert store.box_track(1).times.tolist() == [
            1001.0, 1009.75, 1010.0, 1011.125, 1012.0, 1013.0,
        ]  # fmt: skip
        assert [found.number for found in store.segments(two.id)] == [0]
        ids, matrix = store.descriptors()
        assert ids.tolist() == [1, 3]
        np.testing.assert_array_equal(matrix, units(5, 4))
        assert store.tracklet_count(one.id) == 1
        assert store.set_identities([IdentityGroup(None, (1, 3), (1.0, 0.25))]) == (1,)
        assert store.identity(1).scores == (0.25, 1.0)
        assert store.set_identities([IdentityGroup(1, (3,), (0.5,))]) == (1,)
        assert store.counts().cameras[0].complete == 1
        assert store.reembed(OTHER_MODEL, lambda jpegs: units_of(len(jpegs))) == 2
        assert store.model() == OTHER_MODEL
        assert store.remove_recording("footage/one.mp4") == Removed(1, 0, 0)
        assert store.tracklet(1).start == 1010.0
        assert store.remove_camera("gate") == Removed(1, 1, 1)
        assert len(files_of(store)) == 1
        assert store.revision() > 0
        assert {event.kind for event in store.events(100)} >= {"segment", "identities", "remove"}
    with open_store(url, folder=folder, read_only=True) as store, pytest.raises(StoreError):
        store.log("search", {})


def test_decisions_are_taken_back_and_made_again(url: str, tmp_path: Path) -> None:
    with open_store(url, folder=tmp_path / "files") as store:
        recording = store.add_recording(new_recording())
        seen = [described(crop(n), times=(1000.0 + n, 1000.5 + n), seed=n) for n in range(1, 4)]
        store.commit_segment(commit(recording, 0, *seen))
        store.set_identities(
            [IdentityGroup(None, (1, 2), (0.5, 0.25)), IdentityGroup(None, (3,), (1.0,))]
        )
        states = [store.identities()]
        split = ReviewDecision(kind="split", identities=(1,), sides=((2,), (1,)), named=True)
        merge = ReviewDecision(kind="merge", identities=(1, 2), sides=((1,), (3,)), named=False)
        for decision, groups in (
            (split, [IdentityGroup(1, (1,), (1.0,)), IdentityGroup(None, (2,), (1.0,))]),
            (merge, [IdentityGroup(1, (1, 3), (0.125, 0.125))]),
        ):
            inside = [number for group in groups for number in group.members]
            who = store.memberships()
            store.decide(
                decision, groups, seen={n: who[n] for n in inside}, obeying=store.decisions()
            )
            states.append(store.identities())
        assert [identity.id for identity in states[2]] == [1, 3]
        assert store.memberships(by="reviewer") == {1: 1, 2: 3, 3: 1}
        assert not store.undo(2).stale
        assert store.identities() == states[0]
        assert not store.redo(1).stale
        assert store.identities() == states[1]
        store.redo(1)
        assert store.identities() == states[2]
        store.remove_camera("gate")
        assert store.decisions() == ()


def units_of(count: int) -> np.ndarray:
    return np.stack([unit(seed, OTHER_MODEL.dim) for seed in range(count)])


def test_migrations_make_the_schema_of_the_classes(url: str, tmp_path: Path) -> None:
    open_store(url, folder=tmp_path).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_strangers_tables_are_left_alone(url: str, tmp_path: Path) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoice (id INTEGER)"))
    with pytest.raises(StoreError, match="invoice"):
        open_store(url, folder=tmp_path)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE invoice"))
    engine.dispose()
    open_store(url, folder=tmp_path).close()


def test_vectors_keep_their_length(url: str, tmp_path: Path) -> None:
    with open_store(url, folder=tmp_path) as store:
        assert store.descriptors()[1].shape == (0, 0)
        recording = store.add_recording(new_recording())
        store.commit_segment(commit(recording, 0, described(crop(1))))
        assert store.descriptors()[1].shape == (1, DIM)
