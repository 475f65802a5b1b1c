"""Reviewers' decisions on a real store: seen at once, obeyed by linking, and taken back exactly."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.store_rows import (
    WIDE,
    WIDE_DIM,
    assert_sound,
    commit,
    described,
    new_recording,
    rows,
    sighting,
    store_at,
)
from helpers.store_rows import near as any_near
from surveil_reid.core import Floats, InputError, ReviewDecision, StoreError, UnknownNameError
from surveil_reid.identity import TravelTime
from surveil_reid.pipeline import (
    confirm_tracklets,
    link_store,
    merge_identities,
    redo_decisions,
    reject_tracklets,
    split_identity,
    undo_decisions,
)
from surveil_reid.pipeline.linking import link_new
from surveil_reid.store import Store, TrackletUpdate

PEOPLE = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 1, 7: 2, 8: 4}
"""Who a tracklet shows; 1 to 5 were seen by the gate, 6 to 8 by the yard."""


def near(seed: int, wobble: int) -> Floats:
    return any_near(seed, wobble, dim=WIDE_DIM)


def fill(store: Store) -> None:
    for camera, numbers in (("gate", range(1, 6)), ("yard", range(6, 9))):
        recording = store.add_recording(new_recording(camera, camera=camera))
        updates = [sighting(n, near(PEOPLE[n], n)) for n in numbers]
        store.commit_segment(commit(recording, 0, *updates, model=WIDE))
    link_store(store)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Identities 1 to 4 have tracklets (1, 2, 6), (3, 4, 7), (5,) and (8,)."""
    folder = tmp_path_factory.mktemp("template")
    with store_at(folder) as store:
        fill(store)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "site"))


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with store_at(folder) as opened:
        yield opened


def members(store: Store) -> dict[int, tuple[int, ...]]:
    return {i.id: tuple(sorted(i.tracklet_ids)) for i in store.identities()}


def state(folder: Path) -> list[tuple[object, ...]]:
    """Memberships and identities as the database has them, scores and makers included."""
    columns = "tracklet_id, identity_id, score, made_by"
    return [
        *rows(folder, f"SELECT {columns} FROM membership ORDER BY 1"),  # noqa: S608
        *rows(folder, "SELECT id FROM identity ORDER BY 1"),
    ]


def reviewed(folder: Path) -> set[int]:
    return {
        n for (n,) in rows(folder, "SELECT tracklet_id FROM membership WHERE made_by != 'system'")
    }


def test_the_template_is_linked_as_it_says(store: Store) -> None:
    assert members(store) == {1: (1, 2, 6), 2: (3, 4, 7), 3: (5,), 4: (8,)}


def test_a_merge_keeps_the_smallest_number(store: Store, folder: Path) -> None:
    made = merge_identities(store, [3, 2, 4], who="ann")
    assert members(store) == {1: (1, 2, 6), 2: (3, 4, 5, 7, 8)}
    assert reviewed(folder) == {3, 4, 5, 7, 8}
    assert (made.kind, made.identities, made.who) == ("merge", (2, 3, 4), "ann")
    link_store(store)
    assert members(store) == {1: (1, 2, 6), 2: (3, 4, 5, 7, 8)}
    assert_sound(store, folder)


def test_who_is_confirmed_moves_and_stays(store: Store, folder: Path) -> None:
    confirm_tracklets(store, 1, [8])
    assert members(store) == {1: (1, 2, 6, 8), 2: (3, 4, 7), 3: (5,)}
    assert reviewed(folder) == {8}
    link_store(store)
    assert members(store) == {1: (1, 2, 6, 8), 2: (3, 4, 7), 3: (5,)}
    assert reviewed(folder) == {8}


def test_a_whole_identity_can_be_confirmed(store: Store, folder: Path) -> None:
    confirm_tracklets(store, 2)
    assert reviewed(folder) == {3, 4, 7}
    assert members(store)[2] == (3, 4, 7)


def test_who_is_rejected_is_on_their_own_and_never_comes_back(store: Store, folder: Path) -> None:
    reject_tracklets(store, 1, [6])
    assert members(store) == {1: (1, 2), 2: (3, 4, 7), 3: (5,), 4: (8,), 5: (6,)}
    assert reviewed(folder) == set()
    link_store(store)
    assert members(store) == {1: (1, 2), 2: (3, 4, 7), 3: (5,), 4: (8,), 5: (6,)}


def test_the_rejected_may_be_one_person_unless_split_off_as_one(store: Store) -> None:
    reject_tracklets(store, 1, [2])
    reject_tracklets(store, 1, [6])
    assert members(store)[1] == (1,)
    link_store(store)  # 2 and 6 look alike, and nobody said that they are different people
    assert {(1,), (2, 6)} <= set(members(store).values())


def test_a_split_gives_the_others_one_new_number(store: Store, folder: Path) -> None:
    split_identity(store, 2, [4, 7])
    assert members(store) == {1: (1, 2, 6), 2: (3,), 3: (5,), 4: (8,), 5: (4, 7)}
    assert reviewed(folder) == {4, 7}
    link_store(store)
    assert members(store) == {1: (1, 2, 6), 2: (3,), 3: (5,), 4: (8,), 5: (4, 7)}


def test_an_identity_can_be_rejected_for_another(store: Store) -> None:
    model = replace(WIDE, linking_similarity=-1.0)  # so that everybody alike or not is one
    recording = store.recordings("gate")[0]
    store.commit_segment(commit(recording, 1, model=model))
    reject_tracklets(store, 3, other=4)
    before = members(store)
    assert before == {1: (1, 2, 6), 2: (3, 4, 7), 3: (5,), 4: (8,)}
    link_store(store, similarity=-1.0)
    who = store.memberships()
    assert who[5] != who[8]
    assert len(set(who.values())) == 2


def test_one_tracklet_of_a_merge_can_be_rejected_later(store: Store, folder: Path) -> None:
    merge_identities(store, [1, 2])
    reject_tracklets(store, 1, [7])
    assert members(store) == {1: (1, 2, 3, 4, 6), 3: (5,), 4: (8,), 5: (7,)}
    assert 7 not in reviewed(folder)
    link_store(store)
    assert members(store) == {1: (1, 2, 3, 4, 6), 3: (5,), 4: (8,), 5: (7,)}


def test_a_rejection_elsewhere_leaves_a_merge_whole(store: Store) -> None:
    merge_identities(store, [1, 3])
    reject_tracklets(store, 2, [5])
    link_store(store)
    assert members(store)[1] == (1, 2, 5, 6)


def test_who_is_held_together_moves_together(store: Store) -> None:
    split_identity(store, 2, [4, 7])
    confirm_tracklets(store, 1, [4])
    assert members(store) == {1: (1, 2, 4, 6, 7), 2: (3,), 3: (5,), 4: (8,)}


Say = Callable[[Store], ReviewDecision]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (
            lambda s: reject_tracklets(s, 1, [6]),
            lambda s: confirm_tracklets(s, 1, [6]),
            ("reject", "confirm"),
        ),
        (
            lambda s: confirm_tracklets(s, 1, [6]),
            lambda s: reject_tracklets(s, 1, [6]),
            ("confirm", "reject"),
        ),
        (
            lambda s: confirm_tracklets(s, 1),
            lambda s: split_identity(s, 1, [6]),
            ("confirm", "split"),
        ),
        (
            lambda s: split_identity(s, 1, [6]),
            lambda s: merge_identities(s, [1, 5]),
            ("split", "merge"),
        ),
        (
            lambda s: reject_tracklets(s, 1, other=2),
            lambda s: merge_identities(s, [2, 1]),
            ("reject", "merge"),
        ),
        (
            lambda s: confirm_tracklets(s, 1, [6]),
            lambda s: confirm_tracklets(s, 2, [6]),
            ("identity 1", "identity 2"),
        ),
        (
            lambda s: confirm_tracklets(s, 1),
            lambda s: confirm_tracklets(s, 2, [6]),
            ("identity 1", "identity 2"),
        ),
    ],
)
def test_a_contradiction_is_refused_naming_both(
    store: Store, folder: Path, first: Say, second: Say, words: tuple[str, str]
) -> None:
    first(store)
    before = state(folder)
    with pytest.raises(InputError, match=f"{words[1]}.* contradicts decision 1 .*{words[0]}"):
        second(store)
    assert state(folder) == before
    undo_decisions(store)
    if words != ("split", "merge"):  # with the split, what it made is gone
        second(store)


def test_undoing_and_redoing_give_the_same_numbers(store: Store, folder: Path) -> None:
    states = [state(folder)]
    for say in (
        lambda: split_identity(store, 2, [7]),
        lambda: merge_identities(store, [1, 4]),
        lambda: reject_tracklets(store, 1, [2]),
    ):
        say()
        states.append(state(folder))
    assert [d.kind for d in undo_decisions(store, 2)] == ["reject", "merge"]
    assert state(folder) == states[1]
    assert [d.kind for d in redo_decisions(store)] == ["merge"]
    assert state(folder) == states[2]
    undo_decisions(store, 2)
    assert state(folder) == states[0]
    redo_decisions(store, 3)
    assert state(folder) == states[3]
    assert [d.id for d in store.decisions()] == [1, 2, 3]


def test_saying_again_what_was_undone_gives_the_same_numbers(store: Store, folder: Path) -> None:
    split_identity(store, 2, [7])
    after = state(folder)
    undo_decisions(store)
    split_identity(store, 2, [7])
    assert state(folder) == after
    undo_decisions(store)
    split_identity(store, 2, [4])
    assert members(store)[6] == (4,)
    with pytest.raises(InputError, match="to redo"):
        redo_decisions(store)


def test_there_is_no_undoing_what_was_not_done(store: Store, folder: Path) -> None:
    merge_identities(store, [1, 2])
    before = state(folder)
    with pytest.raises(InputError, match="2 decisions to undo, but the store holds only 1"):
        undo_decisions(store, 2)
    with pytest.raises(InputError, match="at least 1"):
        undo_decisions(store, 0)
    assert state(folder) == before


def test_the_log_tells_who_decided_what_and_when(store: Store) -> None:
    merge_identities(store, [1, 2], who="ann")
    reject_tracklets(store, 3, [8], who="bob")
    undo_decisions(store, 2, who="cyd")
    redo_decisions(store, who="dot")
    lines = store.events(4)[::-1]
    assert [(e.kind, e.who) for e in lines] == [
        ("merge", "ann"), ("reject", "bob"), ("undo", "cyd"), ("redo", "dot"),
    ]  # fmt: skip
    assert lines[0].detail["identities"] == [1, 2]
    assert lines[1].detail["sides"] == [[8], [5]]
    assert lines[2].detail == {"decisions": [2, 1]}
    assert all(a.at <= b.at for a, b in pairwise(lines))


def test_undoing_after_linking_links_anew_without_the_decision(store: Store) -> None:
    before = members(store)
    reject_tracklets(store, 1, [1])
    reject_tracklets(store, 1, [2])
    link_store(store)  # which joins 1 and 2 again, as somebody else than 6
    undo_decisions(store, 2)
    assert set(members(store).values()) == set(before.values())


@pytest.mark.parametrize("parted", [True, False])
def test_whom_a_confirmation_took_away_does_not_go_back_when_the_other_is_removed(
    store: Store, folder: Path, parted: bool
) -> None:
    merge_identities(store, [1, 2])
    confirm_tracklets(store, 3, [2])
    if parted:
        reject_tracklets(store, 1, other=3)
    store.remove_tracklet(5)
    link_store(store, similarity=0.999)  # by decisions alone
    assert (2,) in members(store).values()
    assert (1, 3, 4, 6, 7) in members(store).values()
    assert_sound(store, folder)
    undo_decisions(store, 2 if parted else 1)
    link_store(store, similarity=0.999)


FAR = TravelTime(origin="gate", to="yard", minimum=60.0)
"""Nobody in the template is as long on the way between both cameras."""

APART = {(1, 2), (6,), (3, 4), (7,), (5,), (8,)}


def test_whatever_links_again_heeds_the_travel_times_that_linking_was_told(
    store: Store, folder: Path
) -> None:
    link_store(store, travel=(FAR,))
    assert set(members(store).values()) == APART
    merge_identities(store, [1, 5])
    assert members(store)[1] == (1, 2, 6)
    reject_tracklets(store, 1, [1])
    reject_tracklets(store, 1, [2])
    store.close()
    with store_at(folder) as opened:
        link_store(opened)  # which joins 1 and 2 again, so that undoing must link anew
        assert set(members(opened).values()) == APART
        undo_decisions(opened, 3)
        assert set(members(opened).values()) == APART
        redo_decisions(opened, 3)
        link_new(opened)
        undo_decisions(opened, 3)
        assert set(members(opened).values()) == APART
        link_store(opened, travel=())
        assert set(members(opened).values()) == {(1, 2, 6), (3, 4, 7), (5,), (8,)}


def test_travel_times_mean_nothing_where_a_camera_has_times_that_nobody_knows(
    store: Store,
) -> None:
    made_up = replace(new_recording("when", camera="yard", start=0.0), start_known=False)
    store.add_recording(made_up)
    link_store(store, travel=(FAR,))
    assert set(members(store).values()) == {(1, 2, 6), (3, 4, 7), (5,), (8,)}


@pytest.mark.parametrize(("time", "in_time"), [(1080.0, False), (1150.0, True)])
def test_new_tracklets_are_linked_by_the_travel_times_that_linking_was_told(
    store: Store, time: float, in_time: bool
) -> None:
    link_store(store, travel=(FAR,))
    yard = store.add_recording(new_recording("later", camera="yard"))
    seen = replace(sighting(1, near(3, 902)), track=described(times=(time, time + 5)).track)
    (new,) = store.commit_segment(commit(yard, 0, seen, model=WIDE))
    link_new(store)
    who = store.memberships()
    assert (who[new] == who[5]) == in_time  # the gate has seen the same person until 1055


def test_undoing_heeds_the_similarity_that_linking_was_told(store: Store) -> None:
    reject_tracklets(store, 1, [1])
    link_store(store, similarity=1.0)
    undo_decisions(store)
    assert set(members(store).values()) == {(n,) for n in PEOPLE}
    link_store(store)
    assert set(members(store).values()) == {(1, 2, 6), (3, 4, 7), (5,), (8,)}


def test_a_similarity_is_forgotten_with_the_model_that_it_was_told_for(store: Store) -> None:
    link_store(store, similarity=1.0, travel=(FAR,))

    def compute(jpegs: Sequence[bytes]) -> Floats:
        numbers = [int(jpeg.split()[1]) for jpeg in jpegs]
        return np.stack([near(PEOPLE[number], number) for number in numbers])

    store.reembed(replace(WIDE, sha256="d" * 64), compute)
    link_new(store)
    assert set(members(store).values()) == APART


def test_adding_with_a_sites_travel_times_keeps_them(store: Store) -> None:
    link_new(store, travel=(FAR,))
    assert set(members(store).values()) == {(1, 2, 6), (3, 4, 7), (5,), (8,)}
    link_store(store)
    assert set(members(store).values()) == APART


def test_decisions_outlive_another_embedder(store: Store) -> None:
    merge_identities(store, [1, 2])
    reject_tracklets(store, 1, [6])
    other = replace(WIDE, sha256="c" * 64)
    places = iter(range(1, 9))
    store.reembed(other, lambda jpegs: np.stack([near(PEOPLE[next(places)], 0) for _ in jpegs]))
    link_new(store)
    who = store.memberships()
    assert len({who[n] for n in (1, 2, 3, 4, 7)}) == 1
    assert who[6] != who[1]
    undo_decisions(store, 2)
    who = store.memberships()
    assert who[1] != who[3]


def test_new_tracklets_are_linked_under_the_decisions(store: Store) -> None:
    merge_identities(store, [1, 2])
    recording = store.add_recording(new_recording("roof", camera="roof"))
    (new,) = store.commit_segment(commit(recording, 0, sighting(1, near(5, 900)), model=WIDE))
    link_new(store)
    assert members(store)[1] == (1, 2, 3, 4, 6, 7)
    assert store.memberships()[new] not in {1, 3, 4}


def test_a_doubtful_tracklet_can_be_confirmed(store: Store) -> None:
    recording = store.add_recording(new_recording("roof", camera="roof"))
    doubtful = replace(sighting(1, near(9, 901)), doubtful=True)
    (new,) = store.commit_segment(commit(recording, 0, doubtful, model=WIDE))
    confirm_tracklets(store, 1, [new])
    link_store(store)
    assert members(store)[1] == (1, 2, 6, new)
    undo_decisions(store)
    assert new not in store.memberships()


def test_what_is_removed_is_gone_from_decisions_too(store: Store, folder: Path) -> None:
    confirm_tracklets(store, 1, [8])
    merge_identities(store, [2, 3])
    reject_tracklets(store, 2, [6])
    store.remove_camera("yard")
    (left,) = store.decisions()
    assert (left.kind, left.sides) == ("merge", ((3, 4), (5,)))
    ((changes,),) = rows(folder, "SELECT changes FROM decision")
    assert {change["tracklet"] for change in json.loads(changes)} == {3, 4, 5}
    undo_decisions(store)
    assert members(store) == {1: (1, 2), 2: (3, 4), 3: (5,)}
    assert_sound(store, folder)


def test_a_tracklet_that_turns_out_to_be_another_takes_the_decisions_along(store: Store) -> None:
    confirm_tracklets(store, 2, [8])
    yard = store.recordings("yard")[0]
    store.commit_segment(
        commit(yard, 1, TrackletUpdate(id=6, track=described().track, absorbs=(8,)), model=WIDE)
    )
    (decision,) = store.decisions()
    assert decision.sides == ((6,), (3, 4, 7))
    link_store(store)
    assert store.memberships()[6] == 2
    undo_decisions(store)  # 8, which it moved, is gone; nobody says any more that 6 is identity 2
    assert members(store)[1] == (1, 2, 6)


def test_a_tracklet_that_turns_out_to_be_who_it_was_parted_from_parts_nobody_else(
    store: Store,
) -> None:
    reject_tracklets(store, 1, [8])
    yard = store.recordings("yard")[0]
    store.commit_segment(
        commit(yard, 1, TrackletUpdate(id=6, track=described().track, absorbs=(8,)), model=WIDE)
    )
    assert store.decisions() == ()
    link_store(store)
    assert members(store)[1] == (1, 2, 6)


@pytest.mark.parametrize(
    ("say", "words"),
    [
        (lambda s: confirm_tracklets(s, 99), "no identity 99"),
        (lambda s: confirm_tracklets(s, 1, [99]), "no tracklet 99"),
        (lambda s: reject_tracklets(s, 1, [99]), "no tracklet 99"),
        (lambda s: reject_tracklets(s, 3, [5]), "not all of it"),
        (lambda s: reject_tracklets(s, 1), "not all of it"),
        (lambda s: reject_tracklets(s, 1, other=1), "always itself"),
        (lambda s: merge_identities(s, [1]), "two identities"),
        (lambda s: merge_identities(s, [1, 99]), "no identity 99"),
        (lambda s: split_identity(s, 1, [1, 2, 6]), "not all"),
        (lambda s: split_identity(s, 1, [3]), "some of the tracklets"),
        (lambda s: split_identity(s, 1, []), "some of the tracklets"),
    ],
)
def test_what_cannot_be_meant_is_said(store: Store, folder: Path, say: Say, words: str) -> None:
    before = state(folder)
    with pytest.raises((InputError, UnknownNameError), match=words):
        say(store)
    assert state(folder) == before
    assert store.decisions() == ()


def test_a_decision_on_what_somebody_else_has_changed_is_refused(store: Store) -> None:
    decisions, seen, basis = store.decisions(), store.memberships(), store.linking_basis()
    merge_identities(store, [1, 2])
    old = ReviewDecision(kind="merge", identities=(3, 4), sides=((5,), (8,)), named=False)
    with pytest.raises(StoreError, match="meanwhile"):
        store.decide(old, [], seen=seen, obeying=decisions)
    with pytest.raises(StoreError, match="meanwhile"):
        store.set_identities([], basis=basis)


Step = tuple[str, int, int, frozenset[int]]
DECIDING = ("confirm", "reject", "merge", "split")


def steps_of(*kinds: str) -> st.SearchStrategy[list[Step]]:
    step = st.tuples(
        st.sampled_from(kinds),
        st.integers(0, 7),
        st.integers(0, 7),
        st.frozensets(st.integers(1, 8), max_size=3),
    )
    return st.lists(step, max_size=12)


def take(store: Store, step: Step) -> None:
    """Take a step, on whichever identities there are; it may be refused."""
    kind, first, second, tracklets = step
    numbers = [identity.id for identity in store.identities()]
    one, two = numbers[first % len(numbers)], numbers[second % len(numbers)]
    chosen = sorted(tracklets)
    if kind == "confirm":
        confirm_tracklets(store, one, chosen)
    elif kind == "reject":
        reject_tracklets(store, one, chosen, other=two if not chosen and one != two else None)
    elif kind == "merge":
        merge_identities(store, [one, two])
    elif kind == "split":
        split_identity(store, one, chosen)
    elif kind == "undo":
        undo_decisions(store, 1 + first % 3)
    elif kind == "redo":
        redo_decisions(store, 1 + first % 2)
    else:
        link_store(store)


@given(steps_of(*DECIDING, "undo", "redo"))
@settings(max_examples=20, deadline=None)
def test_any_decisions_and_as_many_undos_are_nothing(template: Path, steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(template, name, dirs_exist_ok=True))
        with store_at(folder) as store:
            states = [state(folder)]  # after so many decisions, those undone included
            for step in steps:
                with suppress(InputError):
                    take(store, step)
                count, found = len(store.decisions()), state(folder)
                if count == len(states) or (step[0] in DECIDING and found != states[count]):
                    states[count:] = [found]
                assert found == states[count]
                check_obeyed(store)
            for _ in store.decisions():
                undo_decisions(store)
            assert state(folder) == states[0]
            assert_sound(store, folder)


@given(steps_of(*DECIDING, "undo", "redo", "link"))
@settings(max_examples=20, deadline=None)
def test_whatever_is_linked_meanwhile_obeys_and_can_be_undone(
    template: Path, steps: list[Step]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(template, name, dirs_exist_ok=True))
        with store_at(folder) as store:
            before = set(members(store).values())
            for step in steps:
                with suppress(InputError):
                    take(store, step)
                check_obeyed(store)
            for _ in store.decisions():
                undo_decisions(store)
            link_store(store)
            assert set(members(store).values()) == before
            assert reviewed(folder) == set()
            assert_sound(store, folder)


def check_obeyed(store: Store) -> None:
    """Who the newest decision speaks of is where it says, by its definition."""
    who = store.memberships()
    for newest in store.decisions()[-1:]:
        if newest.kind in {"confirm", "merge"}:
            assert len({who[n] for side in newest.sides for n in side}) == 1
        else:
            left, right = ({who.get(n, -n) for n in side} for side in newest.sides)
            assert not left & right
            assert newest.kind == "reject" or len(left) == 1
