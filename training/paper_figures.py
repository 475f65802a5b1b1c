"""The figures of the paper's Tables I to V, by cell.

Allen, Polles and Eleonora, "Deep Residual Network and Transfer Learning-based Person
Re-Identification"; transcribed in `training/paper/`.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from training.records import Cell
from training.strict import parse

RANKS = (1, 5, 10)
SPELLED = {"COMBINED": "Combined", "ResNeXt-50_32x4D": "ResNeXt-50 32x4d"}
"""What the tables spell differently from the records."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperTraining:
    """A row of Table I or III.

    Attributes:
        best_validation_accuracy: 0..1.
        accuracy: on training images, 0..1.
        loss: of training.
        seconds: that training took.
    """

    best_validation_accuracy: float
    accuracy: float
    loss: float
    seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperTest:
    """A row of Table II, IV or V; shares in 0..1, `cmc` by rank."""

    mean_ap: float
    cmc: dict[int, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperFigures:
    """All that the paper says of one cell; `own` is of its own data set, for fine-tuned models."""

    training: PaperTraining
    test: PaperTest
    own: PaperTest | None


def read_paper() -> dict[Cell, PaperFigures]:
    """The paper's figures, in its order: 48 cells without fine-tuning, then 24 with it."""
    own = {_cell(row, fine_tuned=True): _test(row) for row in _rows(5)}
    return {
        cell: PaperFigures(training=training, test=tests[cell], own=own.get(cell))
        for fine_tuned in (False, True)
        for tests in [_tests(4 if fine_tuned else 2, fine_tuned=fine_tuned)]
        for cell, training in _trainings(3 if fine_tuned else 1, fine_tuned=fine_tuned)
    }


def _rows(table: int) -> Iterator[Mapping[str, str]]:
    source = files("training") / "paper" / f"table{table}.csv"
    yield from csv.DictReader(source.read_text(encoding="utf-8").splitlines())


def _cell(row: Mapping[str, str], *, fine_tuned: bool) -> Cell:
    dataset = row["trained_on"] if "trained_on" in row else row["dataset"]
    values = {
        "model": SPELLED.get(row["model"], row["model"]),
        "dataset": SPELLED.get(dataset, dataset),
        "train_test": row.get("train_test", "80:20"),
        "amp": row["amp"] == "yes",
        "fine_tuned": fine_tuned,
    }
    return parse(Cell, values, "the paper's tables")


def _trainings(table: int, *, fine_tuned: bool) -> Iterator[tuple[Cell, PaperTraining]]:
    for row in _rows(table):
        yield (
            _cell(row, fine_tuned=fine_tuned),
            PaperTraining(
                best_validation_accuracy=float(row["best_val_accuracy"]),
                accuracy=float(row["train_accuracy"]),
                loss=float(row["train_loss"]),
                seconds=int(row["train_seconds"]),
            ),
        )


def _tests(table: int, *, fine_tuned: bool) -> dict[Cell, PaperTest]:
    return {_cell(row, fine_tuned=fine_tuned): _test(row) for row in _rows(table)}


def _test(row: Mapping[str, str]) -> PaperTest:
    cmc = {rank: float(row[f"cmc{rank}"]) for rank in RANKS}
    return PaperTest(mean_ap=float(row["mAP"]), cmc=cmc)
