"""The project's checkpoints to the formats of other runtimes, checked against the original."""

import contextlib
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor

from surveil_reid.assets import (
    ExportFormat,
    ExportPrecision,
    Exports,
    ModelDescription,
    import_openvino,
    weights_sha256,
)
from surveil_reid.assets.descriptions import NetworkInput
from surveil_reid.core import Image, WeightsError, l2_normalise, moved_together
from surveil_reid.embedding import torch_runtime
from surveil_reid.embedding.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from surveil_reid.embedding.embedder import EmbeddingOptions
from surveil_reid.embedding.graph import INPUT, OUTPUT
from surveil_reid.embedding.loading import load_embedder
from surveil_reid.embedding.openvino_runtime import measure_ranges
from surveil_reid.embedding.preprocessing import preprocess
from surveil_reid.embedding.probe import SAME, lifelike_pictures

SUFFIXES = {
    "onnx": ".onnx",
    "openvino": ".xml",
    "torchscript": ".torchscript",
    "safetensors": ".safetensors",
}
EXPORTS = Exports(
    models="embedders",
    pictures="crops of people",
    naming="end in ",
    suffixes=SUFFIXES,
    precisions={
        "onnx": ("fp32", "fp16"),
        "openvino": ("fp32", "fp16", "int8"),
        "torchscript": ("fp32",),
        "safetensors": ("fp32", "fp16", "bf16", "int8"),
    },
    packages={
        ("onnx", "fp32"): "onnxscript",
        ("onnx", "fp16"): "onnxscript",
        ("openvino", "int8"): "nncf",
    },
)
LEAST_INT8 = 0.95
"""Cosine similarity that int8 must keep: coarser than rounding; ResNet-18s come to about 0.97."""

STORED = {
    "fp32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "int8": torch.float16,  # which a GPU runs; a CPU makes int8 of it when it is loaded
}
"""Types that a checkpoint's weights are kept in."""

BATCHES = (1, 3, 8)
"""Sizes of the batches that an export is compared in."""


def export_embedder(
    weights: Path,
    out: Path,
    kind: ExportFormat,
    precision: ExportPrecision = "fp32",
    *,
    pictures: Sequence[Image] = (),
) -> float:
    """Export a checkpoint for batches of any size, with the description that `load_embedder` reads.

    Args:
        weights: the project's checkpoint, `.safetensors`.
        out: a new file with the suffix of the format; the description lies beside it, `.yaml`, and
            OpenVINO's numbers, `.bin`.
        kind: the format; "safetensors" is the project's own, for other storage.
        precision: that weights are kept in. With "int8" the network computes in it too, a
            "safetensors" on a CPU only, whose weights stay in half precision; embeddings change by
            more than rounding, so that thresholds of the original fit it less well.
        pictures: crops of people, RGB uint8 `(height, width, 3)`. "int8" fits its ranges on them,
            which takes some hundred; the others are compared on them, or else on made-up ones.

    Returns:
        The least cosine similarity of an embedding to the original's, over all pictures compared
        and batch sizes; at least 0.999, or 0.95 for "int8".

    Raises:
        InputError: when the combination is not to be had, a name is taken or wrong, pictures are
            missing, or a package is.
        WeightsError: when the checkpoint cannot be read, or what was exported is not like it;
            nothing is then left behind.
    """
    EXPORTS.check(out, kind, precision, pictures=len(pictures) > 0)
    checkpoint = load_checkpoint(weights)
    size = checkpoint.meta.preprocessing.size
    with moved_together(out) as draft:
        placed = draft / out.name
        try:
            with _quiet():
                _WRITERS[kind](checkpoint, placed, precision, pictures)
        except (RuntimeError, ValueError, TypeError, OSError) as error:
            reason = str(error).strip().splitlines()[0]
            msg = f"{weights} cannot be exported to {kind} in {precision}: {reason}"
            raise WeightsError(msg) from error
        if kind != "safetensors":
            text = _description(checkpoint, placed, weights)
            placed.with_suffix(".yaml").write_text(text, encoding="utf-8")
        compared = list(pictures[:64]) or lifelike_pictures(16, size)
        likeness = _compare(weights, placed, precision, compared)
        least = LEAST_INT8 if precision == "int8" else SAME
        if likeness < least:
            msg = (
                f"what was exported to {kind} in {precision} is not like {weights}: cosine "
                f"similarity {likeness:.4f}, below {least}; use another precision"
            )
            raise WeightsError(msg)
    return likeness


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' talk off standard output, and their warnings and logs to themselves."""
    names = ("nncf", "torch.onnx", "torch.utils.cpp_extension", "onnxscript", "onnx_ir")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _example(checkpoint: Checkpoint) -> Tensor:
    """A batch of two, since tracing takes one for a constant."""
    height, width = checkpoint.meta.preprocessing.size
    return torch.zeros(2, 3, height, width)


def _traced(checkpoint: Checkpoint) -> Any:  # noqa: ANN401 (torch's ScriptModule, untyped)
    with torch.inference_mode():
        return torch.jit.trace(  # type: ignore[no-untyped-call]
            checkpoint.model, _example(checkpoint)
        )


def _write_onnx(
    checkpoint: Checkpoint, path: Path, precision: str, pictures: Sequence[Image]
) -> None:
    del pictures
    torch.onnx.export(
        checkpoint.model,
        (_example(checkpoint),),
        path,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes={"images": {0: torch.export.Dim("batch")}},
        external_data=False,
        dynamo=True,
        verbose=False,
    )
    if precision == "fp16":
        import onnx  # noqa: PLC0415 (an extra)
        from onnxruntime.transformers.float16 import convert_float_to_float16  # noqa: PLC0415

        onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=True), path)


def _write_torchscript(
    checkpoint: Checkpoint, path: Path, precision: str, pictures: Sequence[Image]
) -> None:
    del precision, pictures
    _traced(checkpoint).save(str(path))


def _write_safetensors(
    checkpoint: Checkpoint, path: Path, precision: str, pictures: Sequence[Image]
) -> None:
    save_checkpoint(path, checkpoint.model.to(STORED[precision]), checkpoint.meta)
    if precision == "int8":
        ranges = measure_ranges(path, pictures)
        meta = checkpoint.meta.model_copy(update={"ranges": ranges})
        save_checkpoint(path, checkpoint.model, meta)


def _write_openvino(
    checkpoint: Checkpoint, path: Path, precision: str, pictures: Sequence[Image]
) -> None:
    openvino = import_openvino()

    height, width = checkpoint.meta.preprocessing.size
    model = openvino.convert_model(
        _traced(checkpoint), example_input=_example(checkpoint), input=[-1, 3, height, width]
    )
    model.input(0).get_tensor().set_names({INPUT})
    model.output(0).get_tensor().set_names({OUTPUT})
    if precision == "int8":
        import nncf  # noqa: PLC0415 (an extra; likewise)

        prepared = [preprocess([picture], checkpoint.meta.preprocessing) for picture in pictures]
        model = nncf.quantize(
            model,
            nncf.Dataset(prepared),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(prepared),
        )
    openvino.save_model(model, path, compress_to_fp16=precision == "fp16")


_WRITERS: dict[str, Callable[[Checkpoint, Path, str, Sequence[Image]], None]] = {
    "onnx": _write_onnx,
    "openvino": _write_openvino,
    "torchscript": _write_torchscript,
    "safetensors": _write_safetensors,
}


def _description(checkpoint: Checkpoint, path: Path, source: Path) -> str:
    meta = checkpoint.meta
    description = ModelDescription(
        name=meta.name,
        sha256=weights_sha256(path),
        input=NetworkInput(name=INPUT, **meta.preprocessing.model_dump()),
        output=OUTPUT,
        dim=checkpoint.model.dim,
        linking=meta.linking,
        linking_similarity=meta.linking_similarity,
        calibration=meta.calibration,
        licence=meta.licence,
        source=f"exported from {source.name}, SHA-256 {weights_sha256(source)}",
    )
    plain = description.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump(plain, sort_keys=False, width=100)


def _compare(original: Path, exported: Path, precision: str, pictures: Sequence[Image]) -> float:
    """The least cosine similarity of embeddings, each picture in batches of several sizes."""
    options = EmbeddingOptions(device="cpu", precision="fp32", batch_size=max(BATCHES))
    run = torch_runtime.open_checkpoint(original, options)
    wanted = l2_normalise(run.network(preprocess(pictures, run.meta.preprocessing)))
    narrow = precision == "int8" and exported.suffix == SUFFIXES["safetensors"]
    opened = load_embedder(exported, replace(options, precision="int8") if narrow else options)
    least = 1.0
    for size in BATCHES:
        found = np.concatenate(
            [opened.embed(pictures[at : at + size]) for at in range(0, len(pictures), size)]
        )
        least = min(least, float(np.sum(found * wanted, axis=1).min()))
    return least
