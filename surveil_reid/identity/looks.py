"""Looks without what the camera does to them: its light and colours are no part of anybody.

Everybody in one view is lit and coloured alike, so descriptors of one camera lie to one side of
those of another. How far is estimated by the mean of each camera's people. A camera through which
few people have come says little: the mean would be their own looks.
"""

import numpy as np

from surveil_reid.core import Doubles, Floats, Integers
from surveil_reid.matching import cosine_similarities

TRACKLETS_EACH = 512
"""Of a camera's tracklets, so many at most are looked at, spread evenly over them."""


def looks_without_camera(
    descriptors: Floats, cameras: Integers, *, similarity: float, doubt: float
) -> Floats:
    """Descriptors moved so that the mean persons of all cameras come together.

    Args:
        descriptors: float32 `(n, dim)`, L2-normalised, in an order that depends on nothing else.
        cameras: int64 `(n,)`, where each was seen.
        similarity: cosine from which two of a camera are taken for one person, who counts once.
        doubt: people of a camera among whom half of what sets it apart is taken away.

    Returns:
        float32 `(n, dim)`, L2-normalised.
    """
    if len(descriptors) == 0:
        return descriptors
    names, inside = np.unique(cameras, return_inverse=True)
    rows = [np.flatnonzero(inside == camera) for camera in range(len(names))]
    found = [_mean_person(descriptors[some[_spread(len(some))]], similarity) for some in rows]
    means, people = np.array([mean for mean, _ in found]), np.array([count for _, count in found])
    everybody = people @ means / people.sum()
    offsets = (people / (people + doubt))[:, None] * (means - everybody)
    moved: Floats = descriptors - offsets.astype(np.float32)[inside]
    # In float32 and in place: this is done for a whole store whenever a tracklet comes in.
    moved /= np.sqrt(np.einsum("ij,ij->i", moved, moved))[:, None]
    return moved


def _spread(count: int) -> Integers:
    """Positions among so many, evenly spread, at most `TRACKLETS_EACH`."""
    return np.linspace(0, count - 1, min(count, TRACKLETS_EACH)).round().astype(np.int64)


def _mean_person(descriptors: Floats, similarity: float) -> tuple[Doubles, float]:
    """The mean descriptor of a camera's people, and about how many there are."""
    alike = cosine_similarities(descriptors, descriptors) >= similarity
    np.fill_diagonal(alike, True)  # noqa: FBT003 - what fills it
    shares = 1 / alike.sum(axis=1)
    mean: Doubles = shares @ descriptors.astype(np.float64) / shares.sum()
    return mean, float(shares.sum())
