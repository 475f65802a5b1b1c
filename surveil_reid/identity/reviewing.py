"""What reviewers' decisions mean for linking, and whether a new one contradicts them."""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise, product

from surveil_reid.core import InputError, ReviewDecision, effective
from surveil_reid.identity.constraints import Constraints, must_groups


def constraints_of(decisions: Sequence[ReviewDecision]) -> Constraints:
    """The pairs that decisions join and part.

    Args:
        decisions: those that stand, the oldest first.

    Raises:
        InputError: when they contradict one another, which `check` keeps out of a store.
    """
    said = effective(decisions)
    return Constraints(
        must=frozenset(pair for decision in said for pair in pairwise(decision.together)),
        cannot=frozenset(pair for decision in said for pair in product(*decision.apart)),
    )


def held_together(decisions: Sequence[ReviewDecision]) -> dict[int, frozenset[int]]:
    """For each tracklet that decisions join to others, all that are one person with it."""
    said = effective(decisions)
    ids = sorted({number for decision in said for number in decision.together})
    groups = must_groups(ids, [p for decision in said for p in pairwise(decision.together)])
    members: dict[int, set[int]] = {}
    for number, group in zip(ids, groups.tolist(), strict=True):
        members.setdefault(group, set()).add(number)
    people = map(frozenset, members.values())
    return {number: person for person in people for number in person}


def parted_from(decisions: Sequence[ReviewDecision], tracklets: Collection[int]) -> frozenset[int]:
    """All tracklets that decisions hold to be somebody else than any of these.

    Whoever decisions join to one of either side stands on that side too.
    """
    together = held_together(decisions)

    def with_held(numbers: Collection[int]) -> frozenset[int]:
        return frozenset(numbers).union(*(together.get(number, ()) for number in numbers))

    people = with_held(tracklets)
    others: set[int] = set()
    for said in effective(decisions):
        left, right = said.apart
        if not people.isdisjoint(left):
            others.update(right)
        if not people.isdisjoint(right):
            others.update(left)
    return with_held(others)


def check(
    decisions: Sequence[ReviewDecision], new: ReviewDecision, identities: Mapping[int, int]
) -> None:
    """Refuse a decision that contradicts one that stands.

    Args:
        decisions: those that stand, the oldest first.
        new: the one to come.
        identities: the identity of each tracklet at present.

    Raises:
        InputError: naming both.
    """
    earlier = _contradicted(decisions, new) or _confirmed_elsewhere(decisions, new, identities)
    if earlier is not None:
        msg = f"{new} contradicts {earlier}; undo that one first, or leave it"
        raise InputError(msg)


def _contradicted(
    decisions: Sequence[ReviewDecision], new: ReviewDecision
) -> ReviewDecision | None:
    everything = [*decisions, new]
    together = held_together(everything)
    for decision, said in zip(everything, effective(everything), strict=True):
        left, right = said.apart
        parted = set(right)
        for number in left:
            if broken := parted & together.get(number, frozenset()):
                if decision is not new:
                    return decision
                return _joining(decisions, new, number, min(broken))
    return None


def _joining(
    decisions: Sequence[ReviewDecision], new: ReviewDecision, first: int, second: int
) -> ReviewDecision:
    """The decision with which two tracklets came to be held for one person."""
    for count, decision in enumerate(decisions, start=1):
        if second in held_together([*decisions[:count], new]).get(first, frozenset()):
            return decision
    return new


def _confirmed_elsewhere(
    decisions: Sequence[ReviewDecision], new: ReviewDecision, identities: Mapping[int, int]
) -> ReviewDecision | None:
    """An earlier confirmation of the same tracklets as another identity, which still is another."""
    if new.kind != "confirm":
        return None
    confirmed = set(new.sides[0])
    for decision, said in zip(decisions, effective([*decisions, new]), strict=False):
        others = set(said.together) - confirmed
        same = decision.kind == "confirm" and confirmed & set(decision.sides[0])
        if same and any(identities.get(n, new.identities[0]) != new.identities[0] for n in others):
            return decision
    return None
