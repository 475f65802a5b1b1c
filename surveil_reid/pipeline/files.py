"""Files of recordings: which ones a path means, and what identifies their content."""

import glob
import hashlib
import re
from pathlib import Path

from surveil_reid.core import MediaError

# What a folder is searched for; a file named outright may have any ending.
VIDEO_SUFFIXES = frozenset(
    {".3gp", ".asf", ".avi", ".dav", ".flv", ".h264", ".h265", ".hevc", ".m2ts", ".m4v", ".mkv"}
    | {".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"}
)


def video_files(pattern: str) -> list[Path]:
    """The files that a path, folder or glob means, in natural order (part2 before part10).

    Returns:
        One or more; what matches no file stands there itself, to be reported.

    Raises:
        MediaError: when the place cannot be read, or is a folder without videos.
    """
    path = Path(pattern)
    try:
        is_folder = path.is_dir()
        if is_folder:
            inside = (p for p in path.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES)
            found = [p for p in inside if _may_be_a_file(p)]
        elif path.exists():
            found = [path]
        else:
            # Path.glob takes no absolute patterns.
            found = [Path(name) for name in glob.glob(pattern, recursive=True)]  # noqa: PTH207
    except OSError as error:
        raise _unreadable(path, error) from error
    if not found and is_folder:
        msg = f"{path}: the folder holds no video; name a file, or a folder or glob with videos"
        raise MediaError(msg)
    return sorted(found, key=_natural) or [path]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal.

    Raises:
        MediaError: when the file cannot be read to its end.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def _may_be_a_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return True  # opening it says what is wrong with it, and leaves the others alone


def _unreadable(path: Path, error: OSError) -> MediaError:
    reason = error.strerror or type(error).__name__
    return MediaError(f"{path} cannot be read ({reason}); check the disk and the permissions")


def _natural(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
