"""The paper's tables as text: Markdown for people, CSV for programs."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from training.paper_tables import Row, Table, results, states
from training.records import Record

LABELS = ("model", "data set", "train:test", "GS")


def as_markdown(tables: Sequence[Table], runs: Sequence[Record]) -> str:
    """All tables, then what is to be known of our runs."""
    parts = [
        f"Table {table.numeral}. {table.title}\n\n{table_text(table, table.rows)}"
        for table in tables
    ]
    return "\n\n".join([*parts, runs_text(runs)])


def table_text(table: Table, rows: Iterable[Row]) -> str:
    """Some rows of a table as Markdown; the paper's figures first, then ours."""
    kinds = [(name, whose) for name in table.figures for whose in ("paper", "ours")]
    header = [*LABELS, *(f"{_title(name)}, {whose}" for name, whose in kinds)]
    return markdown_table(header, [_cells(table, row) for row in rows])


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    escaped = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def spread_text(ratio: Mapping[str, float]) -> str:
    """A median ratio, with the least and the largest or the quartiles behind it."""
    return f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"


def runs_text(runs: Sequence[Record]) -> str:
    """What to know of our runs before comparing: how long, from which weights, on how much data."""
    shown, counted = results(runs), states(runs)
    counts = (
        f"Finished runs shown: {counted['shown']}. Left out: {counted['unfinished']} unfinished, "
        f"{counted['smoke']} of a few steps that only show that their code runs, and "
        f"{counted['no_cell']} finished ones that are no cell of these tables."
    )
    if not shown:
        return counts
    header = (
        "run", "weights", "epochs", "optimiser", "seed", "identities", "images", "valid queries",
        "device", "threads",
    )  # fmt: skip
    lines = [
        (
            run.name,
            " ".join(filter(None, (run.weights.source, run.weights.name))),
            str(run.epochs),
            _optimiser(run.recipe),
            str(run.seed),
            f"{run.data.identities:,}",
            f"{run.data.images:,}",
            f"{run.test.valid_queries:,} of {run.test.queries:,}" if run.test else "",
            run.device,
            str(run.threads),
        )
        for run in shown.values()
    ]
    return f"Our runs\n\n{markdown_table(header, lines)}\n\n{counts}"


def _optimiser(recipe: Mapping[str, Any]) -> str:
    given = recipe.get("optimiser", {})
    return ", ".join(str(given[key]) for key in ("kind", "rate", "weight_decay") if key in given)


def as_csv(tables: Sequence[Table]) -> str:
    """One line for each figure, ours empty where it was not measured."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("table", "model", "dataset", "train_test", "amp", "figure", "paper", "ours", "run")
    )
    for table in tables:
        for row in table.rows:
            cell = row.cell
            amp = "yes" if cell.amp else "no"
            labels = (table.numeral, cell.model, cell.dataset, cell.train_test, amp)
            writer.writerows(
                (*labels, *figures, row.run)
                for figures in zip(table.figures, row.paper, row.ours, strict=True)
            )
    return text.getvalue()


def shown_figure(name: str, value: float | None) -> str:
    """A figure as the paper writes it, nothing for None."""
    if value is None:
        return ""
    if name != "seconds":
        return f"{value:.4f}"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds} s"


def _title(name: str) -> str:
    return "time" if name == "seconds" else name


def _cells(table: Table, row: Row) -> list[str]:
    cell = row.cell
    labels = [cell.model, cell.dataset, cell.train_test, "yes" if cell.amp else "no"]
    figures = zip(table.figures, row.paper, row.ours, strict=True)
    return [
        *labels,
        *(shown_figure(name, value) for name, paper, ours in figures for value in (paper, ours)),
    ]
