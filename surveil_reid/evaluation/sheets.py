"""Sheets of rank lists: a query and what the network takes for it, row by row.

Pixels are painted in NumPy, so that pictures and frames are exact; matplotlib adds the words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import Doubles, Floats, Image, Integers, MediaError
from surveil_reid.evaluation.drawing import DPI, blank, fit, save, shortened, write
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.ranking import Ranking, score_blocks, searches
from surveil_reid.evaluation.report import Evaluation
from surveil_reid.evaluation.retrieval import average_precision
from surveil_reid.video import read_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOP = 10
"""Gallery images in a row."""

ROWS = 8
"""Queries on a sheet."""

FRAME = 6
"""Width of a frame in pixels."""

GREEN, RED, BLUE = (0, 160, 0), (220, 0, 0), (0, 114, 178)

_LEGEND = (
    "Blue: query. Green ✓: the same identity. Red ✗: somebody else. "
    "Below each picture: {measure} and camera."
)

_SEED = 0
_CELL_WIDTH, _CELL_HEIGHT = 92, 172  # a picture in its frame
_GAP, _QUERY_GAP = 8, 22  # between cells; behind the query
_ABOVE, _BELOW = 22, 20  # room for the words of a row
_HEAD, _MARGIN = 58, 16
_ROW_HEIGHT = _ABOVE + _CELL_HEIGHT + _BELOW


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RankedQuery:
    """A query and the first images of its ranking.

    Attributes:
        query: its row.
        average_precision: rectangular, 0..1.
        found: int64 `(n,)`, places in the gallery, the most alike first; n at most `TOP`.
        scores: `(n,)`, what they were ranked by: cosine similarities, or re-ranked distances.
        matching: which of them show the query's identity.
    """

    query: int
    average_precision: float
    found: Integers
    scores: NDArray[Any]
    matching: tuple[bool, ...]


Paths = tuple[Sequence[Path], Sequence[Path]]


def write_sheets(
    features: Features, evaluation: Evaluation, paths: Paths, folder: Path, name: str
) -> tuple[Path, ...]:
    """Write the sheets of the best, the worst and of random queries.

    Args:
        features: queries and gallery.
        evaluation: theirs.
        paths: image files of the queries, and of the gallery.
        folder: an existing folder.
        name: of the data set.

    Returns:
        The files written; a sheet of which a picture cannot be read is left out.
    """
    ranking = evaluation.ranking
    precision = average_precision(ranking)
    legend = _LEGEND.format(
        measure="re-ranked distance" if evaluation.reranked else "cosine similarity"
    )
    written: list[Path] = []
    for kind, rows in choose(features, ranking).items():
        title = f"{name}: {kind} queries ({len(rows)} of {int(ranking.valid.sum()):,} valid)"
        queries = np.flatnonzero(ranking.valid)[rows]
        chosen = list_top(features, queries, precision[rows], distances=evaluation.distances)
        try:
            sheet = draw_sheet(features, chosen, paths, (title, legend))
        except MediaError:  # the images were moved or damaged since the features were made
            continue
        written.append(save(sheet, folder / f"ranks_{kind}.png"))
    return tuple(written)


def choose(features: Features, ranking: Ranking) -> dict[str, Integers]:
    """Which valid queries to show, counted among the valid: at most one of each identity.

    Best and worst are so by average precision, equal ones in the order of the queries; random ones
    are the same in every run.
    """
    precision = average_precision(ranking)
    ids = features.query_ids[ranking.valid]
    orders = {
        "best": np.argsort(-precision, kind="stable"),
        "worst": np.argsort(precision, kind="stable"),
        "random": np.random.default_rng(_SEED).permutation(len(precision)),
    }
    return {kind: _first_of_each(order, ids)[:ROWS] for kind, order in orders.items()}


def list_top(
    features: Features, queries: Integers, precision: Doubles, *, distances: Floats | None = None
) -> tuple[RankedQuery, ...]:
    """Rank the gallery for a few queries; left out is what rankings leave out.

    Args:
        features: queries and gallery.
        queries: int64 `(n,)`, rows of the queries.
        precision: float64 `(n,)`, their average precisions.
        distances: real `(Q, G)` of all queries, to rank by instead of the cosine similarity.
    """
    few = replace(
        features,
        query=features.query[queries],
        query_ids=features.query_ids[queries],
        query_cameras=features.query_cameras[queries],
    )
    blocks = score_blocks(few, distances=None if distances is None else distances[queries])
    listed: list[RankedQuery] = []
    for search in searches(few, blocks):
        order = np.argsort(-search.scores, kind="stable")[:TOP]
        found = order[np.isfinite(search.scores[order])]
        scores = search.scores[found]
        listed.append(
            RankedQuery(
                query=int(queries[search.query]),
                average_precision=float(precision[search.query]),
                found=found,
                scores=scores if distances is None else -scores,
                matching=tuple(np.isin(found, search.matches).tolist()),
            )
        )
    return tuple(listed)


def draw_sheet(
    features: Features, rows: Sequence[RankedQuery], paths: Paths, head: tuple[str, str]
) -> "Figure":
    """Paint the rows of a sheet and write beside each picture what it is.

    Args:
        features: queries and gallery.
        rows: the queries with what was found.
        paths: image files of the queries, and of the gallery.
        head: title and legend.

    Raises:
        MediaError: when a picture cannot be read.
    """
    right, _ = cell_corner(0, TOP + 1)
    canvas = np.full((_HEAD + len(rows) * _ROW_HEIGHT + _MARGIN, right + _MARGIN, 3), 255, np.uint8)
    height, width = canvas.shape[:2]
    figure = blank(width / DPI, height / DPI)
    write(figure, _MARGIN, 22, head[0], size=12, weight="bold")
    write(figure, _MARGIN, 42, head[1])
    for row, ranked in enumerate(rows):
        _paint(canvas, row, 0, paths[0][ranked.query], BLUE)
        for column, place in enumerate(ranked.found, 1):
            colour = GREEN if ranked.matching[column - 1] else RED
            _paint(canvas, row, column, paths[1][place], colour)
        _write_row(figure, features, row, ranked, paths[0][ranked.query])
    figure.figimage(canvas, origin="upper")
    return figure


def cell_corner(row: int, column: int) -> tuple[int, int]:
    """Left and top pixel of a cell with its frame; column 0 holds the query."""
    left = _MARGIN + column * (_CELL_WIDTH + _GAP) + (_QUERY_GAP if column else 0)
    return left, _HEAD + row * _ROW_HEIGHT + _ABOVE


def _first_of_each(order: Integers, ids: Integers) -> Integers:
    """The entries of an order that are the first of their identity in it."""
    _, firsts = np.unique(ids[order], return_index=True)
    return order[np.sort(firsts)]


def _paint(canvas: Image, row: int, column: int, path: Path, colour: tuple[int, int, int]) -> None:
    left, top = cell_corner(row, column)
    cell = canvas[top : top + _CELL_HEIGHT, left : left + _CELL_WIDTH]
    cell[:] = colour
    inside = fit(read_picture(path), _CELL_WIDTH - 2 * FRAME, _CELL_HEIGHT - 2 * FRAME)
    cell[FRAME:-FRAME, FRAME:-FRAME] = inside


def _write_row(
    figure: "Figure", features: Features, row: int, ranked: RankedQuery, path: Path
) -> None:
    left, top = cell_corner(row, 0)
    camera = features.camera_name(int(features.query_cameras[ranked.query]))
    head = f"{shortened(f'{path.parent.name}/{path.name}')}, camera {shortened(camera, 24)}"
    write(figure, left, top - 10, f"{head}, average precision {ranked.average_precision:.1%}")
    for column, place in enumerate(ranked.found, 1):
        left, top = cell_corner(row, column)
        mark = "✓" if ranked.matching[column - 1] else "✗"
        seen = shortened(features.camera_name(int(features.gallery_cameras[place])), 8)
        words = f"{mark} {ranked.scores[column - 1]:.2f} {seen}"
        write(figure, left, top + _CELL_HEIGHT + 9, words, size=7)
