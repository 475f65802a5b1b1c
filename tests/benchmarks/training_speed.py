"""Speed of training steps: bf16 against fp32 in one run, and how long the device waits for data.

    PYTHONPATH=. python tests/benchmarks/training_speed.py [--threads 1] [--out FILE.json]
    PYTHONPATH=. python tests/benchmarks/training_speed.py --convolutions winograd [--batch 64]

With `--convolutions` torch's own convolutions are compared with others instead: in fp32 with
Winograd's, or in bf16 with those whose weights' gradient is a product of matrices (`products`). The
last stride is 1 there.

Steps of both precisions take turns, so that whatever else the machine does slows both alike;
medians are compared. Processor time is given beside wall time, since on a busy machine it alone is
telling; there, more threads than idle cores only wait for one another. Prints one JSON document,
which belongs into `tests/benchmarks/results`.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from turns import Taken, take_turns, times

from surveil_reid.embedding.model import build_model
from training.batches import Batch, BatchMaker, Prefetch
from training.learner import Learner
from training.memory import keep_memory
from training.mixtures import Shown
from training.objective import Objective
from training.precision import Precision
from training.processes import Processes
from training.products import ProductConv2d
from training.recipe import BatchRecipe, InputRecipe, ModelRecipe, Recipe, ScheduleRecipe
from training.reporting import describe_device, versions
from training.stand_ins import StandIn, exchange
from training.winograd import WinogradConv2d

CLASSES = 751
STORED = (128, 64)
PICTURES = 2048
SHAPES = ((128, 64), (256, 128))


@dataclass(frozen=True, slots=True)
class Others:
    """Convolutions that stand for torch's own.

    Attributes:
        amp: the precision that they are for.
        kind: of which they are.
    """

    amp: str
    kind: type[StandIn]


OTHERS = {
    "winograd": Others("off", WinogradConv2d),
    "products": Others("auto", ProductConv2d),
}


def build(
    backbone: str,
    size: int,
    amp: str,
    device: torch.device,
    *,
    last_stride: int = 2,
    others: Others | None = None,
) -> Learner:
    """A learner of the paper's recipe."""
    recipe = Recipe(
        name="benchmark",
        model=ModelRecipe(backbone=backbone, last_stride=last_stride, weights="random"),
        batch=BatchRecipe(size=size),
        schedule=ScheduleRecipe(epochs=1),
    )
    model = build_model(recipe.model.architecture)
    if others is not None:
        exchange(model, others.kind)
    objective = Objective(recipe.loss, model.dim, CLASSES, None)
    kind = "cuda" if device.type == "cuda" else "cpu"
    precision = Precision(amp, kind)  # type: ignore[arg-type]
    learner = Learner(recipe, model, objective, precision, Processes(0, 1, device))
    learner.prepare(0)
    return learner


def take_steps(
    learners: Mapping[str, Learner], images: Tensor, labels: Tensor, rounds: int
) -> dict[str, list[Taken]]:
    """What each learner's steps took; a step waits for the device, to see if all is finite."""
    steps = {
        name: partial(learner.step, images, labels, None, 1.0) for name, learner in learners.items()
    }
    return take_turns(steps, rounds)


def compare(backbone: str, size: int, rounds: int, device: torch.device) -> dict[str, object]:
    """Images/s of both precisions, whose steps take turns."""
    learners = {amp: build(backbone, size, amp, device) for amp in ("off", "auto")}
    images = torch.randn(size, 3, 256, 128).to(device, memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (size,)).to(device)
    taken = take_steps(learners, images, labels, rounds)
    wall = {amp: statistics.median(one.wall for one in steps) for amp, steps in taken.items()}
    used = {amp: statistics.median(one.processor for one in steps) for amp, steps in taken.items()}
    return {
        "backbone": backbone,
        "batch": size,
        "rounds": rounds,
        "images_per_second": {
            learners[amp].precision.name: round(size / seconds, 2) for amp, seconds in wall.items()
        },
        "speed_up": round(wall["off"] / wall["auto"], 3),
        "processor_seconds_per_image": {
            learners[amp].precision.name: round(seconds / size, 5) for amp, seconds in used.items()
        },
        "speed_up_by_processor_time": round(used["off"] / used["auto"], 3),
    }


def compare_convolutions(
    name: str, backbone: str, size: int, rounds: int, shape: tuple[int, int]
) -> dict[str, object]:
    """Images/s with either kind of convolutions, whose steps take turns."""
    device = torch.device("cpu")
    keep_memory()
    learners = {
        kind: build(backbone, size, OTHERS[name].amp, device, last_stride=1, others=others)
        for kind, others in (("direct", None), (name, OTHERS[name]))
    }
    images = torch.randn(size, 3, *shape).to(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (size,))
    taken = take_steps(learners, images, labels, rounds)
    wall = {kind: statistics.median(step.wall for step in steps) for kind, steps in taken.items()}
    return {
        "backbone": backbone,
        "precision": learners[name].precision.name,
        "convolutions": name,
        "batch": size,
        "input": list(shape),
        "rounds": rounds,
        "images_per_second": {kind: round(size / seconds, 2) for kind, seconds in wall.items()},
        "speed_up": round(times(taken["direct"], taken[name]), 3),
    }


def wait_share(backbone: str, size: int, rounds: int, device: torch.device) -> float:
    """Share of the time that steps wait for their data, with the paper's augmentation."""
    learner = build(backbone, size, "auto", device)
    pictures = np.random.default_rng(0).integers(0, 256, (PICTURES, *STORED, 3), np.uint8)
    recipe = InputRecipe(pad=10, erasing=0.5)
    maker = BatchMaker(
        shown=Shown(pictures, np.arange(PICTURES)), recipe=recipe, seed=0, device=device
    )

    def batches() -> Iterator[Batch]:
        random = np.random.default_rng(1)
        for step in range(rounds):
            rows = random.integers(0, PICTURES, size)
            yield maker.make(rows, step, recipe.size, slice(0, size))

    labels = torch.randint(0, CLASSES, (size,)).to(device)
    with Prefetch(batches(), ahead=device.type != "cpu") as ready:
        began = time.perf_counter()
        for batch in ready:
            learner.step(batch.images, labels, None, 1.0)
        return ready.waited / (time.perf_counter() - began)


def main() -> None:
    """Measure, and write or print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", nargs="+", default=["resnet18"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--convolutions", choices=OTHERS)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.threads is not None:
        torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    result: dict[str, object] = {
        "device": describe_device(device),
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }
    if given.convolutions is not None:
        result["capability"] = torch.backends.cpu.get_cpu_capability()
        result["steps"] = [
            compare_convolutions(given.convolutions, name, given.batch, given.rounds, shape)
            for name in given.backbone
            for shape in SHAPES
        ]
    else:
        steps = [compare(name, given.batch, given.rounds, device) for name in given.backbone]
        waited = wait_share(given.backbone[0], given.batch, given.rounds, device)
        result |= {"steps": steps, "data_wait_share": round(waited, 5)}
    text = json.dumps(result, indent=2) + "\n"
    if given.out is not None:
        given.out.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
