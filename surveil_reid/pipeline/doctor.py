"""What works on this machine: each check does the real thing once, on something tiny."""

import importlib.metadata
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np

from surveil_reid.assets import ShippedModel, check_file, shipped_models
from surveil_reid.core import SIGHT, WeightsError
from surveil_reid.detection import load_detector
from surveil_reid.embedding import load_embedder
from surveil_reid.embedding.devices import describe_devices
from surveil_reid.matching import DescriptorIndex, IndexSource
from surveil_reid.store import open_store
from surveil_reid.video import VideoOptions, read_frames

PACKAGES = (
    "torch",
    "torchvision",
    "ultralytics",
    "opencv-python",
    "faiss-gpu",
    "faiss-cpu",
    "numpy",
    "sqlalchemy",
    "av",
    "openvino",
    "onnxruntime",
)
CODECS = ("h264", "hevc", "mpeg4", "mjpeg", "vp9", "av1")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work, whether it does, and what was seen."""

    name: str
    ok: bool
    detail: str


def doctor() -> tuple[Check, ...]:
    """Check versions, devices, codecs, decoding, the index, the store and the shipped weights.

    Returns:
        All checks, in a fixed order; a failure is reported, never raised.
    """
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", lambda: f"{platform.python_version()} on {platform.platform()}"),
        ("packages", _versions),
        ("devices", describe_devices),
        ("decoders", _decoders),
        ("decoding", _decoding),
        ("detection", _detection),
        ("embedding", _embedding),
        ("index", _index),
        ("store", _store),
        *_shipped(),
    ]
    return tuple(_run(name, check) for name, check in checks)


def _run(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=check())
    except Exception as error:  # noqa: BLE001  whatever fails here is what the user asks about
        return Check(name, ok=False, detail=f"{type(error).__name__}: {error}")


def _versions() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            if not package.startswith("faiss"):  # one of the two is enough
                raise
    if not any(entry.startswith("faiss") for entry in found):
        msg = "neither faiss-gpu nor faiss-cpu is installed"
        raise RuntimeError(msg)
    return ", ".join(found)


def _decoders() -> str:
    missing = [name for name in CODECS if name not in av.codecs_available]
    if CODECS[0] in missing:  # what nearly all recorders write
        msg = f"without {', '.join(missing)}; install PyAV's own wheel"
        raise RuntimeError(msg)
    return f"all of {', '.join(CODECS)}" if not missing else f"without {', '.join(missing)}"


def _decoding() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for _ in range(10):
                picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        with read_frames(path, VideoOptions(fps=None)) as reader:
            frames = sum(1 for _ in reader)
    if frames != 10:
        msg = f"10 frames written, {frames} read"
        raise RuntimeError(msg)
    return "10 frames written and read"


def _detection() -> str:
    if not any(model.kind == "detector" for model in shipped_models()):
        return "none ships; name one with --detector"
    detector = load_detector()
    (found,) = detector.detect([np.zeros((96, 64, 3), np.uint8)])
    return f"a blank picture through {detector.name}: {len(found.boxes)} people"


def _embedding() -> str:
    # These load torch, which takes seconds, and nothing else of the pipeline needs it.
    from surveil_reid.embedding.architecture import ArchitectureOptions  # noqa: PLC0415
    from surveil_reid.embedding.checkpoint import save_checkpoint  # noqa: PLC0415
    from surveil_reid.embedding.header import CheckpointMeta  # noqa: PLC0415
    from surveil_reid.embedding.model import build_model  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.safetensors"
        model = build_model(ArchitectureOptions(backbone="resnet18"))
        save_checkpoint(path, model, CheckpointMeta(name="check"))
        embedded = load_embedder(path).embed([np.zeros((64, 32, 3), np.uint8)])
    return f"a picture through an untrained ResNet-18: {embedded.shape[1]} numbers"


def _index() -> str:
    vectors = np.eye(4, 8, dtype=np.float32)
    ids = np.arange(4, dtype=np.int64)
    index = DescriptorIndex.build(
        ids,
        vectors,
        np.zeros(4, SIGHT),
        source=IndexSource(model_sha256="", store=""),
        revision=0,
        fetch=lambda some: (some, vectors[some]),
    )
    _, ids = index.search(vectors, 1)
    if ids.ravel().tolist() != [0, 1, 2, 3]:
        msg = f"four vectors looked up, {ids.ravel().tolist()} found"
        raise RuntimeError(msg)
    return "four vectors stored and found"


def _store() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.db"
        with open_store(f"sqlite:///{path}") as store:
            store.log("doctor", {})
        return f"an SQLite store opened and written in {tempfile.gettempdir()}"


def _shipped() -> list[tuple[str, Callable[[], str]]]:
    """A check for every file of weights that ships, and for each kind of which nothing does."""
    try:
        models = shipped_models()
    except WeightsError as error:
        return [("shipped weights", partial(_fail, error))]
    checks: list[tuple[str, Callable[[], str]]] = [
        (f"shipped {file}", partial(_whole, model, file))
        for model in models
        for file in model.files
    ]
    lacking = {"detector", "embedder"} - {model.kind for model in models}
    return checks + [
        (f"shipped {kind}", partial(str, f"none; name one with --{kind}"))
        for kind in sorted(lacking)
    ]


def _fail(error: WeightsError) -> str:
    raise error


def _whole(model: ShippedModel, file: str) -> str:
    check_file(model, file)
    facts = model.files[file]
    return (
        f"{model.kind} {model.name}, {facts.size / 1e6:.1f} MB, SHA-256 {facts.sha256}, whole, "
        f"{model.licence}"
    )
