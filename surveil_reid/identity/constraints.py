"""Pairs of tracklets that cannot be one person, whatever they look like."""

from collections.abc import Sequence

import numpy as np

from surveil_reid.core import Booleans, Tracklet


def conflicts(tracklets: Sequence[Tracklet]) -> Booleans:
    """Which pairs were in view of one camera at one moment: nobody is in two places of a picture.

    Args:
        tracklets: n of them.

    Returns:
        bool `(n, n)`, symmetric, False on the diagonal.
    """
    cameras = np.unique([t.camera for t in tracklets], return_inverse=True)[1]
    starts = np.array([t.start for t in tracklets], np.float64)
    ends = np.array([t.end for t in tracklets], np.float64)
    found: Booleans = (
        (cameras[:, None] == cameras)
        & (starts[:, None] <= ends)  # as Tracklet.overlaps, for all pairs at once
        & (starts <= ends[:, None])
    )
    np.fill_diagonal(found, val=False)
    return found
