"""Pack a data set into one file, for a machine that has a GPU and little else.

Run it as `python -m training.pack market1501 --data DIR --out market1501.pack`, and there
`python -m training CONFIG.yaml --data market1501.pack`. With `--train-only` the file holds what is
learned from alone: a run by the official split then leaves its checkpoint untested; `--beside`
takes the folders that a recipe names in `data.beside`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from surveil_reid.core import SurveilReidError
from surveil_reid.evaluation import DATA_SETS
from training.cache import open_source, pack
from training.picture_files import PARTS

SUMMARY = "Pack a data set into one file, for a machine that has a GPU and little else."


def main(arguments: Sequence[str] | None = None) -> int:
    """Pack what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.pack", description=SUMMARY)
    parser.add_argument("data_set", choices=list(DATA_SETS))
    parser.add_argument("--data", metavar="DIR", type=Path, required=True)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True)
    parser.add_argument("--beside", metavar="FOLDER", action="append", default=[])
    parser.add_argument("--train-only", action="store_true", help="leave queries and gallery out")
    given = parser.parse_args(arguments)
    try:
        parts = ("train",) if given.train_only else PARTS
        pack(open_source(given.data_set, given.data, given.beside), given.out, parts)
    except SurveilReidError as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return 1
    sys.stdout.write(f"{given.out}: {given.out.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
