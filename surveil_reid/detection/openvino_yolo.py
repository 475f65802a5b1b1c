"""YOLO exports in OpenVINO, run without torch and Ultralytics, which take seconds to load.

What it finds is, to the bit, what Ultralytics finds with the same files.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import yaml

from surveil_reid.assets import import_openvino
from surveil_reid.core import Detections, Image, WeightsError, check_image
from surveil_reid.detection.boxes import Letterbox, detections_of, letterbox, persons_in
from surveil_reid.detection.detector import DetectionOptions
from surveil_reid.detection.file_detector import FileDetector
from surveil_reid.detection.person import person_class
from surveil_reid.detection.weights import Weights

YIELDING = 5
"""By how much nicer the threads are that look for people: a third of the weight of others."""
SIZES_AT_HAND = 4
"""Sizes of input for which a network is kept compiled; a site's cameras have a few."""


class OpenvinoDetector(FileDetector):
    """Finds people with a YOLO network in OpenVINO, on the CPU; satisfies `Detector`.

    A picture goes through the network alone, beside the others of its batch: each has its share of
    the cores, from scaling to suppression, and its boxes do not depend on its neighbours.
    """

    def __init__(self, weights: Weights, options: DetectionOptions) -> None:
        """Load the network.

        Args:
            weights: an OpenVINO folder that `is_plain`.
            options: how people are looked for; it is the CPU whatever they say of the device.

        Raises:
            WeightsError: when a file is broken, or the network not a detector of persons.
        """
        super().__init__(weights, options)
        described = described_in(weights.path)
        self._person = person_class(weights.path, described.get("task"), described["names"])
        self._stride = int(described["stride"])
        self._compiled = lru_cache(SIZES_AT_HAND)(self._compile)
        try:
            self._model = _read(weights.path)
            shape = self._model.input().get_partial_shape()
            self._fixed = (
                None if shape.is_dynamic else (shape[1].get_length(), shape[2].get_length())
            )
            if self._fixed:
                self._compiled(self._fixed)
        except RuntimeError as error:
            raise _broken(weights.path, error) from error

    def detect(self, images: Sequence[Image]) -> list[Detections]:
        """Find the people in each picture; see `Detector.detect`."""
        for image in images:
            check_image(image)
        placed = [self._placed(image) for image in images]
        # Compiled here, once for each size, not by each thread.
        networks = [self._compiled(place.size) for place in placed]
        with ThreadPoolExecutor(self.batch_size) as threads:
            return list(threads.map(self._detect, images, placed, networks))

    def _placed(self, image: Image) -> Letterbox:
        side = self._options.image_size
        stride = None if self._fixed else self._stride
        height, width, _ = image.shape
        return letterbox((height, width), self._fixed or (side, side), stride)

    def _detect(self, image: Image, placed: Letterbox, network: "SimpleQueue[Any]") -> Detections:
        request = network.get()
        try:
            request.infer({0: placed.fill(image)}, share_inputs=True)
            found = persons_in(
                request.get_output_tensor(0).data[0],
                self._person,
                self._options.confidence,
                self._options.iou,
            )
        finally:
            network.put(request)
        found[:, :4] = placed.back(found[:, :4])
        return detections_of(found, image)

    def _compile(self, size: tuple[int, int]) -> "SimpleQueue[Any]":
        """The network for an input of this height and width: as many requests as may run at once.

        Its cores are shared out among them, and its threads are those of a thread that yields.
        """
        with ThreadPoolExecutor(1, initializer=_yield_to_others) as apart:
            return apart.submit(self._compile_here, size).result()

    def _compile_here(self, size: tuple[int, int]) -> "SimpleQueue[Any]":
        model = self._model
        if not self._fixed:
            # Shapes that are known beforehand run faster.
            model = model.clone()
            model.reshape([1, *size, 3])
        # Not pinned: decoding would keep one of them waiting for its core while another is free.
        settings = {"NUM_STREAMS": self.batch_size, "ENABLE_CPU_PINNING": False}
        compiled = import_openvino().Core().compile_model(model, "CPU", settings)
        network: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self.batch_size):
            network.put(compiled.create_infer_request())
        return network


def _yield_to_others() -> None:
    """Let this thread, and those that it starts, give way to others on its core.

    Detection waits for pictures to be decoded, and takes every core when it has some; a decoder
    that is slowed by that leaves it waiting again. Only on Linux has a thread its own niceness.
    """
    if sys.platform == "linux":
        os.nice(YIELDING)


def is_plain(folder: Path) -> bool:
    """Whether an OpenVINO export is a detector that leaves suppression to whoever runs it."""
    described = described_in(folder)
    within = described.get("end2end") or described.get("args", {}).get("nms")
    return described.get("task") in {None, "detect"} and not within


def described_in(folder: Path) -> dict[str, Any]:
    """What Ultralytics wrote about an export.

    Raises:
        WeightsError: when it cannot be read, or is not what Ultralytics writes.
    """
    try:
        described = yaml.safe_load((folder / "metadata.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _broken(folder, error) from error
    if not isinstance(described, dict) or not {"names", "stride"} <= described.keys():
        raise _broken(folder, ValueError("metadata.yaml says no names or no stride"))
    return described


def _read(folder: Path) -> Any:  # noqa: ANN401 (OpenVINO has no types)
    """The network, made to take pictures as they are: RGB uint8 `(1, height, width, 3)`."""
    openvino = import_openvino()
    from openvino.preprocess import PrePostProcessor  # noqa: PLC0415 (not before)

    model = openvino.Core().read_model(next(folder.glob("*.xml")))
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
    return steps.build()


def _broken(folder: Path, error: Exception) -> WeightsError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    msg = f"{folder} cannot be loaded as a detector; is the file whole? ({reason})"
    return WeightsError(msg)
