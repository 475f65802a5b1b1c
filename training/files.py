"""Writing what training leaves behind whole or not at all."""

from pathlib import Path

from surveil_reid.core import InputError, replaced_whole


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file by new content in one step.

    Raises:
        InputError: when it cannot be written; an older file of that name is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced_whole(path) as stream:
            stream.write(content)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}; free space or choose another folder"
        raise InputError(msg) from error
