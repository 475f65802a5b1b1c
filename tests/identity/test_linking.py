from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import ArrayError, InputError, Tracklet, l2_normalise
from surveil_reid.identity import Constraints, Group, LinkOptions, TravelTime, extend, link, linking


@st.composite
def scenes(draw: st.DrawFn, *, most: int = 14) -> list[Tracklet]:
    """Tracklets of a few people in a few cameras, many of them in view at one time.

    Descriptors lie on a coarse grid or are copies, so that ties are common.
    """
    count = draw(st.integers(0, most))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    looks = rng.integers(-2, 3, (max(1, count // 3), 5)).astype(np.float64)
    raw = looks[rng.integers(0, len(looks), count)]
    if draw(st.booleans()):
        raw = raw + 0.7 * rng.normal(size=raw.shape)
    raw[~raw.any(axis=1), 0] = 1
    starts = rng.integers(0, 12, count)
    ids = rng.permutation(5 * count + 1)[:count]
    return [
        Tracklet(
            id=int(ids[row]),
            camera=f"camera {rng.integers(0, 3)}",
            start=float(starts[row]),
            end=float(starts[row] + rng.integers(0, 4)),
            descriptor=descriptor,
        )
        for row, descriptor in enumerate(l2_normalise(raw))
    ]


similarities = st.floats(-0.5, 1).map(lambda value: round(value, 3))


def tracklet(number: int, look: Sequence[float], camera: str = "a", start: float = 0) -> Tracklet:
    descriptor = l2_normalise(np.array([look], np.float32))[0]
    return Tracklet(number, camera, start, start + 1, descriptor)


def in_conflict(first: Tracklet, second: Tracklet) -> bool:
    return first.camera == second.camera and first.start <= second.end and second.start <= first.end


def members(groups: Sequence[Group]) -> set[frozenset[int]]:
    return {frozenset(group.members) for group in groups}


@st.composite
def decided(draw: st.DrawFn) -> tuple[list[Tracklet], Constraints]:
    """A scene, and decisions of a reviewer who knows who everybody is."""
    scene = draw(scenes(most=30))
    ids = sorted(item.id for item in scene)
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    person = dict(zip(ids, rng.integers(0, max(1, len(ids) // 3), len(ids)).tolist(), strict=True))
    pairs = [pair for pair in combinations(ids, 2) if rng.random() < 0.15]
    return scene, Constraints(
        must=frozenset((a, b) for a, b in pairs if person[a] == person[b]),
        cannot=frozenset((b, a) for a, b in pairs if person[a] != person[b]),
    )


def check_obeyed(groups: Sequence[Group], constraints: Constraints) -> None:
    group_of = {member: number for number, group in enumerate(groups) for member in group.members}
    assert all(group_of[a] == group_of[b] for a, b in constraints.must)
    assert all(group_of[a] != group_of[b] for a, b in constraints.cannot)


@settings(max_examples=150, deadline=None)
@given(decided(), similarities, similarities, st.booleans())
def test_must_links_are_kept_and_cannot_links_never_broken(
    scene: tuple[list[Tracklet], Constraints], similarity: float, other: float, local: bool
) -> None:
    tracklets, constraints = scene
    options = LinkOptions(similarity=similarity)
    check_obeyed(link(tracklets, options, constraints=constraints), constraints)
    # Whatever was known before, decided upon or not, new tracklets or none.
    before = link(tracklets[: len(tracklets) * 2 // 3], LinkOptions(similarity=other))
    known = {id_: n for n, group in enumerate(before) for id_ in group.members}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linking, "LOCAL_FROM", 0 if local else 10**9)
        extended = extend(tracklets, options, known=known, constraints=constraints)
    check_obeyed(extended, constraints)
    assert sorted(id_ for g in extended for id_ in g.members) == sorted(t.id for t in tracklets)


@settings(max_examples=100, deadline=None)
@given(scenes(most=30), similarities, similarities, st.booleans())
def test_extending_leaves_known_identities_as_they_are(
    scene: list[Tracklet], similarity: float, other: float, local: bool
) -> None:
    before = link(scene[: len(scene) // 2], LinkOptions(similarity=other))
    known = {id_: 50 + n for n, group in enumerate(before) for id_ in group.members}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linking, "LOCAL_FROM", 0 if local else 10**9)
        found = extend(scene, LinkOptions(similarity=similarity), known=known)
    for group in found:
        names = {known[id_] for id_ in group.members if id_ in known}
        assert names == (set() if group.identity is None else {group.identity})
    assert {group.identity for group in found} - {None} == set(known.values())


def test_decisions_that_contradict_one_another_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"3 and 9 .*3 = 5 = 9.*undo"):
        Constraints(must=frozenset({(3, 5), (9, 5), (1, 2)}), cannot=frozenset({(3, 9)}))
    with pytest.raises(InputError, match="4 and 4"):
        Constraints(cannot=frozenset({(4, 4)}))


def test_an_identity_that_a_decision_parts_is_linked_anew() -> None:
    scene = [tracklet(n, (1, 0), start=10 * n) for n in range(4)]
    constraints = Constraints(must=frozenset({(0, 1)}), cannot=frozenset({(0, 3)}))
    found = extend(
        scene,
        LinkOptions(similarity=0.5),
        known=dict.fromkeys(range(4), 7),
        constraints=constraints,
    )
    check_obeyed(found, constraints)
    assert [group.identity for group in found if 0 in group.members] == [7]


def test_known_identities_that_must_be_one_become_one() -> None:
    scene = [tracklet(n, look, start=10 * n) for n, look in enumerate([(1, 0), (1, 0), (0, 1)])]
    must = Constraints(must=frozenset({(0, 2)}))
    found = extend(scene, LinkOptions(similarity=0.5), known={0: 4, 1: 4, 2: 6}, constraints=must)
    assert [(group.identity, group.members) for group in found] == [(4, (0, 1, 2))]


@settings(max_examples=60, deadline=None)
@given(scenes(most=30), similarities, st.randoms(use_true_random=False))
def test_numbers_given_by_order_of_arrival_change_nothing(
    scene: list[Tracklet], similarity: float, random: Random
) -> None:
    """Other recordings first means other ids; who is grouped with whom stays."""
    spread = [
        replace(item, start=item.start + n / 99, end=item.end + n / 99)
        for n, item in enumerate(scene)
    ]
    ids = [item.id for item in spread]
    random.shuffle(ids)
    renumbered = [replace(item, id=id_) for item, id_ in zip(spread, ids, strict=True)]
    old_of = {new.id: old.id for old, new in zip(spread, renumbered, strict=True)}
    options = LinkOptions(similarity=similarity)
    expected = members(link(spread, options))
    found = link(renumbered, options)
    assert {frozenset(old_of[id_] for id_ in group.members) for group in found} == expected


def test_nobody_walks_faster_than_the_site_allows() -> None:
    scene = [tracklet(1, (1, 0), "gate", 0), tracklet(2, (1, 0), "yard", 4)]
    options = LinkOptions(similarity=0.5)
    assert len(link(scene, options)) == 1
    slow = TravelTime(origin="gate", to="yard", minimum=5)
    assert len(link(scene, LinkOptions(similarity=0.5, travel=(slow,)))) == 2


@settings(max_examples=100, deadline=None)
@given(scenes(most=40), similarities)
def test_nobody_is_in_two_places_of_one_camera_at_once(
    scene: list[Tracklet], similarity: float
) -> None:
    by_id = {item.id: item for item in scene}
    for group in link(scene, LinkOptions(similarity=similarity)):
        for first, second in combinations(group.members, 2):
            assert not in_conflict(by_id[first], by_id[second])


@settings(max_examples=100, deadline=None)
@given(scenes(most=30), similarities, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_every_tracklet_is_in_one_group(
    scene: list[Tracklet], similarity: float, random: Random
) -> None:
    options = LinkOptions(similarity=similarity)
    groups = link(scene, options)
    shuffled = list(scene)
    random.shuffle(shuffled)
    assert link(shuffled, options) == groups
    assert sorted(id_ for group in groups for id_ in group.members) == sorted(t.id for t in scene)
    assert [min(group.members) for group in groups] == sorted(min(g.members) for g in groups)


@settings(max_examples=100, deadline=None)
@given(scenes(most=30), similarities, similarities)
def test_identities_keep_their_names_when_linked_again(
    scene: list[Tracklet], similarity: float, other: float
) -> None:
    options = LinkOptions(similarity=similarity)
    first = link(scene, options)
    assert all(group.identity is None for group in first)
    known = {id_: 100 + n for n, group in enumerate(first) for id_ in group.members}
    again = link(scene, options, known=known)
    assert [group.identity for group in again] == [100 + n for n in range(len(first))]
    changed = [g.identity for g in link(scene, LinkOptions(similarity=other), known=known)]
    given_out = [identity for identity in changed if identity is not None]
    assert len(given_out) == len(set(given_out))
    # No group stays nameless while an identity that it shares members with is free.
    for group in link(scene, LinkOptions(similarity=other), known=known):
        assert group.identity is not None or {known[m] for m in group.members} <= set(given_out)


@settings(max_examples=100, deadline=None)
@given(scenes(), similarities)
def test_scores_are_mean_cosines_to_the_others(scene: list[Tracklet], similarity: float) -> None:
    by_id = {item.id: item.descriptor.astype(np.float64) for item in scene}
    for group in link(scene, LinkOptions(similarity=similarity)):
        for member, score in zip(group.members, group.scores, strict=True):
            others = [by_id[member] @ by_id[other] for other in group.members if other != member]
            assert score == pytest.approx(np.mean(others) if others else 1.0, abs=1e-9)


def test_an_identity_goes_to_the_group_that_keeps_most_of_it() -> None:
    red, blue = (1, 0, 0), (0, 1, 0)
    scene = [tracklet(n, red, start=10 * n) for n in range(3)]
    scene += [tracklet(n, blue, start=10 * n) for n in range(3, 5)]
    found = link(scene, LinkOptions(similarity=0.5), known=dict.fromkeys(range(5), 7))
    assert [(group.identity, group.members) for group in found] == [
        (7, (0, 1, 2)),
        (None, (3, 4)),
    ]


def test_of_two_identities_that_become_one_the_larger_then_the_older_remains() -> None:
    scene = [tracklet(n, (1, 0), start=10 * n) for n in range(5)]
    options = LinkOptions(similarity=0.5)
    assert link(scene, options, known={0: 8, 1: 8, 2: 9, 3: 9, 4: 9})[0].identity == 9
    assert link(scene, options, known={0: 9, 1: 9, 2: 8, 3: 8})[0].identity == 8


def test_a_conflict_of_one_member_keeps_the_whole_group_away() -> None:
    """1 and 2 are alike, 2 and 3 as well; but 1 and 3 stand side by side in one picture."""
    scene = [
        tracklet(1, (1, 0, 0), "gate", 0),
        tracklet(2, (1, 0.01, 0), "yard", 50),
        tracklet(3, (1, 0.02, 0), "gate", 0.5),
    ]
    assert members(link(scene, LinkOptions(similarity=0.1))) == {
        frozenset({1, 2}),
        frozenset({3}),
    }


def test_known_identities_stay_as_they_are_however_alike() -> None:
    scene = [tracklet(n, (1, 0), start=10 * n) for n in range(3)]
    found = extend(scene, LinkOptions(similarity=0.5), known={0: 4, 1: 5})
    assert [group.identity for group in found] == [4, 5]
    assert sorted(len(group.members) for group in found) == [1, 2]


def test_a_reviewers_identity_stays_whole_even_where_it_conflicts() -> None:
    scene = [tracklet(1, (1, 0)), tracklet(2, (0, 1)), tracklet(3, (1, 0.1), start=90)]
    found = extend(scene, LinkOptions(similarity=0.2), known={1: 4, 2: 4})
    assert [(group.identity, group.members) for group in found] == [(4, (1, 2, 3))]


@pytest.mark.parametrize("known", [{}, {1: 2}])
def test_no_tracklets_give_no_groups(known: dict[int, int]) -> None:
    assert link([], LinkOptions(similarity=0.5), known=known) == ()
    assert extend([], LinkOptions(similarity=0.5), known=known) == ()


def test_thousands_of_tracklets_link_in_seconds() -> None:
    rng = np.random.default_rng(0)
    looks = rng.normal(size=(300, 256))[rng.integers(0, 300, 2500)]
    descriptors = l2_normalise(looks + 0.5 * rng.normal(size=looks.shape))
    scene = [Tracklet(n, "a", 9.0 * n, 9.0 * n + 1, descriptors[n]) for n in range(2500)]
    assert len(link(scene, LinkOptions(similarity=0.5))) == len(np.unique(looks[:, 0]))


@pytest.mark.parametrize("similarity", [-1.1, 1.1, float("nan")])
def test_a_similarity_that_no_cosine_can_have_is_refused(similarity: float) -> None:
    with pytest.raises(InputError, match="similarity"):
        LinkOptions(similarity=similarity)


def test_one_tracklet_given_twice_is_refused() -> None:
    with pytest.raises(ArrayError, match="tracklet 3"):
        link([tracklet(3, (1, 0)), tracklet(3, (1, 0))], LinkOptions(similarity=0.5))


def test_descriptors_of_two_models_are_refused() -> None:
    with pytest.raises(ArrayError, match="re-embed"):
        link([tracklet(3, (1, 0)), tracklet(4, (1, 0, 0))], LinkOptions(similarity=0.5))
