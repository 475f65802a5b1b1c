"""Fingerprints of weights: two models are the same if their SHA-256 is."""

import hashlib
from pathlib import Path

from surveil_reid.core import WeightsError

CHUNK = 1 << 20


def weights_sha256(path: Path) -> str:
    """SHA-256 of a weights file in hexadecimal; of an OpenVINO `.xml`, with its `.bin` after it.

    Raises:
        WeightsError: when a file is missing or cannot be read.
    """
    parts = (path, path.with_suffix(".bin")) if path.suffix == ".xml" else (path,)
    return joint_sha256(*parts)


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
