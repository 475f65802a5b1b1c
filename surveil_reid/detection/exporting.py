"""Detectors to the formats of other runtimes, by Ultralytics' own exporter."""

import logging
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from surveil_reid.assets import ExportFormat, ExportPrecision, Exports, forbid_telemetry
from surveil_reid.core import Image, InputError, WeightsError, check_image, moved_together
from surveil_reid.detection.detector import DetectionOptions
from surveil_reid.detection.person import PERSON
from surveil_reid.detection.ultralytics_library import YOLO, contained
from surveil_reid.detection.weights import OPENVINO_SUFFIX, check_weights
from surveil_reid.detection.yolo import YoloDetector

QUANTISATION = {"fp32": None, "fp16": 16, "int8": 8}
EXPORTS = Exports(
    models="detectors",
    pictures="frames of your cameras",
    naming="be called NAME",
    suffixes={"openvino": OPENVINO_SUFFIX, "onnx": ".onnx"},
    precisions={"openvino": ("fp32", "fp16", "int8"), "onnx": ("fp32", "fp16")},
    packages={("openvino", "int8"): "nncf", ("onnx", "fp32"): "onnx", ("onnx", "fp16"): "onnx"},
)


def export_detector(
    weights: Path,
    out: Path,
    kind: ExportFormat,
    precision: ExportPrecision = "fp32",
    *,
    pictures: Sequence[Image] = (),
    trust_weights: bool = False,
) -> None:
    """Export a detector for pictures of any size and number, and see that it runs.

    Args:
        weights: a `.pt` file.
        out: a new folder `NAME_openvino_model`, or a new file `NAME.onnx`.
        kind: the format.
        precision: that weights are kept in. "int8" is for OpenVINO, and computes in it too; NNCF
            fits the ranges of values, except in the head, which stays in floating point.
        pictures: frames as the detector will see them, RGB uint8 `(height, width, 3)`; some
            hundred of them, and for "int8" alone.
        trust_weights: see `load_detector`.

    Raises:
        InputError: when the combination is not to be had, `out` exists or is named otherwise,
            pictures are missing, or a package is.
        WeightsError: when the weights cannot be loaded, or what was exported does not run.
    """
    EXPORTS.check(out, kind, precision, pictures=len(pictures) > 0)
    for picture in pictures:
        check_image(picture)
    source = check_weights(weights, trust=trust_weights)
    if source.kind != "pt":
        msg = f"{weights} is no .pt file; name the .pt that it was exported from"
        raise InputError(msg)
    forbid_telemetry()  # before NNCF and OpenVINO are imported
    with moved_together(out) as draft, tempfile.TemporaryDirectory() as scratch:
        copied = Path(scratch) / "detector.pt"  # the exporter writes beside its source
        copied.write_bytes(source.path.read_bytes())
        made = _export(copied, kind, precision, pictures)
        if made.is_dir():
            _tidy(made, copied.stem, out.name.removesuffix(OPENVINO_SUFFIX))
        placed = draft / out.name
        shutil.move(made, placed)  # the scratch may lie on another disk
        detector = YoloDetector(
            check_weights(placed, trust=False), DetectionOptions(device="cpu", batch_size=2)
        )
        detector.detect([*pictures[:2], np.full((96, 64, 3), 128, np.uint8)])


def _export(weights: Path, kind: str, precision: str, pictures: Sequence[Image]) -> Path:
    """Export beside the weights; the file or folder."""
    settings: dict[str, Any] = {"format": kind, "dynamic": True}
    if precision != "fp32":
        settings["quantize"] = QUANTISATION[precision]
    if kind == "onnx":
        settings["simplify"] = False  # would need another package
    if precision == "int8":
        settings["data"] = str(_write_pictures(weights.parent, pictures))
    logger = logging.getLogger("nncf")
    logger.setLevel(logging.ERROR)
    try:
        with contained(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of exporters, of which there are many
            made = YOLO(weights, task="detect").export(**settings, device="cpu", verbose=False)
    except Exception as error:
        # Three libraries can fail here in any way.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        msg = f"{weights.name} cannot be exported to {kind} in {precision}: {reason}"
        raise WeightsError(msg) from error
    finally:
        logger.setLevel(logging.NOTSET)
    return Path(made)


def _write_pictures(folder: Path, pictures: Sequence[Image]) -> Path:
    """A data set for Ultralytics, of pictures without labels; its description."""
    images = folder / "images"
    images.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(images / f"{number:05}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    description = folder / "pictures.yaml"
    names = {0: PERSON}
    content = {"path": str(folder), "train": "images", "val": "images", "names": names}
    description.write_text(yaml.safe_dump(content), encoding="utf-8")
    return description


def _tidy(folder: Path, old: str, new: str) -> None:
    """Name the files after the export, and take the path of the calibration set out."""
    for file in folder.glob(f"{old}.*"):
        file.rename(file.with_stem(new))
    described = folder / "metadata.yaml"
    metadata = yaml.safe_load(described.read_text(encoding="utf-8"))
    metadata["args"].pop("data", None)
    described.write_text(yaml.safe_dump(metadata, sort_keys=False), encoding="utf-8")
