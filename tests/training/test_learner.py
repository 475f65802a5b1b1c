"""What a step does to the weights, and what it does when numbers overflow."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from helpers.recipes import tiny_recipe
from surveil_reid.core import InputError
from surveil_reid.embedding.model import build_model
from training.learner import SKIPS_IN_A_ROW, Learner
from training.objective import Objective
from training.precision import SMALLEST_BF16, Precision, check_input_size, choose_precision
from training.processes import Processes

CLASSES = 4
SIZE = SMALLEST_BF16


def learner(**changed: Any) -> Learner:  # noqa: ANN401 (any section of a recipe)
    torch.manual_seed(0)
    recipe = tiny_recipe(**changed)
    model = build_model(recipe.model.architecture)
    objective = Objective(recipe.loss, model.dim, CLASSES, None)
    alone = Processes(0, 1, torch.device("cpu"))
    built = Learner(recipe, model, objective, Precision(recipe.amp, "cpu"), alone)
    built.prepare(0)
    return built


def batch(seed: int = 0) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(8, 3, *SIZE, generator=random), torch.arange(8) % CLASSES


def values(built: Learner) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in built.model.state_dict().items()}


def changed_names(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_steps_learn_a_batch_by_heart() -> None:
    built = learner()
    outcomes = [built.step(*batch(), None, 1.0) for _ in range(12)]
    assert all(outcome.applied for outcome in outcomes)
    assert outcomes[-1].losses.total < outcomes[0].losses.total / 4
    assert outcomes[-1].losses.right == 8


def nan_images(images: Tensor) -> Tensor:
    images[0, 0, 0, 0] = torch.nan
    return images


def huge_images(images: Tensor) -> Tensor:
    return images * 1e38


@pytest.mark.parametrize("spoil", [nan_images, huge_images])
@pytest.mark.parametrize("amp", ["off", "bf16"])
def test_a_step_that_overflows_is_skipped_and_leaves_no_trace(
    spoil: Callable[[Tensor], Tensor], amp: str
) -> None:
    built = learner(amp=amp, average=0.9)
    built.step(*batch(), None, 1.0)
    before, kept = values(built), {k: v.clone() for k, v in built.kept.state_dict().items()}
    images, labels = batch(1)
    outcome = built.step(spoil(images), labels, None, 1.0)
    assert not outcome.applied
    assert built.skipped == 1
    assert changed_names(before, values(built)) == set()
    assert changed_names(kept, dict(built.kept.state_dict())) == set()
    assert built.step(*batch(2), None, 1.0).applied
    assert built.skipped == 1


def test_overflow_that_persists_stops_the_run_and_says_what_to_do() -> None:
    built = learner()
    images, labels = batch()
    for _ in range(SKIPS_IN_A_ROW):
        built.step(nan_images(images), labels, None, 1.0)
    with pytest.raises(InputError, match=r"in a row .*optimiser\.rate.*amp=off"):
        built.step(nan_images(images), labels, None, 1.0)


def test_the_last_layers_alone_can_be_trained() -> None:
    built = learner(model={"trained": "last"})
    before = values(built)
    built.step(*batch(), None, 1.0)
    moved = changed_names(before, values(built))
    assert moved
    assert {name.split(".")[1] for name in moved} == {"layer4"}


def test_a_frozen_backbone_stays_as_it_is_until_its_time_comes() -> None:
    built = learner(model={"frozen_steps": 2, "bottleneck": True, "width": 32})
    before = values(built)
    for step in range(2):
        built.prepare(step)
        built.step(*batch(step), None, 1.0)
    moved = changed_names(before, values(built))
    assert {name.split(".")[0] for name in moved} == {"reduce", "bottleneck"}
    built.prepare(2)
    built.step(*batch(2), None, 1.0)
    moved = changed_names(before, values(built))
    assert "backbone.conv1.weight" in moved
    assert "bottleneck.bias" not in moved


def test_the_average_of_the_weights_is_what_is_kept() -> None:
    built = learner(average=0.75)
    name = "backbone.conv1.weight"
    built.step(*batch(0), None, 1.0)
    expected = values(built)[name]  # the first step is where the average starts
    for seed in (1, 2):
        built.step(*batch(seed), None, 1.0)
        expected = 0.75 * expected + 0.25 * values(built)[name]
    torch.testing.assert_close(built.kept.state_dict()[name], expected)


def test_gradients_are_clipped_to_the_norm_that_the_recipe_states() -> None:
    built = learner(optimiser={"kind": "sgd", "rate": 1.0, "momentum": 0.0, "clip": 0.01})
    before = values(built)
    held = {k: v.clone() for k, v in built.objective.state_dict().items()}
    built.step(*batch(), None, 1.0)
    names = dict(built.model.named_parameters())
    moved = [(values(built)[n] - before[n]).square().sum() for n in names]
    moved += [(v - held[k]).square().sum() for k, v in built.objective.state_dict().items()]
    assert torch.stack(moved).sum().sqrt().item() == pytest.approx(0.01, rel=1e-3)


def test_going_back_to_a_state_repeats_the_steps_to_the_bit() -> None:
    built = learner(average=0.9)
    built.step(*batch(0), None, 1.0)
    state = {
        key: {n: t.clone() if isinstance(t, Tensor) else t for n, t in part.items()}
        if isinstance(part, dict) and key in {"model", "objective", "average"}
        else part
        for key, part in built.state().items()
    }
    optimiser = built.state()["optimiser"]["state"]
    state["optimiser"] = {
        **built.state()["optimiser"],
        "state": {k: {n: t.clone() for n, t in v.items()} for k, v in optimiser.items()},
    }
    built.step(*batch(1), None, 0.5)
    expected = values(built)
    again = learner(average=0.9)
    again.restore(state)
    again.step(*batch(1), None, 0.5)
    assert changed_names(expected, values(again)) == set()


def test_what_was_learned_in_one_precision_does_not_go_on_in_another() -> None:
    """As on a machine that has a GPU, or a processor that lacks bf16."""
    begun = learner(amp="bf16")
    with pytest.raises(InputError, match="begun in bf16 and would go on in fp32"):
        learner(amp="off").restore(begun.state())
    learner(amp="bf16").restore(begun.state())


def test_precision_by_device() -> None:
    assert choose_precision("off", "cuda") == "fp32"
    assert choose_precision("auto", "cuda") == "fp16"
    assert choose_precision("bf16", "cuda") == "bf16"
    assert choose_precision("off", "cpu") == "fp32"
    assert choose_precision("bf16", "cpu") == "bf16"
    assert choose_precision("auto", "cpu") in {"bf16", "fp32"}
    with pytest.raises(InputError, match="needs a CUDA device"):
        choose_precision("fp16", "cpu")


def test_bf16_on_a_cpu_refuses_pictures_that_onednn_computes_wrongly() -> None:
    check_input_size(Precision("bf16", "cpu"), SMALLEST_BF16)
    check_input_size(Precision("off", "cpu"), (32, 16))
    with pytest.raises(InputError, match=r"at least 64x36.*got 128x32.*amp=off"):
        check_input_size(Precision("bf16", "cpu"), (128, 32))


@pytest.mark.parametrize("seed", range(3))
def test_gradients_in_bf16_are_those_of_float32_at_the_smallest_size(seed: int) -> None:
    images, _ = batch(seed)
    found = {}
    for amp in ("off", "bf16"):
        built = learner(amp=amp)
        with built.precision.autocast():
            pooled = built.model.pooled(images.to(memory_format=torch.channels_last))
        torch.nn.functional.normalize(pooled.float()).sum(0)[::2].sum().backward()
        last = built.model.backbone.layer4
        found[amp] = {n: p.grad for n, p in last.named_parameters() if "conv" in n}
    for name, expected in found["off"].items():
        alike = torch.cosine_similarity(found["bf16"][name].flatten(), expected.flatten(), 0)
        assert alike > 0.9, name


def test_gradient_scaling_changes_no_step_and_backs_off_when_it_overflows() -> None:
    plain, scaled = learner(), learner()
    scaled.precision.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for built in (plain, scaled):
        built.step(*batch(0), None, 1.0)
    for name, value in values(plain).items():
        torch.testing.assert_close(values(scaled)[name], value, rtol=1e-4, atol=1e-5)
    images, labels = batch(1)
    assert not scaled.step(nan_images(images), labels, None, 1.0).applied
    assert scaled.precision.scaler.get_scale() == 512.0
    assert scaled.step(*batch(2), None, 1.0).applied
