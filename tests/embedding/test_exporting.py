"""An export opens with `load_embedder`, is like the original, or is not there at all."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from surveil_reid.assets import Preprocessing, weights_sha256
from surveil_reid.core import (
    Calibration,
    Image,
    InputError,
    OperatingPoint,
    SurveilReidError,
    WeightsError,
)
from surveil_reid.embedding import EmbeddingOptions, exporting, load_embedder
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.checkpoint import save_checkpoint
from surveil_reid.embedding.exporting import SUFFIXES, export_embedder
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import build_model
from surveil_reid.embedding.probe import lifelike_pictures

SIZE = (64, 32)
FP32 = EmbeddingOptions(device="cpu", precision="fp32", batch_size=5)
INT8 = EmbeddingOptions(device="cpu", precision="int8", batch_size=5)
POINT = OperatingPoint(similarity=0.5, false_alarm=0.01, detection=0.9, fitted_on="people")
CALIBRATION = Calibration(
    similarities=(0.1, 0.7), log_odds=(-3.0, 2.0), gallery_size=9, fitted_on="people"
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network whose batch norms have seen pictures, with all that a header can say."""
    torch.manual_seed(0)
    options = ArchitectureOptions(backbone="resnet18", width=64, pooling="generalised-mean")
    model = build_model(options).train()
    pictures = np.stack(lifelike_pictures(32, SIZE)).transpose(0, 3, 1, 2) / 255
    with torch.no_grad():
        for _ in range(20):
            model(torch.from_numpy(pictures).float() * 4 - 2)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    meta = CheckpointMeta(
        name="tiny",
        preprocessing=Preprocessing.imagenet(SIZE),
        linking=(POINT,),
        linking_similarity=0.5,
        calibration=CALIBRATION,
        licence="CC0-1.0",
    )
    save_checkpoint(path, model.eval(), meta)
    return path


def photographs(count: int) -> list[Image]:
    """Pictures of other sizes than the network's, which no export has seen."""
    return [picture[:, ::-1] for picture in lifelike_pictures(count + 3, (90, 50))[3:]]


@pytest.mark.parametrize(
    ("kind", "precision"),
    [  # each format; an ONNX file in fp16 was one in fp32 before
        ("onnx", "fp16"),
        ("openvino", "fp32"),
        ("openvino", "int8"),
        ("torchscript", "fp32"),
        ("safetensors", "bf16"),
        ("safetensors", "int8"),
    ],
)
def test_an_export_opens_and_is_like_the_original(
    checkpoint: Path, tmp_path: Path, kind: str, precision: str, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"small{SUFFIXES[kind]}"
    calibrating = lifelike_pictures(40, SIZE) if precision == "int8" else ()
    likeness = export_embedder(checkpoint, out, kind, precision, pictures=calibrating)  # type: ignore[arg-type]
    narrow = kind == "safetensors" and precision == "int8"
    original, exported = (
        load_embedder(checkpoint, FP32),
        load_embedder(out, INT8 if narrow else FP32),
    )
    wanted, found = original.embed(photographs(7)), exported.embed(photographs(7))
    cosines = np.sum(wanted * found, axis=1)
    assert (0.9 if precision == "int8" else 0.999) <= cosines.min() <= 1.0001
    assert likeness >= (0.95 if precision == "int8" else 0.999)
    assert np.sum(wanted[:-1] * wanted[1:], axis=1).min() < 0.9  # the pictures do differ
    info = exported.info
    assert (info.name, info.dim) == ("tiny", 64)
    assert (info.linking, info.linking_similarity) == ((POINT,), 0.5)
    assert info.calibration == CALIBRATION
    assert info.sha256 == weights_sha256(out)
    assert capfd.readouterr().out == ""
    companions = {"openvino": {".xml", ".bin", ".yaml"}, "safetensors": {".safetensors"}}
    expected = companions.get(kind, {out.suffix, ".yaml"})
    assert {path.suffix for path in tmp_path.iterdir()} == expected


def test_torchscript_loads_with_torch_alone(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "small.torchscript"
    export_embedder(checkpoint, out, "torchscript")
    with pytest.warns(FutureWarning):
        network = torch.jit.load(out)
    assert network(torch.zeros(5, 3, *SIZE)).shape == (5, 64)
    description = out.with_suffix(".yaml")
    text = description.read_text()
    description.write_text(text.replace("NCHW", "NHWC"))
    with pytest.raises(WeightsError, match=r"correct input\.size and input\.layout"):
        load_embedder(out, FP32)
    lines = text.splitlines()
    description.write_text("\n".join(line for line in lines if not line.startswith("sha256")))
    with pytest.raises(WeightsError, match="put its sha256 there"):
        load_embedder(out, FP32)


def test_half_storage_halves_the_file(checkpoint: Path, tmp_path: Path) -> None:
    export_embedder(checkpoint, tmp_path / "half.safetensors", "safetensors", "fp16")
    half, whole = tmp_path / "half.safetensors", checkpoint
    assert half.stat().st_size < 0.51 * whole.stat().st_size + 20_000
    with safe_open(half, framework="pt") as content:
        assert content.get_tensor("backbone.conv1.weight").dtype == torch.float16


@pytest.mark.parametrize(
    ("name", "kind", "precision", "says"),
    [
        ("a.onnx", "onnx", "int8", "onnx can be had in fp32, fp16, not in int8"),
        ("a.xml", "onnx", "fp32", "must end in .onnx"),
        ("a.xml", "openvino", "int8", "int8 needs pictures"),
        ("a.safetensors", "safetensors", "int8", "int8 needs pictures"),
        ("a.tflite", "tflite", "fp32", "exported to onnx, openvino"),
    ],
)
def test_what_is_not_to_be_had_is_refused_in_one_line(
    checkpoint: Path, tmp_path: Path, name: str, kind: str, precision: str, says: str
) -> None:
    with pytest.raises(InputError) as refused:
        export_embedder(checkpoint, tmp_path / name, kind, precision)  # type: ignore[arg-type]
    assert says in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_left_alone(checkpoint: Path, tmp_path: Path) -> None:
    for taken in ("a.torchscript", "a.yaml"):
        path = tmp_path / taken
        path.write_text("mine")
        with pytest.raises(InputError, match=f"{taken} is there already"):
            export_embedder(checkpoint, tmp_path / "a.torchscript", "torchscript")
        assert [p.name for p in tmp_path.iterdir()] == [taken]
        assert path.read_text() == "mine"
        path.unlink()


@pytest.mark.parametrize("failing", ["_description", "_compare"])
def test_a_failure_leaves_nothing_behind(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object) -> float:
        if failing == "_compare":
            return 0.5  # as unlike the original as that
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, failing, fail)
    with pytest.raises(SurveilReidError, match=r"is not like|No space left"):
        export_embedder(checkpoint, tmp_path / "a.torchscript", "torchscript")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_checkpoint_is_named(tmp_path: Path, checkpoint: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(WeightsError, match=r"broken\.safetensors"):
        export_embedder(broken, tmp_path / "a.torchscript", "torchscript")


def test_a_missing_package_is_named_with_the_extra(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)  # as where it is not installed
    with pytest.raises(InputError, match=r"needs onnxscript; install surveil-reid\[export\]"):
        export_embedder(checkpoint, tmp_path / "a.onnx", "onnx")
