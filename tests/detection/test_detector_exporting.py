"""Detectors exported by Ultralytics open here, whole or not at all."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from surveil_reid.core import InputError, WeightsError
from surveil_reid.detection import DetectionOptions, load_detector
from surveil_reid.detection.exporting import export_detector

NOISE = list(np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8))


def test_an_int8_export_opens_for_pictures_of_any_size_and_number(
    make_model: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "small_openvino_model"
    export_detector(
        make_model("person"), out, "openvino", "int8", pictures=NOISE, trust_weights=True
    )
    assert sorted(path.name for path in out.iterdir()) == [
        "metadata.yaml",
        "small.bin",
        "small.xml",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["small_openvino_model"]
    options = DetectionOptions(device="cpu", confidence=0.0, image_size=96, batch_size=3)
    detector = load_detector(out, options)
    assert detector.name == "small_openvino_model"
    assert [len(found) > 0 for found in detector.detect([*NOISE, NOISE[0][:40]])] == [True] * 3
    metadata = yaml.safe_load((out / "metadata.yaml").read_text())
    assert metadata["names"] == {0: "person"}
    assert "data" not in metadata["args"]  # where the pictures were is nobody's business


@pytest.mark.parametrize(
    ("name", "kind", "precision", "says"),
    [
        ("a.torchscript", "torchscript", "fp32", "to openvino or onnx"),
        ("a.onnx", "onnx", "int8", "can be had in fp32, fp16, not in int8"),
        ("a.xml", "openvino", "fp32", "must be called NAME_openvino_model"),
        ("a_openvino_model", "openvino", "int8", "int8 needs pictures"),
    ],
)
def test_what_is_not_to_be_had_is_refused_in_one_line(
    make_model: Callable[..., Path], tmp_path: Path, name: str, kind: str, precision: str, says: str
) -> None:
    with pytest.raises(InputError) as refused:
        export_detector(make_model("person"), tmp_path / name, kind, precision)  # type: ignore[arg-type]
    assert says in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_detector_that_is_no_good_leaves_nothing_behind(
    make_model: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match="finds no 'person'"):
        export_detector(
            make_model("cat", "dog"), tmp_path / "a_openvino_model", "openvino", trust_weights=True
        )
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_pickle_is_not_loaded(make_model: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="--trust-weights"):
        export_detector(make_model("person"), tmp_path / "a.onnx", "onnx")
