"""Opening an embedder from whatever file holds it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from surveil_reid.assets import (
    ModelDescription,
    find_description,
    find_shipped,
    known_descriptions,
    names_shipped,
    near_names,
    read_description,
    weights_sha256,
)
from surveil_reid.core import ModelInfo, WeightsError
from surveil_reid.embedding.devices import choose_device, cpu_has_bf16
from surveil_reid.embedding.embedder import Embedder, EmbeddingOptions, Network, NetworkEmbedder
from surveil_reid.embedding.probe import check_output

if TYPE_CHECKING:
    from surveil_reid.embedding.header import Opened

DEFAULTS = EmbeddingOptions()
DESCRIPTIONS = (".yaml", ".yml")
DESCRIBED = (".xml", ".onnx", ".torchscript")
PICKLES = (".pt", ".pth", ".pkl", ".ckpt", ".tar")


def load_embedder(
    weights: str | Path | None = None, options: EmbeddingOptions = DEFAULTS
) -> Embedder:
    """Open an embedder.

    Args:
        weights: the name of an embedder that ships, which then takes the form that suits the
            device, or of one of its forms; the project's checkpoint (`.safetensors`), which runs
            in torch on a GPU and in OpenVINO on a CPU; an ONNX (`.onnx`), OpenVINO (`.xml`) or
            TorchScript (`.torchscript`) file with a description beside it, unless one ships for
            it; or the description (`.yaml`) itself. None is the embedder that ships.
        options: how to run it.

    Raises:
        WeightsError: when the file is missing, unsafe, damaged, changed or not described.
        InputError: when the device or precision asked for cannot be had.
    """
    if weights is None or (isinstance(weights, str) and names_shipped(weights, "embedder")):
        found = find_shipped(weights, "embedder", choose_device(options.device))
        # A later search finds this form by its name, wherever this software is installed then.
        return _open(found, options, found.name)
    return _open(Path(weights), options, None)


def find_weights(path: Path) -> tuple[Path, ModelDescription | None]:
    """The weights that a file is or describes, with their description; a checkpoint needs none.

    Raises:
        WeightsError: when a file is missing, of another kind or not described.
    """
    if path.suffix in PICKLES:
        msg = (
            f"{path} is a pickle, which could run any program; convert it to .safetensors or "
            ".onnx where you trust it and name that file"
        )
        raise WeightsError(msg)
    if not path.is_file():
        raise WeightsError(_missing(path))
    if path.suffix == ".safetensors":
        return path, None
    if path.suffix in DESCRIPTIONS:
        description = read_description(path)
        return _described_file(path, description), description
    if path.suffix in DESCRIBED:
        return path, _description_of(path)
    msg = (
        f"{path} is of no known kind; an embedder is a .safetensors, .onnx, .xml or .torchscript "
        "file, or the .yaml that describes one"
    )
    raise WeightsError(msg)


def _open(path: Path, options: EmbeddingOptions, source: str | None) -> Embedder:
    weights, description = find_weights(path)
    if description is None:
        return _open_checkpoint(weights, options, source)
    return _open_described(weights, description, options, source)


def _missing(path: Path) -> str:
    for known in known_descriptions():
        if path.name.removesuffix(path.suffix) == known.name or path.name == known.name:
            return f"no weights at {path}; get {known.name} from {known.source} and name its file"
    names = ", ".join(known.name for known in known_descriptions())
    return (
        f"no weights at {path}; name an existing file (described already: {names}), or what "
        f"ships; {near_names(path.name, 'embedder')}"
    )


def _open_checkpoint(path: Path, options: EmbeddingOptions, source: str | None) -> Embedder:
    opened = _in_openvino(path, options) or _in_torch(path, options)
    info = ModelInfo(
        name=opened.meta.name,
        sha256=weights_sha256(path),
        dim=opened.dim,
        preprocessing=opened.meta.preprocessing.model_dump(mode="json"),
        linking=opened.meta.linking,
        linking_similarity=opened.meta.linking_similarity,
        calibration=opened.meta.calibration,
        source=source or str(path.resolve()),
    )
    return NetworkEmbedder(info, opened.meta.preprocessing, opened.network, options.batch_size)


def _in_openvino(path: Path, options: EmbeddingOptions) -> "Opened | None":
    """On a CPU the faster of the two, and the quicker to start."""
    emulated = options.precision == "bf16" and not cpu_has_bf16()  # by torch alone
    if emulated or choose_device(options.device) != "cpu":
        return None
    from surveil_reid.embedding import openvino_runtime  # noqa: PLC0415 (as each runtime)

    return openvino_runtime.open_checkpoint(path, options)


def _in_torch(path: Path, options: EmbeddingOptions) -> "Opened":
    from surveil_reid.embedding import torch_runtime  # noqa: PLC0415 (seconds)

    return torch_runtime.open_checkpoint(path, options)


def _open_described(
    path: Path, description: ModelDescription, options: EmbeddingOptions, source: str | None
) -> Embedder:
    sha256 = weights_sha256(path)
    if description.sha256 not in {None, sha256}:
        msg = (
            f"{path} is not the file described as {description.name}: its SHA-256 is {sha256}; "
            f"get it again from {description.source}, or correct sha256 in the description"
        )
        raise WeightsError(msg)
    info = ModelInfo(
        name=description.name,
        sha256=sha256,
        dim=description.dim,
        preprocessing=description.meaning,
        linking=description.linking,
        linking_similarity=description.linking_similarity,
        calibration=description.calibration,
        source=source or str(path.resolve()),
    )
    network = _runtime(path)(path, description, options)
    check_output(network, description)
    return NetworkEmbedder(info, description.input, network, options.batch_size)


def _runtime(path: Path) -> Callable[[Path, ModelDescription, EmbeddingOptions], Network]:
    # Each runtime takes about a second to import, and one is enough.
    if path.suffix == ".onnx":
        from surveil_reid.embedding.onnx_runtime import open_onnx  # noqa: PLC0415

        return open_onnx
    if path.suffix == ".torchscript":
        from surveil_reid.embedding.torchscript_runtime import open_torchscript  # noqa: PLC0415

        return open_torchscript
    from surveil_reid.embedding.openvino_runtime import open_openvino  # noqa: PLC0415

    return open_openvino


def _description_of(weights: Path) -> ModelDescription:
    for suffix in DESCRIPTIONS:
        beside = weights.with_suffix(suffix)
        if beside.is_file():
            return read_description(beside)
    found = find_description(weights_sha256(weights))
    if found is None:
        beside = weights.with_suffix(".yaml")
        msg = f"{weights} has no description; write {beside} with name, input, output and dim"
        raise WeightsError(msg)
    return found


def _described_file(path: Path, description: ModelDescription) -> Path:
    if description.file is not None:
        candidates = [path.parent / description.file]
    else:
        candidates = [path.with_suffix(suffix) for suffix in DESCRIBED]
    for candidate in candidates:
        if candidate.is_file() and candidate.suffix in DESCRIBED:
            return candidate
    looked = " or ".join(str(candidate) for candidate in candidates)
    msg = f"{path} describes no file that exists (looked for {looked}); correct file"
    raise WeightsError(msg)
