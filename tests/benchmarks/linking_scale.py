"""Time and memory of linking up to 100,000 tracklets, and how far it is from the exact computation.

    PYTHONPATH=. python tests/benchmarks/linking_scale.py MARKET FEATURES.npz --figure FILE.png

People are made up of real ones: somebody new looks like a mixture of two people of Market-1501's
gallery and has as many tracklets, cameras and gaps of time as a third one; each tracklet differs
from the person's mean as a real tracklet differs from its own. `exact` compares linking, inverted
lists and sparse graph included, with average linkage of all pairs at once (SciPy), every
neighbourhood and every gap of time computed in full. `extend` adds 100 tracklets to those linked.
`exponent` is the slope of the logarithm of the time over that of the number, between the two
largest; `exponent_n_log_n` is that of n·log n there. Each size runs in a process of its own; memory
is its largest resident set. Prints one JSON document for `tests/benchmarks/results`.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from surveil_reid.core import Tracklet, l2_normalise
from surveil_reid.evaluation.bcubed import bcubed
from surveil_reid.identity import Group, LinkOptions, extend, link
from surveil_reid.identity.evidence import Candidates, EvidenceOptions, weigh
from surveil_reid.identity.travel import TravelEvidence, Whereabouts, impossible_pairs
from surveil_reid.matching import RerankOptions, cosine_similarities, neighbourhood_overlaps
from tests.benchmarks.linking import market
from training.labelled_tracklets import Labelled

SIZES = (3_125, 6_250, 12_500, 25_000, 50_000, 100_000)
EXACT = 10_000
ADDED = 100
SIMILARITY = 0.5
FITTED = EvidenceOptions()
IMPOSSIBLE = 1e6
A_DAY = 86_400.0


def invent(people: list[Labelled], count: int) -> list[Labelled]:
    """Tracklets of people who never were, in the likeness of those who are."""
    rng = np.random.default_rng(0)
    by_person: dict[int, list[Tracklet]] = {}
    for item in people:
        by_person.setdefault(item.person, []).append(item.tracklet)
    real = list(by_person.values())
    means = [
        l2_normalise(np.array([t.descriptor for t in own]).mean(axis=0)[None])[0] for own in real
    ]
    made: list[Labelled] = []
    person = 0
    while len(made) < count:
        one, other, life = rng.integers(0, len(real), 3)
        share = rng.uniform(0.3, 0.7)
        look = l2_normalise((share * means[one] + (1 - share) * means[other])[None])[0]
        # A site of 100,000 tracklets is open for more days than one of 5,000.
        day = A_DAY * rng.integers(0, max(1, count // 5_000))
        for tracklet in real[life]:
            donor = int(rng.integers(0, len(real)))
            source = real[donor][int(rng.integers(0, len(real[donor])))]
            descriptor = l2_normalise((look + source.descriptor - means[donor])[None])[0]
            twin = Tracklet(
                id=len(made),
                camera=tracklet.camera,
                start=tracklet.start % A_DAY + day,
                end=tracklet.start % A_DAY + day + (tracklet.end - tracklet.start),
                descriptor=descriptor,
            )
            made.append(Labelled(twin, person))
        person += 1
    return made[:count]


def groups_of(groups: tuple[Group, ...], labelled: list[Labelled]) -> list[int]:
    """The group of each tracklet."""
    group_of = {member: number for number, group in enumerate(groups) for member in group.members}
    return [group_of[item.tracklet.id] for item in labelled]


def grow(people: list[Labelled], count: int) -> dict[str, Any]:
    """Link many tracklets, then add some."""
    labelled = invent(people, count + ADDED)
    tracklets = [item.tracklet for item in labelled]
    options = LinkOptions(similarity=SIMILARITY)
    began, cpu_began = time.perf_counter(), time.process_time()
    groups = link(tracklets[:count], options)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    known = {member: n for n, group in enumerate(groups) for member in group.members}
    began, cpu_began = time.perf_counter(), time.process_time()
    extended = extend(tracklets, options, known=known)
    extend_seconds, extend_cpu = time.perf_counter() - began, time.process_time() - cpu_began
    truth = [item.person for item in labelled]
    return {
        "tracklets": count,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "identities": len(groups),
        "bcubed_f1": round(bcubed(truth[:count], groups_of(groups, labelled[:count])).f1, 4),
        "extend": {
            "added": ADDED,
            "seconds": round(extend_seconds, 2),
            "cpu_seconds": round(extend_cpu, 2),
            "bcubed_f1": round(bcubed(truth, groups_of(extended, labelled)).f1, 4),
        },
    }


def compare(people: list[Labelled]) -> dict[str, Any]:
    """Linking beside average linkage of all pairs."""
    labelled = invent(people, EXACT)
    truth = [item.person for item in labelled]
    ours = groups_of(
        link([i.tracklet for i in labelled], LinkOptions(similarity=SIMILARITY)), labelled
    )
    exact = all_pairs([item.tracklet for item in labelled])
    ours_f1, exact_f1 = bcubed(truth, ours).f1, bcubed(truth, exact).f1
    return {
        "tracklets": EXACT,
        "bcubed_f1": round(ours_f1, 4),
        "bcubed_f1_exact": round(exact_f1, 4),
        "difference": round(ours_f1 - exact_f1, 4),
        "bcubed_f1_of_one_against_the_other": round(bcubed(exact, ours).f1, 4),
    }


def all_pairs(tracklets: list[Tracklet]) -> list[int]:
    """Average linkage of the full matrix; what is impossible is further away than anything."""
    descriptors = np.array([t.descriptor for t in tracklets])
    places = Whereabouts.of(tracklets)
    count = len(tracklets)
    neighbours = np.argsort(-cosine_similarities(descriptors, descriptors), axis=1, kind="stable")
    neighbours = neighbours[:, : FITTED.neighbours].astype(np.int64)
    pairs = np.stack(np.triu_indices(count, 1), axis=1)
    reciprocal = RerankOptions(k1=FITTED.k1, k2=FITTED.k2)
    overlaps = neighbourhood_overlaps(descriptors, neighbours, pairs, options=reciprocal)
    similar = cosine_similarities(descriptors, descriptors)[pairs[:, 0], pairs[:, 1]]
    sure = (overlaps >= FITTED.sure_overlap) & (similar >= SIMILARITY)
    everybody = Candidates(pairs, overlaps, sure)
    never = impossible_pairs(places, ())
    evidence = TravelEvidence.learn(places, everybody.sure_pairs(never), ())
    distances = 1 - similar - weigh(everybody, evidence, places, count=count, options=FITTED)
    lowest = distances.min()
    distances -= lowest
    first, second = never.T
    # Where a pair stands in the condensed matrix, as SciPy orders it.
    distances[count * first - first * (first + 1) // 2 + second - first - 1] = IMPOSSIBLE
    tree = linkage(distances, "average")
    most = 1 - FITTED.threshold_for(SIMILARITY, count) - lowest
    return fcluster(tree, most, "distance").tolist()  # type: ignore[no-any-return]


def in_own_process(arguments: list[str], part: str) -> dict[str, Any]:
    """What a part prints, run by itself."""
    command = [sys.executable, str(Path(__file__)), *arguments, "--part", part]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def exponents(runs: list[dict[str, Any]]) -> dict[str, float]:
    """How cost grows between the two largest sizes."""
    small, large = runs[-2], runs[-1]
    ratio = large["tracklets"] / small["tracklets"]
    logs = np.log(large["tracklets"]) / np.log(small["tracklets"])
    return {
        "exponent": round(
            float(np.log(large["cpu_seconds"] / small["cpu_seconds"]) / np.log(ratio)), 3
        ),
        "exponent_n_log_n": round(float(np.log(ratio * logs) / np.log(ratio)), 3),
    }


def draw(runs: list[dict[str, Any]], path: Path) -> None:
    """Processor seconds over tracklets, beside n·log n through the last point."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of how to draw

    sizes = np.array([run["tracklets"] for run in runs])
    seconds = np.array([run["cpu_seconds"] for run in runs])
    line = sizes * np.log(sizes)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.loglog(sizes, seconds, "o-", label="link")
    axes.loglog(sizes, line * seconds[-1] / line[-1], "--", label="n log n")
    axes.loglog(sizes, sizes**2 * seconds[-1] / sizes[-1] ** 2, ":", label="n²")
    axes.set(xlabel="tracklets", ylabel="processor seconds", title="Cost of linking")
    axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Run one part, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("market", type=Path)
    parser.add_argument("features", type=Path)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--part")
    given = parser.parse_args()
    if given.part:
        people, _ = market(given.market, given.features)
        result = compare(people) if given.part == "exact" else grow(people, int(given.part))
    else:
        arguments = [str(given.market), str(given.features)]
        runs = [in_own_process(arguments, str(size)) for size in SIZES]
        result = {"runs": runs, **exponents(runs), "exact": in_own_process(arguments, "exact")}
        if given.figure:
            draw(runs, given.figure)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
