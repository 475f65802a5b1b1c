"""The loop over epochs and steps: learns, measures, keeps the best, and saves where it stands."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from surveil_reid.core import Integers
from surveil_reid.embedding.tensors import write_model
from training.batches import Batch, BatchMaker, Prefetch
from training.board import Board
from training.learner import Learner
from training.measuring import Measure
from training.optimisation import rate_at
from training.processes import Processes
from training.progress import Progress, Tally, Tell, write_curve
from training.recipe import Recipe
from training.records import EpochScores, Weights
from training.run_options import RunOptions
from training.sampler import plan_epoch, steps_per_epoch
from training.saving import Identity, save_state
from training.splits import Task
from training.strict import plain

STATE, BEST, LAST, CURVE = "state.pt", "best.safetensors", "last.safetensors", "curve.csv"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Parts:
    """What a loop works with.

    Attributes:
        recipe: of the run.
        options: of the machine.
        task: what there is to learn.
        learner: what learns.
        maker: of batches.
        measure: of what was learned.
        processes: that share the work.
        identity: of the state.
        weights: that the network started from.
        meta: what checkpoints say of themselves.
    """

    recipe: Recipe
    options: RunOptions
    task: Task
    learner: Learner
    maker: BatchMaker
    measure: Measure
    processes: Processes
    identity: Identity
    weights: Weights
    meta: dict[str, Any]


class Loop:
    """A run from where it stands to its end.

    Args:
        parts: what it works with.
        folder: of the run.
        state: to go on from, as it was saved; None begins.
        tell: takes lines of progress.
        began: by `time.monotonic()`, from when on the machine's minutes count.

    Attributes:
        tally: what was counted.
        halt: why it stopped before its end, if it did.
    """

    def __init__(
        self, parts: Parts, folder: Path, state: dict[str, Any] | None, tell: Tell, began: float
    ) -> None:
        self._parts = parts
        self._folder = folder
        self._labels = parts.task.train.labels
        self._steps = steps_per_epoch(self._labels, parts.recipe.batch)
        epochs = parts.recipe.schedule.epochs
        sizes = [parts.recipe.input.size_at(epoch) for epoch in range(epochs)]
        self._progress = Progress(tell, self._steps, sizes)
        self._began, self._saved = began, time.monotonic()
        self.tally = Tally()
        self.halt: Literal["steps", "time"] | None = None
        self._board: Board | None = None
        if state is not None:
            parts.learner.restore(state["learner"])
            self.tally = Tally.from_state(state["tally"])
            tell(f"going on after step {self.tally.step} of {self._steps * epochs}")
        if parts.options.tensorboard and parts.processes.first:
            self._board = Board(folder, self.tally.step)

    def run(self) -> Iterator[EpochScores]:
        """Go on to the end; gives the scores of each epoch when it is done."""
        while len(self.tally.curve) < self._parts.recipe.schedule.epochs:
            if not self._learn():
                return
            yield self._end_epoch()
            self._save()

    def _learn(self) -> bool:
        """Take the rest of an epoch's steps; False where the run was to stop before its end."""
        recipe, epoch = self._parts.recipe, len(self.tally.curve)
        plan = plan_epoch(self._labels, recipe.batch, seed=recipe.seed, epoch=epoch)
        rest = plan[self.tally.step - epoch * self._steps :]
        ahead = self._parts.processes.device.type != "cpu"
        with Prefetch(self._batches(rest, self.tally.step, epoch), ahead=ahead) as batches:
            waited, began = 0.0, time.monotonic()
            for batch, places in zip(batches, rest, strict=True):
                self._step(batch, places)
                now = time.monotonic()
                self._count_time(now - began, batches.waited - waited, recipe.batch.images)
                waited, began = batches.waited, now
                self._after_step()
                self.halt = self._must_halt()
                if self.halt is not None:
                    return False
        return True

    def _must_halt(self) -> Literal["steps", "time"] | None:
        options = self._parts.options
        if options.steps is not None and self.tally.step >= options.steps:
            return "steps"
        if not self.late():
            return None
        self._save()
        return "time"

    def late(self) -> bool:
        """Whether the time is up, for any of the processes."""
        minutes = self._parts.options.minutes
        if minutes is None:
            return False
        return self._parts.processes.any(time.monotonic() - self._began >= minutes * 60)

    def _batches(self, plan: Integers, first: int, epoch: int) -> Iterator[Batch]:
        parts = self._parts
        size = parts.recipe.input.size_at(epoch)
        part = parts.processes.part(parts.recipe.batch.images)
        for step, places in enumerate(plan, first):
            yield parts.maker.make(places, step, size, part)

    def _step(self, batch: Batch, places: Integers) -> None:
        parts, tally = self._parts, self.tally
        parts.learner.prepare(tally.step, compile_network=parts.options.compile)
        labels = self._to_device(torch.from_numpy(self._labels[places]))
        outcome = parts.learner.step(batch.images, labels, batch.targets, self._rate())
        tally.step += 1
        if outcome.applied:
            losses = {"total": outcome.losses.total.detach(), **outcome.losses.parts}
            values = {name: float(loss) for name, loss in losses.items()}
            tally.add(values, int(outcome.losses.right), len(places))

    def _rate(self) -> float:
        return rate_at(self.tally.step, self._steps, self._parts.recipe.schedule)

    def _to_device(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._parts.processes.device)

    def _count_time(self, seconds: float, waited: float, images: int) -> None:
        self.tally.seconds += seconds
        self.tally.elapsed += seconds
        self.tally.epoch_seconds += seconds
        self.tally.waited += waited
        self.tally.images += images

    def _after_step(self) -> None:
        if self._parts.processes.first:
            self._progress.after_step(self.tally, self._parts.learner.skipped)
            if self._board is not None:
                self._board.after_step(self.tally, self._rate())
            if time.monotonic() - self._saved >= self._parts.options.save_seconds:
                self._save()

    def _end_epoch(self) -> EpochScores:
        """Measure, keep the best, and close the epoch."""
        parts, began = self._parts, time.monotonic()
        accuracy = mean_ap = None
        if parts.processes.first:
            accuracy, mean_ap = self._validate()
            self._keep(mean_ap if mean_ap is not None else accuracy)
        parts.processes.wait()
        took = time.monotonic() - began
        self.tally.elapsed += took
        self.tally.epoch_seconds += took
        scores = self.tally.end_epoch(accuracy, mean_ap)
        if parts.processes.first:
            write_curve(self._folder / CURVE, self.tally.curve)
            self._progress.after_epoch(scores)
            if self._board is not None:
                self._board.after_epoch(self.tally, scores)
        return scores

    def _validate(self) -> tuple[float | None, float | None]:
        task, measure, learner = self._parts.task, self._parts.measure, self._parts.learner
        accuracy = mean_ap = None
        if task.validation is not None:
            accuracy = measure.accuracy(learner.kept, learner.objective, task.validation)
        if task.held_out is not None:
            mean_ap = measure.retrieve(learner.kept, task.held_out).mean_ap
        return accuracy, mean_ap

    def _keep(self, score: float | None) -> None:
        """Write the network, and once more as the best if it is better than after each before."""
        epoch = len(self.tally.curve) + 1
        model = self._parts.learner.kept
        if score is None or self.tally.best is None or score > self.tally.best[0]:
            self.tally.best = (0.0 if score is None else score, epoch)
            write_model(self._folder / BEST, model, self._parts.meta)
        write_model(self._folder / LAST, model, self._parts.meta)

    def _save(self) -> None:
        if self._parts.processes.first:
            state = {
                "learner": self._parts.learner.state(),
                "tally": self.tally.state(),
                "weights": plain(self._parts.weights),
            }
            save_state(self._folder / STATE, self._parts.identity, state)
            self._saved = time.monotonic()

    def forget(self) -> None:
        """Remove the state of a run that is done."""
        with contextlib.suppress(FileNotFoundError):
            (self._folder / STATE).unlink()
