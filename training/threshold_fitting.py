"""Fitting the thresholds of an embedder to tracklets of people whose identity is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveil_reid.core import ArrayError, Calibration, Floats, OperatingPoint
from surveil_reid.evaluation.bcubed import BCubed, bcubed
from surveil_reid.identity import LinkOptions, best_hits, fit_calibration, link
from training.labelled_tracklets import Labelled

RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
LINKING_RATE = 1e-3
"""A rate, and not the similarity at which these very tracklets are grouped best: that one depends
on how many people there are to be confused, and is stricter than a site of some dozens needs."""
ENOUGH_PAIRS = 10
"""Pairs of different people that must reach a threshold for its rate to count as measured."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a model's description says about deciding with it.

    Attributes:
        linking: operating points by increasing false-alarm rate.
        linking_similarity: where linking is to begin, at the rate asked for.
        calibration: from similarities to probabilities, fitted on searches for everybody, once with
            the person in the gallery and once without.
        bcubed: how well linking groups tracklets there, on the same people.
    """

    linking: tuple[OperatingPoint, ...]
    linking_similarity: float
    calibration: Calibration
    bcubed: BCubed


def fit(
    labelled: Sequence[Labelled], fitted_on: str, *, linking_rate: float = LINKING_RATE
) -> Thresholds:
    """Fit operating points and the similarity for linking.

    Args:
        labelled: tracklets of known people.
        fitted_on: the data in words; it is kept with every operating point.
        linking_rate: share of pairs of different people, over 0, that may reach the similarity
            for linking.

    Raises:
        ArrayError: when there are too few people, cameras or tracklets to measure anything.
        InputError: when there are too few to fit probabilities on.
    """
    same, different = cross_camera_similarities(labelled)
    points = operating_points(same, different, fitted_on)
    linking_similarity = round(similarity_at(linking_rate, different), 4)
    hits = best_hits(
        np.array([item.tracklet.descriptor for item in labelled], np.float32),
        [str(item.person) for item in labelled],
        [item.tracklet.camera for item in labelled],
    )
    # Cameras elsewhere are others, so these get no shifts of their own.
    calibration = fit_calibration(replace(hits, cameras=()), fitted_on)
    bcubed = linking_score(labelled, LinkOptions(similarity=linking_similarity))
    return Thresholds(points, linking_similarity, calibration, bcubed)


def cross_camera_similarities(labelled: Sequence[Labelled]) -> tuple[Floats, Floats]:
    """Cosine similarities of all pairs of tracklets from two cameras.

    Returns:
        Those of one person, and those of different people; both float32 `(pairs,)`.
    """
    descriptors = np.array([item.tracklet.descriptor for item in labelled], np.float32)
    people = np.array([item.person for item in labelled])
    cameras = np.array([item.tracklet.camera for item in labelled])
    same, different = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    for row in range(1, len(labelled)):
        others = cameras[:row] != cameras[row]
        similarities = descriptors[:row][others] @ descriptors[row]
        mine = people[:row][others] == people[row]
        same.append(similarities[mine])
        different.append(similarities[~mine])
    return np.concatenate(same), np.concatenate(different)


def operating_points(same: Floats, different: Floats, fitted_on: str) -> tuple[OperatingPoint, ...]:
    """The similarities that pairs of different people reach at each of `RATES`, as measured.

    Args:
        same: similarities of pairs of one person.
        different: similarities of pairs of different people.
        fitted_on: the data in words.

    Returns:
        Points by increasing rate; a rate that fewer than `ENOUGH_PAIRS` pairs would decide is left
        out.

    Raises:
        ArrayError: when there is no pair of one person, or too few of different people.
    """
    counts = [round(rate * len(different)) for rate in RATES]
    counts = [count for count in counts if count >= ENOUGH_PAIRS]
    if len(same) == 0 or not counts:
        msg = (
            f"{len(same)} pairs of one person and {len(different)} of others are too few to fit on"
        )
        raise ArrayError(msg)
    descending = -np.sort(-different)
    thresholds = [float(descending[count - 1]) for count in counts]
    return tuple(
        OperatingPoint(
            similarity=threshold,
            false_alarm=float((different >= threshold).mean()),
            detection=float((same >= threshold).mean()),
            fitted_on=fitted_on,
        )
        for threshold in thresholds
    )


def similarity_at(rate: float, different: Floats) -> float:
    """The similarity that this share of pairs of different people reaches.

    Raises:
        ArrayError: when the share amounts to no pair at all.
    """
    count = round(rate * len(different))
    if not 0 < count <= len(different):
        msg = f"a rate of {rate:g} cannot be measured on {len(different)} pairs of different people"
        raise ArrayError(msg)
    return float(-np.partition(-different, count - 1)[count - 1])


def linking_score(labelled: Sequence[Labelled], options: LinkOptions) -> BCubed:
    """Link the tracklets and score the groups."""
    groups = link([item.tracklet for item in labelled], options)
    group_of = {member: number for number, group in enumerate(groups) for member in group.members}
    found = [group_of[item.tracklet.id] for item in labelled]
    return bcubed([item.person for item in labelled], found)
