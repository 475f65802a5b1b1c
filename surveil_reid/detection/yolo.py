"""The adapter to Ultralytics' detectors: PyTorch, ONNX and what else it exports."""

from collections.abc import Sequence
from typing import Any

import cv2

from surveil_reid.assets import forbid_telemetry
from surveil_reid.core import Detections, Image, InputError, WeightsError, check_image
from surveil_reid.detection.boxes import detections_of
from surveil_reid.detection.detector import DetectionOptions
from surveil_reid.detection.file_detector import FileDetector
from surveil_reid.detection.person import person_class
from surveil_reid.detection.ultralytics_library import DetectionPredictor, contained, torch
from surveil_reid.detection.weights import Weights


class YoloDetector(FileDetector):
    """Finds people with a network that Ultralytics can run; satisfies `Detector`."""

    def __init__(self, weights: Weights, options: DetectionOptions) -> None:
        """Load the network.

        Args:
            weights: as `check_weights` returns them.
            options: how people are looked for.

        Raises:
            WeightsError: when the file is broken or not a detector of persons.
            InputError: when the device is not there.
        """
        super().__init__(weights, options)
        self._predictor = _load(weights, options)
        network: Any = self._predictor.model
        task = network.task or getattr(getattr(network, "model", None), "task", None)
        self._predictor.args.classes = [person_class(weights.path, task, network.names)]

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Find the people in each picture; see `Detector.detect`."""
        for image in images:
            check_image(image)
        found: dict[int, Detections] = {}
        # Pictures of one size are padded least; a batch of mixed sizes would be padded to a square
        # and a picture's boxes would depend on its neighbours.
        for indices in _same_size(images):
            for start in range(0, len(indices), self.batch_size):
                batch = indices[start : start + self.batch_size]
                found.update(zip(batch, self._detect([images[i] for i in batch]), strict=True))
        return [found[i] for i in range(len(images))]

    def _detect(self, images: list[Image]) -> list[Detections]:
        results = self._predictor([cv2.cvtColor(image, cv2.COLOR_RGB2BGR) for image in images])
        return [
            detections_of(result.boxes.data.cpu().numpy(), image)
            for result, image in zip(results, images, strict=True)
        ]


def _same_size(images: Sequence[Image]) -> list[list[int]]:
    """Positions of the pictures, grouped by size."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, image in enumerate(images):
        groups.setdefault(image.shape, []).append(index)
    return list(groups.values())


def _load(weights: Weights, options: DetectionOptions) -> DetectionPredictor:
    device = _device(weights, options.device)
    overrides = {
        "task": "detect",
        "mode": "predict",
        "conf": options.confidence,
        "iou": options.iou,
        "imgsz": options.image_size,
        "batch": options.batch_size,
        "device": device,
        "rect": True,
        "save": False,
        "verbose": False,
    }
    forbid_telemetry()  # before Ultralytics imports OpenVINO
    try:
        with contained():
            predictor = DetectionPredictor(overrides=overrides)
            predictor.setup_model(str(weights.path), verbose=False)
    except Exception as error:
        # A broken file can fail in any way in any of three runtimes.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        msg = f"{weights.path} cannot be loaded as a detector; is the file whole? ({reason})"
        raise WeightsError(msg) from error
    # What remains are usage statistics.
    predictor.callbacks.clear()
    return predictor


def _device(weights: Weights, wanted: str) -> str:
    """The device in Ultralytics' words."""
    if weights.kind == "openvino":
        return "intel:cpu"
    if weights.kind == "onnx":
        import onnxruntime  # noqa: PLC0415 (slow to import, and of use to ONNX files alone)

        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            return "cpu"
    if wanted == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    if wanted != "cpu" and int(wanted.partition(":")[2] or 0) >= torch.cuda.device_count():
        msg = f"device '{wanted}' is not there; PyTorch sees {torch.cuda.device_count()} GPUs"
        raise InputError(f"{msg}, so use --device cpu or auto")
    return wanted
