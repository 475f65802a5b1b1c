"""From a name or path to a detector that is ready."""

from pathlib import Path

from surveil_reid.detection.detector import DetectionOptions, Detector
from surveil_reid.detection.weights import check_weights


def load_detector(
    weights: str | Path,
    options: DetectionOptions | None = None,
    *,
    trust_weights: bool = False,
) -> Detector:
    """Load a detector, ready to use.

    Args:
        weights: a `.pt` or `.onnx` file, an OpenVINO folder `NAME_openvino_model`, or the name of
            one of Ultralytics' official weights, such as `yolo11n.pt`, which is downloaded into
            PyTorch's cache folder unless it lies there already.
        options: how people are looked for; the defaults of `DetectionOptions` if not given.
        trust_weights: also load a `.pt` whose SHA-256 is not in the list of known files; such a
            file can run any program.

    Raises:
        WeightsError: when the weights are missing, unknown, broken or not a detector of persons.
        InputError: when the device is not there.
    """
    path = Path(weights)
    if not path.exists() and path.suffix == ".pt" and str(weights) == path.name:
        # Importing torch and Ultralytics takes seconds, so they wait until they are needed.
        from surveil_reid.detection.ultralytics_library import find_official  # noqa: PLC0415

        path = find_official(path.name)
    checked = check_weights(path, trust=trust_weights)
    from surveil_reid.detection.yolo import YoloDetector  # noqa: PLC0415 (as above)

    return YoloDetector(checked, options or DetectionOptions())
