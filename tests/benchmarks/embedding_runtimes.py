"""Images/s of each backbone in each runtime of the CPU, and what each makes of Market-1501.

    PYTHONPATH=. python tests/benchmarks/embedding_runtimes.py WORK [--weights FILE.safetensors]
        [--peer FILE] [--prepare] [--every N] [--figure FILE.png]

Every backbone is the project's own network with a head of 512 and last stride 1, at 256 by 128,
with random weights, which changes no time; then the checkpoint given, at its own size, and in the
same rounds another embedder, if one is given, as it is. Each is exported as `surveil-reid export`
does, into WORK; `--prepare` stops there. "compiled" is torch's compiler over what "torch bf16"
runs. Where the processor has no bf16, what computes in it is left out, and ratios are to "torch
fp32". int8 is what a checkpoint with ranges runs in. Times include cutting to size and normalising
128 by 64 crops, as they do in use. Rounds go through all runtimes one after the other, so that
whatever else the machine does slows all alike; medians are given with the least and the most, and
ratios are medians of the rounds' ratios.

mAP (rectangular, official protocol) is that of the checkpoint given, on every Nth person of
Market-1501 and every Nth distractor: with N above 1 enough to tell runtimes of one network apart,
and no figure to hold against others. `SURVEIL_REID_DATA` says where the data set is; its training
pictures are what int8 is fitted on. Prints one JSON document for `tests/benchmarks/results`.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from turns import take_turns

from surveil_reid.core import Image
from surveil_reid.embedding import Embedder, EmbeddingOptions, load_embedder
from surveil_reid.embedding.architecture import BACKBONES, ArchitectureOptions
from surveil_reid.embedding.checkpoint import load_checkpoint, save_checkpoint
from surveil_reid.embedding.devices import cpu_has_bf16
from surveil_reid.embedding.embedder import NetworkEmbedder
from surveil_reid.embedding.exporting import export_embedder
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import build_model
from surveil_reid.embedding.torch_runtime import open_model
from surveil_reid.evaluation import evaluate_features, extract_features, read_data_set, split
from surveil_reid.evaluation.images import Split
from surveil_reid.video import read_picture
from training.reporting import describe_device, versions

FITTED_ON = 300
PICTURES = 32
ROUNDS = 7
FP32, BF16, INT8 = (EmbeddingOptions(precision=p) for p in ("fp32", "bf16", "int8"))
BASE = "torch bf16" if cpu_has_bf16() else "torch fp32"
ALIKE = {"torch compiled bf16": "torch bf16", "ONNX Runtime fp32": "torch fp32",
         "OpenVINO fp32": "torch fp32"}  # fmt: skip
"""Runtimes that compute what another one does, but for rounding: its mAP is theirs."""


def market() -> Path:
    """Market-1501 as it is unpacked."""
    return Path(os.environ["SURVEIL_REID_DATA"]) / "Market-1501-v15.09.15"


def crops(count: int) -> list[Image]:
    """Training pictures, spread over the people."""
    images = read_data_set("market1501", market()).train
    return [read_picture(image.path) for image in images[:: len(images) // count][:count]]


def random_weights(work: Path, backbone: str) -> Path:
    """A checkpoint of a backbone that has learned nothing."""
    path = work / f"{backbone}.safetensors"
    if not path.exists():
        torch.manual_seed(0)
        model = build_model(ArchitectureOptions(backbone=backbone)).eval()
        save_checkpoint(path, model, CheckpointMeta(name=f"{backbone}, random"))
    return path


def in_torch(path: Path, options: EmbeddingOptions, *, compile_it: bool = False) -> Embedder:
    """The checkpoint in torch, whatever a CPU would take, or through torch's compiler."""
    made = load_checkpoint(path)
    model = torch.compile(made.model, dynamic=False) if compile_it else made.model
    network = open_model(model, options)  # type: ignore[arg-type]
    info = load_embedder(path, FP32).info
    return NetworkEmbedder(info, made.meta.preprocessing, network, options.batch_size)


def exported(work: Path, path: Path, suffix: str, kind: str, precision: str) -> Path:
    """The checkpoint in another format; made once."""
    out = work / f"{path.stem}-{kind}-{precision}{suffix}"
    if not out.exists():
        pictures = crops(FITTED_ON) if precision == "int8" else []
        export_embedder(path, out, kind, precision, pictures=pictures)  # type: ignore[arg-type]
    return out


def runtimes(work: Path, path: Path) -> dict[str, Callable[[], Embedder]]:
    """How to open a checkpoint in each runtime."""
    int8 = exported(work, path, ".safetensors", "safetensors", "int8")
    onnx = exported(work, path, ".onnx", "onnx", "fp32")
    every: dict[str, Callable[[], Embedder]] = {
        "torch fp32": lambda: in_torch(path, FP32),
        "torch bf16": lambda: in_torch(path, BF16),
        "torch compiled bf16": lambda: in_torch(path, BF16, compile_it=True),
        "OpenVINO fp32": lambda: load_embedder(path, FP32),
        "OpenVINO bf16": lambda: load_embedder(path, BF16),
        "OpenVINO int8": lambda: load_embedder(int8, INT8),
        "ONNX Runtime fp32": lambda: load_embedder(onnx, FP32),
    }
    return {name: made for name, made in every.items() if cpu_has_bf16() or "bf16" not in name}


def rates(embedders: dict[str, Embedder], rounds: int) -> dict[str, list[float]]:
    """Images/s of each in each round."""
    pictures = crops(PICTURES)
    runs = {name: partial(embedder.embed, pictures) for name, embedder in embedders.items()}
    turns = take_turns(runs, rounds)
    return {name: [len(pictures) / one.wall for one in taken] for name, taken in turns.items()}


def part_of_market(every: int) -> Split:
    """Every Nth person of the test set and every Nth distractor."""
    whole = split(read_data_set("market1501", market()), "official")
    people = sorted({image.identity for image in whole.query})[::every]
    strangers = [image for image in whole.gallery if image.identity not in
                 {query.identity for query in whole.query}][::every]  # fmt: skip
    query = [image for image in whole.query if image.identity in people]
    gallery = [image for image in whole.gallery if image.identity in people]
    return replace(whole, query=tuple(query), gallery=(*gallery, *strangers))


def accuracies(embedders: dict[str, Embedder], every: int) -> dict[str, dict[str, float]]:
    """mAP and rank-1 of each runtime that computes something of its own."""
    part = part_of_market(every)
    scores = {}
    for name, embedder in embedders.items():
        if name not in ALIKE:
            found = evaluate_features(extract_features(part, embedder))
            scores[name] = {"mAP": round(found.mean_ap, 4), "rank1": round(found.cmc[1], 4)}
    return scores


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """How many times the second rate the first one is, by the median of the rounds."""
    return round(statistics.median(a / b for a, b in zip(first, second, strict=True)), 2)


def measured(path: Path, given: argparse.Namespace) -> dict[str, Any]:
    """All figures of a checkpoint."""
    embedders = {name: opened() for name, opened in runtimes(given.work, path).items()}
    if given.peer and path == given.weights:
        peer = load_embedder(given.peer, FP32)
        embedders[f"{peer.info.name}, fp32"] = peer
    taken = rates(embedders, given.rounds)
    scores = accuracies(embedders, given.every) if path == given.weights else {}
    rows = {}
    for name, values in taken.items():
        rows[name] = {
            "images_per_second": round(statistics.median(values), 1),
            "least": round(min(values), 1),
            "most": round(max(values), 1),
            f"times_{BASE.replace(' ', '_')}": ratio(values, taken[BASE]),
            **scores.get(ALIKE.get(name, name), {}),
        }
    made = load_checkpoint(path)
    height, width = made.meta.preprocessing.size
    return {
        "backbone": made.model.architecture.backbone,
        "weights": made.meta.name,
        "size": [height, width],
        "runtimes": rows,
    }


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Images/s of every backbone and runtime."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of how to draw

    names = list(rows[0]["runtimes"])
    figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
    for place, name in enumerate(names):
        found = [row["runtimes"][name] for row in rows]
        middle = [one["images_per_second"] for one in found]
        below = [one["images_per_second"] - one["least"] for one in found]
        above = [one["most"] - one["images_per_second"] for one in found]
        where = [row + 0.11 * (place - len(names) / 2 + 0.5) for row in range(len(rows))]
        axes.bar(where, middle, 0.1, yerr=[below, above], capsize=2, label=name)
    labels = [f"{row['backbone']}\n{row['size'][0]} by {row['size'][1]}" for row in rows]
    axes.set_xticks(range(len(rows)), labels)
    axes.set(ylabel="images/s", title="Embedding on the CPU: median, least and most of the rounds")
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure every backbone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("work", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--backbones", nargs="*", choices=BACKBONES, default=list(BACKBONES))
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--prepare", action="store_true", help="export, and measure nothing")
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    paths = [random_weights(given.work, backbone) for backbone in given.backbones]
    paths += [given.weights] if given.weights else []
    if given.prepare:
        for path in paths:
            runtimes(given.work, path)
        return
    rows = [measured(path, given) for path in paths]
    result = {
        "device": describe_device(torch.device("cpu")),
        "threads": torch.get_num_threads(),
        "versions": versions(),
        "batch": BF16.batch_size,
        "rounds": given.rounds,
        "fitted_on": FITTED_ON,
        "every": given.every,
        "backbones": rows,
    }
    if given.figure:
        draw(rows, given.figure)
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
