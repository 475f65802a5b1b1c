"""How a run stands: what is counted from step to step, and what is told of it."""

import csv
import dataclasses
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from surveil_reid.core import write_whole
from training.recipe import Size
from training.records import EpochScores
from training.strict import plain

Tell = Callable[[str], None]
SECONDS_BETWEEN_LINES = 10.0


@dataclass(kw_only=True, slots=True)
class Tally:
    """What is counted; plain values, saved with the state.

    Attributes:
        step: steps taken.
        seconds: of training, without measuring.
        waited: of them, for data.
        elapsed: over all, measuring included.
        images: trained on.
        losses: sums over this epoch's applied steps, by name.
        right: pictures of them recognised.
        seen: labelled pictures of them.
        epoch_seconds: that this epoch took so far.
        curve: the epochs done.
        best: the highest score that epochs were judged by, and its epoch from 1.
    """

    step: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    elapsed: float = 0.0
    images: int = 0
    losses: dict[str, float] = field(default_factory=dict)
    right: int = 0
    seen: int = 0
    epoch_seconds: float = 0.0
    curve: list[dict[str, Any]] = field(default_factory=list)
    best: tuple[float, int] | None = None

    @property
    def loss(self) -> float | None:
        """Mean of the weighted sum over this epoch's pictures."""
        return self.losses["total"] / self.seen if self.seen else None

    @property
    def accuracy(self) -> float | None:
        """Share of this epoch's labelled pictures that were recognised."""
        return self.right / self.seen if self.seen else None

    def add(self, losses: dict[str, float], right: int, count: int) -> None:
        """Count an applied step over some labelled pictures."""
        for name, loss in losses.items():
            self.losses[name] = self.losses.get(name, 0.0) + loss * count
        self.right += right
        self.seen += count

    def end_epoch(self, accuracy: float | None, mean_ap: float | None) -> EpochScores:
        """Close an epoch with its validation scores, and begin the next."""
        scores = EpochScores(
            epoch=len(self.curve) + 1,
            loss=self.loss,
            accuracy=self.accuracy,
            validation_accuracy=accuracy,
            validation_map=mean_ap,
            seconds=round(self.epoch_seconds, 3),
        )
        self.curve.append(plain(scores))
        self.losses, self.right, self.seen, self.epoch_seconds = {}, 0, 0, 0.0
        return scores

    def state(self) -> dict[str, Any]:
        """Plain values, for `from_state`."""
        return dataclasses.asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Tally":
        """What `state` gave."""
        best = state["best"]
        return cls(**{**state, "best": None if best is None else (best[0], best[1])})


class Progress:
    """Says every few seconds how a run stands.

    Args:
        tell: takes a line.
        steps: of an epoch.
        sizes: height and width of the pictures in each epoch; steps are taken to last as long as
            these are large, so that the time left is right while pictures are still small.
    """

    def __init__(self, tell: Tell, steps: int, sizes: Sequence[Size]) -> None:
        self._tell = tell
        self._steps = steps
        self._areas = [height * width for height, width in sizes]
        self._last = time.monotonic()
        self._began: tuple[int, float] | None = None

    def after_step(self, tally: Tally, skipped: int) -> None:
        """Speak, if the last line is long ago."""
        now = time.monotonic()
        self._began = self._began or (tally.step - 1, now)
        if now - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = now
        speed = tally.images / tally.seconds if tally.seconds else 0.0
        done, epochs = self._work(tally.step), len(self._areas)
        since = self._work(tally.step - 1) - self._work(self._began[0])
        rest = self._work(epochs * self._steps) - done
        left = f", {_span((now - self._began[1]) * rest / since)} left" if since else ""
        parts = ", ".join(f"{n} {x / tally.seen:.4f}" for n, x in tally.losses.items())
        accuracy = "" if tally.accuracy is None else f", accuracy {tally.accuracy:.4f}"
        skips = f", {skipped} skipped" if skipped else ""
        self._tell(
            f"epoch {len(tally.curve) + 1}/{epochs}, step {tally.step}/{epochs * self._steps}: "
            f"{parts}{accuracy}, {speed:.1f} images/s{skips}{left}"
        )

    def after_epoch(self, scores: EpochScores) -> None:
        """Say what an epoch came to."""
        values = {
            "loss": scores.loss,
            "accuracy": scores.accuracy,
            "validation accuracy": scores.validation_accuracy,
            "validation mAP": scores.validation_map,
        }
        shown = ", ".join(f"{name} {x:.4f}" for name, x in values.items() if x is not None)
        epochs = len(self._areas)
        self._tell(f"epoch {scores.epoch}/{epochs} done: {shown}, {_span(scores.seconds)}")

    def _work(self, step: int) -> int:
        """How much was done before a step, in pixels of a picture."""
        epochs, steps = divmod(step, self._steps)
        last = steps * self._areas[epochs] if steps else 0
        return self._steps * sum(self._areas[:epochs]) + last


def write_curve(path: Path, curve: list[dict[str, Any]]) -> None:
    """Write the learning curve as CSV, one line for each epoch."""
    text = io.StringIO()
    if curve:
        table = csv.DictWriter(text, list(curve[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(curve)
    write_whole(path, text.getvalue().encode())


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
