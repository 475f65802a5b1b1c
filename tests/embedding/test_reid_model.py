"""The network is torchvision's with the BNNeck head, and nothing else."""

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.resnet import ResNet

from surveil_reid.core import InputError
from surveil_reid.embedding.architecture import BACKBONES, ArchitectureOptions
from surveil_reid.embedding.model import GeneralisedMean, build_model


def pictures(height: int = 64, width: int = 32) -> Tensor:
    return torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))


def theirs(name: str, state: dict[str, Tensor]) -> ResNet:
    network: ResNet = getattr(torchvision.models, name)(weights=None)
    network.fc = nn.Identity()
    network.load_state_dict(state)
    return network.eval()


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnext50_32x4d"])
def test_with_stride_2_the_backbone_computes_what_torchvision_does(name: str) -> None:
    model = build_model(ArchitectureOptions(backbone=name, width=64, last_stride=2)).eval()
    reference = theirs(name, model.backbone.state_dict())
    with torch.inference_mode():
        torch.testing.assert_close(model.backbone(pictures()), reference(pictures()))


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_with_stride_1_the_last_map_is_twice_as_high_and_wide(name: str) -> None:
    maps = {}
    for stride in (1, 2):
        model = build_model(ArchitectureOptions(backbone=name, last_stride=stride)).eval()
        model.backbone.layer4.register_forward_hook(
            lambda _module, _inputs, output, key=stride: maps.update({key: output.shape})
        )
        with torch.inference_mode():
            model(pictures(256, 128))
    assert maps[1][2:] == (16, 8)
    assert maps[2][2:] == (8, 4)


def test_stride_1_changes_no_weight_so_published_weights_fit() -> None:
    one, two = (
        build_model(ArchitectureOptions(backbone="resnet50", last_stride=stride)).state_dict()
        for stride in (1, 2)
    )
    assert {k: v.shape for k, v in one.items()} == {k: v.shape for k, v in two.items()}


@pytest.mark.parametrize(("width", "linear"), [(512, False), (256, True), (1024, True)])
def test_the_head_is_a_linear_layer_where_the_width_changes_then_the_bnneck(
    width: int, linear: bool
) -> None:
    model = build_model(ArchitectureOptions(backbone="resnet18", width=width)).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.inference_mode():
        model.bottleneck.running_mean.copy_(torch.randn(width, generator=generator))
        model.bottleneck.running_var.copy_(torch.rand(width, generator=generator) + 0.5)
        model.bottleneck.weight.copy_(torch.rand(width, generator=generator))
        features = theirs_last_stride_1(model)
        if linear:
            features = features @ model.reduce.weight.T + model.reduce.bias
        torch.testing.assert_close(model.pooled(pictures()), features)
        deviation = (model.bottleneck.running_var + model.bottleneck.eps).sqrt()
        expected = (features - model.bottleneck.running_mean) / deviation * model.bottleneck.weight
        torch.testing.assert_close(model(pictures()), expected)
    assert model.dim == width


def theirs_last_stride_1(model: nn.Module) -> Tensor:
    reference = theirs("resnet18", model.backbone.state_dict())
    reference.layer4[0].conv1.stride = (1, 1)
    reference.layer4[0].downsample[0].stride = (1, 1)
    features: Tensor = reference(pictures())
    return features


def test_training_moves_everything_but_the_bias_of_the_bnneck() -> None:
    model = build_model(ArchitectureOptions(backbone="resnet18", width=32)).train()
    model(pictures()).square().mean().backward()
    still = [name for name, value in model.named_parameters() if value.grad is None]
    assert still == ["bottleneck.bias"]
    assert model.bottleneck.bias.abs().sum() == 0


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"backbone": "vgg"}, ", ".join(BACKBONES)),
        ({"width": 0}, "width"),
        ({"last_stride": 3}, "1 or 2"),
        ({"pooling": "max"}, "average or generalised-mean"),
    ],
)
def test_what_cannot_be_built_is_refused(wrong: dict[str, object], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        ArchitectureOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("exponent", [1.0, 3.0, 6.5])
def test_generalised_mean_pooling_is_the_root_of_the_mean_power(exponent: float) -> None:
    maps = torch.rand(2, 5, 4, 3, generator=torch.Generator().manual_seed(0)) + 0.1
    expected = [
        [
            (sum(x**exponent for x in plane.flatten().tolist()) / 12) ** (1 / exponent)
            for plane in one
        ]
        for one in maps
    ]
    pooled = GeneralisedMean(exponent)(maps)
    assert pooled.shape == (2, 5, 1, 1)
    torch.testing.assert_close(pooled[..., 0, 0], torch.tensor(expected))


def test_the_generalised_mean_replaces_the_backbones_pooling_and_learns_its_exponent() -> None:
    options = ArchitectureOptions(backbone="resnet18", pooling="generalised-mean")
    model = build_model(options)
    assert isinstance(model.backbone.avgpool, GeneralisedMean)
    model(pictures()).square().sum().backward()
    assert model.backbone.avgpool.exponent.grad is not None


def test_without_bottleneck_both_features_are_one() -> None:
    model = build_model(ArchitectureOptions(backbone="resnet18", bottleneck=False)).eval()
    with torch.inference_mode():
        assert torch.equal(model(pictures()), model.pooled(pictures()))
    assert str(model.architecture).endswith("no bottleneck")
