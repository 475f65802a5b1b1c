"""The project's own network as an OpenVINO graph, made of a checkpoint's tensors without torch.

What `model.ReidModel` computes in evaluation mode; batch normalisation is folded into the
convolutions before it. In int8 all convolutions but the first take numbers of 8 bits, scaled by
the largest number that is to be expected (Jacob et al., arXiv:1712.05877), and weights of 7 bits,
scaled for each channel: sums of more could overflow on processors without VNNI instructions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from surveil_reid.assets import import_openvino
from surveil_reid.core import Doubles, WeightsError
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
STEPS = 256
"""Values of 8 bits."""

SPARE = 127 / 63
"""What leaves a bit of a weight's 8 unused."""

Node = Any


def build_graph(
    architecture: ArchitectureOptions,
    tensors: Mapping[str, Any],
    size: tuple[int, int],
    ranges: Mapping[str, float] | None = None,
) -> Any:  # noqa: ANN401 - OpenVINO is imported late
    """Make the graph.

    Args:
        architecture: of the network.
        tensors: NumPy arrays of floating point by their names in the checkpoint.
        size: height and width of the input.
        ranges: as `measured_graph` gave them, to compute in int8; None for floating point.

    Returns:
        An `openvino.Model` from `images`, float32 `(n, 3, *size)`, to `features`, float32
        `(n, width)`, for any n.

    Raises:
        ValueError: when the tensors are not all and only those of the architecture.
        RuntimeError: when their shapes do not fit.
        WeightsError: when the ranges are not all and only those of its convolutions.
    """
    building, images, features = _build(architecture, tensors, size, ranges)
    if ranges is not None and (unknown := sorted(set(ranges) - set(building.inner))):
        raise _no_range(unknown[0])
    return _model(images, {OUTPUT: features})


def measured_graph(
    architecture: ArchitectureOptions, tensors: Mapping[str, Any], size: tuple[int, int]
) -> Any:  # noqa: ANN401 - as above
    """Make a graph that gives the ranges that int8 needs, in place of features.

    Args:
        architecture: as for `build_graph`, as is all else.
        tensors: see there.
        size: see there.

    Returns:
        An `openvino.Model` from `images` to an output for each convolution that int8 is for, by its
        name: the largest number that goes into it of each picture, float32 `(n,)`.
    """
    building, images, _ = _build(architecture, tensors, size, None)
    over = np.array([1, 2, 3])
    largest = {name: building.ops.reduce_max(maps, over) for name, maps in building.inner.items()}
    return _model(images, largest)


def _build(
    architecture: ArchitectureOptions,
    tensors: Mapping[str, Any],
    size: tuple[int, int],
    ranges: Mapping[str, float] | None,
) -> "tuple[_Building, Node, Node]":
    openvino = import_openvino()
    from openvino import opset1 as ops  # noqa: PLC0415 (not before)

    wide = {name: np.asarray(t, np.float64) for name, t in tensors.items()}
    building = _Building(ops, openvino.op.Constant, wide, ranges)
    images = ops.parameter([-1, 3, *size], np.float32, name=INPUT)
    features = building.head(building.backbone(images, architecture), architecture)
    if building.tensors:
        msg = f"{min(building.tensors)} belongs to no {architecture}"
        raise ValueError(msg)
    return building, images, features


def _model(images: Node, outputs: Mapping[str, Node]) -> Any:  # noqa: ANN401 - as above
    openvino = import_openvino()

    model = openvino.Model(list(outputs.values()), [images], "embedder")
    model.input(0).get_tensor().set_names({INPUT})
    for place, name in enumerate(outputs):
        model.output(place).get_tensor().set_names({name})
    return model


def _no_range(name: str) -> WeightsError:
    return WeightsError(
        f"the ranges for int8 do not fit the network, {name} the first; get the file again, or "
        "take precision fp32"
    )


@dataclass(slots=True)
class _Building:
    """A graph in the making, and the tensors that it has not used yet."""

    ops: Any
    constant: Any  # ops.constant makes a list of an array's numbers first, which takes a second
    tensors: dict[str, Doubles]
    ranges: Mapping[str, float] | None
    inner: dict[str, Node] = field(default_factory=dict)
    """What goes into the convolutions that int8 is for, by the first one that it goes into."""

    def backbone(self, images: Node, architecture: ArchitectureOptions) -> Node:
        ops = self.ops
        maps = ops.relu(self._convolved(images, "backbone.conv1", "backbone.bn1", stride=2))
        maps = ops.max_pool(maps, [2, 2], [1, 1], [1, 1], [3, 3])
        for stage, count in enumerate(BLOCKS[architecture.backbone], start=1):
            halves = stage > 1 and (stage < len(BLOCKS) or architecture.last_stride != 1)
            for number in range(count):
                stride = 2 if halves and number == 0 else 1
                name = f"backbone.layer{stage}.{number}"
                maps = self._narrowed(maps, f"{name}.conv1")
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
            if number > 1:
                inner = self._narrowed(inner, f"{name}.conv{number}")
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
        if groups > 1:
            weight = weight.reshape(groups, out // groups, each, side, side)
        convolve = ops.convolution if groups == 1 else ops.group_convolution
        # Pictures have two signs and many shades: their own convolution stays as it is.
        narrow = self.ranges is not None and self.inner
        kernel = self._narrow_constant(weight) if narrow else self._constant(weight)
        result = convolve(maps, kernel, steps, pads, pads, [1, 1])
        return ops.add(result, self._constant(shift.reshape(1, -1, 1, 1)))

    def _narrowed(self, maps: Node, name: str) -> Node:
        """Maps without negative numbers, in as many steps as 8 bits have."""
        self.inner[name] = maps
        if self.ranges is None:
            return maps
        if name not in self.ranges:
            raise _no_range(name)
        low, high = self._constant(np.array(0.0)), self._constant(np.array(self.ranges[name]))
        return self.ops.fake_quantize(maps, low, high, low, high, STEPS)

    def _narrow_constant(self, weight: Doubles) -> Node:
        """Weights in 7 bits, scaled for each channel that comes out."""
        over = tuple(range(weight.ndim - 3, weight.ndim))
        largest = np.abs(weight).max(axis=over, keepdims=True).clip(min=1e-9) * SPARE
        low, high = self._constant(-largest), self._constant(largest)
        return self.ops.fake_quantize(self._constant(weight), low, high, low, high, STEPS - 1)

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
