"""Search for a person over all cameras, by picture, tracklet or identity."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from surveil_reid.core import (
    Booleans,
    Floats,
    InputError,
    ModelInfo,
    Sights,
    Tracklet,
    UnknownNameError,
    is_dated,
    moment,
)
from surveil_reid.identity import decide
from surveil_reid.matching import DescriptorIndex, RerankOptions, rerank
from surveil_reid.pipeline.identities import Place, best_crop, places_of
from surveil_reid.pipeline.index import current_model, open_index
from surveil_reid.store import Store

# Only the head of the list is re-ranked, and only a full one: among fewer tracklets neighbourhoods
# say nothing. A person has few tracklets, hence small neighbourhoods, and similarity keeps most of
# the weight. On tracklets of Market-1501's training set that raises mAP without costing rank-1,
# whereas the usual values for pictures (20, 6, 0.3) cost one to seven points of rank-1.
RERANKED = 100
RERANKING = RerankOptions(k1=10, k2=4, lambda_=0.7)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchOptions:
    """What to search among, and how sure to be.

    Attributes:
        top: how many hits to give at most.
        cameras: only these; empty for all.
        after: only tracklets in view at or after this time, UTC seconds since 1970. With a date
            none is found that has none, and the other way round.
        before: only tracklets in view at or before this time; likewise.
        false_alarm: share of searches for somebody who is not there that may report anybody.
        doubtful: whether to search among doubtful tracklets too.

    Raises:
        InputError: when a number is out of range.
    """

    top: int = 10
    cameras: tuple[str, ...] = ()
    after: float | None = None
    before: float | None = None
    false_alarm: float = 0.01
    doubtful: bool = False

    def __post_init__(self) -> None:
        if self.top < 1:
            msg = f"a search gives at least 1 hit, not {self.top}"
            raise InputError(msg)
        if not 0 < self.false_alarm < 1:
            msg = f"the false-alarm rate lies between 0 and 1, not at {self.false_alarm}"
            raise InputError(msg)
        if self.after is not None and self.before is not None and self.after > self.before:
            msg = f"nothing is after {moment(self.after)} and before {moment(self.before)}"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One tracklet that a search found.

    Attributes:
        tracklet: the store's id.
        identity: the identity it belongs to, if any.
        camera: name.
        start: UTC seconds since 1970.
        end: UTC seconds since 1970.
        score: cosine similarity to the query.
        probability: that it is the person, 0..1, or None where the model's scores are not
            calibrated.
        match: whether the score says "the same person" at the false-alarm rate asked for.
        crop: path of the best crop.
        place: where in the footage.
    """

    tracklet: int
    identity: int | None
    camera: str
    start: float
    end: float
    score: float
    probability: float | None
    match: bool
    crop: str | None
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchResult:
    """What a search found, best first, and whether any of it is the person.

    Attributes:
        match: whether at least one hit is; False is the answer "no match".
        false_alarm: the rate asked for.
        threshold: the similarity from which a hit is a match.
        extrapolated: whether that rate lies outside those measured for the model.
        compared: tracklets that the query was compared with.
        hits: matches first, and of either kind the best.
    """

    match: bool
    false_alarm: float
    threshold: float
    extrapolated: bool
    compared: int
    hits: tuple[Hit, ...]

    def by_identity(self) -> tuple[tuple[int | None, tuple[Hit, ...]], ...]:
        """The hits of each identity, in the order of their best; last those of none (None)."""
        groups: dict[int | None, list[Hit]] = {}
        for hit in self.hits:
            groups.setdefault(hit.identity, []).append(hit)
        ordered = sorted(groups.items(), key=lambda group: group[0] is None)
        return tuple((identity, tuple(hits)) for identity, hits in ordered)


def search(
    store: Store,
    query: Floats,
    options: SearchOptions | None = None,
    *,
    leave_out: Sequence[int] = (),
    asked: str | None = None,
) -> SearchResult:
    """Find a person by descriptor.

    The head of a long list is ordered by k-reciprocal re-ranking; scores stay cosine similarities,
    on which "match" is decided. Matches come first, so that the answer does not depend on how many
    hits are asked for: re-ranking may put somebody whom the query is most like behind others who
    are like one another.

    Args:
        store: where to search.
        query: float32 `(dim,)`, L2-normalised, of the store's model.
        options: filters and the false-alarm rate.
        leave_out: tracklets that are the query itself. Their cameras are the query's: what is known
            of pairs of cameras goes into the probabilities.
        asked: whom for, in words, for the store's log: a picture's path, say.

    Raises:
        StoreError: when the store holds no descriptors at all.
        UnknownNameError: when a camera asked for does not exist.
        WeightsError: when nobody has measured the model's false-alarm rates.
    """
    options = options or SearchOptions()
    model = current_model(store)
    index = open_index(store)
    candidates = find_candidates(store, index, options, leave_out)
    compared = int(candidates.sum())
    gallery_size = max(compared, 1)
    head = _ranked(store, index, query, candidates, options.top)
    similarities = np.array([score for _, score in head], np.float32)
    decision = decide(
        similarities,
        info=model,
        gallery_size=gallery_size,
        false_alarm=options.false_alarm,
    )
    order = np.argsort(~decision.matches, kind="stable")[: options.top]
    found = [(*head[row], bool(decision.matches[row])) for row in order]
    seen_by = [tracklet.camera for tracklet in store.chosen_tracklets(leave_out)]
    identities = store.identities_of([tracklet.id for tracklet, *_ in found])
    states = [store.tracklet(tracklet.id) for tracklet, *_ in found]
    hits = tuple(
        Hit(
            tracklet=tracklet.id,
            identity=identities.get(tracklet.id),
            camera=tracklet.camera,
            start=tracklet.start,
            end=tracklet.end,
            score=float(score),
            probability=_probability(model, score, tracklet.camera, seen_by, gallery_size),
            match=match,
            crop=best_crop(store, state),
            place=place,
        )
        for (tracklet, score, match), state, place in zip(
            found, states, places_of(store, states), strict=True
        )
    )
    if not store.read_only:
        query_of = {"asked": asked, "tracklets": list(leave_out)}
        store.log("search", query_of | {"hits": [hit.tracklet for hit in hits], **asdict(options)})
    return SearchResult(
        match=any(hit.match for hit in hits),
        false_alarm=options.false_alarm,
        threshold=decision.threshold,
        extrapolated=decision.extrapolated,
        compared=compared,
        hits=hits,
    )


def find_candidates(
    store: Store, index: DescriptorIndex, options: SearchOptions, leave_out: Sequence[int]
) -> Booleans:
    """Which of the tracklets in a store's index may be found.

    Args:
        store: whose index it is.
        index: its index, up to date.
        options: filters.
        leave_out: ids of tracklets that may not.

    Returns:
        bool `(n,)`, parallel to `index.ids`.

    Raises:
        UnknownNameError: when a camera asked for does not exist.
    """
    numbers = store.camera_numbers()
    unknown = set(options.cameras) - numbers.keys()
    if unknown:
        msg = (
            f"no camera is named {min(unknown)!r}; the store holds "
            f"{', '.join(map(repr, numbers)) or 'none'}"
        )
        raise UnknownNameError(msg)
    sights = index.sights
    chosen = ~np.isin(index.ids, np.array(leave_out, np.int64))
    if not options.doubtful:
        chosen &= ~sights["doubtful"]
    if options.cameras:
        chosen &= np.isin(sights["camera"], [numbers[name] for name in options.cameras])
    if options.after is not None:
        chosen &= (sights["end"] >= options.after) & _as_dated(sights, options.after)
    if options.before is not None:
        chosen &= (sights["start"] <= options.before) & _as_dated(sights, options.before)
    return chosen


def _as_dated(sights: Sights, time: float) -> Booleans:
    """Which have a date if the time has one, or none if it has none: no others compare with it."""
    dated: Booleans = is_dated(sights["start"]) == is_dated(time)
    return dated


def _probability(
    model: ModelInfo, score: float, camera: str, seen_by: Sequence[str], gallery_size: int
) -> float | None:
    if model.calibration is None:
        return None
    probability = model.calibration.probability(
        np.array(score), gallery_size=gallery_size, cameras=[(other, camera) for other in seen_by]
    )
    return float(probability)


def _ranked(
    store: Store, index: DescriptorIndex, query: Floats, candidates: Booleans, top: int
) -> list[tuple[Tracklet, float]]:
    """The best candidates, `top` or more, with their cosine similarities, best first."""
    scores, ids = index.search(query[None], max(top, RERANKED), chosen=candidates)
    near = dict(zip(ids[0].tolist(), scores[0].tolist(), strict=True))
    known = {tracklet.id: tracklet for tracklet in store.chosen_tracklets(near.keys() - {-1})}
    found = [(known[id_], score) for id_, score in near.items() if id_ in known]
    if len(found) >= RERANKED:
        gallery = np.stack([tracklet.descriptor for tracklet, _ in found])
        distances = rerank(query[None], gallery, options=RERANKING)[0]
        found = [found[row] for row in np.argsort(distances, kind="stable")]
    return found
