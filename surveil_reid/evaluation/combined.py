"""Several data sets as one, as the paper trains and tests on Market-1501 and CUHK03-NP together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from surveil_reid.core import InputError
from surveil_reid.evaluation.cuhk03 import Boxes, read_cuhk03
from surveil_reid.evaluation.images import DataSet, Images
from surveil_reid.evaluation.market1501 import read_market1501


def combine(data_sets: Sequence[DataSet]) -> DataSet:
    """Put data sets side by side; part is joined with part.

    Identities and cameras carry their data set's name (`market1501/0002`, `market1501/c1`), so that
    person 2 of one and person 2 of the other stay two people, seen by different cameras.

    Args:
        data_sets: at least one, with different names.

    Returns:
        One data set, in the order given.

    Raises:
        InputError: when there is none, or two have one name.
    """
    names = [data_set.name for data_set in data_sets]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice or not names:
        msg = (
            f"combine data sets of different names, at least one; got {', '.join(names) or 'none'}"
        )
        raise InputError(msg)
    return DataSet(
        name="+".join(names),
        train=_joined((d.name, d.train) for d in data_sets),
        query=_joined((d.name, d.query) for d in data_sets),
        gallery=_joined((d.name, d.gallery) for d in data_sets),
        notes=tuple(note for d in data_sets for note in d.notes),
    )


def read_combined(root: Path, boxes: Boxes = "labeled") -> DataSet:
    """Read Market-1501 and CUHK03-NP that lie side by side, as one data set.

    Args:
        root: a folder that holds both under their usual names.
        boxes: which boxes of CUHK03-NP.

    Returns:
        Both, their identities and cameras named apart.

    Raises:
        InputError: when one of the two is missing or incomplete beyond use.
    """
    return combine([read_market1501(root), read_cuhk03(root, boxes)])


def _joined(parts: Iterable[tuple[str, Images]]) -> Images:
    return tuple(image.within(name) for name, images in parts for image in images)
