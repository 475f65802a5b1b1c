"""What reviewers decide about tracklets, in terms that outlive any linking."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

DecisionKind = Literal["confirm", "reject", "merge", "split"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewDecision:
    """One decision. It speaks of tracklets, since identities come and go with linking.

    ========  ===================================  ===========================================
    kind      sides                                what it says
    ========  ===================================  ===========================================
    confirm   the confirmed; the identity's rest   all are one person
    merge     one for each identity                all are one person
    reject    the rejected; the identity's rest    nobody of one side is anybody of the other
    split     the split off; the identity's rest   so too, and those split off are one person
    ========  ===================================  ===========================================

    Attributes:
        kind: what was decided.
        identities: the identity that it is about, and others that it speaks of, by the numbers
            that they had then.
        sides: ids of tracklets; sides may be empty.
        named: whether the first side was named one by one. Everybody else is meant as a part of an
            identity only: a later decision can take them out of it by name (see `effective`).
        id: the store's number for it; 0 before it is stored.
        at: UTC seconds since 1970 when it was made.
        who: made it, if known.
    """

    kind: DecisionKind
    identities: tuple[int, ...]
    sides: tuple[tuple[int, ...], ...]
    named: bool
    id: int = 0
    at: float = 0.0
    who: str | None = None

    def __str__(self) -> str:
        said: str = self.kind
        first, *others = self.identities
        if self.named:
            said += f" {_tracklets(self.sides[0])} of identity {first}"
        elif others:
            said += f" identities {', '.join(map(str, self.identities))}"
        else:
            said += f" identity {first}"
        if not self.id:
            return said
        moment = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"decision {self.id} ({said}; {self.who or 'unknown'}, {moment})"

    @property
    def parts(self) -> bool:
        """Whether it holds its sides to be different people, and not one."""
        return self.kind in {"reject", "split"}

    @property
    def together(self) -> tuple[int, ...]:
        """Tracklets that it holds to be one person."""
        if not self.parts:
            return tuple(number for side in self.sides for number in side)
        return self.sides[0] if self.kind == "split" else ()

    @property
    def apart(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Two sets of tracklets of which it holds nobody to be anybody of the other."""
        if self.parts:
            return self.sides[0], self.sides[1]
        return (), ()

    @property
    def vouched(self) -> tuple[int, ...]:
        """Tracklets that the reviewer has put to an identity by it."""
        if self.kind == "confirm":
            return self.sides[0]
        return self.together

    @property
    def is_void(self) -> bool:
        """Whether it no longer says anything, as its tracklets are gone."""
        sides = sum(map(bool, self.sides))
        if self.kind == "confirm":
            return not self.sides[0]
        return sides < 2 and not (self.kind == "split" and len(self.sides[0]) > 1)

    def takes(self, tracklet: int, people: Collection[int]) -> bool:
        """Whether it takes a tracklet that it names away from the people it was with.

        A rejection does where they are those that it was rejected from, and a confirmation where
        they are none of those with whom it was confirmed.
        """
        if self.kind == "confirm":
            others = set(self.sides[1]) or set(self.sides[0]) - {tracklet}
            return bool(others) and others.isdisjoint(people)
        return not set(people).isdisjoint(self.sides[1])

    def without(self, tracklets: Collection[int]) -> "ReviewDecision":
        """The same about everybody else."""
        gone = set(tracklets)
        sides = tuple(tuple(n for n in side if n not in gone) for side in self.sides)
        return replace(self, sides=sides)

    def renamed(self, old: Collection[int], new: int) -> "ReviewDecision":
        """The same, where some tracklets turned out to be another one; nobody is on two sides.

        Where a decision parts them from the one that they turned out to be, or from one another, it
        says nothing of them any more: of that one only what was said of it before.
        """
        known = set(old) - {new}
        if self.parts and all(not {*known, new}.isdisjoint(side) for side in self.apart):
            return self.without(known)
        sides: list[tuple[int, ...]] = []
        seen = set[int]()
        for side in self.sides:
            numbers = dict.fromkeys(new if number in known else number for number in side)
            sides.append(tuple(number for number in numbers if number not in seen))
            seen.update(numbers)
        return replace(self, sides=tuple(sides))


def effective(decisions: Sequence[ReviewDecision]) -> tuple[ReviewDecision, ...]:
    """What the decisions still say, each after those that came later, parallel to `decisions`.

    Who was meant as a part of an identity leaves the decision when a later one takes it, by name,
    out of that identity: merge two identities, then reject one tracklet of the merged one, and the
    merge holds for the others.
    """
    said: list[ReviewDecision] = []
    naming: dict[int, list[ReviewDecision]] = {}
    for decision in reversed(decisions):
        said.append(_without_taken(decision, naming))
        for number in decision.sides[0] if decision.named else ():
            naming.setdefault(number, []).append(decision)
    return tuple(reversed(said))


def _without_taken(
    decision: ReviewDecision, naming: Mapping[int, Sequence[ReviewDecision]]
) -> ReviewDecision:
    first = decision.sides[:1] if decision.named else ()
    rest: list[tuple[int, ...]] = []
    for side in decision.sides[len(first) :]:
        people = set(side if decision.parts else decision.together)
        taken = {n for n in side if any(d.takes(n, people) for d in naming.get(n, ()))}
        rest.append(tuple(number for number in side if number not in taken))
    return replace(decision, sides=(*first, *rest))


def vouched(decisions: Sequence[ReviewDecision]) -> frozenset[int]:
    """Tracklets that a reviewer, and not the system, has put to an identity."""
    return frozenset(number for said in effective(decisions) for number in said.vouched)


def _tracklets(numbers: Sequence[int]) -> str:
    return f"tracklet{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
