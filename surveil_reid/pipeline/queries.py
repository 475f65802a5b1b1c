"""What to search by: one descriptor for pictures, a tracklet or an identity."""

from collections.abc import Sequence

import numpy as np

from surveil_reid.core import Floats, Image, UnknownNameError, describe, l2_normalise
from surveil_reid.embedding import Embedder
from surveil_reid.store import Store


def describe_pictures(images: Sequence[Image], embedder: Embedder) -> Floats:
    """One descriptor for one or more pictures of a person.

    Args:
        images: crops, RGB uint8 `(height, width, 3)`.
        embedder: the model of the store.

    Returns:
        float32 `(dim,)`, L2-normalised.
    """
    return describe(embedder.embed(images), np.ones(len(images), np.float32))


def describe_identity(store: Store, identity: int) -> tuple[Floats, tuple[int, ...]]:
    """The mean descriptor of an identity, and its tracklets.

    Raises:
        UnknownNameError: when the store holds no such identity.
    """
    members = store.identity(identity).tracklet_ids
    known = {t.id: t.descriptor for t in store.tracklets(doubtful=True)}
    descriptors = np.stack([known[member] for member in members])
    return l2_normalise(descriptors.mean(axis=0, keepdims=True))[0], members


def describe_tracklet(store: Store, tracklet: int) -> Floats:
    """The descriptor of a tracklet.

    Raises:
        UnknownNameError: when the store holds no such tracklet, or it has no descriptor yet.
    """
    descriptor = store.tracklet(tracklet).descriptor
    if descriptor is None:
        msg = f"tracklet {tracklet} has no descriptor yet; let `surveil-reid process` finish first"
        raise UnknownNameError(msg)
    return descriptor
