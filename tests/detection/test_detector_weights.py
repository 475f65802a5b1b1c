import hashlib
import pickle
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from surveil_reid.core import InputError, WeightsError
from surveil_reid.detection import DetectionOptions, load_detector
from surveil_reid.detection.known import known_weights
from surveil_reid.detection.weights import check_weights


def _refusal(weights: str | Path, *, trust_weights: bool = False) -> str:
    with pytest.raises(WeightsError) as refusal:
        load_detector(weights, DetectionOptions(device="cpu"), trust_weights=trust_weights)
    message = str(refusal.value)
    assert len(message.splitlines()) == 1
    return message


class _Boobytrap:
    """A pickle that creates a file when it is loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


def test_a_pickle_from_a_stranger_is_not_executed(tmp_path: Path) -> None:
    trace, weights = tmp_path / "trace", tmp_path / "yolo11n.pt"
    weights.write_bytes(pickle.dumps(_Boobytrap(trace)))
    message = _refusal(weights)
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in message
    assert str(weights) in message
    assert "--trust-weights" in message
    assert not trace.exists()
    pickle.loads(weights.read_bytes())  # noqa: S301 (the trap works, so the check above can fail)
    assert trace.exists()


def test_a_trusted_pickle_loads(make_model: Callable[..., Path]) -> None:
    path = make_model("cat", "person")
    detector = load_detector(path, DetectionOptions(device="cpu"), trust_weights=True)
    assert detector.name == "detect-cat-person"
    assert detector.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert detector.batch_size == DetectionOptions().batch_size


def test_known_files_are_listed_by_sha256() -> None:
    assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in known_weights())


def test_rebuilt_weights_are_known(real_data: Path) -> None:
    for name in ("yolo11n-rebuilt.pt", "yolov8n-rebuilt.pt"):
        found = check_weights(real_data / "weights/detectors" / name, trust=False)
        assert known_weights()[found.sha256] == name


@pytest.mark.parametrize(
    "name", ["missing.pt", "folder/missing.onnx", "missing_openvino_model", "https://example.org/a"]
)
def test_missing_weights_are_named(name: str) -> None:
    assert name.removeprefix("https:/") in _refusal(name)


@pytest.mark.parametrize("content", [b"", b"just some text\n", b"PK\x03\x04 not really a zip"])
@pytest.mark.parametrize("suffix", [".pt", ".onnx"])
def test_a_broken_file_is_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content)
    message = _refusal(path, trust_weights=True)
    assert str(path) in message
    assert "cannot be loaded" in message


def test_a_network_with_its_weights_in_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    values = numpy_helper.from_array(np.ones(300, np.float32), "weights")
    node = helper.make_node("Identity", ["weights"], ["out"])
    out = helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [300])
    model = helper.make_model(helper.make_graph([node], "graph", [], [out], [values]))
    onnx.save(model, path, save_as_external_data=True, location="network.onnx.data")
    assert "surveil-reid export" in _refusal(path)


def test_another_file_is_no_detector(tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"")
    assert ".onnx" in _refusal(path)


@pytest.mark.parametrize("files", [(), ("a.xml",), ("a.xml", "a.bin"), ("a.bin", "metadata.yaml")])
def test_a_folder_without_an_export_is_named(tmp_path: Path, files: tuple[str, ...]) -> None:
    folder = tmp_path / "x_openvino_model"
    folder.mkdir()
    for name in files:
        (folder / name).touch()
    message = _refusal(folder)
    assert str(folder) in message
    assert "OpenVINO export" in message


def test_a_broken_export_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "x_openvino_model"
    folder.mkdir()
    for name in ("a.xml", "a.bin", "metadata.yaml"):
        (folder / name).write_text("just some text")
    assert "cannot be loaded" in _refusal(folder)


def test_a_renamed_export_says_how_it_must_be_called(real_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "detector"
    shutil.copytree(real_data / "weights/detectors/yolo11n_int8_openvino_model", folder)
    assert "_openvino_model" in _refusal(folder)


def test_a_model_of_another_task_is_refused(make_model: Callable[..., Path]) -> None:
    message = _refusal(make_model("person", task="segment"), trust_weights=True)
    assert "segment" in message


def test_a_detector_without_persons_names_what_it_finds(make_model: Callable[..., Path]) -> None:
    message = _refusal(make_model("cat", "dog"), trust_weights=True)
    assert "person" in message
    assert "cat, dog" in message


def test_an_onnx_file_of_something_else_is_refused(real_data: Path) -> None:
    _refusal(real_data / "weights/osnet/osnet_x0_25_msmt17.onnx")


def test_a_gpu_that_is_not_there_is_named(make_model: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match="cuda:99"):
        load_detector(make_model("person"), DetectionOptions(device="cuda:99"), trust_weights=True)


class TestOfficialName:
    @pytest.fixture(autouse=True)
    def offline(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        """No network, an empty cache folder for downloads, and nothing in the working folder."""

        def refuse(*_: object, **__: object) -> None:
            raise OSError("no network")

        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        return tmp_path / "cache/hub/checkpoints"

    def test_offline_says_where_to_put_the_file(self, offline: Path) -> None:
        message = _refusal("yolo11n.pt")
        assert str(offline / "yolo11n.pt") in message
        assert "cannot be downloaded" in message
        assert list(offline.iterdir()) == []

    def test_the_file_in_the_cache_folder_is_taken(self, offline: Path) -> None:
        offline.mkdir(parents=True)
        (offline / "yolo11n.pt").write_bytes(b"somebody else's pickle")
        assert "--trust-weights" in _refusal("yolo11n.pt")
