"""From a name or path to a detector that is ready."""

from pathlib import Path

from surveil_reid.assets import find_shipped, names_shipped
from surveil_reid.core import may_have_gpu
from surveil_reid.detection.detector import DetectionOptions, Detector
from surveil_reid.detection.openvino_yolo import OpenvinoDetector, is_plain
from surveil_reid.detection.weights import check_weights


def load_detector(
    weights: str | Path | None = None,
    options: DetectionOptions | None = None,
    *,
    trust_weights: bool = False,
) -> Detector:
    """Load a detector, ready to use.

    Args:
        weights: the name of a detector that ships, which then takes the form that suits the
            device, or of one of its forms; a `.pt` or `.onnx` file; an OpenVINO folder
            `NAME_openvino_model`; or the name of one of Ultralytics' official weights, such as
            `yolo11n.pt`, which is downloaded into PyTorch's cache folder unless it lies there
            already. None is the detector that ships.
        options: how people are looked for; the defaults of `DetectionOptions` if not given.
        trust_weights: also load a `.pt` whose SHA-256 is not in the list of known files; such a
            file can run any program.

    Raises:
        WeightsError: when the weights are missing, unknown, changed, broken or not a detector of
            persons.
        InputError: when the device is not there.
    """
    options = options or DetectionOptions()
    checked = check_weights(_find(weights, options), trust=trust_weights)
    if checked.kind == "openvino" and is_plain(checked.path):
        return OpenvinoDetector(checked, options)
    # Importing torch and Ultralytics takes seconds, so they wait until they are needed.
    from surveil_reid.detection.yolo import YoloDetector  # noqa: PLC0415

    return YoloDetector(checked, options)


def _find(weights: str | Path | None, options: DetectionOptions) -> Path:
    if weights is None or (isinstance(weights, str) and names_shipped(weights, "detector")):
        has_cuda = options.device != "cpu" and may_have_gpu() and _torch_has_cuda()
        return find_shipped(weights, "detector", "cuda" if has_cuda else "cpu")
    path = Path(weights)
    if not path.exists() and path.suffix == ".pt" and str(weights) == path.name:
        from surveil_reid.detection.ultralytics_library import find_official  # noqa: PLC0415

        return find_official(path.name)
    return path


def _torch_has_cuda() -> bool:
    from surveil_reid.detection.ultralytics_library import torch  # noqa: PLC0415 (as above)

    return torch.cuda.is_available()
