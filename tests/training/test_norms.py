"""Batch norm that was rebuilt or folded is estimated anew, and the network computes as it did."""

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from training.norms import PLAIN, estimate_norms, folded_norms, is_folded


def images(count: int = 3) -> list[Tensor]:
    random = torch.Generator().manual_seed(0)
    return [torch.randn(8, 3, 32, 16, generator=random) * 2 + 1 for _ in range(count)]


def norms(model: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


def inputs_of(model: nn.Module, norm: nn.Module, batches: list[Tensor]) -> Tensor:
    """Everything that a norm sees, `(channels, values)`."""
    seen: list[Tensor] = []
    handle = norm.register_forward_pre_hook(
        lambda _, given: seen.append(given[0].transpose(0, 1).flatten(1))
    )
    with torch.no_grad():
        for batch in batches:
            model(batch)
    handle.remove()
    return torch.cat(seen, 1)


def test_folded_norms_are_given_statistics_and_the_network_stays_the_same() -> None:
    torch.manual_seed(0)
    model = resnet18().eval()  # fresh norms are as folded ones: they scale nothing
    for norm in norms(model):
        nn.init.uniform_(norm.bias, -0.5, 0.5)  # the shift of convolutions that have none
    assert all(is_folded(norm) for norm in norms(model))
    assert folded_norms(model) == norms(model)
    with torch.no_grad():
        expected = model(images()[0])
    seen = inputs_of(model, model.layer2[0].bn1, images())
    estimate_norms(model, images())
    assert not model.training
    with torch.no_grad():
        torch.testing.assert_close(model(images()[0]), expected, rtol=1e-3, atol=1e-3)
    norm = model.layer2[0].bn1
    torch.testing.assert_close(norm.running_mean, seen.mean(1), rtol=1e-3, atol=1e-4)
    variance = seen.var(1, correction=0)
    torch.testing.assert_close(norm.running_var, variance, rtol=1e-3, atol=1e-4)
    assert not any(is_folded(norm) for norm in norms(model))
    assert folded_norms(model) == []


def test_rebuilt_norms_get_the_statistics_of_the_pictures() -> None:
    torch.manual_seed(0)
    model = resnet18()
    for norm in norms(model):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.constant_(norm.running_mean, 7.0)  # as if quantisation had spoilt it
    weights = [norm.weight.clone() for norm in norms(model)]
    estimate_norms(model, images())
    first = model.conv1(torch.cat(images()))  # batches are of one size, so means of means do
    torch.testing.assert_close(model.bn1.running_mean, first.mean((0, 2, 3)), rtol=1e-3, atol=1e-4)
    assert [norm.momentum for norm in norms(model)] == [0.1] * len(weights)
    assert all(torch.equal(a, norm.weight) for a, norm in zip(weights, norms(model), strict=True))
    assert model.training


@pytest.mark.parametrize("name", PLAIN)
def test_a_norm_that_scales_is_not_folded(name: str) -> None:
    norm = nn.BatchNorm2d(4)
    assert is_folded(norm)
    with torch.no_grad():
        getattr(norm, name)[2] += 0.1
    assert not is_folded(norm)
