"""What a page says of a whole store: numbers, time line, map, and how sure its model is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveil_reid.core import ModelInfo, OperatingPoint, Tracklet, is_dated
from surveil_reid.report.site_map import Transition, count_transitions
from surveil_reid.report.times import Clock
from surveil_reid.store import Identity, Store, StoreCounts


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Everything that is read of a store before pictures are.

    Attributes:
        counts: of cameras and what they saw.
        identities: all of them, by id.
        shown: those that the page has room for, in order of first appearance.
        people: the tracklets of every identity, in order of time.
        reviewed: tracklets that a reviewer put where they are.
        model: of the descriptors; None while there are none.
        clock: from the first moment that anybody was seen to the last.
        span: likewise, of whatever has a date; of everything where nothing has.
        undated: cameras that filmed something of which nothing says when.
    """

    counts: StoreCounts
    identities: tuple[Identity, ...]
    shown: tuple[Identity, ...]
    people: Mapping[int, Sequence[Tracklet]]
    reviewed: frozenset[int]
    model: ModelInfo | None
    clock: Clock
    span: Clock
    undated: tuple[str, ...]

    @classmethod
    def of(cls, store: Store, most: int) -> "Overview":
        """Read a store; of its identities, `most` are shown."""
        tracklets = {t.id: t for t in store.tracklets(doubtful=True)}
        dated = [t for t in tracklets.values() if is_dated(t.start)]
        identities = store.identities()
        return cls(
            counts=store.counts(),
            identities=identities,
            shown=_choose(identities, most),
            people={identity.id: _tracklets_of(identity, tracklets) for identity in identities},
            reviewed=frozenset(store.memberships("reviewer")),
            model=store.model(),
            clock=Clock.over(tracklets.values()),
            span=Clock.over(dated or tracklets.values()),
            undated=store.undated_cameras(),
        )

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names, in their order."""
        return tuple(camera.camera for camera in self.counts.cameras)

    @property
    def several(self) -> int:
        """Identities that more than one camera saw."""
        return sum(len(identity.cameras) > 1 for identity in self.identities)

    @property
    def unlinked(self) -> int:
        """Tracklets of no identity."""
        linked = sum(len(identity.tracklet_ids) for identity in self.identities)
        return sum(camera.tracklets for camera in self.counts.cameras) - linked

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        """Who went from where to where, over all identities and whatever has a date."""
        return count_transitions(self._dated.values())

    @property
    def placed(self) -> dict[int, Sequence[Tracklet]]:
        """What a timeline shows of those shown: what has a date, or all where nothing has."""
        people = self._dated if any(self._dated.values()) else self.people
        return {i.id: seen for i in self.shown if (seen := people[i.id])}

    @cached_property
    def _dated(self) -> dict[int, Sequence[Tracklet]]:
        return {
            identity: [t for t in tracklets if is_dated(t.start)]
            for identity, tracklets in self.people.items()
        }

    def probability(self, similarity: float) -> float | None:
        """That tracklets so alike are one person, as a search of this store would say.

        None where nobody has fitted it.
        """
        if self.model is None or self.model.calibration is None:
            return None
        among = sum(camera.tracklets - camera.doubtful for camera in self.counts.cameras)
        return float(
            self.model.calibration.probability(np.array(similarity, np.float32), gallery_size=among)
        )

    @property
    def operating_point(self) -> OperatingPoint | None:
        """What was measured nearest to the similarity at which the model links."""
        if self.model is None or self.model.linking_similarity is None:
            return None
        similarity = self.model.linking_similarity
        return min(self.model.linking, key=lambda p: abs(p.similarity - similarity), default=None)


def _choose(identities: Sequence[Identity], most: int) -> tuple[Identity, ...]:
    """Whom the page shows: those of the most cameras, then of the most tracklets.

    Returns:
        `most` of them or fewer, in order of first appearance.
    """
    ranked = sorted(identities, key=lambda i: (-len(i.cameras), -len(i.tracklet_ids), i.id))
    return tuple(sorted(ranked[:most], key=lambda i: (i.first, i.id)))


def _tracklets_of(identity: Identity, tracklets: Mapping[int, Tracklet]) -> tuple[Tracklet, ...]:
    """An identity's tracklets that have a descriptor, in order of time."""
    return tuple(tracklets[n] for n in identity.tracklet_ids if n in tracklets)
