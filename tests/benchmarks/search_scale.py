"""Search among 10,000 to 10,000,000 descriptors: latency, recall against exact, memory, start-up.

    PYTHONPATH=. python tests/benchmarks/search_scale.py FEATURES.npz WORK [--sizes N ...]
        [--figure FILE.png]

FEATURES are those of Market-1501's test images (`surveil-reid evaluate market1501 --features`).
People are made up of real ones: a look between two people's mean descriptors, seen twelve times
over eight cameras and thirty days; in each camera it is moved as some real person's look is moved
by some camera, and each time noise is added that has the directions (covariance) and the lengths
of the real differences of a picture from its person's mean in its camera. Descriptors shorter than
512 are turned into 512 dimensions by a matrix with orthonormal columns: every similarity stays as
it is, and the cost is that of 512. How similar the same and different people are is recorded beside
the real figures. Queries are sights of people in the index that are not in it themselves.

WORK keeps the stores (2.1 KB for each descriptor), for another run to use again. Up to 1,000,000
descriptors lie in an SQLite store, and everything goes through it as a search does. 10,000,000 lie
in a file of half precision, which stands for it. Truth is the exact order in single precision, with
the same filter. Each size is searched in a process of its own. Prints one JSON document for
`tests/benchmarks/results`.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import faiss
import matplotlib as mpl
import numpy as np
from sqlalchemy import insert

from surveil_reid.core import SIGHT, Booleans, Doubles, Floats, Integers, Tracklet, l2_normalise
from surveil_reid.evaluation import Features, read_features
from surveil_reid.matching import DescriptorIndex, IndexSource
from surveil_reid.pipeline import SearchOptions, search
from surveil_reid.pipeline.index import index_kept, open_index
from surveil_reid.pipeline.searching import find_candidates
from surveil_reid.store import NewRecording, SegmentCommit, Store, open_store
from surveil_reid.store.codec import encode_vector
from surveil_reid.store.journal import raise_revision
from surveil_reid.store.models import save_model
from surveil_reid.store.schema import TrackletRow
from tests.benchmarks.store_scale import MODEL, update

SIZES = (10_000, 100_000, 1_000_000)
IN_STORE = 1_000_000
DIM = 512
BLOCK = 50_000
SEEN = 12
CAMERAS = 8
DAYS = 30
QUERIES = 400
QUERIES_OF_FILE = 100
TOPS = (10, 100)
EXACT_ROUNDS = 20
SOURCE = IndexSource(model_sha256=MODEL.sha256, store="made up")
Filters = Mapping[str, Any]
FILTERS: dict[str, Filters] = {
    "none": {},
    "a camera less": {"cameras": tuple(f"camera {n}" for n in range(1, CAMERAS))},
    "two cameras, a week": {"cameras": ("camera 0", "camera 1"), "before": 7 * 86_400.0},
    "one camera, an hour": {"cameras": ("camera 0",), "after": 86_400.0, "before": 90_000.0},
}


@dataclass(frozen=True, slots=True)
class People:
    """What is known of real people.

    Attributes:
        means: descriptors, float32 `(people, dim)`.
        moves: from a person's mean to that in one camera, float32 `(n, dim)`.
        noise: factor of the covariance of pictures around those, float32 `(dim, dim)`.
        lengths: of the noise, float32 `(n,)`.
    """

    means: Floats
    moves: Floats
    noise: Floats
    lengths: Floats

    @classmethod
    def of(cls, features: Features) -> "People":
        """Fit to the gallery and the queries, without distractors and junk."""
        ids = np.concatenate([features.gallery_ids, features.query_ids])
        cameras = np.concatenate([features.gallery_cameras, features.query_cameras])[ids > 0]
        vectors = np.concatenate([features.gallery, features.query])[ids > 0]
        means, people = grouped(ids[ids > 0], vectors)
        places = people * 1000 + np.unique(cameras, return_inverse=True)[1]
        in_place, rows = grouped(places, vectors)
        moves = in_place - means[np.unique(places) // 1000]
        rest = vectors - in_place[rows]
        rest = rest[np.bincount(rows)[rows] > 1]
        factor = np.linalg.cholesky(np.cov(rest.T) + 1e-9 * np.eye(rest.shape[1]))
        return cls(means, moves, factor.T.astype(np.float32), np.linalg.norm(rest, axis=1))

    def looks(self, count: int) -> Floats:
        """Mean descriptors of people that do not exist, as long as real ones."""
        rng = np.random.default_rng(1)
        one, other = rng.integers(0, len(self.means), (2, count))
        share = rng.uniform(0.3, 0.7, (count, 1)).astype(np.float32)
        mixed = share * self.means[one] + (1 - share) * self.means[other]
        lengths = np.linalg.norm(self.means, axis=1, keepdims=True)
        wanted = share * lengths[one] + (1 - share) * lengths[other]
        return np.asarray(mixed * wanted / np.linalg.norm(mixed, axis=1, keepdims=True))

    def seen(
        self, looks: Floats, who: Integers, cameras: Integers, rng: np.random.Generator
    ) -> Floats:
        """Descriptors of some people in some cameras, float32 `(n, 512)`."""
        moved = looks[who] + self.moves[(who * 7919 + cameras * 104_729) % len(self.moves)]
        noise = rng.standard_normal(moved.shape, np.float32) @ self.noise
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        vectors = moved + noise * rng.choice(self.lengths, (len(moved), 1))
        square = np.random.default_rng(0).normal(size=(DIM, looks.shape[1]))
        return l2_normalise(vectors @ np.linalg.qr(square)[0].T.astype(np.float32))


def grouped(keys: Integers, vectors: Floats) -> tuple[Floats, Integers]:
    """The mean of the vectors of each key, keys rising, and which of them each vector is of."""
    _, rows, counts = np.unique(keys, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), vectors.shape[1]), np.float32)
    np.add.at(means, rows, vectors)
    return means / counts[:, None].astype(np.float32), rows


@dataclass(frozen=True, slots=True)
class Block:
    """Some tracklets: ids from 1 on in order of time, who and where they are."""

    ids: Integers
    people: Integers
    cameras: Integers
    vectors: Floats


def blocks(people: People, count: int) -> Iterator[Block]:
    """All tracklets, always the same."""
    looks = people.looks(-(-count // SEEN))
    for first in range(0, count, BLOCK):
        rng = np.random.default_rng((2, first))
        rows = np.arange(first, min(first + BLOCK, count))
        who = rng.integers(0, len(looks), len(rows))
        cameras = rng.integers(0, CAMERAS, len(rows))
        yield Block(rows + 1, who, cameras, people.seen(looks, who, cameras, rng))


def halved(block: Block) -> Block:
    """A block whose vectors have gone through half precision."""
    return replace(block, vectors=l2_normalise(block.vectors.astype(np.float16)))


def starts(ids: Integers, count: int) -> Doubles:
    """When tracklets are seen: evenly over thirty days."""
    return np.asarray((ids - 1) * (DAYS * 86_400 / count), np.float64)


def find(
    ids: Integers,
    cameras: Integers,
    count: int,
    filters: Filters,
) -> Integers:
    """The ids that a filter lets through, as the store has it."""
    kept = np.ones(len(ids), np.bool_)
    if "cameras" in filters:
        kept &= np.isin(cameras, [int(name.split()[1]) for name in filters["cameras"]])
    when = starts(ids, count)
    kept &= (when >= filters.get("after", 0)) & (when <= filters.get("before", np.inf))
    return ids[kept]


def asked(people: People, count: int) -> tuple[Integers, Floats]:
    """Who is asked for, and their descriptors."""
    rng = np.random.default_rng(3)
    looks = people.looks(-(-count // SEEN))
    who = rng.integers(0, len(looks), QUERIES)
    return who, people.seen(looks, who, rng.integers(0, CAMERAS, QUERIES), rng)


class Truth:
    """The exact nearest of each query, under one filter, block by block."""

    def __init__(self, queries: Floats) -> None:
        self.queries = queries
        self.near = np.full((len(queries), max(TOPS)), -np.inf, np.float32)
        self.ids = np.full((len(queries), max(TOPS)), -1, np.int64)

    def take(self, ids: Integers, vectors: Floats) -> None:
        """Take more tracklets into account."""
        if len(ids) == 0:
            return
        count = min(max(TOPS), len(ids))
        found = faiss.knn(self.queries, vectors, count, metric=faiss.METRIC_INNER_PRODUCT)
        near = np.concatenate([self.near, found[0]], axis=1)
        every = np.concatenate([self.ids, ids[found[1]]], axis=1)
        order = np.lexsort((every, -near), axis=1)[:, : max(TOPS)]
        self.near = np.take_along_axis(near, order, 1)
        self.ids = np.take_along_axis(every, order, 1)


class Likeness:
    """How similar sights of the same and of different people are."""

    def __init__(self) -> None:
        self.same: list[Floats] = []
        self.different: list[Floats] = []

    def take(self, pair: tuple[Integers, Floats], other: tuple[Integers, Floats]) -> None:
        """Compare all of one with all of another."""
        same = pair[0][:, None] == other[0][None]
        near = pair[1] @ other[1].T
        self.same.append(near[same])
        self.different.append(near[~same][::97])

    def figures(self) -> dict[str, Any]:
        """Mean and spread of both, and how similar the most similar strangers are."""
        same, different = np.concatenate(self.same), np.concatenate(self.different)
        return {
            "same": [round(float(same.mean()), 3), round(float(same.std()), 3)],
            "different": [round(float(different.mean()), 3), round(float(different.std()), 3)],
            "different_99.99": round(float(np.quantile(different, 0.9999)), 3),
        }


def real_likeness(features: Features) -> dict[str, Any]:
    """That of real queries and gallery pictures in other cameras."""
    likeness = Likeness()
    kept = features.gallery_ids > 0
    likeness.take(
        (features.query_ids, features.query), (features.gallery_ids[kept], features.gallery[kept])
    )
    return likeness.figures()


def store_in(folder: Path) -> Store:
    """The store of one size."""
    return open_store(f"sqlite:///{folder / 'scale.db'}")


def recording(store: Store, camera: str) -> int:
    """A recording for tracklets to lie in."""
    made = store.add_recording(
        NewRecording(
            camera=camera,
            path=f"{camera}.mp4",
            sha256=camera,
            start=0.0,
            start_known=True,
            duration=None,
            fps=25.0,
            width=640,
            height=480,
        )
    )
    return made.id


def write(store: Store, block: Block, times: Doubles, recordings: Sequence[int]) -> None:
    """Write a block's rows, without boxes and crops."""
    with store._database.writing() as session:
        model = save_model(session, replace(MODEL, dim=DIM))
        rows = [
            {
                "id": int(number),
                "camera_id": int(camera) + 1,
                "recording_id": recordings[camera],
                "start": float(start),
                "end": float(start),
                "doubtful": False,
                "model_id": model,
                "descriptor": encode_vector(vector),
                "revision": 1,
            }
            for number, camera, start, vector in zip(
                block.ids, block.cameras, times, block.vectors, strict=True
            )
        ]
        session.execute(insert(TrackletRow), rows)


def fill(folder: Path, people: People, count: int) -> None:
    """Make the store of one size, or its file, and the truth, unless they are there."""
    if (folder / "truth.npz").exists():
        return
    folder.mkdir(parents=True)
    who, queries = asked(people, count)
    truths = {name: Truth(queries) for name in FILTERS}
    likeness, cameras = Likeness(), []
    in_store = count <= IN_STORE
    with store_in(folder) as store, (folder / "vectors.f16").open("wb") as file:
        recordings = [recording(store, f"camera {number}") for number in range(CAMERAS)]
        for made in blocks(people, count):
            block = made if in_store else halved(made)
            if in_store:
                write(store, block, starts(block.ids, count), recordings)
            else:
                file.write(block.vectors.astype(np.float16).tobytes())
            for name, filters in FILTERS.items():
                ids = find(block.ids, block.cameras, count, filters)
                truths[name].take(ids, block.vectors[ids - block.ids[0]])
            cameras.append(block.cameras)
            if block.ids[0] == 1 or len(likeness.same) < 4:
                likeness.take((who, queries), (block.people, block.vectors))
        with store._database.writing() as session:
            raise_revision(session)
    nearest = {name: truth.ids for name, truth in truths.items()}
    everywhere = np.concatenate(cameras)
    np.savez(folder / "truth.npz", queries=queries, cameras=everywhere, **nearest)
    (folder / "likeness.json").write_text(json.dumps(likeness.figures()))


class HalfPrecision:
    """The file that stands for a store of 10,000,000."""

    def __init__(self, folder: Path) -> None:
        self.vectors = np.memmap(folder / "vectors.f16", np.float16, "r").reshape(-1, DIM)

    def __call__(self, ids: Integers) -> tuple[Integers, Floats]:
        return ids, l2_normalise(self.vectors[ids - 1].astype(np.float32))

    def index(self, path: Path) -> DescriptorIndex:
        """The saved index, built first if there is none."""
        index = DescriptorIndex.open(path, source=SOURCE, dim=DIM, fetch=self)
        if index is not None:
            return index
        none = np.zeros((0, DIM), np.float32)
        index = DescriptorIndex.build(
            np.zeros(0, np.int64),
            none,
            np.zeros(0, SIGHT),
            source=SOURCE,
            revision=1,
            fetch=self,
        )
        for first in range(0, len(self.vectors), BLOCK):
            ids, vectors = self(np.arange(first, min(first + BLOCK, len(self.vectors))) + 1)
            index.add(ids, vectors, np.zeros(len(ids), SIGHT))
        index.save(path)
        return index


def megabytes(key: str = "VmRSS") -> float:
    """Memory of this process: resident now, or another line of its status."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def timed(
    index: DescriptorIndex, queries: Floats, top: int, chosen: Booleans | None
) -> tuple[dict[str, float], Integers]:
    """Search for one query after the other: milliseconds and ids."""
    for query in queries[:5]:
        index.search(query[None], top, chosen=chosen)
    seconds, found = [], []
    for query in queries:
        began = time.perf_counter()
        found.append(index.search(query[None], top, chosen=chosen)[1][0])
        seconds.append(time.perf_counter() - began)
    p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1000
    return {"p50_ms": round(p50, 2), "p99_ms": round(p99, 2)}, np.array(found)


def recall(found: Integers, truth: Integers) -> float:
    """The share of the exact nearest that is found; who is not there counts for nothing."""
    kept = [row[row >= 0] for row in truth]
    shares = [np.isin(a, b).mean() for a, b in zip(kept, found, strict=True) if len(a)]
    return round(float(np.mean(shares)), 4)


def built(folder: Path, count: int) -> dict[str, Any]:
    """Build the index of one size."""
    began, cpu = time.perf_counter(), time.process_time()
    if count <= IN_STORE:
        with store_in(folder) as store:
            store.index_path.unlink(missing_ok=True)
            open_index(store)
            size = store.index_path.stat().st_size
    else:
        path = folder / "index"
        path.unlink(missing_ok=True)
        HalfPrecision(folder).index(path)
        size = path.stat().st_size
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": round(megabytes("VmHWM")),
        "file_mb": round(size / 1e6, 1),
    }


def searched(folder: Path, count: int) -> dict[str, Any]:
    """Open the index of one size and search in it."""
    kept = np.load(folder / "truth.npz")
    queries = kept["queries"][: QUERIES if count <= IN_STORE else QUERIES_OF_FILE]
    before, began = megabytes(), time.perf_counter()
    store = store_in(folder)
    in_store = count <= IN_STORE
    index = open_index(store) if in_store else HalfPrecision(folder).index(folder / "index")
    result: dict[str, Any] = {"open_seconds": round(time.perf_counter() - began, 3)}
    result["open_mb"] = round(megabytes() - before, 1)
    for name, filters in FILTERS.items():
        began = time.perf_counter()
        if in_store:
            chosen = find_candidates(store, index, SearchOptions(**filters), ())
        else:
            ids = find(np.arange(count) + 1, kept["cameras"], count, filters)
            chosen = np.isin(index.ids, ids)
        filtering = time.perf_counter() - began
        result[name] = {"share": round(float(chosen.mean()), 6)}
        if in_store:
            result[name]["filter_ms"] = round(1000 * filtering, 1)
        for top in TOPS:
            times, found = timed(index, queries, top, chosen)
            figures = {**times, "recall": recall(found, kept[name][: len(found), :top])}
            result[name][f"top_{top}"] = figures
    result["rss_mb"] = round(megabytes() - before, 1)
    if in_store:
        result["changes"] = changes(store, queries[0])
    store.close()
    return result


def changes(store: Store, query: Floats) -> dict[str, Any]:
    """Whether an insert and a deletion show in the next search, and how long that search takes."""
    options = SearchOptions(top=1)

    def search_once() -> tuple[float, int]:
        began = time.perf_counter()
        hit = search(store, query, options).hits[0]
        return round(time.perf_counter() - began, 3), hit.tracklet

    result: dict[str, Any] = {"search_seconds": search_once()[0]}
    (number,) = store.commit_segment(
        SegmentCommit(
            recording_id=recording(store, "new"),
            detections=None,
            frames=1,
            analysed=1,
            updates=(update(Tracklet(1, "new", 0.0, 1.0, query)),),
            model=replace(MODEL, dim=DIM),
        )
    )
    for name in ("insert", "removal"):
        if name == "removal":
            began = time.perf_counter()
            with index_kept(store):  # as `surveil-reid remove` does
                store.remove_camera("new")
            result["removing_seconds"] = round(time.perf_counter() - began, 3)
        seconds, found = search_once()
        result[name] = {"seconds": seconds, "shows": (found == number) is (name == "insert")}
    return result


def exact(folder: Path, count: int) -> dict[str, Any]:
    """The same searches over all vectors in single precision."""
    index = faiss.IndexFlatIP(DIM)
    with store_in(folder) as store:
        for first in range(1, count + 1, BLOCK):
            ids = np.arange(first, min(first + BLOCK, count + 1))
            index.add(store.chosen_descriptors(ids)[1])
    queries = np.load(folder / "truth.npz")["queries"][:EXACT_ROUNDS]
    seconds = []
    for query in queries:
        began = time.perf_counter()
        index.search(query[None], 10)
        seconds.append(time.perf_counter() - began)
    return {"p50_ms": round(float(np.median(seconds)) * 1000, 2), "rss_mb": round(megabytes())}


PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "build": built,
    "search": searched,
    "exact": exact,
}


def in_own_process(given: argparse.Namespace, count: int, part: str) -> dict[str, Any]:
    """What a part prints, run by itself."""
    command = [sys.executable, __file__, str(given.features), str(given.work)]
    done = subprocess.run(
        [*command, "--sizes", str(count), "--part", part],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measured(given: argparse.Namespace, count: int) -> dict[str, Any]:
    """All figures of one size."""
    folder = given.work / str(count)
    parts = [part for part in PARTS if part != "exact" or count <= IN_STORE]
    return {
        "descriptors": count,
        "kept_in": "an SQLite store" if count <= IN_STORE else "a file of half precision",
        "likeness": json.loads((folder / "likeness.json").read_text(encoding="utf-8")),
        **{part: in_own_process(given, count, part) for part in parts},
    }


def draw(runs: Sequence[dict[str, Any]], path: Path) -> None:
    """Latency and recall over the number of descriptors."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of how to draw

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    sizes = [run["descriptors"] for run in runs]
    found = [run["search"]["none"] for run in runs]
    for key, style in (("p50_ms", "o-"), ("p99_ms", "s--")):
        left.loglog(sizes, [run["top_10"][key] for run in found], style, label=key[:3])
    alike = [run for run in runs if "exact" in run]
    left.loglog(
        [run["descriptors"] for run in alike],
        [run["exact"]["p50_ms"] for run in alike],
        "^:",
        label="p50 of the exact scan",
    )
    left.set(xlabel="descriptors of 512", ylabel="milliseconds a search", title="Latency")
    for name in FILTERS:
        recalls = [run["search"][name]["top_10"]["recall"] for run in runs]
        right.semilogx(sizes, recalls, "o-", label=name)
    right.set(xlabel="descriptors of 512", ylim=(0.97, 1.001), title="Recall of the ten nearest")
    left.legend()
    right.legend(title="filter", fontsize="small")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Run one part, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("features", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--fill-only", action="store_true", help="make the stores, measure nothing")
    parser.add_argument("--part", choices=PARTS)
    given = parser.parse_args()
    if given.part:
        (count,) = given.sizes
        sys.stdout.write(json.dumps(PARTS[given.part](given.work / str(count), count)))
        return
    features = read_features(given.features)
    for count in given.sizes:
        fill(given.work / str(count), People.of(features), count)
    if given.fill_only:
        return
    result = {
        "dim": DIM,
        "queries": QUERIES,
        "queries_of_file": QUERIES_OF_FILE,
        "threads": faiss.omp_get_max_threads(),
        "likeness_real": real_likeness(features),
        "runs": [measured(given, count) for count in given.sizes],
    }
    if given.figure:
        draw(result["runs"], given.figure)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
