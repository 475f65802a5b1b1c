"""How weights move: the optimiser, and the learning rate as a function of the step."""

import math
from collections.abc import Iterable

from torch import nn, optim

from training.recipe import OptimiserRecipe, ScheduleRecipe

RISE, START, END = 0.3, 25.0, 1e4
"""The one-cycle's rise as a share of all steps, and what the height is divided by at both ends."""


def build_optimiser(parameters: Iterable[nn.Parameter], recipe: OptimiserRecipe) -> optim.Optimizer:
    """The optimiser of a recipe over parameters."""
    given = list(parameters)
    if recipe.kind == "sgd":
        return optim.SGD(
            given,
            lr=recipe.rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
            nesterov=recipe.momentum > 0,
        )
    kind = optim.Adam if recipe.kind == "adam" else optim.AdamW
    return kind(given, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)


def rate_at(step: int, steps_per_epoch: int, recipe: ScheduleRecipe) -> float:
    """The learning rate of a step as a share of its height.

    Args:
        step: from 0, over all epochs.
        steps_per_epoch: so that a recipe can count in epochs.
        recipe: the schedule.

    Returns:
        0..1.
    """
    total = recipe.epochs * steps_per_epoch
    if recipe.kind == "one-cycle":
        return _one_cycle(step, total)
    rising = round(recipe.warm_up * steps_per_epoch)
    rise = recipe.first + (1 - recipe.first) * (step + 1) / rising if step < rising else 1.0
    return rise * _fall(step, max(rising, recipe.flat * total), total, recipe, steps_per_epoch)


def _fall(
    step: int, start: float, total: int, recipe: ScheduleRecipe, steps_per_epoch: int
) -> float:
    if recipe.kind == "step":
        epoch = step // steps_per_epoch
        return recipe.factor ** sum(epoch >= milestone for milestone in recipe.milestones)
    if recipe.kind == "cosine" and step > start:
        done = (step - start) / (total - start)
        return recipe.last + (1 - recipe.last) * (1 + math.cos(math.pi * done)) / 2
    return 1.0


def _one_cycle(step: int, total: int) -> float:
    """Smith and Topin, arXiv:1708.07120, with half cosines, as torch's `OneCycleLR` has it."""
    peak = max(RISE * total - 1, 1e-9)
    if step <= peak:
        return _between(1 / START, 1.0, step / peak)
    return _between(1.0, 1 / START / END, (step - peak) / max(total - 1 - peak, 1e-9))


def _between(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2
