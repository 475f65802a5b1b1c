"""The guard against losses of speed, and the list of what `make bench` measures."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "tests/benchmarks"
RATIOS = st.dictionaries(st.sampled_from("abcde"), st.floats(0.01, 1000), max_size=3)


@pytest.fixture(autouse=True, scope="module")
def scripts_find_one_another() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield


def test_a_loss_of_more_than_a_fifth_is_named_with_both_figures() -> None:
    from check import losses  # noqa: PLC0415 (only now on the path)

    committed = {"ranking": 50.0, "reranking": 10.0, "processing": 2.0}
    (line,) = losses(committed, {"ranking": 39.9, "reranking": 8.1, "processing": 2.6})
    assert line.startswith("ranking: 39.90")
    assert "50.00" in line
    assert "20%" in line
    assert losses(committed, {"ranking": 40.1}) == []
    assert losses(committed, {}) == []


@settings(deadline=None)
@given(committed=RATIOS, measured=RATIOS, allowed=st.floats(0, 0.9))
def test_whatever_lost_more_than_allowed_is_named_and_nothing_else(
    committed: dict[str, float], measured: dict[str, float], allowed: float
) -> None:
    from check import losses  # noqa: PLC0415 (as above)

    lost = {line.partition(":")[0] for line in losses(committed, measured, allowed)}
    for name in committed.keys() | measured.keys():
        both = name in committed and name in measured
        loss = 1 - measured[name] / committed[name] if both else 0.0
        # Within rounding of the limit either is right.
        assert abs(loss - allowed) < 1e-9 or (name in lost) == (both and loss > allowed)


def test_every_benchmark_listed_is_there_and_says_what_it_needs() -> None:
    from bench import BENCHMARKS as LISTED  # noqa: PLC0415 (as above)
    from bench import OTHERWISE  # noqa: PLC0415

    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "bench.py"), "--list"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout.splitlines()) == len(LISTED) + len(OTHERWISE)
    records = {path.stem for path in (BENCHMARKS / "results").glob("*.json")}
    assert records <= LISTED.keys() | OTHERWISE.keys()
    assert not LISTED.keys() & OTHERWISE.keys()
    for command in LISTED.values():
        assert (BENCHMARKS / command.split()[0]).is_file()


def test_a_record_with_less_than_the_one_before_does_not_take_its_place() -> None:
    from bench import lacks  # noqa: PLC0415 (as above)

    before = {"a": {"x": 1, "rows": [1, 2]}, "b": 2}
    assert not lacks({"a": {"x": 3, "rows": [4, 5, 6], "y": 0}, "b": 9, "c": 1}, before)
    assert lacks({"a": {"x": 1, "rows": [1, 2]}}, before)
    assert lacks({"a": {"x": 1, "rows": [1]}, "b": 2}, before)
    assert lacks({"a": {"rows": [1, 2]}, "b": 2}, before)
    assert lacks({"a": [1, 2], "b": 2}, before)


def test_what_is_not_given_is_left_out_by_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "bench.py"), "--only", "ranking"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": ""},
    )
    assert done.stdout == "ranking: left out, needs --features\n"
