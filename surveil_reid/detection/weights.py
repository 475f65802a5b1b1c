"""Where a detector's weights lie, whether they are what they seem, and whether they are safe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surveil_reid.assets import near_names, weights_sha256
from surveil_reid.core import WeightsError
from surveil_reid.detection.known import known_weights

OPENVINO_SUFFIX = "_openvino_model"


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights that may be loaded.

    Attributes:
        path: a `.pt` or `.onnx` file, or an OpenVINO folder.
        kind: which of the three it is.
        sha256: in hexadecimal; of an OpenVINO folder, over its `.xml` and then its `.bin`.
    """

    path: Path
    kind: Literal["pt", "onnx", "openvino"]
    sha256: str

    @property
    def name(self) -> str:
        """For people to read."""
        return self.path.name if self.kind == "openvino" else self.path.stem


def check_weights(path: Path, *, trust: bool) -> Weights:
    """Look at weights without loading them.

    Args:
        path: a `.pt` or `.onnx` file, or an OpenVINO folder.
        trust: also accept a pickle that is not in the list of known files.

    Raises:
        WeightsError: when nothing of a known format is there, or a pickle is not known.
    """
    if path.is_dir():
        return Weights(path, "openvino", weights_sha256(_openvino_xml(path)))
    if not path.is_file():
        msg = (
            f"no detector weights at {path}; give a .pt or .onnx file or an OpenVINO folder, or a "
            f"name; {near_names(path.name, 'detector')}"
        )
        raise WeightsError(msg)
    sha256 = weights_sha256(path)
    match path.suffix:
        case ".onnx":
            return Weights(path, "onnx", sha256)
        case ".pt":
            _check_trust(path, sha256, trust=trust)
            return Weights(path, "pt", sha256)
    msg = f"{path} is no detector; give a .pt or .onnx file or an OpenVINO folder"
    raise WeightsError(msg)


def check_pt(path: Path, *, trust: bool) -> Weights:
    """The same of weights that are to be changed, which only a `.pt` can be.

    Raises:
        WeightsError: as `check_weights`, or when it is of another format.
    """
    checked = check_weights(path, trust=trust)
    if checked.kind != "pt":
        msg = f"{path} is no .pt file; name the .pt that it was exported from"
        raise WeightsError(msg)
    return checked


def _check_trust(path: Path, sha256: str, *, trust: bool) -> None:
    if sha256 not in known_weights() and not trust:
        msg = (
            f"{path} is a pickle that may run any program when loaded, and its SHA-256 {sha256} is "
            "not in the list of known files; if you trust it, pass --trust-weights "
            "(trust_weights=True)"
        )
        raise WeightsError(msg)


def _openvino_xml(folder: Path) -> Path:
    """The one network in a folder as Ultralytics exports it."""
    networks = sorted(folder.glob("*.xml"))
    complete = (
        len(networks) == 1
        and networks[0].with_suffix(".bin").is_file()
        and (folder / "metadata.yaml").is_file()
    )
    # Ultralytics knows the format by the folder's name alone.
    if not complete or not folder.name.endswith(OPENVINO_SUFFIX):
        msg = (
            f"{folder} is no OpenVINO export: expected a folder NAME{OPENVINO_SUFFIX} with one "
            ".xml, its .bin and metadata.yaml, as 'yolo export format=openvino' writes it"
        )
        raise WeightsError(msg)
    return networks[0]
