"""Identities over the whole store."""

import time
from dataclasses import dataclass

from surveil_reid.core import ModelInfo, WeightsError
from surveil_reid.identity import Group, LinkOptions, extend, link
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


def link_store(store: Store, *, similarity: float | None = None) -> LinkReport:
    """Compute the identities of the whole store anew; identities keep their ids where they can.

    Args:
        store: whose tracklets to link; doubtful ones stay out.
        similarity: cosine similarity from which tracklets are one person; None takes the one
            fitted for the store's model.

    Raises:
        WeightsError: when no similarity is given and none was fitted for the model.
    """
    return _link(store, similarity, anew=True)


def link_new(store: Store) -> LinkReport:
    """Give tracklets without an identity one, leaving the identities there are as they are."""
    return _link(store, None, anew=False)


def _link(store: Store, similarity: float | None, *, anew: bool) -> LinkReport:
    began = time.perf_counter()
    model = store.model()
    tracklets = store.tracklets()
    groups: tuple[Group, ...] = ()
    if model is not None and tracklets:
        options = LinkOptions(similarity=_similarity(model, similarity))
        groups = (link if anew else extend)(tracklets, options, known=store.memberships())
    store.set_identities([IdentityGroup(g.identity, g.members, g.scores) for g in groups])
    return LinkReport(
        tracklets=len(tracklets),
        identities=len(groups),
        links=len(tracklets) - len(groups),
        seconds=time.perf_counter() - began,
    )


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
