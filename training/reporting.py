"""The record of a run, from what was counted and measured."""

import platform
import re
from typing import Literal

import cv2
import numpy as np
import torch
import torchvision

from surveil_reid.embedding.devices import CPU_FACTS
from surveil_reid.evaluation import RetrievalScores
from training.loop import Loop, Parts
from training.picture_files import PictureFile
from training.processes import Processes
from training.recipe_files import published
from training.records import (
    EpochScores,
    Record,
    TestScores,
    TrainingData,
    TrainingScores,
)
from training.strict import parse

RunState = Literal["finished", "running", "smoke"]


def make_record(
    parts: Parts,
    loop: Loop,
    pictures: PictureFile,
    state: RunState,
) -> Record:
    """The record of a run as it stands, without a test.

    Args:
        parts: what it works with.
        loop: where it stands.
        pictures: all that it could see.
        state: whether it is finished, and whether it was ever meant to be.
    """
    recipe, tally = parts.recipe, loop.tally
    return Record(
        name=recipe.name,
        recipe=published(recipe),
        cell=recipe.cell,
        state=state,
        data=TrainingData(
            name=recipe.data.set,
            protocol=recipe.data.protocol,
            sha256=pictures.sha256,
            identities=parts.task.classes,
            images=len(parts.task.train.rows),
            skipped=len(pictures.skipped),
        ),
        weights=parts.weights,
        seed=recipe.seed,
        versions=versions(),
        device=f"{_devices(parts.processes)}, {parts.learner.precision.name}",
        threads=torch.get_num_threads(),
        wall_seconds=round(tally.elapsed, 3),
        epochs=len(tally.curve),
        steps=tally.step,
        skipped_steps=parts.learner.skipped,
        images_per_second=round(tally.images / tally.seconds, 3) if tally.seconds else 0.0,
        data_wait_share=round(tally.waited / tally.seconds, 6) if tally.seconds else 0.0,
        training=_scores(loop),
        curve=tuple(parse(EpochScores, entry, "the curve") for entry in tally.curve),
    )


def versions() -> dict[str, str]:
    """Of Python and of what computes."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
    }


def _devices(processes: Processes) -> str:
    one = describe_device(processes.device)
    return one if processes.count == 1 else f"{processes.count} x {one}"


def describe_device(device: torch.device) -> str:
    """The make of a processor or a graphics card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    facts = CPU_FACTS.read_text() if CPU_FACTS.exists() else ""
    named = re.search(r"^model name\s*:\s*(.+)$", facts, flags=re.MULTILINE)
    return f"CPU {named[1].strip() if named else platform.machine()}"


def _scores(loop: Loop) -> TrainingScores:
    tally = loop.tally
    last = tally.curve[-1] if tally.curve else {"loss": tally.loss, "accuracy": tally.accuracy}
    return TrainingScores(
        loss=last["loss"],
        accuracy=last["accuracy"],
        best_validation_accuracy=_highest(tally.curve, "validation_accuracy"),
        best_validation_map=_highest(tally.curve, "validation_mAP"),
        best_epoch=None if tally.best is None else tally.best[1],
    )


def _highest(curve: list[dict[str, float | None]], key: str) -> float | None:
    return max((value for entry in curve if (value := entry[key]) is not None), default=None)


def test_scores(protocol: str, scores: RetrievalScores) -> TestScores:
    """What a record keeps of scores on test identities."""
    return TestScores(
        protocol=protocol,
        mean_ap=scores.mean_ap,
        mean_ap_trapezoidal=scores.mean_ap_trapezoidal,
        cmc=scores.cmc,
        mean_inp=scores.mean_inp,
        queries=scores.queries,
        valid_queries=scores.valid_queries,
        gallery=scores.gallery,
    )
