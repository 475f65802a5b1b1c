"""The project's own network as an OpenVINO graph, made of a checkpoint's tensors without torch.

What `model.ReidModel` computes in evaluation mode; batch normalisation is folded into the
convolutions before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from surveil_reid.core import Doubles
from surveil_reid.embedding.architecture import POOLING_FLOOR, ArchitectureOptions

BLOCKS = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnext50_32x4d": (3, 4, 6, 3),
}
BOTTLENECKS = {"resnet50": 1, "resnext50_32x4d": 32}
"""Backbones whose blocks are three convolutions, and the groups of the middle one."""
EPSILON = 1e-5
"""Torch adds it to the variances of batch normalisation."""
INPUT, OUTPUT = "images", "features"

Node = Any


def build_graph(
    architecture: ArchitectureOptions, tensors: Mapping[str, Any], size: tuple[int, int]
) -> Any:  # noqa: ANN401 - OpenVINO is imported late
    """Make the graph.

    Args:
        architecture: of the network.
        tensors: NumPy arrays of floating point by their names in the checkpoint.
        size: height and width of the input.

    Returns:
        An `openvino.Model` from `images`, float32 `(n, 3, *size)`, to `features`, float32
        `(n, width)`, for any n.

    Raises:
        ValueError: when the tensors are not all and only those of the architecture.
        RuntimeError: when their shapes do not fit.
    """
    import openvino  # noqa: PLC0415 - takes a second, and most commands run no network
    from openvino import opset1 as ops  # noqa: PLC0415

    wide = {name: np.asarray(t, np.float64) for name, t in tensors.items()}
    building = _Building(ops, openvino.op.Constant, wide)
    images = ops.parameter([-1, 3, *size], np.float32, name=INPUT)
    features = building.head(building.backbone(images, architecture), architecture)
    if building.tensors:
        msg = f"{min(building.tensors)} belongs to no {architecture}"
        raise ValueError(msg)
    model = openvino.Model([features], [images], "embedder")
    model.input(0).get_tensor().set_names({INPUT})
    model.output(0).get_tensor().set_names({OUTPUT})
    return model


@dataclass(slots=True)
class _Building:
    """A graph in the making, and the tensors that it has not used yet."""

    ops: Any
    constant: Any  # ops.constant makes a list of an array's numbers first, which takes a second
    tensors: dict[str, Doubles]

    def backbone(self, images: Node, architecture: ArchitectureOptions) -> Node:
        ops = self.ops
        maps = ops.relu(self._convolved(images, "backbone.conv1", "backbone.bn1", stride=2))
        maps = ops.max_pool(maps, [2, 2], [1, 1], [1, 1], [3, 3])
        for stage, count in enumerate(BLOCKS[architecture.backbone], start=1):
            halves = stage > 1 and (stage < len(BLOCKS) or architecture.last_stride != 1)
            for number in range(count):
                stride = 2 if halves and number == 0 else 1
                name = f"backbone.layer{stage}.{number}"
                maps = self._block(maps, name, stride, BOTTLENECKS.get(architecture.backbone))
        return maps

    def head(self, maps: Node, architecture: ArchitectureOptions) -> Node:
        ops = self.ops
        exponent = None
        if architecture.pooling == "generalised-mean":
            exponent = self._constant(self._take("backbone.avgpool.exponent").reshape(1, 1, 1, 1))
            maps = ops.power(ops.maximum(maps, self._constant(np.array(POOLING_FLOOR))), exponent)
        pooled = ops.reduce_mean(maps, np.array([2, 3]), keep_dims=True)
        if exponent is not None:
            pooled = ops.power(pooled, ops.divide(self._constant(np.array(1.0)), exponent))
        features = ops.squeeze(pooled, np.array([2, 3]))
        if features.get_output_partial_shape(0)[1].get_length() != architecture.width:
            weight, bias = self._take("reduce.weight"), self._take("reduce.bias")
            product = ops.matmul(
                features, self._constant(weight), transpose_a=False, transpose_b=True
            )
            features = ops.add(product, self._constant(bias))
        if architecture.bottleneck:
            scale, shift = self._normalising("bottleneck")
            scaled = ops.multiply(features, self._constant(scale))
            features = ops.add(scaled, self._constant(shift))
        return features

    def _block(self, maps: Node, name: str, stride: int, groups: int | None) -> Node:
        """A block of two convolutions, or where `groups` are given of three."""
        ops, beside = self.ops, maps
        # Torchvision strides in the 3x3 convolution: the first of two, the second of three.
        steps = ((stride, 1), (1, 1)) if groups is None else ((1, 1), (stride, groups), (1, 1))
        inner = maps
        for number, (step, parts) in enumerate(steps, start=1):
            norm = f"{name}.bn{number}"
            inner = self._convolved(inner, f"{name}.conv{number}", norm, step, parts)
            if number < len(steps):
                inner = ops.relu(inner)
        if f"{name}.downsample.0.weight" in self.tensors:
            beside = self._convolved(maps, f"{name}.downsample.0", f"{name}.downsample.1", stride)
        return ops.relu(ops.add(inner, beside))

    def _convolved(self, maps: Node, name: str, norm: str, stride: int, groups: int = 1) -> Node:
        """A convolution that keeps the size but for its stride, and its batch normalisation."""
        ops = self.ops
        weight = self._take(f"{name}.weight")
        scale, shift = self._normalising(norm)
        weight = weight * scale.reshape(-1, 1, 1, 1)
        out, each, side, _ = weight.shape
        if each * groups != maps.get_output_partial_shape(0)[1].get_length():
            msg = f"{name} takes {each * groups} channels"
            raise ValueError(msg)
        steps, pads = [stride, stride], [side // 2, side // 2]
        if groups == 1:
            result = ops.convolution(maps, self._constant(weight), steps, pads, pads, [1, 1])
        else:
            grouped = weight.reshape(groups, out // groups, each, side, side)
            result = ops.group_convolution(maps, self._constant(grouped), steps, pads, pads, [1, 1])
        return ops.add(result, self._constant(shift.reshape(1, -1, 1, 1)))

    def _normalising(self, name: str) -> tuple[Doubles, Doubles]:
        """What batch normalisation multiplies by and adds."""
        parts = ("weight", "bias", "running_mean", "running_var")
        weight, bias, mean, variance = (self._take(f"{name}.{part}") for part in parts)
        scale = weight / np.sqrt(variance + EPSILON)
        return scale, bias - mean * scale

    def _take(self, name: str) -> Doubles:
        found = self.tensors.pop(name, None)
        if found is None:
            msg = f"{name} is missing"
            raise ValueError(msg)
        return found

    def _constant(self, values: Doubles) -> Node:
        return self.constant(values.astype(np.float32))
