"""Small untrained networks, saved as Ultralytics saves them."""

import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

MakeModel = Callable[..., Path]


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """Saves an untrained YOLO11n with the class names and for the task asked for."""
    # Slow imports, and Ultralytics must not be imported but by way of the adapter.
    torch = import_module("surveil_reid.detection.ultralytics_library").torch
    from ultralytics.nn.tasks import DetectionModel, SegmentationModel  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("models")

    def make(*names: str, task: str = "detect") -> Path:
        path = folder / f"{task}-{'-'.join(names)}.pt"
        if not path.exists():
            torch.manual_seed(0)
            kind, config = {
                "detect": (DetectionModel, "yolo11n.yaml"),
                "segment": (SegmentationModel, "yolo11n-seg.yaml"),
            }[task]
            network = kind(config, nc=len(names), verbose=False)
            network.names = dict(enumerate(names))
            network.task = task
            network.args = {}
            torch.save({"model": network.half(), "train_args": {}}, path)
        return path

    return make


@pytest.fixture(scope="session")
def export_model(make_model: MakeModel) -> MakeModel:
    """Exports the untrained network for persons to ONNX, of any input size or of a fixed one."""
    library = import_module("surveil_reid.detection.ultralytics_library")
    from ultralytics import YOLO  # noqa: PLC0415

    def export(*, dynamic: bool) -> Path:
        made = make_model("person")
        copy = made.with_name(f"{'any' if dynamic else 'fixed'}.pt")
        copy.write_bytes(made.read_bytes())
        with library.contained(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter's own, of which there are many
            network = YOLO(copy, task="detect")
            return Path(network.export(format="onnx", imgsz=64, simplify=False, dynamic=dynamic))

    return export
