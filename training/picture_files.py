"""One file of pictures and labels: decoded, to be memory-mapped; or encoded, to travel.

Both are safetensors files of one uint8 tensor: `pictures` `(n, height, width, 3)`, RGB, or
`encoded` `(bytes,)`, the image files one after another. Labels and the rest stand in the header.
Neither is ever held in memory whole.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import InputError, writing_whole
from surveil_reid.evaluation.images import DataSet, Images, LabelledImage

Bytes = NDArray[np.uint8]
Kind = Literal["pictures", "encoded"]
PARTS = ("train", "query", "gallery")
HEADER_KEY = "surveil_reid_pictures"
ROOM_FOR_HASH = 64


@dataclass(frozen=True, slots=True, eq=False)
class PictureFile:
    """An open file of pictures.

    Attributes:
        path: the file.
        data_set: its images' paths are relative, and keys of `rows`.
        rows: row, or place among the encoded files, of each image.
        content: uint8, mapped from the disk.
        sizes: bytes of each encoded file; empty where pictures are decoded.
        sha256: of labels and content.
        skipped: names of files that could not be read.
    """

    path: Path
    data_set: DataSet
    rows: dict[Path, int]
    content: Bytes
    sizes: tuple[int, ...]
    sha256: str
    skipped: tuple[str, ...]


def labels_of(data_set: DataSet) -> list[list[Any]]:
    """The images of all parts in order, each as part, path, identity, camera and distractor."""
    return [
        [part, i.path.as_posix(), i.identity, i.camera, i.distractor]
        for part in PARTS
        for i in getattr(data_set, part)
    ]


def write_picture_file(
    path: Path,
    kind: Kind,
    shape: tuple[int, ...],
    data_set: DataSet,
    parts: Iterable[tuple[Bytes, str | None]],
) -> None:
    """Write a file of pictures, whole or not at all.

    Args:
        path: where to.
        kind: of the content.
        shape: of the whole tensor.
        data_set: its images in the order of `parts`.
        parts: of each image its content, and its name where it could not be read and is skipped.

    Raises:
        InputError: when it cannot be written.
    """
    with writing_whole(path) as stream:
        _write(stream, kind, shape, data_set, parts)


def _write(
    stream: BinaryIO,
    kind: Kind,
    shape: tuple[int, ...],
    data_set: DataSet,
    parts: Iterable[tuple[Bytes, str | None]],
) -> None:
    """Content first, behind room for a header that can only be written after it."""
    labels = labels_of(data_set)
    everything = [label[1] for label in labels]
    meta: dict[str, Any] = {"name": data_set.name, "notes": data_set.notes, "labels": labels}
    longest = {**meta, "sizes": [2**40] * len(labels), "skipped": everything}
    room = len(_header(kind, shape, {**longest, "sha256": "0" * ROOM_FOR_HASH}))
    room += -room % 8  # the format aligns its tensors
    stream.seek(8 + room)
    digest = hashlib.sha256(json.dumps([kind, shape, labels]).encode())
    sizes: list[int] = []
    skipped: list[str] = []
    for content, unreadable in parts:
        stream.write(content.data)
        digest.update(content.data)
        sizes.append(len(content))
        skipped += [] if unreadable is None else [unreadable]
    meta |= {"sizes": sizes if kind == "encoded" else [], "skipped": skipped}
    header = _header(kind, shape, {**meta, "sha256": digest.hexdigest()})
    stream.seek(0)
    stream.write(room.to_bytes(8, "little") + header.ljust(room))


def _header(kind: Kind, shape: tuple[int, ...], meta: dict[str, Any]) -> bytes:
    size = int(np.prod(shape, dtype=np.int64))
    tensor = {"dtype": "U8", "shape": list(shape), "data_offsets": [0, size]}
    document = {"__metadata__": {HEADER_KEY: json.dumps(meta)}, kind: tensor}
    return json.dumps(document).encode()


def open_picture_file(path: Path) -> PictureFile:
    """Map a file of pictures.

    Raises:
        InputError: when it is missing, damaged or something else.
    """
    with _explained(path):
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > path.stat().st_size:
                raise ValueError(length)
            document = json.loads(stream.read(length))
        meta = json.loads(document["__metadata__"][HEADER_KEY])
        kind = "pictures" if "pictures" in document else "encoded"
        shape = tuple(document[kind]["shape"])
        content = np.memmap(path, np.uint8, "r", 8 + length, shape)
        skipped = set(meta["skipped"])
        rows = {Path(label[1]): row for row, label in enumerate(meta["labels"])}
        parts = {part: _images(meta["labels"], part, skipped) for part in PARTS}
        return PictureFile(
            path=path,
            data_set=DataSet(name=meta["name"], notes=tuple(meta["notes"]), **parts),
            rows=rows,
            content=content,
            sizes=tuple(meta["sizes"]),
            sha256=meta["sha256"],
            skipped=tuple(meta["skipped"]),
        )


def _images(labels: list[list[Any]], part: str, skipped: set[str]) -> Images:
    return tuple(
        LabelledImage(Path(path), identity, camera, distractor)
        for place, path, identity, camera, distractor in labels
        if place == part and path not in skipped
    )


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        msg = f"no file of pictures at {path}; name a data set's folder or an existing file"
        raise InputError(msg) from error
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        msg = f"{path} is damaged or no file of pictures; copy or make it again"
        raise InputError(msg) from error
