"""Identities over the whole store."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from surveil_reid.core import (
    BusyError,
    ModelInfo,
    ReviewDecision,
    Tracklet,
    UnknownNameError,
    WeightsError,
    vouched,
)
from surveil_reid.identity import (
    Group,
    LinkOptions,
    TravelTime,
    constraints_of,
    extend,
    link,
)
from surveil_reid.store import IdentityGroup, LinkingBasis, Store

# Each time in vain is one in which somebody else has linked, decided or removed.
_ATTEMPTS: Final = 10


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What linking gave.

    Attributes:
        tracklets: those that took part.
        identities: groups of one tracklet or more.
        links: tracklets beyond the first of each identity.
        seconds: wall time.
    """

    tracklets: int
    identities: int
    links: int
    seconds: float


def link_store(
    store: Store,
    *,
    similarity: float | None = None,
    travel: tuple[TravelTime, ...] | None = None,
) -> LinkReport:
    """Compute the identities of the whole store anew; identities keep their ids where they can.

    The store remembers what it was told here, and heeds it until it is told something else.

    Args:
        store: whose tracklets to link; doubtful ones stay out, unless a reviewer has confirmed
            them. What reviewers have decided is obeyed.
        similarity: cosine similarity from which tracklets are one person; None takes the one
            fitted for the store's model.
        travel: what is known about walking between the cameras, the rest is learned; None for
            what the store was told last.

    Raises:
        WeightsError: when no similarity is given and none was fitted for the model.
        BusyError: when decisions or identities have changed meanwhile, time and again.
    """

    def told(basis: LinkingBasis) -> _Told:
        known = _told(basis).travel if travel is None else travel
        return _Told(similarity=similarity, travel=known)

    return _link(store, told, anew=True)


def link_again(store: Store) -> LinkReport:
    """Compute the identities of the whole store anew as the last time, under today's decisions.

    Raises:
        WeightsError, BusyError: as `link_store`.
    """
    return _link(store, _told, anew=True)


def link_new(store: Store, *, travel: tuple[TravelTime, ...] | None = None) -> LinkReport:
    """Give tracklets without an identity one, leaving the identities there are as they are.

    Args:
        store: whose tracklets to link, by the similarity that it was told last.
        travel: as for `link_store`.

    Raises:
        WeightsError, BusyError: as `link_store`.
    """

    def told(basis: LinkingBasis) -> _Told:
        return _told(basis) if travel is None else replace(_told(basis), travel=travel)

    return _link(store, told, anew=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """What linking was told; the rest it takes from the model, or learns."""

    similarity: float | None = None
    travel: tuple[TravelTime, ...] = ()


def _told(basis: LinkingBasis) -> _Told:
    options, model = basis.options, basis.model
    same_model = model is not None and model.sha256 == options.get("model")
    return _Told(
        similarity=options["similarity"] if same_model else None,
        travel=tuple(TravelTime(**time) for time in options.get("travel", ())),
    )


def _link(store: Store, told: Callable[[LinkingBasis], _Told], *, anew: bool) -> LinkReport:
    """Link, and again where another process has changed meanwhile what that went by."""
    began = time.perf_counter()
    for _ in range(_ATTEMPTS - 1):
        # A tracklet that has gone meanwhile is an unknown one.
        with contextlib.suppress(BusyError, UnknownNameError):
            return _link_once(store, told, anew=anew, began=began)
    return _link_once(store, told, anew=anew, began=began)


def _link_once(
    store: Store, told: Callable[[LinkingBasis], _Told], *, anew: bool, began: float
) -> LinkReport:
    basis = store.linking_basis()
    model, wish = basis.model, told(basis)
    tracklets = _linkable(store, basis.decisions)
    groups: tuple[Group, ...] = ()
    if model is not None and tracklets:
        similarity = _similarity(model, wish.similarity)
        options = LinkOptions(similarity=similarity, travel=_timed(store, wish.travel))
        groups = (link if anew else extend)(
            tracklets,
            options,
            known=basis.memberships,
            constraints=constraints_of(basis.decisions),
        )
    store.set_identities(
        [IdentityGroup(g.identity, g.members, g.scores) for g in groups],
        basis=basis,
        options=asdict(wish) | {"model": None if model is None else model.sha256},
    )
    return LinkReport(
        tracklets=len(tracklets),
        identities=len(groups),
        links=len(tracklets) - len(groups),
        seconds=time.perf_counter() - began,
    )


def _timed(store: Store, travel: Sequence[TravelTime]) -> tuple[TravelTime, ...]:
    """What is known about walking between cameras of which it is known when they recorded."""
    undated = store.undated_cameras()
    return tuple(time for time in travel if not {time.origin, time.to}.intersection(undated))


def _linkable(store: Store, decisions: Sequence[ReviewDecision]) -> tuple[Tracklet, ...]:
    """The tracklets that are not doubtful, and those of the others that a reviewer vouches for."""
    tracklets = store.tracklets()
    doubtful = vouched(decisions) - {tracklet.id for tracklet in tracklets}
    return tracklets + store.chosen_tracklets(doubtful)


def _similarity(model: ModelInfo, similarity: float | None) -> float:
    if similarity is not None:
        return similarity
    if model.linking_similarity is None:
        msg = (
            f"model {model.name} has no linking similarity; fit one with "
            "`python -m training.thresholds`, or give --similarity"
        )
        raise WeightsError(msg)
    return model.linking_similarity
