"""Finishing tracklets: embeddings, descriptor, doubt, and re-joining what was interrupted."""

import math
from collections.abc import Sequence

import numpy as np

from surveil_reid.core import BoxTrack, Crop, Floats, describe
from surveil_reid.crops import CropKeeper, CropOptions, decode_jpeg, merge_kept
from surveil_reid.embedding import Embedder
from surveil_reid.identity import parted_from
from surveil_reid.pipeline.growing import Growing
from surveil_reid.store import Store
from surveil_reid.tracking import (
    DoubtOptions,
    Ended,
    RejoinOptions,
    find_rejoin,
    is_doubtful,
)

# Enough to fill any batch, few enough that their pixels do not count.
DECODED_AT_ONCE = 64

# First and last moment, UTC seconds since 1970, both of them in it.
Span = tuple[float, float]


class Finisher:
    """Finishes the tracklets of one camera and remembers the latest for re-joining."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        *,
        crops: CropOptions,
        rejoin: RejoinOptions,
        doubt: DoubtOptions,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._crops = crops
        self._rejoin = rejoin
        self._doubt = doubt
        self.recent: list[Growing] = []

    def finish(self, closing: Sequence[Growing], view: tuple[int, int]) -> list[Growing]:
        """Give each tracklet its descriptor, and join it to an earlier one if it continues it.

        Args:
            closing: tracklets that ended, or whose recording did.
            view: width and height of the picture in pixels.

        Returns:
            The tracklets that changed: the closing ones, or the earlier ones that took them in.
        """
        self._embed(closing)
        changed: dict[int, Growing] = {}
        for person in sorted(closing, key=lambda p: (p.end, p.number)):
            self._describe(person)
            earlier = None if person in self.recent else self._earlier(person, view)
            if earlier is not None:
                self._absorb(earlier, person)
                self._describe(earlier)
            kept = earlier or person
            kept.changed = True
            changed[id(kept)] = kept
            if kept not in self.recent:
                self.recent.append(kept)
        return list(changed.values())

    def forget(self, spans: Sequence[Span]) -> None:
        """Drop from memory what ended in none of these spans of time."""
        self.recent = [p for p in self.recent if any(a <= p.end <= b for a, b in spans)]

    def window(self, now: float) -> float:
        """What ended before this time is re-joined by nobody who comes into view from now on."""
        return now - self._rejoin.max_gap

    def spans(self, window: float, starts: Sequence[float]) -> list[Span]:
        """The spans of time in which a tracklet ended that somebody may still be re-joined to.

        Whoever is in view can only go on from what ended shortly before they came: what has passed
        them by since is not kept until they leave, which a guard or a poster may never do.

        Args:
            window: as `window` gave it.
            starts: of whoever is in view, UTC seconds since 1970.
        """
        gap = self._rejoin.max_gap
        return [(window, math.inf), *((start - gap, start) for start in starts)]

    def _embed(self, people: Sequence[Growing]) -> None:
        pending = [c for p in people for c in p.crops if c.jpeg not in p.embeddings]
        found: dict[bytes, Floats] = {}
        for start in range(0, len(pending), DECODED_AT_ONCE):
            jpegs = [crop.jpeg for crop in pending[start : start + DECODED_AT_ONCE]]
            vectors = self._embedder.embed([decode_jpeg(jpeg) for jpeg in jpegs])
            found.update(zip(jpegs, vectors, strict=True))
        for person in people:
            kept = {c.jpeg: person.embeddings.get(c.jpeg, found.get(c.jpeg)) for c in person.crops}
            person.embeddings = {jpeg: v for jpeg, v in kept.items() if v is not None}

    def _describe(self, person: Growing) -> None:
        crops = person.crops
        if crops:
            person.descriptor = describe(
                embeddings_of(person), np.array([crop.quality for crop in crops], np.float32)
            )
        person.doubtful = is_doubtful(self._track(person), self._doubt)

    def _earlier(self, person: Growing, view: tuple[int, int]) -> Growing | None:
        appearance = self._embedder.info.linking_similarity
        if appearance is None:
            return None  # nobody has measured from where on this model means one person
        before = [p for p in self.recent if p.end < person.start and not p.live]
        candidates = self._not_parted(person, before)
        found = find_rejoin(
            self._ended(0, person),
            [self._ended(number, p) for number, p in enumerate(candidates, start=1)],
            self._rejoin,
            appearance=appearance,
            view=view,
        )
        return None if found is None else candidates[found - 1]

    def _not_parted(self, person: Growing, earlier: Sequence[Growing]) -> Sequence[Growing]:
        """Those whom no reviewer holds for somebody else."""
        numbers = _numbers(person)
        if not numbers or not any(map(_numbers, earlier)):
            return earlier  # nobody has seen both yet, so the store need not be asked
        others = parted_from(self._store.decisions(), numbers)
        return [p for p in earlier if others.isdisjoint(_numbers(p))]

    def _ended(self, number: int, person: Growing) -> Ended:
        return Ended(id=number, track=self._track(person), descriptor=person.descriptor)

    def _track(self, person: Growing) -> BoxTrack:
        if person.track is None:
            stored = [self._store.box_track(person.id)] if person.id else []
            person.track = BoxTrack.join([*stored, person.new_track()])
        return person.track

    def _absorb(self, earlier: Growing, later: Growing) -> None:
        earlier.track = BoxTrack.join([self._track(earlier), self._track(later)])
        crops: tuple[Crop, ...] = merge_kept(earlier.crops, later.crops, self._crops)
        earlier.keeper = CropKeeper.restore(self._crops, crops)
        both = earlier.embeddings | later.embeddings
        earlier.embeddings = {crop.jpeg: both[crop.jpeg] for crop in crops}
        earlier.absorbs += [*([later.id] if later.id else []), *later.absorbs]
        earlier.rows += later.rows
        earlier.end, earlier.number, earlier.live = later.end, later.number, later.live
        later.changed = False  # it may be in view still, and is no tracklet of its own any more


def _numbers(person: Growing) -> set[int]:
    """The tracklets in the store that are this person, those to be absorbed included."""
    return {*([person.id] if person.id else []), *person.absorbs}


def embeddings_of(person: Growing) -> Floats:
    """The embeddings of a finished tracklet's crops, float32 `(crops, dim)`, in their order."""
    return np.stack([person.embeddings[crop.jpeg] for crop in person.crops])
