"""Fit what each kind of evidence weighs in linking, on Market-1501's training identities.

Run it as `python -m training.link_fitting FEATURES.npz... --out FILE.json`. Features are those of
the training pictures, `names` and `features`, as `training.thresholds` reads them, one file for
each model. The people fall into two halves, and each half into stores of several sizes. With one
model, a constant is worth the mean BCubed F1 over the sizes, of each half at the one similarity
that is best for the other half at all sizes together; so what belongs to a store's size is fitted
too. Several models decide together, by the geometric mean of what each is short of 1: a model that
knows these people, and is short of little, then weighs as much as one that has never seen them. One
constant after the other takes the best value of its grid, until none changes. The search starts in
the middle of the grids, wherever the constants stand; what they are worth as they stand is measured
beside. The record is written anew after each constant. The test identities stay untouched.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from surveil_reid.core import InputError, SurveilReidError, write_whole
from surveil_reid.identity import LinkOptions
from surveil_reid.identity.evidence import EvidenceOptions
from training.labelled_tracklets import Labelled, cut_tracklets
from training.threshold_fitting import linking_score
from training.thresholds import read_features

GRIDS: Mapping[str, Sequence[float]] = {
    "camera_doubt": (3, 10, 30),
    "travel_weight": (0.15, 0.2, 0.3, 0.4),
    "overlap_weight": (0.08, 0.17, 0.25, 0.33),
    "usual_overlap": (0.4, 0.5, 0.6, 0.7),
    "sure_overlap": (0.05, 0.1, 0.2, 0.3),
    "few": (3, 10, 30),
    "many": (300, 600, 2000),
    "k1": (5, 10, 20),
    "k2": (2, 4, 6),
    "neighbours": (20, 30, 40),
}
"""More neighbours cost more time for everybody, so their grid ends early. With less doubt about
cameras, two of which see one person each, that is not the same, would make one of both."""

STORES = {10: 8, 30: 3, 100: 1, 300: 1}
"""How many stores of so many people are drawn from each half."""

STEP = 0.02
"""Between similarities that are tried, from `FIRST_TRIED` on uphill."""

FIRST_TRIED = 30
LEAST_SHORT = 1e-4
"""The figures are rounded to it; nothing is better."""

MOST_PASSES = 3

Stores = Mapping[int, Sequence[Sequence[Labelled]]]
Halves = tuple[Stores, Stores]


@dataclass(slots=True, eq=False)
class Worth:
    """What constants are worth on some people.

    Attributes:
        halves: the stores of each half of them.
        start: the similarity to try first, in steps; the last best one after each measurement.
    """

    halves: Halves
    start: int = FIRST_TRIED
    known: dict[EvidenceOptions, dict[str, Any]] = field(default_factory=dict)

    def of(self, options: EvidenceOptions) -> dict[str, Any]:
        """The cross-validated F1, the similarities it was measured at, and F1 by size of store."""
        if options not in self.known:
            self.known[options] = self._measure(options)
        return self.known[options]

    def _measure(self, options: EvidenceOptions) -> dict[str, Any]:
        curves = [_curve(stores, options) for stores in self.halves]
        best = [_top(curve, self.start) for curve in curves]
        self.start = round(sum(best) / len(best))
        measured = [curve(at) for curve, at in zip(curves, reversed(best), strict=True)]
        by_size = {size: (measured[0][size] + measured[1][size]) / 2 for size in measured[0]}
        return {
            "bcubed_f1": round(_mean(by_size), 4),
            "similarities": [round(at * STEP, 2) for at in reversed(best)],
            "bcubed_f1_by_people": {str(size): round(f1, 4) for size, f1 in by_size.items()},
        }


def _curve(stores: Stores, options: EvidenceOptions) -> Callable[[int], dict[int, float]]:
    """BCubed F1 by size of store, over similarities in steps; each computed once."""

    @cache
    def at(step: int) -> dict[int, float]:
        linking = LinkOptions(similarity=step * STEP, evidence=options)
        return {
            size: float(np.mean([linking_score(store, linking).f1 for store in same_size]))
            for size, same_size in stores.items()
        }

    return at


def _top(curve: Callable[[int], dict[int, float]], start: int) -> int:
    """The step at which the mean over the sizes is highest."""
    return uphill(lambda at: _mean(curve(at)), start)


def _mean(by_size: Mapping[int, float]) -> float:
    return sum(by_size.values()) / len(by_size)


def uphill(value: Callable[[int], float], start: int) -> int:
    """Walk to where neither neighbour is higher, within the similarities that there are."""
    last = round(1 / STEP)
    at = start
    while True:
        around = [step for step in (at, at - 1, at + 1) if -last <= step <= last]
        best = max(around, key=value)
        if best == at:
            return at
        at = best


def draw_stores(labelled: Sequence[Labelled], stores: Mapping[int, int]) -> Halves:
    """Halve the people, and draw stores of several sizes from each half.

    Raises:
        InputError: when a half has too few people for the smallest store.
    """
    rng = np.random.default_rng(0)
    people = rng.permutation(sorted({item.person for item in labelled})).tolist()
    halves = (people[::2], people[1::2])
    if len(halves[1]) < min(stores):
        msg = f"{len(people)} people are too few to fit on; give at least {2 * min(stores)}"
        raise InputError(msg)

    def store(half: Sequence[int], size: int) -> list[Labelled]:
        chosen = set(rng.choice(half, size, replace=False).tolist())
        return [item for item in labelled if item.person in chosen]

    first, second = (
        {
            size: [store(half, size) for _ in range(times)]
            for size, times in stores.items()
            if size <= len(halves[1])  # the smaller half
        }
        for half in halves
    )
    return first, second


def middle(grids: Mapping[str, Sequence[float]]) -> EvidenceOptions:
    """The constants in the middle of their grids."""
    return EvidenceOptions(**{name: grid[len(grid) // 2] for name, grid in grids.items()})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """What constants are worth to several models.

    Attributes:
        worths: by model.
    """

    worths: Mapping[str, Worth]

    def of(self, options: EvidenceOptions) -> dict[str, Any]:
        """What it is short of 1, the geometric mean over the models, and `Worth.of` for each."""
        found = {name: worth.of(options) for name, worth in self.worths.items()}
        short = [max(1 - one["bcubed_f1"], LEAST_SHORT) for one in found.values()]
        return {"short_of_1": round(float(np.exp(np.mean(np.log(short)))), 5), "by_model": found}


def search(
    worth: Together,
    grids: Mapping[str, Sequence[float]],
    report: Callable[[dict[str, Any], EvidenceOptions], None],
) -> EvidenceOptions:
    """Give one constant after the other its best value, until none changes.

    Args:
        worth: what they are judged by.
        grids: the values of each that are tried; a tie goes to the one that stands.
        report: takes what was found of each constant, and the best of all so far.
    """
    options = middle(grids)
    for _ in range(MOST_PASSES):
        before = options
        for name, grid in grids.items():
            tried = {value: replace(options, **{name: value}) for value in grid}  # type: ignore[arg-type]
            found = {f"{value:g}": worth.of(one)["short_of_1"] for value, one in tried.items()}
            options = min((options, *tried.values()), key=lambda one: worth.of(one)["short_of_1"])
            step = {"constant": name, "short_of_1": found, "chosen": getattr(options, name)}
            report(step, options)
        if options == before:
            break
    return options


def fit(features: Sequence[Path], write: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Search, and measure as the constants stand and as chosen.

    Args:
        features: of one model each; what the constants are chosen by.
        write: takes the record whenever there is more in it.

    Returns:
        The record.

    Raises:
        InputError: when features cannot be read, or are of too few people.
    """
    if len({path.stem for path in features}) < len(features):
        msg = "features are told apart by their files' names; give each file a name of its own"
        raise InputError(msg)
    worth = Together({path.stem: _worth(path) for path in features})
    steps: list[dict[str, Any]] = []
    record: dict[str, Any] = {
        "data": "Market-1501 training identities",
        "chosen_by": list(worth.worths),
        "stores_of_each_half": {str(size): times for size, times in STORES.items()},
        "grids": {name: list(grid) for name, grid in GRIDS.items()},
        "finished": False,
        "as_they_stood": asdict(EvidenceOptions()) | worth.of(EvidenceOptions()),
        "start": asdict(middle(GRIDS)) | worth.of(middle(GRIDS)),
        "steps": steps,
    }

    def report(step: dict[str, Any], best: EvidenceOptions) -> None:
        steps.append(step)
        record["chosen"] = asdict(best) | worth.of(best)
        write(record)

    search(worth, GRIDS, report)
    record["finished"] = True
    write(record)
    return record


def _worth(path: Path) -> Worth:
    return Worth(draw_stores(cut_tracklets(*read_features(path)), STORES))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and write the record; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.link_fitting")
    parser.add_argument(
        "features", metavar="FEATURES.npz", type=Path, nargs="+", help="what to choose by"
    )
    parser.add_argument("--out", metavar="FILE.json", type=Path, required=True, help="the record")
    given = parser.parse_args(arguments)

    def write(record: dict[str, Any]) -> None:
        text = json.dumps(record, indent=2) + "\n"
        write_whole(given.out, text.encode(), error=InputError)

    try:
        record = fit(given.features, write)
    except SurveilReidError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(record["chosen"], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
