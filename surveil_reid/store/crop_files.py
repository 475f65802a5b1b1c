"""The folder of crops: JPEG files named by their content, so that one name is one picture."""

import hashlib
import math
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from surveil_reid.core import StoreError
from surveil_reid.store.failures import file_failures

_WAITING: Final = 16
_NAME: Final = re.compile(r"[0-9a-f]{64}\.jpg")


def crop_name(jpeg: bytes) -> str:
    """The file name of a picture: its SHA-256 and `.jpg`."""
    return f"{hashlib.sha256(jpeg).hexdigest()}.jpg"


class CropFolder:
    """Reads and writes crops; knows nothing of the database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, file: str) -> Path:
        """Where a crop lies.

        Raises:
            StoreError: when `file` is not a crop's name; paths have no chance.
        """
        if not _NAME.fullmatch(file):
            msg = f"{file!r} is not the name of a crop"
            raise StoreError(msg)
        return self.folder / file[:2] / file

    def read(self, file: str) -> bytes:
        """The picture as it was encoded (JPEG; decodes to RGB).

        Raises:
            StoreError: when `file` is not a crop's name or the file is gone.
        """
        path = self.path(file)
        try:
            with file_failures(path):
                return path.read_bytes()
        except StoreError as error:
            if not path.exists():
                msg = f"the crop {path} is missing; restore it or remove its recording"
                raise StoreError(msg) from error
            raise

    def write(self, jpegs: Iterable[bytes]) -> tuple[str, ...]:
        """Write the pictures that are not there yet, each of them whole and on disk.

        Returns:
            Names of the new files. The age of the others starts afresh, so that a sweep spares
            them until the rows that name them are there.

        Raises:
            SpaceError: when the disk is full; the new files are gone again.
            ReadOnlyError: when the folder cannot be written.
        """
        new: dict[str, bytes] = {}
        with file_failures(self.folder):
            for jpeg in jpegs:
                name = crop_name(jpeg)
                if name not in new and not _freshen(self.path(name)):
                    new[name] = jpeg
            try:
                _write_whole({self.path(name): jpeg for name, jpeg in new.items()})
            except BaseException:
                self.remove(new)
                raise
        return tuple(new)

    def remove(self, files: Iterable[str]) -> None:
        """Delete crops; those already gone are fine."""
        with file_failures(self.folder):
            for file in files:
                self.path(file).unlink(missing_ok=True)

    def older_than(self, moment: float) -> list[str]:
        """Names of the crops last written or asked for before `moment`, UTC seconds since 1970."""
        return [path.name for path in self._old(moment) if _NAME.fullmatch(path.name)]

    def remove_temporary(self, moment: float) -> int:
        """Delete the half-written files of killed processes from before `moment`."""
        half_written = [path for path in self._old(moment) if path.suffix == ".tmp"]
        with file_failures(self.folder):
            for path in half_written:
                path.unlink(missing_ok=True)
        return len(half_written)

    def _old(self, moment: float) -> list[Path]:
        with file_failures(self.folder):
            return [p for p in sorted(self.folder.glob("??/*")) if _touched(p) < moment]


def _touched(path: Path) -> float:
    """When a file was last touched; one that another process has just renamed was so only now."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _freshen(path: Path) -> bool:
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _write_whole(pictures: Mapping[Path, bytes]) -> None:
    """Write beside, bring to disk, then rename: under its own name a file is never half there."""
    if not pictures:
        return
    temporary = {
        path: path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp") for path in pictures
    }
    folders = {path.parent for path in pictures}
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        for path, jpeg in pictures.items():
            temporary[path].write_bytes(jpeg)
        _bring_to_disk(temporary.values())
        for path, place in temporary.items():
            place.replace(path)
        # A new name survives a power cut once its folder is on disk too.
        _bring_to_disk({*folders, *(folder.parent for folder in folders)})
    except BaseException:
        for place in temporary.values():
            place.unlink(missing_ok=True)
        raise


def _bring_to_disk(paths: Iterable[Path]) -> None:
    # Each call waits for the disk; the file system serves those that wait together in one go.
    with ThreadPoolExecutor(_WAITING) as pool:
        list(pool.map(_fsync, paths))


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
