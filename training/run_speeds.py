"""What mixed precision gained: pairs of runs that differ in nothing else."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from training.recipe_files import comparable
from training.records import Record

IRRELEVANT = ("name", "cell", "amp", "seed", "schedule")
"""Parts of a recipe that do not change how fast a step is, but for the share of small pictures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AmpSpeed:
    """Training with and without mixed precision, on one device.

    Attributes:
        backbone: that was trained.
        data: the data set's name.
        device: of the run with mixed precision, and which precision that was.
        without: images per second in float32.
        with_amp: images per second in mixed precision.
    """

    backbone: str
    data: str
    device: str
    without: float
    with_amp: float

    @property
    def gain(self) -> float:
        """How many times faster mixed precision was."""
        return self.with_amp / self.without


def amp_speeds(runs: Sequence[Record]) -> tuple[AmpSpeed, ...]:
    """Pair finished runs in float32 with those of the same in mixed precision, in order of name."""
    timed = [run for run in runs if run.state == "finished" and run.images_per_second > 0]
    return tuple(
        AmpSpeed(
            backbone=str(fast.recipe.get("model", {}).get("backbone")),
            data=fast.data.name,
            device=fast.device,
            without=slow.images_per_second,
            with_amp=fast.images_per_second,
        )
        for slow in timed
        for fast in timed
        if _amp(slow) == "off" != _amp(fast) and not fast.in_fp32 and _alike(slow) == _alike(fast)
    )


def _amp(run: Record) -> Any:  # noqa: ANN401 (what the recipe holds)
    return run.recipe.get("amp")


def _alike(run: Record) -> str:
    """All that must be the same: the device without its precision, threads, recipe and sizes."""
    recipe = {k: v for k, v in comparable(run.recipe).items() if k not in IRRELEVANT}
    device = run.device.rpartition(", ")[0]
    facts = [device, run.threads, run.data.sha256, recipe, _early_share(run)]
    return json.dumps(facts, sort_keys=True)


def _early_share(run: Record) -> float:
    """Of the epochs, those with smaller pictures."""
    shown, epochs = run.recipe.get("input", {}), run.recipe.get("schedule", {}).get("epochs")
    if not shown.get("early_size") or not epochs:
        return 0.0
    return float(min(shown.get("early_epochs", 0) / epochs, 1.0))
