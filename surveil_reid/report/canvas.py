"""A white canvas of framed pictures in rows and columns, with words below each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from surveil_reid.core import Image, InputError, MediaError
from surveil_reid.evaluation.drawing import DPI, blank, fit, save, write
from surveil_reid.video import read_picture

FRAME: Final = 6
"""Width of a frame in pixels."""

GREEN, BLUE, GREY = (0, 158, 115), (0, 114, 178), (150, 150, 150)  # Okabe and Ito's, and grey

_WIDTH, _HEIGHT = 132, 240  # a picture in its frame
_GAP, _MARGIN, _HEAD = 10, 16, 62
_LINE = 15  # pixels from one line of words to the next
_NO_PICTURE = np.full((4, 2, 3), 225, np.uint8)


class Canvas:
    """Pictures and words of a sheet, until it is saved.

    Args:
        rows: of pictures.
        columns: of pictures.
        lines: of words below each picture.
    """

    def __init__(self, rows: int, columns: int, lines: int) -> None:
        self._row_height = _HEIGHT + (lines + 1) * _LINE
        height = _HEAD + rows * self._row_height + _MARGIN
        width = 2 * _MARGIN + columns * (_WIDTH + _GAP)
        self._pixels = np.full((height, width, 3), 255, np.uint8)
        self._figure = blank(width / DPI, height / DPI)

    def head(self, title: str, legend: str) -> None:
        """Write the title and what the sheet shows."""
        write(self._figure, _MARGIN, 22, title, size=12, weight="bold")
        write(self._figure, _MARGIN, 44, legend)

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Left and top pixel of a picture's frame."""
        return _MARGIN + column * (_WIDTH + _GAP), _HEAD + row * self._row_height

    def put(
        self,
        place: tuple[int, int],
        picture: Image | str | None,
        colour: tuple[int, int, int],
        words: Sequence[str],
    ) -> None:
        """Paint a picture in a frame, and write below it.

        Args:
            place: row and column, from 0.
            picture: RGB uint8 `(height, width, 3)`, or its file; a grey field stands for one that
                is None or cannot be read.
            colour: RGB of the frame.
            words: a line each.
        """
        left, top = self.corner(*place)
        cell = self._pixels[top : top + _HEIGHT, left : left + _WIDTH]
        cell[:] = colour
        cell[FRAME:-FRAME, FRAME:-FRAME] = fit(
            _read(picture), _WIDTH - 2 * FRAME, _HEIGHT - 2 * FRAME
        )
        for number, line in enumerate(words):
            write(self._figure, left, top + _HEIGHT + _LINE * number + 11, line, size=7)

    def save(self, path: Path) -> Path:
        """Write the sheet as PNG, whole or not at all; the folder is made if need be.

        Raises:
            InputError: when it cannot be written.
        """
        self._figure.figimage(self._pixels, origin="upper")
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            return save(self._figure, path)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Let no OSError out of the block except as an InputError naming `path`."""
    try:
        yield
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror or error}); name another place"
        raise InputError(msg) from error


def _read(picture: Image | str | None) -> Image:
    if picture is None:
        return _NO_PICTURE
    if not isinstance(picture, str):
        return picture
    try:
        return read_picture(Path(picture))
    except MediaError:
        return _NO_PICTURE
