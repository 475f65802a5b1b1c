"""How far adding tracklets to known identities is from linking all of them anew.

    PYTHONPATH=. python tests/benchmarks/linking_extend.py FEATURES.npz --similarity S

FEATURES are those of Market-1501's training pictures (`names` and `features`, as
`training.thresholds` reads them). `real` are its first 5,000 tracklets in order of time;
`made_up` are 20,000 of people made up of those people, as `linking_scale.py` has them: among so
many only the surroundings of new tracklets are looked at. Nine tenths are linked; the last tenth is
added at once, or in portions. `agreement` is BCubed of the identities then against those of linking
all together; `bcubed_f1` is of either against the truth. Prints one JSON document for
`tests/benchmarks/results`.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from surveil_reid.core import Tracklet
from surveil_reid.evaluation.bcubed import bcubed
from surveil_reid.identity import Group, LinkOptions, extend, link
from tests.benchmarks.linking_scale import invent
from training.labelled_tracklets import Labelled, cut_tracklets
from training.thresholds import read_features

REAL = 5_000
MADE_UP = 20_000
KNOWN = 0.9
PORTIONS = {"at_once": 1, "in_five_portions": 5}
"""Portions that the last tenth is added in."""


def identities(groups: Sequence[Group]) -> dict[int, int]:
    """The number of the group of each tracklet."""
    return {member: number for number, group in enumerate(groups) for member in group.members}


def add(
    tracklets: Sequence[Tracklet], known: Mapping[int, int], portion: int, options: LinkOptions
) -> Mapping[int, int]:
    """Add what is not known yet in order, so many at a time."""
    for count in range(len(known) + portion, len(tracklets) + 1, portion):
        known = identities(extend(tracklets[:count], options, known=known))
    return known


def measure(labelled: Sequence[Labelled], options: LinkOptions) -> dict[str, Any]:
    """Both ways of adding the last tenth."""
    labelled = sorted(labelled, key=lambda item: item.tracklet.start)
    tracklets, truth = [item.tracklet for item in labelled], [item.person for item in labelled]
    count = round(KNOWN * len(tracklets))

    def listed(found: Mapping[int, int]) -> list[int]:
        return [found[tracklet.id] for tracklet in tracklets]

    anew = listed(identities(link(tracklets, options)))
    known = identities(link(tracklets[:count], options))
    result: dict[str, Any] = {
        "tracklets": len(tracklets),
        "linked_anew": {"bcubed_f1": round(bcubed(truth, anew).f1, 4)},
    }
    for name, portions in PORTIONS.items():
        portion = (len(tracklets) - count) // portions
        found = listed(add(tracklets, known, portion, options))
        agreement = dataclasses.asdict(bcubed(anew, found)) | {"f1": bcubed(anew, found).f1}
        result[name] = {
            "added": len(tracklets) - count,
            "agreement": {key: round(value, 4) for key, value in agreement.items()},
            "bcubed_f1": round(bcubed(truth, found).f1, 4),
        }
    return result


def main() -> None:
    """Measure real and made-up tracklets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("features", type=Path)
    parser.add_argument("--similarity", type=float, required=True)
    given = parser.parse_args()
    labelled = cut_tracklets(*read_features(given.features))
    options = LinkOptions(similarity=given.similarity)
    in_time = sorted(labelled, key=lambda item: item.tracklet.start)
    result = {
        "features": given.features.stem,
        "similarity": given.similarity,
        "real": measure(in_time[:REAL], options),
        "made_up": measure(invent(labelled, MADE_UP), options),
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
