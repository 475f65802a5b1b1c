"""All commands, and how a failure ends: one line on standard error, exit status 1."""

import logging
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Final

import typer

from surveil_reid.cli import (
    calibrate,
    demo,
    doctor,
    evaluate,
    export,
    identities,
    info,
    link,
    log,
    process,
    reembed,
    remove,
    report,
    review,
    score_tracks,
    search,
)
from surveil_reid.core import SurveilReidError

app = typer.Typer(
    name="surveil-reid",
    help="Find a person in recorded footage from many cameras.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("demo")(demo.demo)
app.command("process")(process.process)
app.command("link")(link.link)
app.command("search")(search.search)
app.add_typer(identities.app, name="identities")
for decide in (
    review.review,
    review.confirm,
    review.reject,
    review.merge,
    review.split,
    review.undo,
    review.redo,
):
    identities.app.command(decide.__name__)(decide)
app.command("report")(report.report)
app.command("info")(info.info)
app.command("log")(log.log)
app.command("remove")(remove.remove)
app.command("reembed")(reembed.reembed)
app.command("calibrate")(calibrate.calibrate)
app.command("evaluate")(evaluate.evaluate)
app.command("score")(evaluate.score)
app.command("score-tracks")(score_tracks.score_tracks)
app.command("export")(export.export)
app.command("doctor")(doctor.doctor)

# Training stands on the library, never the reverse: it brings its commands as a plug-in does.
for plugged_in in entry_points(group="surveil_reid.commands"):
    app.command(plugged_in.name)(plugged_in.load())

_INTERRUPTED: Final = 130
"""Exit status by which Typer ends on Ctrl-C, without a word."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    `--debug`, anywhere, gives tracebacks instead of one line.

    Args:
        arguments: without the program's name; None takes those of the process.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    logging.basicConfig(level=logging.INFO if debug else logging.ERROR, stream=sys.stderr)
    try:
        app([argument for argument in given if argument != "--debug"], prog_name="surveil-reid")
    except (SurveilReidError, OSError, ImportError) as error:
        if debug:
            raise
        sys.stderr.write(f"error: {' '.join(_said(error).split())}\n")
        sys.exit(1)
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            sys.stderr.write("interrupted; what was finished is kept, run it again to go on\n")
        raise


def _said(error: Exception) -> str:
    """An error that no command foresaw, in words; ours are said already."""
    if isinstance(error, ImportError):
        return (
            f"a library cannot be loaded ({error}); OpenCV needs the system's packages libgl1 and "
            "libglib2.0-0, and `make` installs what Python needs"
        )
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)
