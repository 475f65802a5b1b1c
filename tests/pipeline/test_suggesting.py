"""The questions for reviewers: which come first, and that an answer settles each."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.store_rows import MODEL, commit, crop, described, new_recording, store_at
from surveil_reid.core import Calibration, Floats, InputError
from surveil_reid.pipeline import (
    answer_suggestion,
    confirm_tracklets,
    is_open,
    suggestions,
)
from surveil_reid.store import IdentityGroup, Store, TrackletUpdate

CURVE = Calibration(
    similarities=(0.3, 0.7), log_odds=(-4.0, 4.0), gallery_size=7, fitted_on="a test"
)
PLANE = replace(MODEL, calibration=CURVE, linking_similarity=0.5)
TURNS = {1: 0, 2: 5, 3: 12, 4: 62, 5: 66, 6: 130, 7: 190}
"""Tracklets by the direction of their descriptors in a plane, in degrees."""


def towards(degrees: float) -> Floats:
    vector = np.zeros(MODEL.dim, np.float32)
    vector[:2] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vector


def seen(number: int, *, time: float | None = None) -> TrackletUpdate:
    start = 1000.0 + 10 * number if time is None else time
    made = described(crop(number, time=start), times=(start, start + 5), seed=number)
    vector = towards(TURNS[number])
    return replace(made, embeddings=vector[None], descriptor=vector)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Identity 1 is (1, 2, 3), 2 is (4, 5), 3 is (6, 7)."""
    with store_at(tmp_path) as made:
        recording = made.add_recording(new_recording())
        made.commit_segment(commit(recording, 0, *map(seen, TURNS), model=PLANE))
        groups = ((1, 2, 3), (4, 5), (6, 7))
        made.set_identities([IdentityGroup(None, g, (1.0,) * len(g)) for g in groups])
        yield made


def mean_cosine(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    return float(np.mean([towards(TURNS[a]) @ towards(TURNS[b]) for a in first for b in second]))


def test_questions_come_in_the_order_of_what_answers_put_right(store: Store) -> None:
    found = suggestions(store)
    expected = {}
    for one, two in (((1, 2, 3), (4, 5)), ((1, 2, 3), (6, 7)), ((4, 5), (6, 7))):
        chance = CURVE.probability(np.array(mean_cosine(one, two)))
        expected["merge", one, two] = chance * min(len(one), len(two))
    for part, rest in (((3,), (1, 2)), ((5,), (4,)), ((7,), (6,))):
        expected["split", part, rest] = 1 - CURVE.probability(np.array(mean_cosine(part, rest)))
    asked = {(s.kind, *s.sides): s.benefit for s in found}
    assert asked == pytest.approx(expected, abs=1e-5)
    assert [s.benefit for s in found] == sorted((s.benefit for s in found), reverse=True)
    assert all(path is not None and path.endswith(".jpg") for path in found[0].crops)
    assert suggestions(store, 2) == found[:2]


def test_an_answer_settles_the_question(store: Store) -> None:
    """Whatever is answered, in the end nothing is left to ask."""
    answers = iter([False, True, False, True, True, False, True, False])
    for _ in range(8):
        found = suggestions(store)
        if not found:
            break
        same = next(answers)
        answer_suggestion(store, found[0], same=same, who="ann")
        who = store.memberships()
        one, two = ({who[n] for n in side} for side in found[0].sides)
        assert (one == two) == same
        assert found[0].sides not in {s.sides for s in suggestions(store)}
    assert suggestions(store) == ()
    assert {decision.who for decision in store.decisions()} == {"ann"}


def test_what_a_decision_answers_is_not_asked(store: Store) -> None:
    confirm_tracklets(store, 3)
    assert ("split", (3,)) not in {(s.kind, s.identities) for s in suggestions(store)}


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize(
    ("held", "other"),
    [((1, 3), 2), ((1, 9), 8)],  # who looks more like one of them; who looks just like 1
)
def test_who_is_held_together_is_never_parted(
    store: Store, held: tuple[int, int], other: int, same: bool
) -> None:
    late = store.add_recording(new_recording("late", start=1200.0))
    copies = (seen(1, time=1200.0), seen(3, time=1210.0))  # 8 and 9
    store.commit_segment(commit(late, 0, *copies, model=PLANE))
    store.set_identities([IdentityGroup(None, held, (1.0, 1.0))])
    confirm_tracklets(store, store.memberships()[held[0]])
    store.set_identities([IdentityGroup(None, (*held, other), (1.0,) * 3)])
    (asked,) = suggestions(store)
    assert asked.sides == ((other,), held)
    made = answer_suggestion(store, asked, same=same)
    assert made.sides == asked.sides
    who = store.memberships()
    assert who[held[0]] == who[held[1]]
    assert (who[other] == who[held[0]]) == same


def test_people_seen_at_once_are_not_asked_about(store: Store) -> None:
    late = store.add_recording(new_recording("late", start=1060.0))
    (new,) = store.commit_segment(
        commit(late, 0, replace(seen(1, time=1060.0)), model=PLANE)
    )  # while 6 is in view
    store.set_identities(
        [IdentityGroup(None, g, (1.0,) * len(g)) for g in ((1, 2, 3), (6, 7), (new,))]
    )
    pairs = {frozenset(s.sides) for s in suggestions(store) if s.kind == "merge"}
    assert frozenset({(6, 7), (new,)}) not in pairs
    assert frozenset({(1, 2, 3), (new,)}) in pairs


def test_questions_about_those_who_have_moved_are_closed(store: Store) -> None:
    found = suggestions(store)
    assert all(is_open(suggestion, store.memberships()) for suggestion in found)
    confirm_tracklets(store, 2, [7])
    still = [s.identities for s in found if is_open(s, store.memberships())]
    assert set(still) == {(1,), (2,), (1, 2)}


def test_without_probabilities_those_nearest_to_the_threshold_come_first(tmp_path: Path) -> None:
    with store_at(tmp_path) as made:
        recording = made.add_recording(new_recording())
        bare = replace(PLANE, calibration=None)
        made.commit_segment(commit(recording, 0, *map(seen, TURNS), model=bare))
        made.set_identities([IdentityGroup(None, (n,), (1.0,)) for n in TURNS])
        found = suggestions(made, 50)
        assert all(s.probability is None and s.benefit is None for s in found)
        distances = [abs(s.similarity - 0.5) for s in found]
        assert distances == sorted(distances)


def test_a_store_without_anybody_has_no_questions(tmp_path: Path) -> None:
    with store_at(tmp_path) as empty:
        assert suggestions(empty) == ()
        with pytest.raises(InputError, match="at least 1"):
            suggestions(empty, 0)
