"""Long lists of values in `IN (...)`, cut to what every database takes in one statement."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")
_MOST: Final = 900  # Oracle takes 1000, old SQLite 999 parameters


def chunks(values: Collection[T]) -> Iterator[Sequence[T]]:
    """The values in their order, at most 900 at a time; of none, nothing."""
    rest = iter(values)
    while chunk := list(islice(rest, _MOST)):
        yield chunk
