"""Convolutions whose weights' gradient is a product of matrices are those they stand for."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from helpers.convolutions import exact_passes, passes
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.model import build_model
from training.convolutions import prepare_for_cpu
from training.products import FEWEST_CHANNELS, ProductConv2d
from training.stand_ins import exchange

CLOSE = 0.01
"""Of the vector's length: bf16 rounds each number to within 1 / 256 of itself."""


def in_bf16() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def apart(found: Tensor, exact: Tensor) -> float:
    difference = torch.linalg.vector_norm(found.double() - exact.double())
    return float(difference / torch.linalg.vector_norm(exact.double()))


@given(
    count=st.integers(1, 4),
    height=st.integers(3, 9),
    width=st.integers(3, 9),
    narrow=st.sampled_from([256, 320]),
    wide=st.sampled_from([64, 256]),
    stride=st.sampled_from([1, 2]),
    channels_last=st.booleans(),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=12, deadline=None)
def test_all_three_passes_are_those_of_a_convolution_in_double(
    *,
    count: int,
    height: int,
    width: int,
    narrow: int,
    wide: int,
    stride: int,
    channels_last: bool,
    seed: int,
) -> None:
    random = torch.Generator().manual_seed(seed)
    layer = nn.Conv2d(narrow, wide, 3, stride=stride, padding=1, bias=False)
    layer.weight.data = torch.randn(layer.weight.shape, generator=random).bfloat16().float()
    maps = torch.randn(count, narrow, height, width, generator=random).bfloat16().float()
    maps.requires_grad_()
    given_maps = maps.contiguous(memory_format=torch.channels_last) if channels_last else maps

    fast = ProductConv2d(layer)
    with in_bf16():
        outcome = fast(given_maps)
    pull = torch.randn(outcome.shape, generator=random).bfloat16()
    found = passes(outcome, (maps, fast.weight), pull)

    assert [value.dtype for value in found] == [torch.bfloat16, torch.float32, torch.float32]
    for value, true in zip(found, exact_passes(layer, maps, pull), strict=True):
        assert value.shape == true.shape
        assert apart(value, true) < CLOSE


def test_float32_and_measuring_go_the_direct_way() -> None:
    layer = nn.Conv2d(FEWEST_CHANNELS, 64, 3, padding=1, bias=False)
    maps = torch.randn(2, FEWEST_CHANNELS, 6, 4)
    fast = ProductConv2d(layer)
    assert torch.equal(fast(maps), layer(maps))
    fast.eval()
    with in_bf16():
        assert torch.equal(fast(maps), layer(maps))


def test_the_first_layer_of_a_network_that_learns_asks_for_no_gradient_of_its_maps() -> None:
    fast = ProductConv2d(nn.Conv2d(FEWEST_CHANNELS, 8, 3, padding=1, bias=False))
    with in_bf16():
        fast(torch.randn(2, FEWEST_CHANNELS, 6, 4)).float().square().mean().backward()
    assert fast.weight.grad is not None
    assert bool(fast.weight.grad.any())


@pytest.mark.parametrize(("backbone", "exchanged"), [("resnet18", 7), ("resnet50", 9)])
def test_a_network_in_bf16_learns_the_same_under_the_same_names(
    backbone: str, exchanged: int
) -> None:
    torch.manual_seed(0)
    direct = build_model(ArchitectureOptions(backbone=backbone, last_stride=1)).train()
    fast = copy.deepcopy(direct)
    prepare_for_cpu(fast, "bf16")
    assert sum(isinstance(layer, ProductConv2d) for layer in fast.modules()) == exchanged
    assert list(fast.state_dict()) == list(direct.state_dict())
    images = torch.randn(8, 3, 64, 48)
    pull = torch.randn(8, direct.dim)
    gradients = []
    for model in (direct, fast):
        with in_bf16():
            outcome = model(images)
        (outcome.float() * pull).sum().backward()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    theirs, ours = gradients
    for name in ("backbone.layer4.1.conv2.weight", "backbone.layer4.0.conv2.weight"):
        assert apart(ours[name], theirs[name]) < 5 * CLOSE


def test_layers_of_other_shapes_stay() -> None:
    layers = nn.Sequential(
        nn.Conv2d(256, 256, 1, bias=False),
        nn.Conv2d(256, 256, 3, padding=1),
        nn.Conv2d(256, 256, 3, padding=1, groups=32, bias=False),
        nn.Conv2d(256, 256, 3, padding=2, dilation=2, bias=False),
        nn.Conv2d(256, 256, 3, stride=(2, 1), padding=1, bias=False),
        nn.Conv2d(128, 256, 3, padding=1, bias=False),
    )
    exchange(layers, ProductConv2d)
    assert not any(isinstance(layer, ProductConv2d) for layer in layers)
