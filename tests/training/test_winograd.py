"""Convolutions by Winograd's filtering: they are the ones they stand for."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from helpers.convolutions import exact_passes, passes
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.model import build_model
from training.stand_ins import exchange
from training.winograd import FEWEST_CHANNELS, WinogradConv2d

CLOSE = 1e-4
"""Of the largest value: some hundred times what float32 loses in one product."""


@given(
    count=st.integers(1, 3),
    down=st.integers(1, 4),
    across=st.integers(1, 3),
    narrow=st.sampled_from([128, 160]),
    wide=st.sampled_from([128, 192]),
    channels_last=st.booleans(),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=12, deadline=None)
def test_all_three_passes_are_those_of_a_direct_convolution_in_double(
    *, count: int, down: int, across: int, narrow: int, wide: int, channels_last: bool, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    layer = nn.Conv2d(narrow, wide, 3, padding=1, bias=False)
    layer.weight.data = torch.randn(layer.weight.shape, generator=random) / narrow**0.5
    maps = torch.randn(count, narrow, 4 * down, 4 * across, generator=random).requires_grad_()
    given_maps = maps.contiguous(memory_format=torch.channels_last) if channels_last else maps
    pull = torch.randn(count, wide, 4 * down, 4 * across, generator=random)

    fast = WinogradConv2d(layer)
    found = passes(fast(given_maps), (maps, fast.weight), pull)

    for value, exact in zip(found, exact_passes(layer, maps, pull), strict=True):
        assert value.shape == exact.shape
        assert (value - exact).abs().max() <= CLOSE * exact.abs().max()


@pytest.mark.parametrize("size", [(6, 4), (8, 5), (3, 3)])
def test_maps_that_tiles_do_not_fill_go_the_direct_way(size: tuple[int, int]) -> None:
    layer = nn.Conv2d(FEWEST_CHANNELS, FEWEST_CHANNELS, 3, padding=1, bias=False)
    maps = torch.randn(2, FEWEST_CHANNELS, *size)
    assert torch.equal(WinogradConv2d(layer)(maps), layer(maps))


def test_a_network_learns_the_same_and_is_measured_exactly() -> None:
    torch.manual_seed(0)
    direct = build_model(ArchitectureOptions(backbone="resnet18"))
    fast = copy.deepcopy(direct)
    exchange(fast, WinogradConv2d)
    assert sum(isinstance(layer, WinogradConv2d) for layer in fast.modules()) == 10
    assert list(fast.state_dict()) == list(direct.state_dict())
    images, pull = torch.randn(16, 3, 128, 64), torch.randn(16, 512)
    gradients = []
    for model in (direct, fast):
        model.train()
        (model(images) * pull).sum().backward()
        gradients.append([p.grad for p in model.parameters() if p.grad is not None])
    for ours, theirs in zip(*gradients, strict=True):
        assert torch.linalg.vector_norm(ours - theirs) <= 0.01 * torch.linalg.vector_norm(theirs)
    fast.load_state_dict(direct.state_dict())
    assert torch.equal(fast.eval()(images), direct.eval()(images))


def test_layers_of_other_shapes_stay() -> None:
    layers = nn.Sequential(
        nn.Conv2d(128, 128, 3, stride=2, padding=1, bias=False),
        nn.Conv2d(128, 128, 1, bias=False),
        nn.Conv2d(128, 128, 3, padding=1),
        nn.Conv2d(128, 128, 3, padding=1, groups=32, bias=False),
        nn.Conv2d(64, 64, 3, padding=1, bias=False),
    )
    exchange(layers, WinogradConv2d)
    assert not any(isinstance(layer, WinogradConv2d) for layer in layers)
