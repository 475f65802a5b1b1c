"""The paper's Tables I to V, ours beside the paper's figures.

A cell is empty where no run is finished; a run of a few steps is never shown as a result.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveil_reid.core import InputError
from training.paper_figures import RANKS, PaperFigures, PaperTest
from training.records import Cell, Record, TestScores

TITLES = (
    "Training without fine-tuning",
    "Test without fine-tuning",
    "Training with fine-tuning",
    "Test with fine-tuning",
    "The fine-tuned models on another set; the paper: 60 people in 390 images of its own",
)
NUMERALS = ("I", "II", "III", "IV", "V")
TRAINING = ("best validation accuracy", "training accuracy", "training loss", "seconds")
TEST = ("mAP", *(f"rank-{rank}" for rank in RANKS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of a table.

    Attributes:
        cell: what was trained, and on what.
        run: the name of our run; None where there is none.
        paper: its figures, parallel to the table's.
        ours: likewise; None for what no run has measured.
    """

    cell: Cell
    run: str | None
    paper: tuple[float, ...]
    ours: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One of the five tables.

    Attributes:
        number: 1 to 5.
        title: what it tells.
        figures: names of its figures.
        rows: in the paper's order.
    """

    number: int
    title: str
    figures: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def numeral(self) -> str:
        """Its number as the paper writes it."""
        return NUMERALS[self.number - 1]


def lay_out(
    runs: Sequence[Record], paper: Mapping[Cell, PaperFigures], other: str | None = None
) -> tuple[Table, ...]:
    """Lay out the five tables.

    Args:
        runs: any; those that are finished and have a cell are shown.
        paper: as `read_paper` gives it.
        other: which of the records' `other_tests` stands in Table V; None takes the only one.

    Raises:
        InputError: when two finished runs have the same cell, or it is open what Table V shows.
    """
    shown = results(runs)
    beside = choose_other(list(shown.values()), other)
    kinds: tuple[tuple[bool, _Reader], ...] = (
        (False, _training),
        (False, _test),
        (True, _training),
        (True, _test),
        (True, lambda figures, run: _own(figures, run, beside)),
    )
    return tuple(
        Table(
            number=number,
            title=f"{title}; ours: {beside}" if number == 5 and beside else title,
            figures=TEST if read is not _training else TRAINING,
            rows=tuple(
                _row(cell, shown.get(cell), read(figures, shown.get(cell)))
                for cell, figures in paper.items()
                if cell.fine_tuned == fine_tuned
            ),
        )
        for number, (title, (fine_tuned, read)) in enumerate(
            zip(TITLES, kinds, strict=True), start=1
        )
    )


def results(runs: Sequence[Record]) -> dict[Cell, Record]:
    """The finished runs by their cell.

    Those whose cell has gradient scaling although they computed in float32 stand for none.

    Raises:
        InputError: when two have the same.
    """
    shown: dict[Cell, Record] = {}
    for run in runs:
        if run.state != "finished" or run.cell is None or (run.cell.amp and run.in_fp32):
            continue
        if run.cell in shown:
            msg = (
                f"the runs {shown[run.cell].name} and {run.name} both stand for "
                f"{describe_cell(run.cell)}; keep one of them in the folder"
            )
            raise InputError(msg)
        shown[run.cell] = run
    return shown


def choose_other(runs: Sequence[Record], wanted: str | None) -> str | None:
    """Which other test Table V shows: the one wanted, or the only one, None if there is none.

    Raises:
        InputError: when there are several, or the one wanted is not there.
    """
    names = sorted({name for run in runs for name in run.other_tests})
    if wanted is not None and wanted not in names:
        msg = f"no run was put to a test called {wanted!r}; there are {', '.join(names) or 'none'}"
        raise InputError(msg)
    if wanted is None and len(names) > 1:
        msg = f"Table V can show one of {', '.join(names)}; name it with --other"
        raise InputError(msg)
    return wanted or (names[0] if names else None)


def states(runs: Sequence[Record]) -> dict[str, int]:
    """How many runs are shown, and how many are not and why."""
    counts = Counter(run.state for run in runs)
    shown = len(results(runs))
    return {
        "shown": shown,
        "unfinished": counts["running"],
        "smoke": counts["smoke"],
        "no_cell": counts["finished"] - shown,
    }


def describe_cell(cell: Cell) -> str:
    """A cell in words."""
    amp = "with" if cell.amp else "without"
    tuned = "with" if cell.fine_tuned else "without"
    return (
        f"{cell.model} on {cell.dataset} {cell.train_test}, "
        f"{tuned} fine-tuning, {amp} gradient scaling"
    )


_Figures = tuple[float | None, ...]
_Both = tuple[tuple[float, ...], _Figures]
_Reader = Callable[[PaperFigures, Record | None], _Both]


def _row(cell: Cell, run: Record | None, both: _Both) -> Row:
    paper, ours = both
    measured = run is not None and any(figure is not None for figure in ours)
    return Row(cell=cell, run=run.name if run and measured else None, paper=paper, ours=ours)


def _training(figures: PaperFigures, run: Record | None) -> _Both:
    said = figures.training
    paper = (said.best_validation_accuracy, said.accuracy, said.loss, float(said.seconds))
    if run is None:
        return paper, (None,) * len(paper)
    mine = run.training
    return paper, (mine.best_validation_accuracy, mine.accuracy, mine.loss, run.wall_seconds)


def _test(figures: PaperFigures, run: Record | None) -> _Both:
    return _compare(figures.test, run.test if run else None)


def _own(figures: PaperFigures, run: Record | None, other: str | None) -> _Both:
    if figures.own is None:
        msg = "the paper tests fine-tuned models alone on its own set"
        raise InputError(msg)
    return _compare(figures.own, run.other_tests.get(other or "") if run else None)


def _compare(paper: PaperTest, ours: TestScores | None) -> _Both:
    said = (paper.mean_ap, *(paper.cmc[rank] for rank in RANKS))
    if ours is None:
        return said, (None,) * len(said)
    return said, (ours.mean_ap, *(ours.cmc.get(rank) for rank in RANKS))


def as_document(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """The tables as plain values, ready for JSON."""
    return [
        {
            "table": table.numeral,
            "title": table.title,
            "rows": [
                {
                    "model": row.cell.model,
                    "dataset": row.cell.dataset,
                    "train_test": row.cell.train_test,
                    "amp": row.cell.amp,
                    "run": row.run,
                    "paper": dict(zip(table.figures, row.paper, strict=True)),
                    "ours": dict(zip(table.figures, row.ours, strict=True)),
                }
                for row in table.rows
            ],
        }
        for table in tables
    ]
