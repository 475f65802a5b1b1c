import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import ArrayError
from surveil_reid.evaluation.bcubed import bcubed

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=20)


@pytest.mark.parametrize(("truth", "found"), [([], []), ([], [1]), ([1], []), ([1], [1, 2])])
def test_nothing_and_different_lengths_are_refused(truth: list[int], found: list[int]) -> None:
    with pytest.raises(ArrayError, match=f"{len(truth)} true and {len(found)} found"):
        bcubed(truth, found)


@given(LABELS)
def test_bcubed_is_its_definition(pairs: list[tuple[int, int]]) -> None:
    precisions, recalls = [], []
    for person, group in pairs:
        together = [p for p, g in pairs if g == group]
        mine = [g for p, g in pairs if p == person]
        precisions.append(together.count(person) / len(together))
        recalls.append(mine.count(group) / len(mine))
    found = bcubed([p for p, _ in pairs], [g for _, g in pairs])
    assert found.precision == pytest.approx(np.mean(precisions))
    assert found.recall == pytest.approx(np.mean(recalls))
    assert min(found.precision, found.recall) - 1e-9 <= found.f1
    assert found.f1 <= max(found.precision, found.recall) + 1e-9


@given(LABELS, st.randoms(use_true_random=False))
def test_neither_order_nor_names_matter(
    pairs: list[tuple[int, int]], chance: random.Random
) -> None:
    shuffled = chance.sample(pairs, len(pairs))
    renamed = bcubed([-p for p, _ in shuffled], [f"group {g}" for _, g in shuffled])
    assert renamed == bcubed([p for p, _ in pairs], [g for _, g in pairs])
