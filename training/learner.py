"""What learns: network, losses and optimiser, moved by one batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from surveil_reid.core import InputError
from surveil_reid.embedding.model import ReidModel
from training.objective import Losses, Objective
from training.optimisation import build_optimiser
from training.precision import Precision
from training.processes import Processes
from training.recipe import Recipe

SKIPS_IN_A_ROW = 30
"""Gradient scaling finds its scale within about 16; more than this is no search but a fault."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a step came to.

    Attributes:
        losses: of the whole batch.
        applied: False where the step was skipped, because something was infinite or no number.
    """

    losses: Losses
    applied: bool


class Both(nn.Module):
    """A model that gives its feature before and after the BNNeck."""

    def __init__(self, model: ReidModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images `(n, 3, height, width)` to two features `(n, dim)`."""
        pooled = self.model.pooled(images)
        return pooled, self.model.bottleneck(pooled)


class Learner:
    """A network in training.

    Args:
        recipe: how it learns.
        model: with its first weights.
        objective: its losses.
        precision: of the network.
        processes: that share the batches.

    Attributes:
        skipped: steps skipped so far.
    """

    def __init__(
        self,
        recipe: Recipe,
        model: ReidModel,
        objective: Objective,
        precision: Precision,
        processes: Processes,
    ) -> None:
        processes.synchronise(model)  # in place, but for the outermost module
        self.model = model.to(processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.objective = objective.to(processes.device)
        self.precision = precision
        self.skipped = 0
        self._skipped_in_a_row = 0
        self._recipe = recipe
        self._processes = processes
        self._forward: nn.Module = Both(self.model)
        self._losses: nn.Module = self.objective
        self._frozen: bool | None = None
        self._optimiser = build_optimiser(self._parameters(), recipe.optimiser)
        self._average = _averaged(self.model, recipe.average)

    @property
    def kept(self) -> ReidModel:
        """The network to measure and to keep: the average where there is one."""
        return self.model if self._average is None else cast(ReidModel, self._average.module)

    def prepare(self, step: int, *, compile_network: bool = False) -> None:
        """Make ready for the steps from one on; at the first, and when training thaws."""
        frozen = step < self._recipe.model.frozen_steps
        if frozen == self._frozen:
            return
        self._frozen = frozen
        for module, trained in self._stages():
            module.requires_grad_(trained and not (frozen and module is not self.model))
        if isinstance(self.model.bottleneck, _BatchNorm):
            self.model.bottleneck.bias.requires_grad = False
        both = Both(self.model)
        self._forward = self._processes.spread(both)
        self._losses = self._processes.spread(self.objective)
        if compile_network:
            self._forward = torch.compile(self._forward)  # type: ignore[assignment]

    def step(
        self,
        images: Tensor,
        labels: Tensor,
        targets: Tensor | None,
        rate: float,
    ) -> Outcome:
        """Learn from a batch.

        Args:
            images: this process's part of the batch.
            labels: int64 `(m,)`, of the whole batch's first pictures, on the device, as are the
                targets.
            targets: float32 `(n, teacher's dim)`, where there is a teacher.
            rate: the learning rate as a share of its height.

        Raises:
            InputError: when steps are skipped over and over.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = rate * self._recipe.optimiser.rate
        self._optimiser.zero_grad()
        self._set_modes()
        before = [buffer.clone() for buffer in self.model.buffers()]
        with self.precision.autocast():
            pooled, embedded = self._forward(images)
        gather = self._processes.gather
        losses: Losses = self._losses(gather(pooled), gather(embedded), labels, targets)
        self.precision.backward(losses.total)
        applied = self._apply(losses)
        if not applied:  # the batch may have spoilt the statistics of batch norm as well
            for buffer, value in zip(self.model.buffers(), before, strict=True):
                buffer.copy_(value)
        self._count(applied=applied)
        return Outcome(losses, applied)

    def state(self) -> dict[str, Any]:
        """All that the next step depends on."""
        return {
            "model": self.model.state_dict(),
            "objective": self.objective.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self.precision.scaler.state_dict(),
            "precision": self.precision.name,
            "average": None if self._average is None else self._average.state_dict(),
            "skipped": [self.skipped, self._skipped_in_a_row],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state.

        Raises:
            InputError: when it was learned in another precision, of which a record names one.
        """
        earlier = state.get("precision", self.precision.name)
        if earlier != self.precision.name:
            msg = (
                f"the run was begun in {earlier} and would go on in {self.precision.name}; go on "
                "where it was begun, or begin it anew under another name"
            )
            raise InputError(msg)
        self.model.load_state_dict(state["model"])
        self.objective.load_state_dict(state["objective"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.precision.scaler.load_state_dict(state["scaler"])
        if self._average is not None:
            self._average.load_state_dict(state["average"])
        self.skipped, self._skipped_in_a_row = state["skipped"]

    def _apply(self, losses: Losses) -> bool:
        scaler, clip = self.precision.scaler, self._recipe.optimiser.clip
        scaler.unscale_(self._optimiser)
        parameters = [p for p in self._parameters() if p.grad is not None]
        norm = get_total_norm([p.grad for p in parameters if p.grad is not None])
        # A variance can overflow where losses and gradients do not: everything is divided by it.
        statistics = get_total_norm([b for b in self.model.buffers() if b.is_floating_point()])
        fine = bool(torch.isfinite(norm + statistics + losses.total.detach()))
        if fine:
            if clip is not None:
                clip_grads_with_norm_(parameters, clip, norm)
            scaler.step(self._optimiser)
            if self._average is not None:
                self._average.update_parameters(self.model)
        scaler.update()
        return fine

    def _count(self, *, applied: bool) -> None:
        self.skipped += not applied
        self._skipped_in_a_row = 0 if applied else self._skipped_in_a_row + 1
        if self._skipped_in_a_row > SKIPS_IN_A_ROW:
            msg = (
                f"{self._skipped_in_a_row} steps in a row gave losses or gradients that are "
                "infinite or no numbers; lower optimiser.rate, or set amp=off"
            )
            raise InputError(msg)

    def _parameters(self) -> Iterator[nn.Parameter]:
        yield from self.model.parameters()
        yield from self.objective.parameters()

    def _stages(self) -> Iterator[tuple[nn.Module, bool]]:
        """The whole network, then the backbone's parts, each with whether it is ever trained."""
        yield self.model, True
        every = self._recipe.model.trained == "all"
        for name, part in self.model.backbone.named_children():
            yield part, every or name in {"layer4", "avgpool"}

    def _set_modes(self) -> None:
        """Training mode, except where nothing is trained: batch norm stays as it is there."""
        self.model.train()
        for _, part in self.model.backbone.named_children():
            if not any(p.requires_grad for p in part.parameters()):
                part.eval()


def _averaged(model: ReidModel, decay: float | None) -> AveragedModel | None:
    if decay is None:
        return None
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(model, multi_avg_fn=average, use_buffers=True)
