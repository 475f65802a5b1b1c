"""Learning rates agree with torch's own schedulers where it has them."""

import warnings
from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch.optim import SGD, lr_scheduler

from training.optimisation import build_optimiser, rate_at
from training.recipe import OptimiserRecipe, ScheduleRecipe

STEPS = 5  # in an epoch


def theirs(build: Callable[[SGD], lr_scheduler.LRScheduler], count: int) -> list[float]:
    optimiser = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = build(optimiser)
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is meant to be stepped after the optimiser
        for _ in range(count):
            rates.append(optimiser.param_groups[0]["lr"])
            scheduler.step()
    return rates


def ours(recipe: ScheduleRecipe) -> list[float]:
    return [rate_at(step, STEPS, recipe) for step in range(recipe.epochs * STEPS)]


def test_cosine() -> None:
    expected = theirs(lambda o: lr_scheduler.CosineAnnealingLR(o, 40, eta_min=0.1), 40)
    found = ours(ScheduleRecipe(epochs=8, kind="cosine", last=0.1))
    assert found == pytest.approx(expected)


def test_one_cycle() -> None:
    expected = theirs(lambda o: lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=40), 40)
    assert ours(ScheduleRecipe(epochs=8, kind="one-cycle")) == pytest.approx(expected, abs=1e-9)


def test_steps() -> None:
    expected = theirs(lambda o: lr_scheduler.MultiStepLR(o, [15, 30], gamma=0.1), 40)
    found = ours(ScheduleRecipe(epochs=8, kind="step", milestones=(3, 6)))
    assert found == pytest.approx(expected)


def test_warm_up_rises_linearly_to_the_height_and_the_cosine_waits_for_its_share() -> None:
    recipe = ScheduleRecipe(epochs=8, kind="cosine", warm_up=2, first=0.1, flat=0.5, last=0.2)
    rates = ours(recipe)
    rise = [b - a for a, b in pairwise(rates[:10])]
    assert rise == pytest.approx([0.09] * 9)
    assert rates[9:21] == pytest.approx([1.0] * 12)
    assert all(a > b for a, b in pairwise(rates[20:]))
    assert rates[-1] == pytest.approx(0.2, abs=0.01)


def test_constant() -> None:
    assert set(ours(ScheduleRecipe(epochs=2, kind="constant"))) == {1.0}


@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd"])
def test_weight_decay_is_coupled_except_in_adamw(kind: str) -> None:
    # With no gradient but the decay's, coupled Adam moves by the whole rate, decoupled by a share.
    weight = torch.nn.Parameter(torch.tensor([10.0]))
    recipe = OptimiserRecipe(kind=kind, rate=0.1, weight_decay=0.5, momentum=0.0)  # type: ignore[arg-type]
    optimiser = build_optimiser([weight], recipe)
    weight.grad = torch.zeros(1)
    optimiser.step()
    expected = {"adam": 10 - 0.1, "adamw": 10 * (1 - 0.1 * 0.5), "sgd": 10 - 0.1 * 0.5 * 10}
    assert weight.item() == pytest.approx(expected[kind], rel=1e-5)
