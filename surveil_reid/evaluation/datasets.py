"""The data sets by name: one place to look one up, plain functions behind it.

Parsers read names and count them; no picture is decoded. Counts that differ from the official ones
are notes, for a part of a data set can still be worked with; a folder that is missing or empty is
an error.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from surveil_reid.core import InputError
from surveil_reid.evaluation.combined import read_combined
from surveil_reid.evaluation.cuhk03 import read_cuhk03
from surveil_reid.evaluation.folder import read_folder
from surveil_reid.evaluation.images import DataSet
from surveil_reid.evaluation.market1501 import read_market1501

DATA_SETS: dict[str, Callable[[Path], DataSet]] = {
    "market1501": read_market1501,
    "cuhk03-np": read_cuhk03,
    "cuhk03-np-detected": partial(read_cuhk03, boxes="detected"),
    "combined": read_combined,
    "combined-detected": partial(read_combined, boxes="detected"),
    "folder": read_folder,
}


def read_data_set(name: str, root: Path) -> DataSet:
    """Read a data set by its name on the command line.

    Args:
        name: one of `DATA_SETS`.
        root: where it lies; a folder above it will do if its own folder has the usual name.

    Returns:
        The data set as its folders divide it.

    Raises:
        InputError: when the name is unknown, or the folder is not laid out as that data set.
    """
    if name not in DATA_SETS:
        msg = f"no data set is called {name!r}; take one of {', '.join(DATA_SETS)}"
        raise InputError(msg)
    return DATA_SETS[name](root)
