"""What to ask a reviewer first: the questions whose answers put most tracklets right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from surveil_reid.core import (
    Booleans,
    Doubles,
    InputError,
    ModelInfo,
    ReviewDecision,
    Tracklet,
    l2_normalise,
)
from surveil_reid.identity import Constraints, constraints_of, held_together
from surveil_reid.matching import nearest_neighbours
from surveil_reid.pipeline.identities import best_crop
from surveil_reid.pipeline.review import (
    confirm_tracklets,
    merge_identities,
    reject_tracklets,
    split_identity,
)
from surveil_reid.store import Store

NEIGHBOURS = 10
"""Other identities that each is compared with; those further away are not the same person either
if these are not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A question for a reviewer: do two sets of tracklets show one person?

    Attributes:
        kind: what the system holds now is wrong if the answer is yes to `merge`, two identities, or
            no to `split`, the two most different parts of one.
        identities: the two, smallest number first, or the one.
        sides: tracklets; of a split, first the smaller part.
        similarity: mean cosine between the sides, -1..1.
        probability: that they are one person; None where the model's scores are not calibrated.
        benefit: tracklets that the answer puts right, as far as can be expected: the probability
            that the system is wrong times the size of the smaller side. None as the probability.
        crops: path of the best picture of each side, None where no crop was kept.
    """

    kind: Literal["merge", "split"]
    identities: tuple[int, ...]
    sides: tuple[tuple[int, ...], tuple[int, ...]]
    similarity: float
    probability: float | None = None
    benefit: float | None = None
    crops: tuple[str | None, str | None] = (None, None)


def suggestions(store: Store, limit: int = 20) -> tuple[Suggestion, ...]:
    """The questions worth asking, most of all first.

    Nothing is asked that a decision answers, nor whether people who were in view of one camera at
    one moment are one. Without a calibrated model there are no probabilities to expect by: first
    come the questions nearest to the similarity for linking, then those about more tracklets.

    Args:
        store: what it holds.
        limit: how many at most, at least 1.

    Raises:
        InputError: when the limit is less than 1.
    """
    if limit < 1:
        msg = f"the number of questions must be at least 1; got {limit}"
        raise InputError(msg)
    model = store.model()
    if model is None:
        return ()
    of = store.memberships()
    people: dict[int, list[Tracklet]] = {}
    for tracklet in store.chosen_tracklets(of.keys()):
        people.setdefault(of[tracklet.id], []).append(tracklet)
    decisions = store.decisions()
    found = [*_pairs(people, constraints_of(decisions)), *_parts(people, decisions)]
    judged = _judged(found, model, len(of))
    return tuple(_with_crops(store, suggestion) for suggestion in judged[:limit])


def answer_suggestion(
    store: Store, suggestion: Suggestion, *, same: bool, who: str | None = None
) -> ReviewDecision:
    """Decide a suggestion.

    Args:
        store: where it came from.
        suggestion: the question.
        same: whether both sides are one person.
        who: says so.

    Raises:
        UnknownNameError: when an identity is no longer there.
        InputError: when the answer contradicts a decision that stands.
        BusyError: when identities have changed meanwhile.
    """
    first = suggestion.identities[0]
    part = suggestion.sides[0]
    if suggestion.kind == "merge":
        if same:
            return merge_identities(store, suggestion.identities, who=who)
        return reject_tracklets(store, first, other=suggestion.identities[1], who=who)
    decide = confirm_tracklets if same else split_identity
    return decide(store, first, part, who=who)


def is_open(suggestion: Suggestion, memberships: Mapping[int, int]) -> bool:
    """Whether the tracklets that a question is about are still where they were."""
    owners = suggestion.identities if suggestion.kind == "merge" else suggestion.identities * 2
    return all(
        memberships.get(number) == owner
        for owner, side in zip(owners, suggestion.sides, strict=True)
        for number in side
    )


def _pairs(
    people: Mapping[int, Sequence[Tracklet]], constraints: Constraints
) -> Iterator[Suggestion]:
    """Identities that are neighbours and may be one person."""
    if len(people) < 2:
        return
    numbers = np.array(sorted(people), np.int64)
    means = np.stack([np.mean([t.descriptor for t in people[n]], axis=0) for n in numbers.tolist()])
    unit = l2_normalise(means)
    _, near = nearest_neighbours(unit, NEIGHBOURS + 1)
    rows = np.repeat(np.arange(len(numbers)), near.shape[1])
    found = np.sort(np.stack([rows, near.reshape(-1)], axis=1), axis=1)
    found = np.unique(found[(found[:, 0] >= 0) & (found[:, 0] < found[:, 1])], axis=0)
    parted = _parted(people, constraints)
    for row, other in found.tolist():
        a, b = int(numbers[row]), int(numbers[other])
        if (a, b) not in parted and not _seen_at_once(people[a], people[b]):
            yield Suggestion(
                kind="merge",
                identities=(a, b),
                sides=(_ids(people[a]), _ids(people[b])),
                similarity=float(means[row] @ means[other]),
            )


def _parted(
    people: Mapping[int, Sequence[Tracklet]], constraints: Constraints
) -> set[tuple[int, int]]:
    of = {t.id: number for number, inside in people.items() for t in inside}
    return {
        (min(of[a], of[b]), max(of[a], of[b])) for a, b in constraints.cannot if a in of and b in of
    }


def _seen_at_once(first: Sequence[Tracklet], second: Sequence[Tracklet]) -> bool:
    return any(a.camera == b.camera and a.overlaps(b) for a in first for b in second)


def _parts(
    people: Mapping[int, Sequence[Tracklet]], decisions: Sequence[ReviewDecision]
) -> Iterator[Suggestion]:
    """The two parts that each identity falls into first, by average linkage."""
    together = held_together(decisions)
    for number, inside in people.items():
        held = np.array([min(together.get(t.id, (t.id,))) for t in inside])
        if (held == held[0]).all():
            continue
        descriptors = np.stack([t.descriptor for t in inside]).astype(np.float64)
        cosines: Doubles = descriptors @ descriptors.T
        first = _first_part(cosines, held[:, None] == held)
        sides = (
            tuple(t.id for t, chosen in zip(inside, first, strict=True) if chosen),
            tuple(t.id for t, chosen in zip(inside, first, strict=True) if not chosen),
        )
        yield Suggestion(
            kind="split",
            identities=(number,),
            sides=sides,
            similarity=float(cosines[np.ix_(first, ~first)].mean()),
        )


def _first_part(cosines: Doubles, held: Booleans) -> Booleans:
    """The smaller of the two parts, or of equal ones the one without the first."""
    # Half a second to load, for what most commands never ask.
    from scipy.cluster.hierarchy import linkage  # noqa: PLC0415

    count = len(cosines)
    # Nearer than anybody can look, so that no copy of one comes between those held together.
    distances = np.where(held, -1.0, (1 - cosines).clip(min=0))
    tree = linkage(distances[np.triu_indices(count, 1)], "average")
    groups = [[row] for row in range(count)]
    for first, second in tree[:-1, :2].astype(int).tolist():
        groups.append(groups[first] + groups[second])
    part: Booleans = np.isin(np.arange(count), groups[int(tree[-1, 0])])
    part = ~part if part[0] else part
    return part if 2 * part.sum() <= count else ~part


def _judged(found: Sequence[Suggestion], model: ModelInfo, tracklets: int) -> list[Suggestion]:
    if model.calibration is None:
        usual = model.linking_similarity or 0.0
        return sorted(found, key=lambda s: (abs(s.similarity - usual), -_smaller(s), s.sides))
    similarities = np.array([suggestion.similarity for suggestion in found], np.float32)
    chances = model.calibration.probability(similarities, gallery_size=tracklets)
    judged = [
        replace(
            suggestion,
            probability=float(chance),
            benefit=_smaller(suggestion)
            * float(chance if suggestion.kind == "merge" else 1 - chance),
        )
        for suggestion, chance in zip(found, chances, strict=True)
    ]
    return sorted(judged, key=lambda s: (-(s.benefit or 0.0), s.sides))


def _smaller(suggestion: Suggestion) -> int:
    return min(map(len, suggestion.sides))


def _with_crops(store: Store, suggestion: Suggestion) -> Suggestion:
    first, second = (
        best_crop(store, *(store.tracklet(number) for number in side)) for side in suggestion.sides
    )
    return replace(suggestion, crops=(first, second))


def _ids(tracklets: Sequence[Tracklet]) -> tuple[int, ...]:
    return tuple(tracklet.id for tracklet in tracklets)
