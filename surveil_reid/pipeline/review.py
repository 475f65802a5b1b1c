"""Reviewers' decisions: what they change at once, and how each is taken back.

A decision moves the tracklets that it names, and those that earlier decisions hold together with
them, and nobody else. Linking obeys it from then on. Decisions are undone in the reverse order, any
number of them, and redone as long as no other one is made. What was undone is as if it had never
been: the memberships are those from before, identities have their numbers again. Only where linking
has moved the tracklets since, identities are computed anew under the decisions that still stand, as
linking was told the last time.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surveil_reid.core import DecisionKind, InputError, ReviewDecision, UnknownNameError
from surveil_reid.identity import check, constraints_of, held_together, name_groups
from surveil_reid.pipeline.linking import link_again
from surveil_reid.store import Identity, IdentityGroup, Reverted, Store

_Target = int | frozenset[int]
"""Where tracklets go: an identity, or a new one, which is named by its tracklets."""


def confirm_tracklets(
    store: Store, identity: int, tracklets: Sequence[int] = (), *, who: str | None = None
) -> ReviewDecision:
    """Say that tracklets are an identity; those that are not in it move there.

    Args:
        store: where the identity is.
        identity: its number.
        tracklets: which; of none named, all that it has.
        who: says so.

    Raises:
        UnknownNameError: when an identity or tracklet is not there, or has no descriptor.
        InputError: when that contradicts a decision that stands; the line names both.
        BusyError: when identities have changed meanwhile.
    """
    desk = _Desk.of(store)
    members = desk.members(identity)
    named = _once(tracklets) or members
    rest = _without(members, named)
    new = _new("confirm", (identity,), (named, rest), who=who)
    together = desk.held_with(new, named)
    return desk.decide(new, dict.fromkeys({*members, *together}, identity))


def reject_tracklets(
    store: Store,
    identity: int,
    tracklets: Sequence[int] = (),
    *,
    other: int | None = None,
    who: str | None = None,
) -> ReviewDecision:
    """Say that tracklets are not an identity; those that are in it become identities of their own.

    Args:
        store: where the identity is.
        identity: its number.
        tracklets: which; they need not be in it.
        other: another identity that it is not, instead of tracklets.
        who: says so.

    Raises:
        UnknownNameError: when an identity or tracklet is not there, or has no descriptor.
        InputError: when that contradicts a decision that stands (the line names both), or would
            leave nobody in the identity.
        BusyError: when identities have changed meanwhile.
    """
    desk = _Desk.of(store)
    members = desk.members(identity)
    if other is not None:
        if tracklets or other == identity:
            msg = "reject tracklets, or one other identity; an identity is always itself"
            raise InputError(msg)
        sides = (desk.members(other), members)
        return desk.decide(_new("reject", (identity, other), sides, named=False, who=who), {})
    named = _once(tracklets)
    rest = _without(members, named)
    if not named or not rest:
        msg = (
            f"name tracklets that identity {identity} is not, and not all of it: {_listed(members)}"
        )
        raise InputError(msg)
    new = _new("reject", (identity,), (named, rest), who=who)
    moves: dict[int, _Target] = {}
    for number in set(named) & set(members):
        alone = desk.held_with(new, [number])
        moves |= dict.fromkeys(alone, alone)
    return desk.decide(new, moves)


def merge_identities(
    store: Store, identities: Sequence[int], *, who: str | None = None
) -> ReviewDecision:
    """Say that identities are one person; all become the one with the smallest number.

    Args:
        store: where they are.
        identities: two or more numbers.
        who: says so.

    Raises:
        UnknownNameError: when an identity is not there.
        InputError: when there are not two, or it contradicts a decision that stands.
        BusyError: when identities have changed meanwhile.
    """
    numbers = sorted(set(identities))
    if len(numbers) < 2:
        msg = f"merging takes two identities or more; got {', '.join(map(str, numbers)) or 'none'}"
        raise InputError(msg)
    desk = _Desk.of(store)
    sides = tuple(desk.members(number) for number in numbers)
    new = _new("merge", tuple(numbers), sides, named=False, who=who)
    return desk.decide(new, dict.fromkeys(new.together, numbers[0]))


def split_identity(
    store: Store, identity: int, tracklets: Sequence[int], *, who: str | None = None
) -> ReviewDecision:
    """Say that tracklets of an identity are one other person, who gets a number of their own.

    Args:
        store: where the identity is.
        identity: its number, which the rest keeps.
        tracklets: some of its tracklets, not all.
        who: says so.

    Raises:
        UnknownNameError: when the identity is not there.
        InputError: when the tracklets are none or all of it, or belong elsewhere, or when that
            contradicts a decision that stands; the line names both.
        BusyError: when identities have changed meanwhile.
    """
    desk = _Desk.of(store)
    members = desk.members(identity)
    named = _once(tracklets)
    rest = _without(members, named)
    if not named or not rest or not set(named) <= set(members):
        msg = f"name some of the tracklets of identity {identity} and not all: {_listed(members)}"
        raise InputError(msg)
    new = _new("split", (identity,), (named, rest), who=who)
    people = desk.held_with(new, named)
    return desk.decide(new, dict.fromkeys(people, people))


def undo_decisions(
    store: Store, steps: int = 1, *, who: str | None = None
) -> tuple[ReviewDecision, ...]:
    """Take back the last decisions.

    Args:
        store: where they were made.
        steps: how many, at least 1.
        who: does so.

    Returns:
        Those taken back, the latest first.

    Raises:
        InputError: when there are not so many.
        WeightsError: when identities have to be linked anew and the model says not when to.
    """
    _check_steps(steps)
    return _settle(store, store.undo(steps, who=who))


def redo_decisions(
    store: Store, steps: int = 1, *, who: str | None = None
) -> tuple[ReviewDecision, ...]:
    """Make decisions again that were undone and that no other decision has followed.

    Args:
        store: where they were made.
        steps: how many, at least 1.
        who: does so.

    Returns:
        Those made again, in the order in which they were made first.

    Raises:
        InputError: when there are not so many.
        WeightsError: when identities have to be linked anew and the model says not when to.
    """
    _check_steps(steps)
    return _settle(store, store.redo(steps, who=who))


def concerned_identities(store: Store, decisions: Sequence[ReviewDecision]) -> tuple[Identity, ...]:
    """The identities that the tracklets of decisions are in now, by id."""
    of = store.memberships()
    tracklets = {n for decision in decisions for side in decision.sides for n in side}
    return tuple(
        store.identity(number) for number in sorted({of[n] for n in tracklets & of.keys()})
    )


def _check_steps(steps: int) -> None:
    if steps < 1:
        msg = f"the number of steps must be at least 1; got {steps}"
        raise InputError(msg)


def _settle(store: Store, done: Reverted) -> tuple[ReviewDecision, ...]:
    if done.stale or not _obeyed(store):
        link_again(store)
    return done.decisions


def _obeyed(store: Store) -> bool:
    constraints = constraints_of(store.decisions())
    identities = store.memberships()

    def same(pair: tuple[int, int]) -> bool:
        return identities.get(pair[0], -pair[0]) == identities.get(pair[1], -pair[1])

    return all(map(same, constraints.must)) and not any(map(same, constraints.cannot))


def _new(
    kind: DecisionKind,
    identities: tuple[int, ...],
    sides: tuple[tuple[int, ...], ...],
    *,
    named: bool = True,
    who: str | None,
) -> ReviewDecision:
    return ReviewDecision(kind=kind, identities=identities, sides=sides, named=named, who=who)


def _once(numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(set(numbers)))


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _without(numbers: Sequence[int], gone: Collection[int]) -> tuple[int, ...]:
    return tuple(number for number in numbers if number not in set(gone))


@dataclass(frozen=True, slots=True)
class _Desk:
    """What lies before a reviewer: the decisions that stand, and who is who."""

    store: Store
    decisions: tuple[ReviewDecision, ...]
    identities: dict[int, int]

    @classmethod
    def of(cls, store: Store) -> "_Desk":
        return cls(store, store.decisions(), store.memberships())

    def members(self, identity: int) -> tuple[int, ...]:
        return tuple(sorted(self.store.identity(identity).tracklet_ids))

    def held_with(self, new: ReviewDecision, tracklets: Collection[int]) -> frozenset[int]:
        """Some tracklets, with all that decisions hold to be one person with any of them."""
        check(self.decisions, new, self.identities)
        together = held_together([*self.decisions, new])
        return frozenset(tracklets).union(*(together.get(n, {n}) for n in tracklets))

    def decide(self, new: ReviewDecision, moves: Mapping[int, _Target]) -> ReviewDecision:
        """Store a decision and move tracklets; of identities that change all scores do."""
        for number in new.sides[0]:
            if number not in self.identities:
                self.store.tracklet(number)  # raises where there is none
        check(self.decisions, new, self.identities)
        changed = {self.identities.get(number) for number in moves} | set(moves.values())
        after: dict[_Target, list[int]] = {}
        for number, target in {**self.identities, **moves}.items():
            if target in changed:
                after.setdefault(target, []).append(number)
        groups = [self._group(target, numbers) for target, numbers in after.items()]
        inside = {number for group in groups for number in group.members}
        seen = {n: identity for n, identity in self.identities.items() if n in inside}
        return self.store.decide(new, groups, seen=seen, obeying=self.decisions)

    def _group(self, target: _Target, numbers: Sequence[int]) -> IdentityGroup:
        tracklets = self.store.chosen_tracklets(numbers)
        missing = set(numbers) - {tracklet.id for tracklet in tracklets}
        if missing:
            self.store.tracklet(min(missing))
            msg = (
                f"tracklet {min(missing)} has no crop to know it by, so it cannot be in an identity"
            )
            raise UnknownNameError(msg)
        (group,) = name_groups(
            np.array([tracklet.id for tracklet in tracklets]),
            np.stack([tracklet.descriptor for tracklet in tracklets]),
            np.zeros(len(tracklets), np.int64),
            {},
        )
        identity = target if isinstance(target, int) else None
        return IdentityGroup(identity, group.members, group.scores)
