"""Probabilities fitted on what reviewers have decided."""

import numpy as np

from surveil_reid.core import Calibration
from surveil_reid.identity import KnownHits, constraints_of, fit_calibration
from surveil_reid.store import Store


def calibrate_on_decisions(store: Store) -> Calibration:
    """Fit probabilities on the pairs of tracklets that reviewers hold to be one person, or two.

    What reviewers look at is what linking and search proposed, as hits are.

    Raises:
        InputError: when they have decided too little, or contradict one another.
    """
    constraints = constraints_of(store.decisions())
    known = {tracklet.id: tracklet for tracklet in store.tracklets(doubtful=True)}
    pairs = [(pair, True) for pair in sorted(constraints.must)]
    pairs += [(pair, False) for pair in sorted(constraints.cannot)]
    found = [(known[a], known[b], same) for (a, b), same in pairs if a in known and b in known]
    hits = KnownHits(
        similarities=np.array([float(a.descriptor @ b.descriptor) for a, b, _ in found]),
        same=np.array([same for *_, same in found], np.bool_),
        gallery_sizes=np.full(len(found), max(1, len(known) - 1)),
        cameras=tuple((a.camera, b.camera) for a, b, _ in found),
    )
    right = int(hits.same.sum())
    return fit_calibration(
        hits, f"reviewers' decisions: {right} pairs of one person, {len(found) - right} of two"
    )
