"""Fitting the thresholds of an embedder to tracklets of people whose identity is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveil_reid.core import ArrayError, Calibration, Floats, Integers, OperatingPoint
from surveil_reid.evaluation.bcubed import BCubed, bcubed
from surveil_reid.identity import LinkOptions, best_hits, fit_calibration, link
from training.labelled_tracklets import Labelled

RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
LINKING_RATE = 1e-3
"""A rate, and not the similarity at which these very tracklets are grouped best: that one depends
on how many people there are to be confused, and is stricter than a site of some dozens needs."""
ENOUGH_PAIRS = 10
"""Pairs of people that must reach a threshold for its rate to count as measured. Pairs of their
tracklets would not do: two people who look alike have dozens."""
CONFIDENCE = 0.95
"""With which a threshold keeps its rate, as far as it depends on who was looked at."""
DRAWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Cosine similarities of pairs of tracklets from two cameras.

    Attributes:
        same: of one person, float32 `(pairs,)`.
        different: of different people, float32 `(others,)`.
        people: int32 `(others, 2)`: which two, the lower number first; people count from 0.
    """

    same: Floats
    different: Floats
    people: Integers


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
    pairs = cross_camera_pairs(labelled)
    points = operating_points(pairs, fitted_on)
    linking_similarity = round(float(kept_similarities(pairs, [linking_rate])[0]), 4)
    hits = best_hits(
        np.array([item.tracklet.descriptor for item in labelled], np.float32),
        [str(item.person) for item in labelled],
        [item.tracklet.camera for item in labelled],
    )
    # Cameras elsewhere are others, so these get no shifts of their own.
    calibration = fit_calibration(replace(hits, cameras=()), fitted_on)
    bcubed = linking_score(labelled, LinkOptions(similarity=linking_similarity))
    return Thresholds(points, linking_similarity, calibration, bcubed)


def cross_camera_pairs(labelled: Sequence[Labelled]) -> Pairs:
    """Compare all tracklets of two cameras."""
    descriptors = np.array([item.tracklet.descriptor for item in labelled], np.float32)
    _, people = np.unique([item.person for item in labelled], return_inverse=True)
    cameras = np.array([item.tracklet.camera for item in labelled])
    same, different = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    who = [np.zeros((0, 2), np.int32)]
    for row in range(1, len(labelled)):
        others = cameras[:row] != cameras[row]
        similarities = descriptors[:row][others] @ descriptors[row]
        them, me = people[:row][others], people[row]
        mine = them == me
        same.append(similarities[mine])
        different.append(similarities[~mine])
        both = np.stack([np.minimum(them, me), np.maximum(them, me)], axis=1)
        who.append(both[~mine].astype(np.int32))
    return Pairs(np.concatenate(same), np.concatenate(different), np.concatenate(who))


def operating_points(pairs: Pairs, fitted_on: str) -> tuple[OperatingPoint, ...]:
    """The similarities that pairs of different people reach at no more than each of `RATES`.

    Args:
        pairs: tracklets that were compared.
        fitted_on: the data in words.

    Returns:
        Points by increasing rate; a rate that tracklets of fewer than `ENOUGH_PAIRS` pairs of
        people would decide is left out.

    Raises:
        ArrayError: when there is no pair of one person, or too few of different people for two
            rates, between and beyond which searches decide.
    """
    order = np.argsort(-pairs.different, kind="stable")
    who = pairs.people[order] @ np.array([len(order), 1])  # one number for each two
    counts = {rate: round(rate * len(order)) for rate in RATES}
    rates = [rate for rate, n in counts.items() if len(np.unique(who[:n])) >= ENOUGH_PAIRS]
    if len(pairs.same) == 0 or len(rates) < 2:
        msg = (
            f"{len(pairs.same)} pairs of one person and {len(order)} of others are too few to fit "
            "on; take more people whom several cameras saw, fifty or so"
        )
        raise ArrayError(msg)
    return tuple(
        OperatingPoint(
            similarity=float(similarity),
            false_alarm=rate,
            detection=float((pairs.same >= similarity).mean()),
            fitted_on=fitted_on,
        )
        for rate, similarity in zip(rates, kept_similarities(pairs, rates), strict=True)
    )


def kept_similarities(pairs: Pairs, rates: Sequence[float]) -> Floats:
    """The similarities that pairs of different people reach at no more than given rates.

    A hundred people hold few who look alike, and others may hold more. So this is not where a rate
    was met here, but where it is kept with `CONFIDENCE` when people are drawn anew from those at
    hand, with replacement (the bootstrap's percentile; Efron and Tibshirani, 1993).

    Args:
        pairs: tracklets that were compared.
        rates: shares of pairs of different people, over 0.

    Returns:
        float32 `(rates,)`.

    Raises:
        ArrayError: when a rate amounts to no pair at all.
    """
    order = np.argsort(-pairs.different, kind="stable")
    if not 0 < round(min(rates) * len(order)) <= len(order):
        msg = (
            f"a rate of {min(rates):g} cannot be measured on {len(order)} pairs of different people"
        )
        raise ArrayError(msg)
    people = int(pairs.people.max()) + 1
    tracklets = np.zeros((people, people), np.int64)  # pairs of them, by pair of people
    np.add.at(tracklets, tuple(pairs.people.T), 1)
    # Draws with many who look alike reach a rate sooner, others later, but hardly twice as late.
    order = order[: round(2 * max(rates) * len(order)) + 1]
    one, two = pairs.people[order].T
    similarities = pairs.different[order]
    rng = np.random.default_rng(0)
    drawn = np.empty((DRAWS, len(rates)), np.float32)
    for draw in drawn:
        times = np.bincount(rng.integers(people, size=people), minlength=people)
        reached = np.cumsum(times[one] * times[two])
        places = np.searchsorted(reached, np.array(rates) * (times @ tracklets @ times))
        draw[:] = similarities[np.minimum(places, len(order) - 1)]
    return np.quantile(drawn, CONFIDENCE, axis=0, method="higher")


def linking_score(labelled: Sequence[Labelled], options: LinkOptions) -> BCubed:
    """Link the tracklets and score the groups."""
    groups = link([item.tracklet for item in labelled], options)
    group_of = {member: number for number, group in enumerate(groups) for member in group.members}
    found = [group_of[item.tracklet.id] for item in labelled]
    return bcubed([item.person for item in labelled], found)
