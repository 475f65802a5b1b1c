"""Batches come in order, whether a thread makes them ahead or not, and so do errors."""

import itertools
from collections.abc import Iterator

import pytest
import torch

from training.batches import AHEAD, Batch, Prefetch


def numbered(made: list[int], fail_at: int | None = None) -> Iterator[Batch]:
    """Endless batches; writes down which were made."""
    for number in itertools.count():
        if number == fail_at:
            msg = "no such picture"
            raise OSError(msg)
        made.append(number)
        yield Batch(torch.full((1,), float(number)), None)


@pytest.mark.parametrize("ahead", [True, False])
def test_all_batches_come_in_order(ahead: bool) -> None:
    with Prefetch(itertools.islice(numbered([]), 10), ahead=ahead) as ready:
        assert [int(batch.images) for batch in ready] == list(range(10))
    assert ready.waited > 0


@pytest.mark.parametrize("ahead", [True, False])
def test_an_error_comes_after_the_batches_before_it(ahead: bool) -> None:
    with Prefetch(numbered([], fail_at=3), ahead=ahead) as ready:
        batches = iter(ready)
        assert [int(next(batches).images) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(OSError, match="no such picture"):
            next(batches)


@pytest.mark.parametrize(("ahead", "most"), [(True, 3 + AHEAD), (False, 1)])
def test_who_stops_early_leaves_no_more_than_what_was_made_ahead(ahead: bool, most: int) -> None:
    made: list[int] = []
    with Prefetch(numbered(made), ahead=ahead) as ready:
        next(iter(ready))
    assert 1 <= len(made) <= most
