"""Fingerprints of weights: two models are the same if their SHA-256 is."""

import hashlib
from pathlib import Path

from surveil_reid.assets.onnx_files import keeps_weights_apart
from surveil_reid.core import WeightsError

CHUNK = 1 << 20


def weights_sha256(path: Path) -> str:
    """SHA-256 of a weights file in hexadecimal; of an OpenVINO `.xml`, with its `.bin` after it.

    Raises:
        WeightsError: when a file is missing or cannot be read, or an ONNX file leaves weights to
            another file, so that its SHA-256 does not tell two networks apart.
    """
    parts = (path, path.with_suffix(".bin")) if path.suffix == ".xml" else (path,)
    sha256 = joint_sha256(*parts)
    if path.suffix == ".onnx" and keeps_weights_apart(path):
        msg = (
            f"{path} keeps weights in a file beside it, which its SHA-256 does not cover; export "
            "it again with external_data=False, or with `surveil-reid export`"
        )
        raise WeightsError(msg)
    return sha256


def joint_sha256(*parts: Path) -> str:
    """SHA-256, in hexadecimal, of files one after another.

    Raises:
        WeightsError: when a file is missing or cannot be read.
    """
    digest = hashlib.sha256()
    for part in parts:
        try:
            with part.open("rb") as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
        except OSError as error:
            msg = f"cannot read the weights {part}: {error.strerror}; put the file there"
            raise WeightsError(msg) from error
    return digest.hexdigest()
