"""Linking: which tracklets, over all cameras, are one person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from surveil_reid.core import ArrayError, Booleans, Floats, InputError, Integers, Tracklet
from surveil_reid.identity.clustering import Edges, cluster
from surveil_reid.identity.constraints import (
    NO_CONSTRAINTS,
    Constraints,
    joined,
    positions_of,
)
from surveil_reid.identity.evidence import EvidenceOptions, find_candidates, nearby, weigh
from surveil_reid.identity.groups import Group, name_groups
from surveil_reid.identity.looks import looks_without_camera
from surveil_reid.identity.travel import (
    TravelEvidence,
    TravelTime,
    Whereabouts,
    impossible_pairs,
)

NOTHING_KNOWN: Mapping[int, int] = MappingProxyType({})
FITTED = EvidenceOptions()
NO_PAIRS = np.zeros((0, 2), np.int64)

LOCAL_FROM = 6_000
"""Tracklets from which on only the surroundings of new ones are looked at."""

LEARNED_STEPS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkOptions:
    """When tracklets are one person.

    Attributes:
        similarity: the least mean similarity between two groups that are merged, -1..1: cosine,
            and what neighbourhoods and travel times add to it or take from it. It belongs to the
            model (`ModelInfo.linking_similarity`), never to taste.
        travel: what the site says about walking between cameras.
        evidence: what each kind of evidence weighs; as fitted, unless it is being fitted anew.

    Raises:
        InputError: when the similarity is out of range.
    """

    similarity: float
    travel: tuple[TravelTime, ...] = ()
    evidence: EvidenceOptions = FITTED

    def __post_init__(self) -> None:
        if not -1 <= self.similarity <= 1:
            msg = f"the similarity for linking must lie in -1..1; got {self.similarity}"
            raise InputError(msg)


def link(
    tracklets: Sequence[Tracklet],
    options: LinkOptions,
    *,
    known: Mapping[int, int] = NOTHING_KNOWN,
    constraints: Constraints = NO_CONSTRAINTS,
) -> tuple[Group, ...]:
    """Group all tracklets anew, by average-linkage clustering of their descriptors.

    Tracklets that were in view of one camera at one moment never share a group. The order of the
    tracklets does not matter. Each group takes over the known identity with which it shares most
    members; no identity goes to two groups.

    Args:
        tracklets: all that are to be grouped.
        options: when tracklets are one person.
        known: identity by tracklet id, as it was before; other tracklets' are passed over.
        constraints: what reviewers have decided; always obeyed.

    Returns:
        Groups by first member; every tracklet is in exactly one.

    Raises:
        ArrayError: when two tracklets have one id or descriptors differ in dimension.
    """
    scene = _Scene.of(tracklets, constraints, options)
    everybody = np.arange(len(scene.ids))
    found = scene.grouped(everybody, scene.joined(everybody), options)
    return name_groups(scene.ids, scene.descriptors, found, known)


def extend(
    tracklets: Sequence[Tracklet],
    options: LinkOptions,
    *,
    known: Mapping[int, int],
    constraints: Constraints = NO_CONSTRAINTS,
) -> tuple[Group, ...]:
    """Put new tracklets into known identities or new groups; the known ones stay as they are.

    It clusters as `link` does, only that it starts from the known identities, and merges two of
    them only where a must-link asks for it. A known identity that a cannot-link parts is taken
    apart into what must-links hold together, and what it consists of is linked anew.

    Where the last tenth of 5,000 tracklets is added, the identities agree with those of linking all
    anew to a BCubed F1 of 0.98, and of 20,000 to one of 0.97; `link` recomputes. The figures are in
    `tests/benchmarks/results/linking_extend.json`.

    Args:
        tracklets: those of the known identities, and the new ones.
        options: when tracklets are one person.
        known: identity by tracklet id; tracklets without one are new.
        constraints: what reviewers have decided; always obeyed.

    Returns:
        Groups by first member; every tracklet is in exactly one.

    Raises:
        ArrayError: when two tracklets have one id or descriptors differ in dimension.
    """
    scene = _Scene.of(tracklets, constraints, options)
    before, closed = scene.standing(known)
    start = scene.joined(before)
    rows, learned = np.arange(len(start)), NO_PAIRS
    if len(rows) > LOCAL_FROM:
        learned = _within(before)
        rows = nearby(scene.looks, np.flatnonzero(~closed), start, options=options.evidence)
    found = start.copy()
    found[rows] = scene.grouped(rows, start, options, closed=closed, learned=learned)
    return name_groups(scene.ids, scene.descriptors, found, known)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """Tracklets in order of time and place, so that neither order of arrival nor numbers matter.

    Attributes:
        ids: int64 `(n,)`.
        descriptors: float32 `(n, dim)`.
        looks: float32 `(n, dim)`, the descriptors without what their cameras do to them.
        places: where and when each was.
        must: int64 `(pairs, 2)`, positions of those that are one person.
        cannot: int64 `(pairs, 2)`, positions of those that are not.
    """

    ids: Integers
    descriptors: Floats
    looks: Floats
    places: Whereabouts
    must: Integers
    cannot: Integers

    @classmethod
    def of(
        cls, tracklets: Sequence[Tracklet], constraints: Constraints, options: LinkOptions
    ) -> "_Scene":
        ordered = sorted(tracklets, key=lambda t: (t.start, t.end, t.camera, t.id))
        ids = [tracklet.id for tracklet in ordered]
        descriptors, places = _descriptors(ordered), Whereabouts.of(ordered)
        return cls(
            ids=_each_once(ids),
            descriptors=descriptors,
            looks=looks_without_camera(
                descriptors,
                places.cameras,
                similarity=options.similarity,
                doubt=options.evidence.camera_doubt,
            ),
            places=places,
            must=positions_of(ids, constraints.must),
            cannot=positions_of(ids, constraints.cannot),
        )

    def joined(self, groups: Integers) -> Integers:
        """Groups joined by must-links, named by first member."""
        return joined(groups, self.must)

    def standing(self, known: Mapping[int, int]) -> tuple[Integers, Booleans]:
        """Known identities that constraints leave whole, as groups, and who is in one.

        Identities that must-links join count as one: a cannot-link within it parts all of them.
        """
        unknown = -1
        identities = np.array([known.get(id_, unknown) for id_ in self.ids.tolist()], np.int64)
        named = np.flatnonzero(identities != unknown)
        _, firsts, inverse = np.unique(identities[named], return_index=True, return_inverse=True)
        groups = np.arange(len(self.ids))
        groups[named] = named[firsts][inverse]
        together = self.joined(groups)
        left, right = together[self.cannot].T
        whole = (identities != unknown) & ~np.isin(together, left[left == right])
        return np.where(whole, groups, np.arange(len(groups))), whole

    def grouped(
        self,
        rows: Integers,
        start: Integers,
        options: LinkOptions,
        *,
        closed: Booleans | None = None,
        learned: Integers = NO_PAIRS,
    ) -> Integers:
        """Cluster some tracklets, which hold everybody of their groups at the start.

        Args:
            rows: int64, ascending positions.
            start: int64 `(n,)`, groups at the start, by the position of their first member.
            options: when tracklets are one person.
            closed: bool `(n,)`, those of groups no two of which merge; None for nobody.
            learned: int64 `(pairs, 2)`, positions of pairs that travel times are learned from too.

        Returns:
            int64 `(rows,)`, the groups at the end, named likewise.
        """
        if len(rows) == 0:
            return rows
        looks, places = self.looks[rows], self.places.take(rows)
        candidates = find_candidates(looks, similarity=options.similarity, options=options.evidence)
        never = np.concatenate(
            [impossible_pairs(places, options.travel), _local(self.cannot, rows)]
        )
        sure = candidates.sure_pairs(never)
        evidence = TravelEvidence.learn(
            self.places, np.concatenate([rows[sure], learned]), options.travel
        )
        bonus = weigh(candidates, evidence, places, count=len(self.ids), options=options.evidence)
        inside = np.searchsorted(rows, start[rows])
        shut = np.zeros(len(rows), np.bool_)
        if closed is not None:
            shut[inside[closed[rows]]] = True
        found = cluster(
            looks,
            Edges.of(candidates.pairs, bonus, never),
            inside,
            similarity=options.evidence.threshold_for(options.similarity, len(self.ids)),
            closed=shut,
        )
        return rows[found]


def _each_once(ids: Sequence[int]) -> Integers:
    twice = [number for number, times in Counter(ids).items() if times > 1]
    if twice:
        msg = f"tracklet {min(twice)} is given more than once; give each tracklet once"
        raise ArrayError(msg)
    return np.array(ids, np.int64)


def _descriptors(tracklets: Sequence[Tracklet]) -> Floats:
    dims = {t.descriptor.shape for t in tracklets}
    if len(dims) > 1:
        msg = f"descriptors differ in shape ({sorted(dims)}); re-embed the store with one model"
        raise ArrayError(msg)
    return np.array([t.descriptor for t in tracklets], np.float32)


def _local(pairs: Integers, rows: Integers) -> Integers:
    """Pairs by their places among ascending `rows`; those with others are left out."""
    places = np.minimum(np.searchsorted(rows, pairs), len(rows) - 1)
    local: Integers = places[(rows[places] == pairs).all(axis=1)]
    return local


def _within(groups: Integers) -> Integers:
    """Pairs of members of one group, at most `LEARNED_STEPS` apart in order of time."""
    order = np.argsort(groups, kind="stable")
    pairs = [
        np.stack([order[:-step], order[step:]], axis=1)[
            groups[order[:-step]] == groups[order[step:]]
        ]
        for step in range(1, min(LEARNED_STEPS + 1, len(order)))
    ]
    return np.concatenate([NO_PAIRS, *pairs])
