"""Identities over the whole store."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from surveil_reid.core import ModelInfo, ReviewDecision, Tracklet, WeightsError, vouched
from surveil_reid.identity import (
    Group,
    LinkOptions,
    TravelTime,
    constraints_of,
    extend,
    link,
)
from surveil_reid.store import IdentityGroup, Store


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
    store: Store, *, similarity: float | None = None, travel: tuple[TravelTime, ...] = ()
) -> LinkReport:
    """Compute the identities of the whole store anew; identities keep their ids where they can.

    Args:
        store: whose tracklets to link; doubtful ones stay out, unless a reviewer has confirmed
            them. What reviewers have decided is obeyed.
        similarity: cosine similarity from which tracklets are one person; None takes the one
            fitted for the store's model.
        travel: what is known about walking between the cameras; the rest is learned.

    Raises:
        WeightsError: when no similarity is given and none was fitted for the model.
    """
    return _link(store, similarity, travel, anew=True)


def link_new(store: Store, *, travel: tuple[TravelTime, ...] = ()) -> LinkReport:
    """Give tracklets without an identity one, leaving the identities there are as they are."""
    return _link(store, None, travel, anew=False)


def _link(
    store: Store, similarity: float | None, travel: tuple[TravelTime, ...], *, anew: bool
) -> LinkReport:
    began = time.perf_counter()
    model = store.model()
    decisions = store.decisions()
    tracklets = _linkable(store, decisions)
    groups: tuple[Group, ...] = ()
    if model is not None and tracklets:
        options = LinkOptions(similarity=_similarity(model, similarity), travel=travel)
        groups = (link if anew else extend)(
            tracklets,
            options,
            known=store.memberships(),
            constraints=constraints_of(decisions),
        )
    store.set_identities(
        [IdentityGroup(g.identity, g.members, g.scores) for g in groups], obeying=decisions
    )
    return LinkReport(
        tracklets=len(tracklets),
        identities=len(groups),
        links=len(tracklets) - len(groups),
        seconds=time.perf_counter() - began,
    )


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
