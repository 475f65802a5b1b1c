"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path

from surveil_reid.core import WeightsError


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file and rename onto it, so that nobody ever reads half of it.

    Raises:
        WeightsError: when it cannot be written; an older file of that name is then untouched.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)  # mkstemp makes it private
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        msg = f"cannot write {path}: {error.strerror}; free space or choose another folder"
        raise WeightsError(msg) from error
