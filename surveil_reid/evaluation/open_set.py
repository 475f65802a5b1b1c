"""Is the person there at all, and who is it? Detection and identification at a false-alarm rate.

Closed benchmarks have a match for nearly every query. Each query is therefore searched twice: in
the whole gallery, where its person should be found, and in the gallery without its identity, where
anybody found is a false alarm (Phillips, Grother and Micheals, "Evaluation Methods in Face
Recognition", Handbook of Face Recognition, 2011, for the measures).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from surveil_reid.core import ArrayError, Doubles
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.ranking import Search, searches
from surveil_reid.evaluation.verification import allowed, check_rates

REPORTED_ALARMS = (0.01, 0.1)


@dataclass(frozen=True, slots=True)
class OpenSetPoint:
    """What a threshold on searches does.

    Attributes:
        wanted: the false-alarm rate asked for.
        threshold: cosine similarity; a search reports its most alike image if it is *more* alike.
        false_alarm_rate: share of searches without the person that report somebody; at most
            `wanted`.
        detection_rate: share of searches with the person present that report that person.
    """

    wanted: float
    threshold: float
    false_alarm_rate: float
    detection_rate: float


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Points at several rates, and the number of searches that they stand on."""

    points: tuple[OpenSetPoint, ...]
    present: int
    absent: int

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "present": self.present,
            "absent": self.absent,
            "points": [
                {
                    "FAR_wanted": point.wanted,
                    "FAR_reached": point.false_alarm_rate,
                    "DIR": point.detection_rate,
                    "threshold": point.threshold,
                }
                for point in self.points
            ],
        }


def detect_open_set(features: Features, *, rates: Sequence[float] = REPORTED_ALARMS) -> OpenSet:
    """Detection-and-identification rates at rank 1, at fixed false-alarm rates.

    Args:
        features: queries and gallery.
        rates: false-alarm rates of searches, at least 0 and below 1.

    Raises:
        InputError: when a rate is out of range or there is none.
        ArrayError: when no query is valid, or one has nobody else in the gallery to be taken for.
    """
    check_rates(rates)
    pairs = [_best(search) for search in searches(features)]
    alarms = np.sort(np.array([stranger for _, stranger in pairs]))[::-1]
    present = np.array([found for found, _ in pairs if found is not None])
    if len(present) == 0 or not np.isfinite(alarms).all():
        msg = (
            "the open-set rate needs a query with a match in another camera, and other people in "
            "the gallery; add distractors or check the identities"
        )
        raise ArrayError(msg)
    points = tuple(_point(rate, present, alarms) for rate in rates)
    return OpenSet(points, len(present), len(alarms))


def _best(search: Search) -> tuple[float | None, float]:
    """Scores of the person (None if absent, -infinity if not at rank 1) and the best stranger."""
    scores, matches = search.scores, search.matches
    if len(matches) == 0:
        return None, float(scores.max())
    best = int(scores.argmax())  # the first of equal ones, as in every ranking
    found = float(scores[best]) if best in matches else -np.inf
    scores[matches] = -np.inf
    return found, float(scores.max())


def _point(wanted: float, present: Doubles, alarms: Doubles) -> OpenSetPoint:
    threshold = alarms[allowed(wanted, len(alarms))]
    return OpenSetPoint(
        wanted,
        float(threshold),
        float(np.count_nonzero(alarms > threshold) / len(alarms)),
        float(np.count_nonzero(present > threshold) / len(present)),
    )
