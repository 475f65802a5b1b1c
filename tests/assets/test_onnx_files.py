"""A network whose ONNX file is not all of it has no fingerprint, wherever its weights are named."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnx.external_data_helper import set_external_data

from surveil_reid.assets import weights_sha256
from surveil_reid.core import WeightsError


def tensor(*, apart: bool, value: float = 2.0) -> onnx.TensorProto:
    made = numpy_helper.from_array(np.full((300,), value, np.float32), "weights")
    if apart:
        set_external_data(made, "network.onnx.data", offset=0, length=1200)
        made.ClearField("raw_data")
    return made


def graph(
    nodes: list[onnx.NodeProto], initializers: tuple[onnx.TensorProto, ...] = ()
) -> onnx.GraphProto:
    output = helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [300])
    return helper.make_graph(nodes, "graph", [], [output], list(initializers))


def constant(weights: onnx.TensorProto) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["out"], value=weights)


def plain(weights: onnx.TensorProto) -> onnx.ModelProto:
    node = helper.make_node("Identity", ["weights"], ["out"], doc_string="x" * 200)
    return helper.make_model(graph([node], (weights,)))


def in_a_node(weights: onnx.TensorProto) -> onnx.ModelProto:
    return helper.make_model(graph([constant(weights)]))


def in_a_branch(weights: onnx.TensorProto) -> onnx.ModelProto:
    branch = graph([constant(weights)])
    node = helper.make_node("If", ["yes"], ["out"], then_branch=branch, else_branch=branch)
    return helper.make_model(graph([node]))


def in_a_function(weights: onnx.TensorProto) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", 18)]
    function = helper.make_function("own", "f", [], ["out"], [constant(weights)], opsets)
    node = helper.make_node("f", [], ["out"], domain="own")
    return helper.make_model(graph([node]), functions=[function])


def sparse(weights: onnx.TensorProto) -> onnx.ModelProto:
    indices = numpy_helper.from_array(np.arange(300), "indices")
    node = helper.make_node("Identity", ["weights"], ["out"])
    model = helper.make_model(graph([node]))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(weights, indices, [300]))
    return model


PLACES = (plain, in_a_node, in_a_branch, in_a_function, sparse)


@pytest.mark.parametrize("place", PLACES)
def test_weights_in_a_file_of_their_own_are_refused_with_the_remedy(
    tmp_path: Path, place: Callable[[onnx.TensorProto], onnx.ModelProto]
) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(place(tensor(apart=True)).SerializeToString())
    with pytest.raises(WeightsError, match="external_data=False") as caught:
        weights_sha256(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
def test_weights_in_the_file_tell_two_networks_apart(
    tmp_path: Path, place: Callable[[onnx.TensorProto], onnx.ModelProto]
) -> None:
    found = set()
    for value in (2.0, 3.0):
        path = tmp_path / f"{value}.onnx"
        path.write_bytes(place(tensor(apart=False, value=value)).SerializeToString())
        found.add(weights_sha256(path))
    assert len(found) == 2


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\xff" * 99, b"\0" * 99, b"\x3a\x7f", b"\x0e\x01"]
)
def test_a_damaged_file_has_a_fingerprint_and_is_left_to_its_runtime(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "network.onnx"
    path.write_bytes(content)
    assert len(weights_sha256(path)) == 64
