"""A checkpoint that runs in OpenVINO computes what its network computes in torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from surveil_reid.assets import Preprocessing, import_openvino
from surveil_reid.core import InputError, WeightsError, l2_normalise
from surveil_reid.embedding import EmbeddingOptions, load_embedder, openvino_runtime
from surveil_reid.embedding.architecture import BACKBONES, HEADER_KEY, ArchitectureOptions
from surveil_reid.embedding.checkpoint import load_checkpoint, save_checkpoint
from surveil_reid.embedding.graph import build_graph
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import ReidModel, build_model
from surveil_reid.embedding.preprocessing import preprocess

FP32 = EmbeddingOptions(device="cpu", precision="fp32")
INT8 = EmbeddingOptions(device="cpu", precision="int8")
AUTO = EmbeddingOptions(device="cpu")
META = CheckpointMeta(name="tiny", preprocessing=Preprocessing.imagenet((64, 32)))
OPTIONS = [
    ArchitectureOptions(backbone=name, width=width, last_stride=stride, pooling=pooling)
    for name in BACKBONES
    for width, stride, pooling in ((64, 1, "average"), (64, 2, "generalised-mean"))
] + [
    ArchitectureOptions(backbone="resnet18", width=512),
    ArchitectureOptions(backbone="resnet50", width=2048, bottleneck=False),
]


def trained(options: ArchitectureOptions) -> ReidModel:
    """A network in which every number matters: nothing is 0 or 1 that training would change."""
    torch.manual_seed(0)
    model = build_model(options)
    for name, tensor in model.state_dict().items():
        if name.endswith(("running_var", "bn1.weight", "bn2.weight", "bn3.weight", "exponent")):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith(("running_mean", "bias")):
            tensor.normal_(std=0.3)
    return model.eval()


@pytest.fixture
def pictures() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return list(random.integers(0, 256, (5, 90, 40, 3), np.uint8))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_architecture_gives_what_torch_gives(
    options: ArchitectureOptions, tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, trained(options), META)
    opened = openvino_runtime.open_checkpoint(path, FP32)
    assert opened is not None
    assert opened.dim == options.width
    batch = preprocess(pictures, META.preprocessing)
    with torch.inference_mode():
        wanted = load_checkpoint(path).model(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(l2_normalise(opened.network(batch)), l2_normalise(wanted), atol=2e-5)


def test_half_precision_gives_nearly_the_same_in_whatever_runs_it(
    tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    wanted = None
    # Whether NumPy knows bf16 depends on what else is loaded; without, torch runs it.
    for kind, there in ((torch.float32, True), (torch.float16, True), (torch.bfloat16, None)):
        path = tmp_path / f"{kind}.safetensors"
        model = trained(ArchitectureOptions(backbone="resnet18", width=32))
        save_checkpoint(path, model.to(kind), META)
        if there:
            assert openvino_runtime.open_checkpoint(path, FP32) is not None
        found = load_embedder(path, FP32).embed(pictures)
        wanted = found if wanted is None else wanted
        assert (found * wanted).sum(axis=1).min() > 0.999


def test_torch_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, trained(ArchitectureOptions(backbone="resnet18", width=32)), META)
    program = (
        "import sys, numpy; from surveil_reid.embedding import EmbeddingOptions, load_embedder;"
        "embedder = load_embedder(sys.argv[1], EmbeddingOptions(device='cpu'));"
        "print(embedder.embed([numpy.zeros((9, 9, 3), numpy.uint8)]).shape, 'torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 32) False"


@pytest.mark.parametrize("wrong", ["missing", "more", "shape", "other"])
def test_tensors_that_do_not_fit_are_refused_as_in_torch(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, trained(ArchitectureOptions(backbone="resnet18", width=32)), META)
    with torch.no_grad():
        tensors = load_file(path)
        match wrong:
            case "missing":
                del tensors["backbone.layer3.1.conv2.weight"]
            case "more":
                tensors["backbone.layer4.2.conv1.weight"] = torch.zeros(512, 512, 3, 3)
            case "shape":
                tensors["backbone.layer2.0.conv1.weight"] = torch.zeros(128, 32, 3, 3)
            case "other":
                other = ArchitectureOptions(backbone="resnet34", width=32)
                tensors = dict(trained(other).state_dict())
    text = openvino_runtime.safe_open(path, framework="np").metadata()[HEADER_KEY]
    save_file(tensors, path, metadata={HEADER_KEY: text})
    with pytest.raises(WeightsError, match="does not fit resnet18"):
        load_embedder(path, FP32)


@pytest.mark.parametrize("options", OPTIONS[::2], ids=str)
def test_int8_is_nearly_the_same_and_computed_in_it(
    options: ArchitectureOptions, tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    plain, path = tmp_path / "plain.safetensors", tmp_path / "tiny.safetensors"
    model = trained(options)
    save_checkpoint(plain, model, META)
    ranges = openvino_runtime.measure_ranges(plain, pictures)
    save_checkpoint(path, model, META.model_copy(update={"ranges": ranges}))
    wanted = load_embedder(plain, FP32).embed(pictures)
    narrow = load_embedder(path, INT8)
    found = narrow.embed(pictures)
    assert (wanted * found).sum(axis=1).min() > 0.99
    assert np.abs(wanted - found).max() > 1e-4
    np.testing.assert_array_equal(found, load_embedder(path, AUTO).embed(pictures))
    np.testing.assert_allclose(load_embedder(path, FP32).embed(pictures), wanted, atol=1e-6)
    for place, picture in enumerate(pictures):
        np.testing.assert_allclose(narrow.embed([picture])[0], found[place], atol=1e-5)


def test_int8_runs_in_integers(tmp_path: Path, pictures: list[np.ndarray]) -> None:
    path = tmp_path / "tiny.safetensors"
    architecture = ArchitectureOptions(backbone="resnet18", width=512)
    save_checkpoint(path, trained(architecture), META)
    tensors = {k: v.numpy() for k, v in load_file(path).items() if "num_batches" not in k}
    ranges = openvino_runtime.measure_ranges(path, pictures)
    model = build_graph(architecture, tensors, META.preprocessing.size, ranges)
    compiled = import_openvino().Core().compile_model(model, "CPU")
    facts = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
    kinds = [
        fact["runtimePrecision"].astype(str)
        for fact in facts
        if fact["layerType"].astype(str) == "Convolution"
    ]
    assert len(kinds) == 20  # of which the first sees the picture
    assert sum(kind in {"u8", "i8"} for kind in kinds) == 19


def test_the_largest_numbers_are_those_that_torch_has(
    tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    path = tmp_path / "tiny.safetensors"
    model = trained(ArchitectureOptions(backbone="resnet18", width=64))
    save_checkpoint(path, model, META)
    seen = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Conv2d) and name != "backbone.conv1":
            module.register_forward_hook(
                lambda _, given, __, name=name: seen.update({name: float(given[0].max())})
            )
    with torch.inference_mode():
        model(torch.from_numpy(preprocess(pictures, META.preprocessing)))
    ranges = openvino_runtime.measure_ranges(path, pictures)
    # A convolution beside a block takes what the block takes.
    assert set(seen) - set(ranges) == {n for n in seen if "downsample" in n}
    assert ranges == pytest.approx({name: seen[name] for name in ranges}, rel=1e-4)


def test_int8_without_ranges_or_with_anothers_is_refused(
    tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    path = tmp_path / "tiny.safetensors"
    model = trained(ArchitectureOptions(backbone="resnet18", width=64))
    save_checkpoint(path, model, META)
    with pytest.raises(InputError, match="hold ranges for it"):
        load_embedder(path, INT8)
    ranges = openvino_runtime.measure_ranges(path, pictures)
    del ranges["backbone.layer3.0.conv2"]
    for wrong in (ranges, openvino_runtime.measure_ranges(path, pictures) | {"more": 1.0}):
        save_checkpoint(path, model, META.model_copy(update={"ranges": wrong}))
        with pytest.raises(WeightsError, match=r"do not fit the network, (more|.*layer3.0.conv2)"):
            load_embedder(path, AUTO)
        load_embedder(path, FP32)
