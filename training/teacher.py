"""A stronger embedder to learn from: its embeddings of the training pictures."""

import hashlib
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from surveil_reid.core import Floats, InputError, Integers, WeightsError, write_whole
from training.mixtures import Mixtures, Shown
from training.picture_files import PictureFile
from training.progress import Tell

if TYPE_CHECKING:
    from surveil_reid.embedding import Embedder

AT_ONCE = 128
FEATURES = ".npz"


def find_teacher(name: str, data: Path) -> Path:
    """A teacher's file: as named, or within the folder of data.

    Raises:
        InputError: when it is in neither place.
    """
    for path in (Path(name), data / name):
        if path.is_file():
            return path
    msg = f"no teacher at {name} or {data / name}; correct loss.teacher"
    raise InputError(msg)


def open_teacher(path: Path) -> "Embedder":
    """Open a teacher to ask it batch by batch.

    Raises:
        InputError: when the file holds features that were computed before.
        WeightsError: when the file is damaged or not described.
    """
    if path.suffix == FEATURES:
        msg = f"{path} holds features of clean pictures; set loss.teacher_sees=clean"
        raise InputError(msg)
    # What runs ONNX and OpenVINO files is missing where training does without a live teacher.
    from surveil_reid.embedding import load_embedder  # noqa: PLC0415

    return load_embedder(path)


def clean_targets(
    path: Path,
    pictures: PictureFile,
    rows: Integers,
    cache: Path,
    tell: Tell,
    mixtures: Mixtures | None = None,
) -> Floats:
    """A teacher's embeddings of pictures as they are.

    They are kept beside the decoded pictures in a file that can itself be named as the teacher.

    Args:
        path: of the teacher, or of features computed before.
        pictures: the cache.
        rows: int64 `(n,)`, the training pictures.
        cache: folder to keep them in.
        tell: takes lines of progress.
        mixtures: of them, `m`, to be asked about as well.

    Returns:
        float32 `(n + m, dim)`, L2-normalised; each is the mean over a picture and its mirror image.

    Raises:
        InputError: when a picture is not among the features computed before, or two of those have
            one name.
        WeightsError: when the teacher is damaged or not described.
    """
    names = _names(pictures, rows, mixtures)
    kept = path
    if path.suffix != FEATURES:
        facts = [pictures.sha256, *_facts(path), *names]
        key = hashlib.sha256("\n".join(facts).encode(errors="surrogateescape")).hexdigest()
        kept = cache / f"teacher-{key[:16]}{FEATURES}"
        if not kept.exists():
            shown = Shown(pictures.content, rows, mixtures)
            _write(kept, names, _ask(open_teacher(path), shown, tell))
    return _read(kept, names)


def ask(teacher: "Embedder", batch: Tensor) -> Floats:
    """A teacher's embeddings of a batch, uint8 `(n, height, width, 3)` RGB, as it is."""
    return teacher.embed(list(batch.cpu().numpy()))


def _ask(teacher: "Embedder", shown: Shown, tell: Tell) -> Floats:
    parts = []
    for start in range(0, len(shown), AT_ONCE):
        some = shown.take(np.arange(start, min(start + AT_ONCE, len(shown))))
        both = teacher.embed([*some, *np.ascontiguousarray(some[:, :, ::-1])])
        mean = both[: len(some)] + both[len(some) :]
        parts.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        if start // AT_ONCE % 20 == 0:
            tell(f"the teacher has seen {start + len(some)} of {len(shown)} pictures")
    return np.concatenate(parts)


def _facts(path: Path) -> tuple[str, str]:
    """What a teacher's embeddings depend on: its weights and how they are fed."""
    from surveil_reid.assets import weights_sha256  # noqa: PLC0415 (as where a teacher is opened)
    from surveil_reid.embedding.loading import find_weights  # noqa: PLC0415

    weights, description = find_weights(path)
    fed = {} if description is None else description.meaning
    return weights_sha256(weights), json.dumps(fed, sort_keys=True)


def _names(pictures: PictureFile, rows: Integers, mixtures: Mixtures | None) -> list[str]:
    """Names of the pictures' files with their folders'; elsewhere these may lie deeper or not.

    Those that two pictures would share are whole paths.
    """
    short = {row: f"{path.parent.name}/{path.name}" for path, row in pictures.rows.items()}
    shared = Counter(short.values())
    by_row = {
        row: short[row] if shared[short[row]] == 1 else path.as_posix()
        for path, row in pictures.rows.items()
    }
    own = [by_row[row] for row in rows.tolist()]
    return own if mixtures is None else own + mixtures.names(by_row)


def _write(path: Path, names: list[str], features: Floats) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, names=np.array(names, np.str_), features=features.astype(np.float16))
    write_whole(path, buffer.getvalue(), error=WeightsError)


def _read(path: Path, names: list[str]) -> Floats:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            held = kept["names"].tolist()
            features: Floats = kept["features"].astype(np.float32)
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        msg = f"{path} holds no teacher's features; remove it or name another teacher"
        raise InputError(msg) from error
    known = {name: row for row, name in enumerate(held)}
    if len(known) < len(held):
        name = Counter(held).most_common(1)[0][0]
        msg = (
            f"{path} holds features of several pictures called {name}; compute them anew with the "
            "teacher itself"
        )
        raise InputError(msg)
    missing = [name for name in names if name not in known]
    if missing:
        msg = (
            f"{path} lacks the teacher's features of {len(missing)} pictures, {missing[0]} the "
            "first; compute them anew with the teacher itself"
        )
        raise InputError(msg)
    return features[[known[name] for name in names]]
