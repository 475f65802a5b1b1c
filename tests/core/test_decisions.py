"""What decisions say, and what later ones leave of them."""

import pytest

from surveil_reid.core import DecisionKind, ReviewDecision, effective, vouched


def said(
    kind: DecisionKind, *sides: tuple[int, ...], named: bool = True, identity: int = 1
) -> ReviewDecision:
    return ReviewDecision(kind=kind, identities=(identity,), sides=sides, named=named)


MERGE = said("merge", (1, 2), (3, 4), named=False)


@pytest.mark.parametrize(
    ("decision", "together", "apart"),
    [
        (said("confirm", (1,), (2, 3)), (1, 2, 3), ((), ())),
        (MERGE, (1, 2, 3, 4), ((), ())),
        (said("reject", (1, 2), (3,)), (), ((1, 2), (3,))),
        (said("split", (1, 2), (3,)), (1, 2), ((1, 2), (3,))),
    ],
)
def test_each_kind_joins_and_parts(
    decision: ReviewDecision, together: tuple[int, ...], apart: tuple[tuple[int, ...], ...]
) -> None:
    assert decision.together == together
    assert decision.apart == apart


@pytest.mark.parametrize(
    ("earlier", "later", "left"),
    [
        (MERGE, said("reject", (4,), (1, 2, 3)), ((1, 2), (3,))),
        (MERGE, said("reject", (4,), (8, 9)), ((1, 2), (3, 4))),
        (MERGE, said("split", (3, 4), (1, 2)), ((1, 2), ())),
        (MERGE, said("confirm", (4,), (8, 9)), ((1, 2), (3,))),
        (MERGE, said("confirm", (4,), (3, 9)), ((1, 2), (3, 4))),
        (said("reject", (1,), (2, 3)), said("reject", (2,), (3,)), ((1,), (3,))),
        (said("reject", (1,), (2, 3)), said("confirm", (2,), (3,)), ((1,), (2, 3))),
        (said("confirm", (1,), (2, 3)), said("reject", (1,), (2, 3)), ((1,), (2, 3))),
    ],
)
def test_who_is_named_later_leaves_what_spoke_of_an_identity(
    earlier: ReviewDecision, later: ReviewDecision, left: tuple[tuple[int, ...], ...]
) -> None:
    assert effective([earlier, later])[0].sides == left
    assert effective([later, earlier])[0] == later
    assert effective([earlier])[0] == earlier


def test_whom_a_reviewer_has_put_somewhere() -> None:
    assert vouched([MERGE, said("reject", (4,), (1, 2, 3)), said("confirm", (7,), (8,))]) == {
        1, 2, 3, 7,
    }  # fmt: skip
    assert vouched([]) == frozenset()


def test_what_is_left_without_tracklets() -> None:
    assert MERGE.without([1, 2]).is_void
    assert not MERGE.without([1, 3]).is_void
    assert said("confirm", (1,), (2,)).without([1]).is_void
    assert not said("confirm", (1,), (2,)).without([2]).is_void
    assert said("reject", (1,), (2,)).without([2]).is_void
    assert not said("split", (1, 3), (2,)).without([2]).is_void
    assert said("split", (1, 3), (2,)).without([2, 3]).is_void


@pytest.mark.parametrize(
    ("decision", "old", "new", "left"),
    [
        (said("reject", (5,), (6, 9)), [5], 4, ((4,), (6, 9))),
        (said("reject", (5,), (4, 9)), [5], 4, ((), (4, 9))),
        (said("reject", (4, 8), (5, 9)), [5], 4, ((4, 8), (9,))),
        (said("reject", (1, 2), (3, 4)), [1, 3], 2, ((2,), (4,))),
        (said("reject", (5, 8), (6, 9)), [5, 6], 4, ((8,), (9,))),
        (said("split", (5, 8), (4, 9)), [5], 4, ((8,), (4, 9))),
        (said("confirm", (5,), (4, 9)), [5], 4, ((4,), (9,))),
        (said("merge", (5,), (6, 9), named=False), [5, 6], 4, ((4,), (9,))),
    ],
)
def test_a_tracklet_that_turns_out_to_be_another_brings_no_decision_that_nobody_made(
    decision: ReviewDecision, old: list[int], new: int, left: tuple[tuple[int, ...], ...]
) -> None:
    assert decision.renamed(old, new).sides == left


def test_a_line_tells_all() -> None:
    stored = ReviewDecision(
        kind="reject", identities=(3,), sides=((5, 6), (7,)), named=True, id=9, at=0.0, who="ann"
    )
    assert str(stored) == (
        "decision 9 (reject tracklets 5, 6 of identity 3; ann, 1970-01-01T00:00:00Z)"
    )
    assert str(said("confirm", (1,), (2,))) == "confirm tracklet 1 of identity 1"
    both = ReviewDecision(kind="merge", identities=(1, 2), sides=((1,), (2,)), named=False)
    assert str(both) == "merge identities 1, 2"
