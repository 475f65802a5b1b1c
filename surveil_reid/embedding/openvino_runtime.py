"""Running OpenVINO files, and the project's own checkpoints in OpenVINO."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from surveil_reid.assets import ModelDescription, import_openvino
from surveil_reid.core import Floats, Image, InputError, WeightsError
from surveil_reid.embedding.architecture import HEADER_KEY
from surveil_reid.embedding.devices import cpu_precision
from surveil_reid.embedding.embedder import EmbeddingOptions, Network
from surveil_reid.embedding.graph import INPUT, OUTPUT, build_graph, measured_graph
from surveil_reid.embedding.header import Header, Opened, parse_header
from surveil_reid.embedding.preprocessing import preprocess
from surveil_reid.embedding.probe import check_input, one_by_one, same_in_batch

if TYPE_CHECKING:
    from openvino import Core, Model

HINTS = {"fp32": "f32", "bf16": "bf16"}
ANY_BATCH = -1
AT_ONCE = 32


def open_openvino(path: Path, description: ModelDescription, options: EmbeddingOptions) -> Network:
    """Compile an OpenVINO file for the CPU, for batches of any size where its graph allows it.

    Args:
        path: the `.xml`, with its `.bin` beside it.
        description: of the file.
        options: all of them apply.

    Returns:
        float32 batch in the description's layout to float32 `(n, dim)`, not normalised.

    Raises:
        InputError: when CUDA or fp16 is asked for.
        WeightsError: when the file is damaged or is not as described.
    """
    if options.device == "cuda":
        msg = f"{description.name} runs in OpenVINO, on the CPU; use device cpu or auto"
        raise InputError(msg)
    settings = _settings(options)
    try:
        single = one_by_one(_compile(path, description, 1, settings))
    except RuntimeError as error:
        msg = f"OpenVINO cannot run {path} as described: {str(error).strip().splitlines()[-1]}"
        raise WeightsError(msg) from error
    check_input(single, description, (RuntimeError,))
    try:
        batched = _compile(path, description, ANY_BATCH, settings)
        return batched if same_in_batch(batched, single, description) else single
    except (RuntimeError, ValueError):  # the graph itself holds on to a batch of one
        return single


def open_checkpoint(path: Path, options: EmbeddingOptions) -> Opened | None:
    """Compile one of the project's checkpoints for the CPU, without torch.

    Args:
        path: the `.safetensors`.
        options: all of them but the device apply.

    Returns:
        It with what the file says of itself; None where the file is not a sound checkpoint of
        tensors that NumPy knows: torch then says what is wrong with it, or runs it.

    Raises:
        InputError: when fp16 is asked for, or int8 of a checkpoint without ranges.
        WeightsError: when its header is of a later version, or its ranges do not fit it.
    """
    read = _read(path)
    if read is None:
        return None
    header, tensors = read
    narrow = options.precision in {"auto", "int8"} and bool(header.meta.ranges)
    settings = _settings(replace(options, precision="auto") if narrow else options)
    ranges = header.meta.ranges if narrow else None
    openvino = import_openvino()

    try:
        size = header.meta.preprocessing.size
        model = build_graph(header.architecture, tensors, size, ranges)
    except (ValueError, RuntimeError):
        return None
    network = _running(openvino.Core(), model, (INPUT, OUTPUT), settings)
    return Opened(header.meta, header.architecture.width, network)


def measure_ranges(path: Path, images: Sequence[Image]) -> dict[str, float]:
    """What a checkpoint needs to know to compute in int8.

    Args:
        path: the `.safetensors`.
        images: RGB uint8 `(height, width, 3)` each, some hundred as the network will see them.

    Returns:
        The largest number that goes into each convolution, by its name.

    Raises:
        WeightsError: when the file is no sound checkpoint.
    """
    read = _read(path)
    if read is None:
        msg = f"{path} is no checkpoint of half or single precision; name one of this project"
        raise WeightsError(msg)
    header, tensors = read
    openvino = import_openvino()

    graph = measured_graph(header.architecture, tensors, header.meta.preprocessing.size)
    settings = _settings(EmbeddingOptions(precision="fp32"))
    network = openvino.Core().compile_model(graph, "CPU", settings)
    largest: dict[str, float] = {}
    for start in range(0, len(images), AT_ONCE):
        batch = preprocess(images[start : start + AT_ONCE], header.meta.preprocessing)
        for output, found in network({INPUT: batch}).items():
            name = output.get_any_name()
            largest[name] = max(largest.get(name, 0.0), float(found.max()))
    return largest


def _read(path: Path) -> tuple[Header, dict[str, Any]] | None:
    """A checkpoint's header and tensors, None where it is none that NumPy can read."""
    try:
        with safe_open(path, framework="np") as content:
            text = (content.metadata() or {}).get(HEADER_KEY)
            tensors = {
                name: content.get_tensor(name)
                for name in content.keys()  # noqa: SIM118
                if not name.endswith("num_batches_tracked")
            }
    except (SafetensorError, OSError, TypeError):  # bf16 is no type of NumPy's
        return None
    return None if text is None else (parse_header(text, path), tensors)


def _compile(
    path: Path, description: ModelDescription, batch: int, settings: dict[str, Any]
) -> Network:
    openvino = import_openvino()

    core = openvino.Core()
    model = core.read_model(path)
    shape = model.input(description.input.name).get_partial_shape()
    shape[0] = batch
    model.reshape({description.input.name: shape})
    return _running(core, model, (description.input.name, description.output), settings)


def _settings(options: EmbeddingOptions) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": HINTS[cpu_precision(options.precision)],
        "NUM_STREAMS": 1,
    }
    if options.threads is not None:
        settings["INFERENCE_NUM_THREADS"] = options.threads
    return settings


def _running(
    core: "Core", model: "Model", ends: tuple[str, str], settings: dict[str, Any]
) -> Network:
    """A model, compiled; `ends` are the names of its input and its output."""
    given, wanted = ends
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    request.get_tensor(wanted)  # raises here where there is no such output

    def run(batch: Floats) -> Floats:
        # Shared inputs also let a dynamic batch change size.
        request.infer({given: batch}, share_inputs=True)
        output = request.get_tensor(wanted).data
        return np.array(output, np.float32).reshape(len(batch), -1)

    return run
