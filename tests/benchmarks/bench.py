"""Measures committed records again, one script after the other.

    PYTHONPATH=.:tests python tests/benchmarks/bench.py [--only PATTERN] [--list] [--again]
        [--data DIR] [--features FILE.npz] [--train-features FILE.npz] [--cuhk03-features FILE.npz]
        [--detector D] [--embedder E] [--peers ENV] [--store DIR]

`--list` says what each record needs; what is not given is left out, by name. A record that was
measured is not measured again, so that an interrupted call goes on where it stood; `--again` starts
anew. A record that lacks what the committed one has, rows of other detectors, say, does not take
its place but lies in `.cache/bench`. `--data` is a folder as SURVEIL_REID_DATA names one; features
are what `surveil-reid evaluate market1501 --features` and `python -m training.thresholds` keep, of
test and training pictures, those of CUHK03 of its camera pair 1; the peers' environment is
described in `processing.py`, the store's folder in `store_scale.py`.
"""

import argparse
import fnmatch
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DONE = Path(".cache/bench")
NEED = re.compile(r"{(\w+)}")
TEACHER = "{data}/weights/reid-0277/person-reidentification-retail-0277.xml"
BENCHMARKS = {
    "calibration": "calibration.py {features} --embedder " + TEACHER,
    "check": "check.py {data} --record",
    "embedding-runtimes": "embedding_runtimes.py {store} --weights {embedder} --figure {figure} "
    "--peer " + TEACHER,
    "linking": "linking.py {market} {features}",
    "linking_extend": "linking_extend.py {train_features} --similarity 0.4701",
    "linking_scale": "linking_scale.py {market} {features} --figure {figure}",
    "linking_seam": "linking_seam.py {data} --detector {detector} --embedder {embedder}",
    "memory": "memory.py {data}/footage/rooms/cam1.mp4 {data}/footage/plaza/cam1.mp4 "
    "--detector {detector} --embedder {embedder}",
    "memory-day": "memory.py {data}/footage/indoor-walk/video.mp4 --hours 24 --figure {figure} "
    "--detector {detector} --embedder {embedder}",
    "neighbours": "neighbours.py {train_features}",
    "pets09": "tracking.py {data} --detector {detector} --embedder {embedder}",
    "processing": "processing.py {data} {record} --peers {peers} --rounds 3",
    "processing-variants": "processing_variants.py {data}",
    "protocol": "protocol.py 'reid-0277, Market-1501={features}' "
    "'reid-0277, CUHK03-NP, camera pair 1={cuhk03_features}' "
    "'person-resnet18, Market-1501={shipped_features}'",
    "ranking": "ranking.py {features}",
    "reranking": "reranking.py {features}",
    "robustness-person-resnet18": "robustness.py {market} --limit 75",
    "runtimes-pedestrian-yolo11n": "detector_runtimes.py {store}",
    "sample-site": "sample_site.py samples/site --detector {detector} --embedder {embedder}",
    "search-scale": "search_scale.py {features} {store} --figure {figure}",
    "store-scale": "store_scale.py {market} {features} {store}",
    "training-convolutions": "training_speed.py --convolutions winograd --batch 64 --rounds 5",
    "training-products": "training_speed.py --convolutions products --batch 64 --rounds 15",
    "training-speed": "training_speed.py",
}
"""Of each record the script and its arguments; a script prints the record or writes `{record}`."""

OTHERWISE = {
    "calibration-person-resnet18": "calibration.py on features of the embedder that ships",
    "cuhk03-pair1-person-resnet18": "surveil-reid evaluate cuhk03-np --json, on camera pair 1",
    "demo": "surveil-reid demo --json",
    "detectors-pedestrian-yolo11n": "detectors.py, with pictures that samples.render makes",
    "embedding-runtimes-avx2": "embedding_runtimes.py, on a processor without AVX-512",
    "link-constants": "python -m training.link_fitting, for many hours",
    "market1501-person-resnet18": "surveil-reid evaluate market1501 --json",
    "market1501-person-resnet18-int8": "surveil-reid evaluate market1501 --json --precision int8",
    "market1501-reid-0277": "surveil-reid evaluate market1501 --json --embedder, its teacher",
    "protocol-80": "protocol.py, on features of an 80:20 run",
    "protocol-draws": "protocol.py --draws, on Market-1501",
    "readme": "make readme",
    "rendering": "rendering.py, on what samples.render makes",
    "robustness-ablation": "robustness.py on the checkpoint of configs/recipes/ablation.yaml",
    "robustness-ablation-degradations": "the same, of ablation-degradations.yaml",
    "robustness-ablation-rendered": "the same, of ablation-rendered.yaml",
    "search-scale-avx2": "search_scale.py, on a processor without AVX-512",
}
"""Records that are made one by one, and how."""


def needs_of(command: str) -> set[str]:
    """What a command must be given."""
    found = set(NEED.findall(command)) - {"record", "figure"}
    return {"data" if need == "market" else need for need in found}


def filled(command: str, name: str, given: dict[str, str]) -> list[str]:
    """A command with all that it needs."""
    places = given | {
        "market": f"{given.get('data')}/Market-1501-v15.09.15",
        "record": str(RESULTS / f"{name}.json"),
        "figure": str(RESULTS / f"{name}.png"),
    }
    script, *rest = (word.format(**places) for word in shlex.split(command))
    return [sys.executable, str(HERE / script), *rest]


def lacks(now: object, before: object) -> bool:
    """Whether a record has less than the one before: no such key, or fewer rows."""
    if isinstance(before, dict):
        same = isinstance(now, dict) and before.keys() <= now.keys()
        return not same or any(lacks(now[key], value) for key, value in before.items())
    if isinstance(before, list):
        return not isinstance(now, list) or len(now) < len(before)
    return False


def keep(name: str, printed: str) -> bool:
    """Write a record, beside the committed one where it has less."""
    path = RESULTS / f"{name}.json"
    if path.exists() and lacks(json.loads(printed), json.loads(path.read_text())):
        aside = DONE / f"{name}.json"
        aside.write_text(printed)
        print(f"{name}: it has less than {path}, so it lies in {aside}", flush=True)
        return False
    path.write_text(printed)
    return True


def measure(name: str, command: list[str], *, prints: bool) -> bool:
    """Run a benchmark; what it prints is the record, unless it writes that itself."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        return False
    DONE.mkdir(parents=True, exist_ok=True)
    if prints and not keep(name, done.stdout):
        return False
    (DONE / name).touch()
    return True


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--data", default=os.environ.get("SURVEIL_REID_DATA"))
    for need in (
        "features", "shipped-features", "train-features", "cuhk03-features", "peers", "store"
    ):  # fmt: skip
        parser.add_argument(f"--{need}")
    parser.add_argument("--detector", default=os.environ.get("SURVEIL_REID_DETECTOR"))
    parser.add_argument("--embedder", default=os.environ.get("SURVEIL_REID_EMBEDDER"))
    return parser.parse_args()


def as_options(needs: set[str]) -> str:
    """What must be given, as options."""
    return " ".join(f"--{need.replace('_', '-')}" for need in sorted(needs))


def tell(pattern: str) -> None:
    """List records, and what each needs."""
    told = {
        name: as_options(needs_of(command)) or "nothing" for name, command in BENCHMARKS.items()
    }
    told |= {name: f"not from here: {how}" for name, how in OTHERWISE.items()}
    for name in fnmatch.filter(told, pattern):
        print(f"{name}: {told[name]}")


def main() -> None:
    """List or measure."""
    asked = arguments()
    if asked.list:
        tell(asked.only)
        return
    given = {name: str(value) for name, value in vars(asked).items() if value is not None}
    failed = []
    for name in fnmatch.filter(BENCHMARKS, asked.only):
        command = BENCHMARKS[name]
        missing = needs_of(command) - given.keys()
        if missing:
            print(f"{name}: left out, needs {as_options(missing)}", flush=True)
        elif (DONE / name).exists() and not asked.again:
            print(f"{name}: measured before", flush=True)
        else:
            print(f"{name}: measuring", flush=True)
            prints = "{record}" not in command and "--record" not in command
            if not measure(name, filled(command, name, given), prints=prints):
                failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
