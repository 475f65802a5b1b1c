"""The sheet of a search: the query beside its hits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from surveil_reid.core import Image, day, utc
from surveil_reid.evaluation.drawing import shortened
from surveil_reid.pipeline import Hit, SearchResult
from surveil_reid.report.canvas import BLUE, GREEN, GREY, Canvas

COLUMNS: Final = 7
"""Hits in a row."""

MOST: Final = 700
"""Hits on a sheet; few programs show a picture that is higher than 32,767 pixels."""

LEAST: Final = 5
"""Columns for hits that the sheet has room for in any case: its legend takes as much."""

_LEGEND = "Blue: query. Green ✓: match. Grey: no match. Times are UTC; #: identity."
_LONGEST = 20


def write_search_sheet(result: SearchResult, query: Sequence[Image], path: Path) -> Path:
    """Draw the query's pictures beside the hits, each with camera, time and probability.

    Of more than 700 hits the best are drawn, and the sheet says so.

    Args:
        result: what was found.
        query: RGB uint8 `(height, width, 3)`, what was searched by; there may be none.
        path: a PNG file, replaced if it is there; its folder is made if need be.

    Returns:
        The path.

    Raises:
        InputError: when it cannot be written.
    """
    hits = result.hits[:MOST]
    columns = min(max(len(hits), LEAST), COLUMNS)
    rows = max(1, -(-len(hits) // columns))
    queries = -(-len(query) // rows)  # columns
    canvas = Canvas(rows, queries + columns, lines=4)
    decision = "match" if result.match else "no match"
    title = f"{decision} at a false-alarm rate of {result.false_alarm:g}"
    if len(hits) < len(result.hits):
        title += f"; the best {len(hits)} of {len(result.hits)} hits"
    canvas.head(title, f"{_LEGEND} Similarity of a match: {result.threshold:.3f} or more.")
    for place, picture in enumerate(query):
        canvas.put(divmod(place, queries), picture, BLUE, ["query"])
    for place, hit in enumerate(hits):
        row, column = divmod(place, columns)
        canvas.put((row, queries + column), hit.crop, GREEN if hit.match else GREY, _words(hit))
    return canvas.save(path)


def _words(hit: Hit) -> list[str]:
    owner = "" if hit.identity is None else f" #{hit.identity}"
    chance = "" if hit.probability is None else f"probability {hit.probability:.3f} "
    return [
        ("✓ " if hit.match else "") + shortened(hit.camera, _LONGEST) + owner,
        *_when(hit),
        chance or f"similarity {hit.score:.3f}",
    ]


def _when(hit: Hit) -> tuple[str, str]:
    if not hit.place.dated:
        return "time unknown", shortened(str(hit.place), _LONGEST)
    return day(hit.start), f"{utc(hit.start):%H:%M:%S} to {utc(hit.end):%H:%M:%S}"
