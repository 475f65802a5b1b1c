"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path

from surveil_reid.core import InputError


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file and rename onto it, so that nobody ever reads half of it.

    Raises:
        InputError: when it cannot be written; an older file of that name is then untouched.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)  # mkstemp makes it private
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        msg = f"cannot write {path}: {error.strerror}; free space or choose another folder"
        raise InputError(msg) from error
