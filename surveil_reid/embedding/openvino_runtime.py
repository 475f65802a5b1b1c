"""Running OpenVINO files."""

from pathlib import Path
from typing import Any

import numpy as np

from surveil_reid.assets import ModelDescription, forbid_telemetry
from surveil_reid.core import Floats, InputError, WeightsError
from surveil_reid.embedding.devices import cpu_precision
from surveil_reid.embedding.embedder import EmbeddingOptions, Network
from surveil_reid.embedding.probe import one_by_one, same_in_batch

HINTS = {"fp32": "f32", "bf16": "bf16"}
ANY_BATCH = -1


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
    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": HINTS[cpu_precision(options.precision)],
        "NUM_STREAMS": 1,
    }
    if options.threads is not None:
        settings["INFERENCE_NUM_THREADS"] = options.threads
    try:
        single = one_by_one(_compile(path, description, 1, settings))
    except RuntimeError as error:
        msg = f"OpenVINO cannot run {path} as described: {str(error).strip().splitlines()[-1]}"
        raise WeightsError(msg) from error
    try:
        batched = _compile(path, description, ANY_BATCH, settings)
        return batched if same_in_batch(batched, single, description) else single
    except (RuntimeError, ValueError):  # the graph itself holds on to a batch of one
        return single


def _compile(
    path: Path, description: ModelDescription, batch: int, settings: dict[str, Any]
) -> Network:
    forbid_telemetry()
    import openvino  # noqa: PLC0415 (only now may it be imported)

    core = openvino.Core()
    model = core.read_model(path)
    shape = model.input(description.input.name).get_partial_shape()
    shape[0] = batch
    model.reshape({description.input.name: shape})
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    request.get_tensor(description.output)  # raises here where there is no such output

    def run(batch: Floats) -> Floats:
        # Shared inputs also let a dynamic batch change size.
        request.infer({description.input.name: batch}, share_inputs=True)
        output = request.get_tensor(description.output).data
        return np.array(output, np.float32).reshape(len(batch), -1)

    return run
