"""Fill the figures of `docs/method.md` in, from the paper's tables and from the records of runs.

    python -m training.paper_pages             after anything that figures come from has changed
    python -m training.paper_pages --add RUNS  first take over the records of a folder of runs

Records are kept in `training/results`. Whatever stands between `<!-- NAME -->` and `<!-- end -->`
is written anew.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from surveil_reid.core import InputError, SurveilReidError, write_whole
from training import paper_blocks as blocks
from training.grid import read_grid
from training.paper_figures import read_paper
from training.paper_tables import results
from training.records import read_json, read_runs, write_record
from training.run_speeds import amp_speeds

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/method.md"
RESULTS = ROOT / "training/results"
GRID = ROOT / "configs/paper"
BENCHMARKS = ROOT / "tests/benchmarks/results"
BLOCK = re.compile(r"(<!-- ([a-z0-9-]+) -->\n)(?:(?!<!-- ).)*(<!-- end -->)", re.DOTALL)


def make_blocks() -> dict[str, str]:
    """Every part of the page that holds figures, by name.

    Raises:
        InputError: when a record or the grid is wrong.
    """
    paper = read_paper()
    runs = read_runs(RESULTS) if RESULTS.is_dir() else ()
    protocol = _read_benchmark("protocol")
    return {
        "query-counts": blocks.query_counts(paper),
        "official-50": blocks.official_50(paper, protocol),
        "numbered-80": blocks.numbered_80(
            _read_benchmark("protocol-draws")["draws"], _read_benchmark("protocol-80")
        ),
        "size-change": blocks.size_change(results(runs).values()),
        "validation-50": blocks.validation_50(paper),
        "fine-tuned-cuhk03": blocks.fine_tuned_cuhk03(paper),
        "repeats": blocks.repeats(paper),
        "paper-amp": blocks.paper_amp(paper),
        "amp-steps": blocks.amp_steps(_read_benchmark("training-speed")),
        "convolution-steps": blocks.convolution_steps(
            [_read_benchmark(f"training-{kind}") for kind in ("convolutions", "products")]
        ),
        "amp-runs": blocks.amp_runs(amp_speeds(runs)),
        "own-camera": blocks.own_camera(paper, protocol, runs),
        "settings": blocks.settings(read_grid(GRID)),
        "weight-decay": blocks.weight_decay(paper, runs),
        "our-results": blocks.our_results(paper, runs),
    }


def _read_benchmark(name: str) -> dict[str, Any]:
    path = BENCHMARKS / f"{name}.json"
    document = read_json(path)
    if not isinstance(document, dict):
        msg = f"{path} holds no results; tests/benchmarks makes them"
        raise InputError(msg)
    return document


def fill(text: str, made: Mapping[str, str]) -> str:
    """A page with its blocks written anew.

    Raises:
        InputError: when the page has a block of another name, or lacks one.
    """
    named = [match[2] for match in BLOCK.finditer(text)]
    if sorted(named) != sorted(made):
        wrong = ", ".join(sorted(set(named) ^ set(made))) or "one that comes twice"
        msg = f"the page and what is made for it differ in the blocks: {wrong}"
        raise InputError(msg)
    return BLOCK.sub(lambda match: f"{match[1]}\n{made[match[2]]}\n\n{match[3]}", text)


def add_runs(folder: Path, results: Path = RESULTS) -> tuple[str, ...]:
    """Take over the records of runs, over older ones of the same names.

    Unfinished ones stay out, and so do runs of a few steps where a finished one is known.

    Returns:
        Names of what was taken.

    Raises:
        InputError: when a record is wrong or cannot be written.
    """
    known = read_runs(results) if results.is_dir() else ()
    finished = {run.name for run in known if run.state == "finished"}
    taken = [
        run
        for run in read_runs(folder)
        if run.state == "finished" or (run.state == "smoke" and run.name not in finished)
    ]
    for run in taken:
        write_record(results / f"{run.name}.json", run)
    return tuple(run.name for run in taken)


def exit_status(work: Callable[[], object]) -> int:
    """Do a command's work; 0, or 1 where it cannot be done, which is then said in a line."""
    try:
        work()
    except SurveilReidError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def write_page(page: Path, made: Mapping[str, str]) -> None:
    """Write a page's blocks anew, whole or not at all."""
    write_whole(page, fill(page.read_text(encoding="utf-8"), made).encode())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page anew; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.paper_pages", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--add", metavar="RUNS", type=Path, help="a folder of runs to take over")
    given = parser.parse_args(arguments)

    def work() -> None:
        for name in add_runs(given.add) if given.add is not None else ():
            sys.stdout.write(f"{name}\n")
        write_page(PAGE, make_blocks())

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
