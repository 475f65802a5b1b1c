"""Linking while others work on the same store: what they have done stays done."""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import pytest

from helpers.store_rows import (
    WIDE,
    WIDE_DIM,
    assert_sound,
    commit,
    near,
    new_recording,
    sighting,
    store_at,
)
from surveil_reid.core import BusyError
from surveil_reid.pipeline import link_store, linking, merge_identities
from surveil_reid.pipeline.linking import link_new
from surveil_reid.store import Store

ROUNDS = 12
spawn = multiprocessing.get_context("spawn")


def see(store: Store, camera: str, number: int, *, person: int) -> int:
    """Commit one more tracklet of a camera; its number."""
    recording = store.add_recording(new_recording(f"{camera} {number}", camera=camera))
    update = sighting(number, near(person, number, dim=WIDE_DIM))
    (made,) = store.commit_segment(commit(recording, 0, update, model=WIDE))
    return made


def _work(folder: Path, camera: str, barrier: Barrier) -> None:
    with store_at(folder) as store:
        known: dict[int, int] = {}
        for number in range(ROUNDS):
            see(store, camera, number, person=100 * len(camera) + number)
            barrier.wait(60)
            link_new(store)
            who = store.memberships()
            assert {n: who.get(n) for n in known} == known
            known = who
            barrier.wait(60)
            assert set(store.memberships()) == {tracklet.id for tracklet in store.tracklets()}


def test_two_processes_that_end_together_both_give_identities(tmp_path: Path) -> None:
    store_at(tmp_path).close()
    barrier = spawn.Barrier(2)
    workers = [
        spawn.Process(target=_work, args=(tmp_path, camera, barrier))
        for camera in ("gate", "porch")
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    with store_at(tmp_path) as store:
        assert len(store.memberships()) == 2 * ROUNDS
        assert_sound(store, tmp_path)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """The same store twice: two people at the gate, one of whom came to the yard too."""
    with store_at(tmp_path) as one, store_at(tmp_path) as other:
        for number, (camera, person) in enumerate([("gate", 1), ("gate", 2), ("yard", 1)]):
            see(one, camera, number, person=person)
        link_new(one)
        see(one, "gate", 3, person=3)
        yield one, other


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], times: int = 1) -> None:
    """Let somebody act each time that tracklets are about to be linked, up to so many times."""
    grouped, left = linking.extend, [act] * times

    def extend(*args: object, **options: object) -> object:
        if left:
            left.pop()()
        return grouped(*args, **options)

    monkeypatch.setattr(linking, "extend", extend)


def test_whom_another_process_links_meanwhile_stays_linked(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = stores
    numbers = iter(range(10, 20))
    found: dict[int, int] = {}

    def act() -> None:
        see(other, "yard", next(numbers), person=4)
        link_new(other)
        found.update(other.memberships())

    during(monkeypatch, act)
    link_new(one)
    assert len(found) == 5
    assert one.memberships() == found


def test_a_camera_that_is_removed_meanwhile_is_left_out(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = stores
    during(monkeypatch, lambda: other.remove_camera("gate"))
    assert link_new(one).tracklets == 1
    assert one.memberships() == {3: 1}


def test_what_is_decided_meanwhile_is_obeyed(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = stores
    during(monkeypatch, lambda: merge_identities(other, [1, 2]))
    link_new(one)
    assert one.memberships() == {1: 1, 2: 1, 3: 1, 4: 3}


def test_what_linking_is_told_meanwhile_is_heeded(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = stores
    during(monkeypatch, lambda: link_store(other, similarity=1.0))
    link_new(one)
    assert len(set(one.memberships().values())) == 4
    assert one.linking_basis().options["similarity"] == 1.0


def test_descriptors_of_another_model_are_not_linked_by_what_the_first_one_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store_at(tmp_path) as one, store_at(tmp_path) as other:
        for number in range(2):
            see(one, "gate", number, person=1)
        model = replace(WIDE, sha256="d" * 64)
        apart = np.eye(2, WIDE_DIM, dtype=np.float32)
        during(monkeypatch, lambda: other.reembed(model, lambda jpegs: apart[: len(jpegs)]))
        link_new(one)
        assert one.linking_basis().options["model"] == model.sha256
        assert len(set(one.memberships().values())) == 2


def test_linking_gives_up_where_others_never_rest(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = stores
    numbers = iter(range(10, 90))

    def act() -> None:
        see(other, "yard", next(numbers), person=4)
        link_store(other)

    during(monkeypatch, act, times=80)
    with pytest.raises(BusyError, match="meanwhile"):
        link_new(one)
    assert one.memberships() == other.memberships()
