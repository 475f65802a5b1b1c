"""Features in `.npz` files: anybody's, as long as they name queries and gallery."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import InputError, Integers, writing_whole
from surveil_reid.evaluation.features import UNKNOWN_CAMERA, Features, make_features

# What zipfile says to an archive that is damaged, or packed as nobody packs arrays.
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)

KEYS = ("query", "gallery", "query_ids", "gallery_ids", "query_cameras", "gallery_cameras")


def read_features(path: Path) -> Features:
    """Read features from an `.npz` file.

    Args:
        path: holds `query` `(Q, D)`, `gallery` `(G, D)`, `query_ids`, `gallery_ids`,
            `query_cameras` and `gallery_cameras`, ids and cameras as whole numbers or text.

    Raises:
        InputError: when the file cannot be read or lacks one of them.
        ArrayError: when they do not fit together.
    """
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            msg = "one array, as .npy holds it"
            raise ValueError(msg)  # noqa: TRY301, TRY004  told below as all that cannot be read
        with loaded as kept:
            missing = [key for key in KEYS if key not in kept]
            arrays = {key: kept[key] for key in KEYS if not missing}
    except (OSError, ValueError, EOFError, *_DAMAGED) as error:
        reason = getattr(error, "strerror", None) or "not an .npz file of plain arrays"
        msg = f"{path}: the features cannot be read ({reason})"
        raise InputError(msg) from error
    if missing:
        msg = f"{path}: there is no {missing[0]!r}; a features file holds {', '.join(KEYS)}"
        raise InputError(msg)
    return make_features(**arrays)


def write_features(path: Path, features: Features) -> None:
    """Write features so that `read_features` reads them; whole or not at all.

    Raises:
        InputError: when the file cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {
        "query": features.query,
        "gallery": features.gallery,
        "query_ids": features.query_ids,
        "gallery_ids": features.gallery_ids,
        "query_cameras": _camera_names(features, features.query_cameras),
        "gallery_cameras": _camera_names(features, features.gallery_cameras),
    }
    with writing_whole(path) as stream:
        np.savez(stream, allow_pickle=False, **arrays)


def _camera_names(features: Features, codes: Integers) -> NDArray[np.str_]:
    names = ["" if code == UNKNOWN_CAMERA else features.camera_name(int(code)) for code in codes]
    return np.array(names, np.str_)
