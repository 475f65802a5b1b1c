"""One call opens whatever file holds an embedder, or says which file or option puts it right."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from helpers.networks import INPUT, OUTPUT, write_onnx, write_openvino
from surveil_reid.assets import Preprocessing
from surveil_reid.core import ArrayError, Floats, Image, InputError, WeightsError
from surveil_reid.embedding import Embedder, EmbeddingOptions, load_embedder
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.checkpoint import save_checkpoint
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import build_model

FP32 = EmbeddingOptions(device="cpu", precision="fp32", batch_size=4)
DESCRIPTION = f"""
name: tiny
input: {{name: {INPUT}, size: [8, 4], colour: BGR, scale: 255.0, mean: [0.1, 0.2, 0.3]}}
output: {OUTPUT}
dim: 3
linking_similarity: 0.5
"""
KINDS = ("openvino", "openvino, batch fixed inside", "onnx", "onnx, batch of 1")


def pictures(count: int) -> list[Image]:
    random = np.random.default_rng(0)
    sizes = random.integers(1, 60, (count, 2))
    return [random.integers(0, 256, (height, width, 3), np.uint8) for height, width in sizes]


def write_network(folder: Path, kind: str) -> Path:
    if kind.startswith("openvino"):
        path = write_openvino(folder / "tiny.xml", 8, 4, batch_fixed_inside="inside" in kind)
    else:
        path = write_onnx(folder / "tiny.onnx", 8, 4, batch=1 if "1" in kind else None)
    (folder / "tiny.yaml").write_text(DESCRIPTION)
    return path


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    model = build_model(ArchitectureOptions(backbone="resnet18", width=64))
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    meta = CheckpointMeta(
        name="tiny", preprocessing=Preprocessing.imagenet((64, 32)), linking_similarity=0.5
    )
    save_checkpoint(path, model, meta)
    return path


@pytest.fixture(params=["checkpoint", *KINDS])
def embedder(request: pytest.FixtureRequest, checkpoint: Path, tmp_path: Path) -> Embedder:
    kind: str = request.param
    return load_embedder(
        checkpoint if kind == "checkpoint" else write_network(tmp_path, kind), FP32
    )


def cosines(first: Floats, second: Floats) -> Floats:
    return np.sum(first * second, axis=1, dtype=np.float32)


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_every_kind_gives_unit_vectors_for_any_number_of_pictures(
    embedder: Embedder, count: int
) -> None:
    embeddings = embedder.embed(pictures(count))
    assert embeddings.dtype == np.float32
    assert embeddings.shape == (count, embedder.info.dim)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


def test_a_picture_keeps_its_embedding_whatever_its_batch(embedder: Embedder) -> None:
    images = pictures(9)
    together = embedder.embed(images)
    alone = np.concatenate([embedder.embed([image]) for image in images])
    turned = embedder.embed(images[::-1])[::-1]
    assert cosines(together, alone).min() >= 0.999
    assert cosines(together, turned).min() >= 0.999
    assert cosines(together[:-1], together[1:]).min() < 0.9999  # the pictures do differ


def test_the_same_pictures_give_the_same_bits(embedder: Embedder) -> None:
    assert np.array_equal(embedder.embed(pictures(6)), embedder.embed(pictures(6)))


def test_every_kind_says_what_it_is(embedder: Embedder) -> None:
    info = embedder.info
    assert info.name == "tiny"
    assert info.linking_similarity == 0.5
    assert len(info.sha256) == 64
    again = load_embedder(info.source, FP32)
    assert again.info == info
    assert np.array_equal(again.embed(pictures(2)), embedder.embed(pictures(2)))


def test_what_is_no_picture_is_refused(embedder: Embedder) -> None:
    with pytest.raises(ArrayError, match="uint8"):
        embedder.embed([np.zeros((4, 4), np.uint8)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_described_network_sees_the_picture_that_its_description_promises(
    tmp_path: Path, kind: str
) -> None:
    embedder = load_embedder(write_network(tmp_path, kind), FP32)
    colours = [(255, 0, 0), (10, 200, 90), (0, 0, 255), (90, 10, 20), (1, 2, 3)]
    images = [np.full((16, 9, 3), colour, np.uint8) for colour in colours]
    expected = np.array(colours)[:, ::-1] / 255 - [0.1, 0.2, 0.3]  # BGR, scaled, mean taken off
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(embedder.embed(images), expected, atol=1e-5)


def test_a_checkpoint_embeds_the_feature_after_the_bnneck(checkpoint: Path) -> None:
    from surveil_reid.embedding.checkpoint import load_checkpoint  # noqa: PLC0415

    images = [np.full((64, 32, 3), value, np.uint8) for value in (0, 120, 255)]
    mean, std = (
        torch.tensor(v)[:, None, None] for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    )
    prepared = torch.stack([torch.from_numpy(i).permute(2, 0, 1) / 255 for i in images])
    with torch.inference_mode():
        features = load_checkpoint(checkpoint).model((prepared - mean) / std)
    expected = torch.nn.functional.normalize(features).numpy()
    np.testing.assert_allclose(load_embedder(checkpoint, FP32).embed(images), expected, atol=1e-4)


def test_bf16_changes_an_embedding_by_rounding_alone(checkpoint: Path) -> None:
    half = EmbeddingOptions(device="cpu", precision="bf16")
    images = pictures(6)
    fp32 = load_embedder(checkpoint, FP32).embed(images)
    bf16 = load_embedder(checkpoint, half).embed(images)
    assert not np.array_equal(fp32, bf16)
    assert cosines(fp32, bf16).min() >= 0.999


@pytest.mark.parametrize("batch_size", [1, 3, 32])
def test_batch_size_and_threads_change_an_embedding_by_rounding_alone(
    checkpoint: Path, batch_size: int
) -> None:
    before = torch.get_num_threads()
    try:
        options = EmbeddingOptions(precision="fp32", batch_size=batch_size, threads=1)
        other = load_embedder(checkpoint, options).embed(pictures(7))
    finally:
        torch.set_num_threads(before)
    usual = load_embedder(checkpoint, FP32).embed(pictures(7))
    assert cosines(usual, other).min() >= 0.999


@pytest.mark.parametrize("kind", ["openvino", "onnx"])
def test_the_description_itself_names_its_weights(tmp_path: Path, kind: str) -> None:
    weights = write_network(tmp_path, kind)
    same_stem = load_embedder(tmp_path / "tiny.yaml", FP32)
    elsewhere = tmp_path / "about" / "other.yaml"
    elsewhere.parent.mkdir()
    elsewhere.write_text(f"{DESCRIPTION}file: ../{weights.name}\n")
    named = load_embedder(elsewhere, FP32)
    assert named.info == same_stem.info == load_embedder(weights, FP32).info
    elsewhere.write_text(f"{DESCRIPTION}file: gone.onnx\n")
    with pytest.raises(WeightsError, match=r"gone\.onnx"):
        load_embedder(elsewhere, FP32)


@pytest.mark.parametrize("kind", ["openvino", "onnx"])
def test_weights_that_changed_are_refused(tmp_path: Path, kind: str) -> None:
    weights = write_network(tmp_path, kind)
    parts = [weights, weights.with_suffix(".bin")] if kind == "openvino" else [weights]
    right = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    (tmp_path / "tiny.yaml").write_text(f"{DESCRIPTION}sha256: {right}\n")
    assert load_embedder(weights, FP32).info.sha256 == right
    (tmp_path / "tiny.yaml").write_text(f"{DESCRIPTION}sha256: {'f' * 64}\n")
    with pytest.raises(WeightsError, match=f"its SHA-256 is {right}"):
        load_embedder(weights, FP32)


@pytest.mark.parametrize("kind", ["openvino", "onnx"])
@pytest.mark.parametrize(
    ("old", "new"),
    [(f"name: {INPUT}", "name: nothing"), (OUTPUT, "nothing"), ("dim: 3", "dim: 4")],
)
def test_a_description_that_does_not_fit_is_refused_on_loading(
    tmp_path: Path, kind: str, old: str, new: str
) -> None:
    weights = write_network(tmp_path, kind)
    (tmp_path / "tiny.yaml").write_text(DESCRIPTION.replace(old, new))
    with pytest.raises(WeightsError) as caught:
        load_embedder(weights, FP32)
    assert "\n" not in str(caught.value)
    assert "tiny" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("old", "new"), [("size: [8, 4]", "size: [16, 4]"), ("colour:", "layout: NHWC, colour:")]
)
def test_an_input_that_is_described_wrongly_is_refused_on_loading(
    tmp_path: Path, kind: str, old: str, new: str
) -> None:
    weights = write_network(tmp_path, kind)
    (tmp_path / "tiny.yaml").write_text(DESCRIPTION.replace(old, new))
    with pytest.raises(WeightsError, match=r"correct input\.size and input\.layout") as caught:
        load_embedder(weights, FP32)
    assert "\n" not in str(caught.value)


def test_a_network_of_several_pictures_at_a_time_is_refused(tmp_path: Path) -> None:
    weights = write_onnx(tmp_path / "tiny.onnx", 8, 4, batch=4)
    (tmp_path / "tiny.yaml").write_text(DESCRIPTION)
    with pytest.raises(WeightsError, match="takes 4 pictures at a time; export it for batches of"):
        load_embedder(weights, FP32)


def test_a_network_with_its_weights_in_another_file_is_refused(tmp_path: Path) -> None:
    weights = write_network(tmp_path, "onnx")
    model = onnx.load(weights)
    scales = np.random.default_rng(0).random((1, 3, 8, 4), np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(scales, "scales"))
    model.graph.node[0].input[0] = "scaled"
    model.graph.node.insert(0, onnx.helper.make_node("Mul", [INPUT, "scales"], ["scaled"]))
    onnx.save(model, weights)
    whole = load_embedder(weights, FP32)
    assert whole.embed(pictures(2)).shape == (2, 3)
    apart = {"location": "tiny.onnx.data", "size_threshold": 0}
    onnx.save(model, weights, save_as_external_data=True, **apart)
    with pytest.raises(WeightsError, match=r"tiny\.onnx keeps weights .* external_data=False"):
        load_embedder(weights, FP32)


@pytest.mark.parametrize("kind", ["openvino", "onnx"])
def test_damaged_networks_are_refused(tmp_path: Path, kind: str) -> None:
    weights = write_network(tmp_path, kind)
    weights.write_bytes(weights.read_bytes()[:40])
    with pytest.raises(WeightsError, match="tiny"):
        load_embedder(weights, FP32)


def test_an_undescribed_network_asks_for_its_description(tmp_path: Path) -> None:
    weights = write_onnx(tmp_path / "mine.onnx", 8, 4)
    with pytest.raises(WeightsError, match=r"write .*mine\.yaml"):
        load_embedder(weights, FP32)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "no weights at"),
        ("none.safetensors", "name an existing file"),
        ("person-reidentification-retail-0277", "storage.openvinotoolkit.org"),
        ("model.pt", "is a pickle"),
        ("model.pth", "convert it to .safetensors or .onnx"),
    ],
)
def test_a_file_that_cannot_be_opened_is_named_with_the_remedy(name: str, expected: str) -> None:
    with pytest.raises(WeightsError) as caught:
        load_embedder(name)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"x")
    with pytest.raises(WeightsError, match="of no known kind"):
        load_embedder(tmp_path / "model.h5")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"device": "tpu"}, "auto, cpu, cuda"),
        ({"precision": "int4"}, "auto, fp32, bf16, fp16, int8"),
        ({"batch_size": 0}, "1 or more"),
        ({"threads": 0}, "1 or more"),
    ],
)
def test_options_out_of_range_are_refused(wrong: dict[str, object], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        EmbeddingOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("openvino", EmbeddingOptions(device="cuda")),
        ("openvino", EmbeddingOptions(precision="fp16")),
        ("onnx", EmbeddingOptions(precision="bf16")),
        ("checkpoint", EmbeddingOptions(device="cpu", precision="fp16")),
    ],
)
def test_what_a_runtime_cannot_do_is_refused_with_what_it_can(
    checkpoint: Path, tmp_path: Path, kind: str, options: EmbeddingOptions
) -> None:
    weights = checkpoint if kind == "checkpoint" else write_network(tmp_path, kind)
    with pytest.raises(InputError, match=r"use (device|precision)"):
        load_embedder(weights, options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_cuda_is_refused_where_there_is_none(checkpoint: Path) -> None:
    with pytest.raises(InputError, match="no CUDA device; use device cpu or auto"):
        load_embedder(checkpoint, EmbeddingOptions(device="cuda"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("precision", ["auto", "fp32", "bf16", "fp16"])
def test_cuda_gives_the_embeddings_of_the_cpu(checkpoint: Path, precision: str) -> None:
    options = EmbeddingOptions(device="cuda", precision=precision)  # type: ignore[arg-type]
    on_cuda = load_embedder(checkpoint, options).embed(pictures(5))
    assert cosines(on_cuda, load_embedder(checkpoint, FP32).embed(pictures(5))).min() >= 0.999


def run_apart(program: str, arguments: Sequence[Path | str]) -> str:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_nothing_heavy_is_imported_before_it_is_needed(tmp_path: Path) -> None:
    program = (
        "import sys; import surveil_reid.embedding as e;"
        "heavy = lambda: sorted({'torch', 'openvino', 'onnxruntime'} & set(sys.modules));"
        "before = heavy(); e.load_embedder(sys.argv[1]); print(before, heavy())"
    )
    assert run_apart(program, [write_network(tmp_path, "onnx")]) == "[] ['onnxruntime']"


def test_running_an_openvino_file_sends_no_telemetry(tmp_path: Path) -> None:
    # OpenVINO would report on import; whatever it used for that must try to reach somebody.
    program = (
        "import sys; from surveil_reid.embedding import load_embedder;"
        "sys.addaudithook(lambda event, _: event.startswith('socket.') and sys.exit(event));"
        "shape = load_embedder(sys.argv[1]).embed([]).shape;"
        "print(shape, [m for m in sys.modules if m.startswith('openvino_telemetry.')])"
    )
    assert run_apart(program, [write_network(tmp_path, "openvino")]) == "(0, 3) []"
