"""Running ONNX files with ONNX Runtime."""

from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from surveil_reid.assets import ModelDescription
from surveil_reid.core import Floats, InputError, WeightsError
from surveil_reid.embedding.embedder import EmbeddingOptions, Network
from surveil_reid.embedding.probe import check_input, one_by_one

CUDA = "CUDAExecutionProvider"
ERRORS_ONLY = 3
DAMAGED = (
    errors.Fail,
    errors.InvalidArgument,
    errors.InvalidGraph,
    errors.InvalidProtobuf,
    errors.NotImplemented,
    errors.RuntimeException,
)


def open_onnx(path: Path, description: ModelDescription, options: EmbeddingOptions) -> Network:
    """Open an ONNX file, which runs at the precision that it was exported in.

    Args:
        path: the `.onnx`.
        description: of the file.
        options: all of them apply; of the precisions, "auto" and "fp32".

    Returns:
        float32 batch in the description's layout to float32 `(n, dim)`, not normalised.

    Raises:
        InputError: when another precision, or CUDA without its runtime, is asked for.
        WeightsError: when the file is damaged or is not as described.
    """
    if options.precision not in {"auto", "fp32"}:
        msg = f"{description.name} is an ONNX file, which runs as exported; use precision auto"
        raise InputError(msg)
    session = _open_session(path, options)
    inputs = {given.name: given.shape for given in session.get_inputs()}
    outputs = [given.name for given in session.get_outputs()]
    if description.input.name not in inputs or description.output not in outputs:
        msg = (
            f"{path} takes {', '.join(inputs)} and gives {', '.join(outputs)}; "
            f"correct input.name and output in the description of {description.name}"
        )
        raise WeightsError(msg)

    def run(batch: Floats) -> Floats:
        (output,) = session.run([description.output], {description.input.name: batch})
        return np.asarray(output, np.float32).reshape(len(batch), -1)

    pictures = next(iter(inputs[description.input.name]), None)  # fixed where it is a number
    if isinstance(pictures, int) and pictures > 1:
        msg = (
            f"{path} takes {pictures} pictures at a time; export it for batches of 1 or of any size"
        )
        raise WeightsError(msg)
    check_input(run, description, DAMAGED)
    return one_by_one(run) if isinstance(pictures, int) else run


def _open_session(path: Path, options: EmbeddingOptions) -> onnxruntime.InferenceSession:
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = ERRORS_ONLY
    settings.use_deterministic_compute = True
    settings.intra_op_num_threads = options.threads or 0
    providers = _providers(options)
    try:
        return onnxruntime.InferenceSession(path, settings, providers=providers)
    except DAMAGED as error:
        first = str(error).splitlines()[0]
        msg = f"{path} is damaged or no ONNX file ({first}); copy or export it again"
        raise WeightsError(msg) from error


def _providers(options: EmbeddingOptions) -> list[str]:
    has_cuda = CUDA in onnxruntime.get_available_providers()
    if options.device == "cuda" and not has_cuda:
        msg = "ONNX Runtime has no CUDA here; install onnxruntime-gpu, or use device cpu or auto"
        raise InputError(msg)
    cpu = ["CPUExecutionProvider"]
    return [CUDA, *cpu] if has_cuda and options.device != "cpu" else cpu
