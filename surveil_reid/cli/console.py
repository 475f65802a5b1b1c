"""Printing: JSON documents, tables, and progress on standard error."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as RichProgress
from rich.table import Table

import surveil_reid
from surveil_reid.core import iso, moment


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on standard output, with escapes where that cannot spell a name."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        typer.echo(text)
    except UnicodeEncodeError:
        typer.echo(json.dumps(document, indent=2, allow_nan=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people on standard output; whole, also when it is not a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else _printable(cell) for cell in row))
    width = None if sys.stdout.isatty() else 1000
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    console.print(table)


def _printable(cell: object) -> str:
    """A cell as text; what the output cannot spell as escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    return str(cell).encode(encoding, "backslashreplace").decode(encoding)


def share(value: float | None) -> str | None:
    """A probability to three digits; None stays None."""
    return None if value is None else f"{value:.3f}"


def identity_document(identity: "surveil_reid.Identity") -> dict[str, Any]:
    """An identity in JSON."""
    return {
        "id": identity.id,
        "tracklets": list(identity.tracklet_ids),
        "cameras": list(identity.cameras),
        "first": iso(identity.first),
        "last": iso(identity.last),
    }


def place_document(place: "surveil_reid.Place") -> dict[str, Any]:
    """Where a tracklet begins in the footage, in JSON."""
    return {
        "recording": place.recording,
        "offset": round(place.offset, 3),
        "dated": place.dated,
    }


def when(time: float, *, dated: bool) -> str:
    """A moment for people, where anything says when it was."""
    return moment(time) if dated else "unknown"


WHEN_AND_WHERE = ("start", "end", "file")
"""The columns of `when_and_where`."""


def when_and_where(found: "surveil_reid.Hit | surveil_reid.Sighting") -> tuple[str, str, str]:
    """When a tracklet was seen, and in which file how far from its beginning, for people."""
    dated = found.place.dated
    return when(found.start, dated=dated), when(found.end, dated=dated), str(found.place)


def failed_documents(report: "surveil_reid.ProcessReport") -> list[dict[str, str]]:
    """The recordings that failed, in JSON."""
    return [{"camera": f.camera, "path": f.path, "error": f.error} for f in report.failed]


def print_failed(report: "surveil_reid.ProcessReport") -> None:
    """Print a line on standard error for each recording that failed."""
    for failure in report.failed:
        typer.echo(f"error: camera {failure.camera}: {failure.error}", err=True)


class Bars:
    """Progress bars on standard error; quiet when that is no terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._rich = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "Bars":
        self._rich.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._rich.stop()

    def begin(self, task: str, total: int | None) -> None:
        """Start a bar."""
        self._task = self._rich.add_task(task, total=total, rate="")

    def advance(self, steps: int) -> None:
        """Move the bar on, and show the rate."""
        if self._task is not None:
            speed = self._rich.tasks[-1].speed
            rate = f"{speed:.0f}/s" if speed else ""
            self._rich.update(self._task, advance=steps, rate=rate)

    def end(self) -> None:
        """Take the bar away."""
        if self._task is not None:
            self._rich.remove_task(self._task)
            self._task = None

    def warn(self, message: str) -> None:
        """Print a line beside the bar."""
        self._console.print(f"warning: {message}", soft_wrap=True)
