import numpy as np
import pytest

from surveil_reid.core import ArrayError, InputError
from surveil_reid.evaluation.bootstrap import BootstrapOptions, bootstrap_mean


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    generator = np.random.default_rng(1)
    values, people = generator.random(60), np.repeat(np.arange(20), 3)
    first = bootstrap_mean(values, people, options=BootstrapOptions(seed=4))
    assert first == bootstrap_mean(values, people, options=BootstrapOptions(seed=4))
    assert first != bootstrap_mean(values, people, options=BootstrapOptions(seed=5))
    assert first.low < first.mean < first.high


def test_queries_of_one_person_are_drawn_together() -> None:
    """With each value repeated, resampling queries would shrink the interval; people, not."""
    generator = np.random.default_rng(2)
    values, people = generator.random(100), np.arange(100)
    options = BootstrapOptions(samples=4000)
    once = bootstrap_mean(values, people, options=options)
    repeated = bootstrap_mean(np.repeat(values, 25), np.repeat(people, 25), options=options)
    assert repeated.low == pytest.approx(once.low)
    assert repeated.high == pytest.approx(once.high)


def test_width_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(3).normal(size=400)
    interval = bootstrap_mean(values, np.arange(400), options=BootstrapOptions(samples=8000))
    width = 2 * 1.96 * values.std() / 20
    assert interval.high - interval.low == pytest.approx(width, rel=0.05)


def test_a_wider_level_gives_a_wider_interval() -> None:
    values, people = np.random.default_rng(4).random(50), np.arange(50)
    narrow = bootstrap_mean(values, people, options=BootstrapOptions(level=0.5))
    wide = bootstrap_mean(values, people, options=BootstrapOptions(level=0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_one_person_has_no_spread() -> None:
    values = np.array([0.25, 0.75])
    interval = bootstrap_mean(values, np.array([7, 7]), options=BootstrapOptions())
    assert (interval.low, interval.mean, interval.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("people", [[], [1, 2]])
def test_nothing_and_unequal_lengths_are_refused(people: list[int]) -> None:
    values = np.zeros(len(people) // 2)
    with pytest.raises(ArrayError, match="cannot resample"):
        bootstrap_mean(values, np.array(people, np.int64), options=BootstrapOptions())


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"level": 0.0}, {"level": 1.0}, {"seed": -1}])
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="bootstrap needs"):
        BootstrapOptions(**wrong)
