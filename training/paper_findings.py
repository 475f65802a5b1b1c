"""What the paper's tables give away about how their figures were made.

A CMC value is a share of the queries, so it must be a whole number of them. A figure of four
decimals fits `n` queries by chance with a probability of about n / 10,000, for n below 10,000;
dozens of figures that all fit do so for a reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from training.paper_figures import PaperFigures
from training.records import Cell, TrainTest

Figures = Mapping[Cell, PaperFigures]


def fits(share: float, queries: int, decimals: int = 4) -> bool:
    """Whether a share, rounded to so many decimals, is a whole number of `queries`."""
    nearest = round(share * queries)
    return any(
        round(count / queries, decimals) == share
        for count in (nearest - 1, nearest, nearest + 1)
        if 0 <= count <= queries
    )


def shares(figures: Figures, cells: Iterable[Cell]) -> list[float]:
    """The CMC values of some cells."""
    return [share for cell in cells for share in figures[cell].test.cmc.values()]


def fitting(values: Sequence[float], queries: int) -> int:
    """How many of the values are whole numbers of `queries`."""
    return sum(fits(value, queries) for value in values)


def cells_of(figures: Figures, dataset: str, train_test: str, *, fine_tuned: bool) -> list[Cell]:
    """The cells of one data set, one split and one way of training."""
    wanted = (dataset, train_test, fine_tuned)
    return [c for c in figures if (c.dataset, c.train_test, c.fine_tuned) == wanted]


def repeated_tests(figures: Figures) -> list[tuple[Cell, Cell]]:
    """Pairs of cells whose mAP and all CMC values are the same."""
    return [
        (first, second)
        for first, second in combinations(figures, 2)
        if first.fine_tuned == second.fine_tuned and figures[first].test == figures[second].test
    ]


def repeated_accuracies(figures: Figures) -> list[tuple[Cell, Cell]]:
    """Pairs of cells of one table, data set and split with the same best validation accuracy."""
    return [
        (first, second)
        for first, second in combinations(figures, 2)
        if _column(first) == _column(second)
        and figures[first].training.best_validation_accuracy
        == figures[second].training.best_validation_accuracy
    ]


def _column(cell: Cell) -> tuple[str, str, bool]:
    return cell.dataset, cell.train_test, cell.fine_tuned


def amp_gain(figures: Figures, cell: Cell) -> float:
    """Training time without gradient scaling over that with it."""
    without, with_it = replace(cell, amp=False), replace(cell, amp=True)
    return figures[without].training.seconds / figures[with_it].training.seconds


def time_against(figures: Figures, cell: Cell, train_test: TrainTest) -> float:
    """A fine-tuned cell's training time over that of the same without fine-tuning on a split."""
    other = Cell(
        model=cell.model,
        dataset=cell.dataset,
        train_test=train_test,
        amp=cell.amp,
        fine_tuned=False,
    )
    return figures[cell].training.seconds / figures[other].training.seconds
