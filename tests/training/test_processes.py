"""Two processes that share batches learn what one alone learns."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from data.people import write_people
from helpers import training_process
from helpers.recipes import tiny_values
from surveil_reid.core import InputError
from training.processes import Processes
from training.records import read_record

TWO = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def python(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python without torchrun's chatter."""
    paths = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    given = [sys.executable, *map(str, arguments)]
    return subprocess.run(given, env=environment, capture_output=True, text=True, check=False)


def test_gradients_over_a_shared_batch_are_those_of_one_process(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    training_process.take_steps(tmp_path)
    torch.set_num_threads(threads)
    done = python(*TWO, training_process.__file__, tmp_path)
    assert done.returncode == 0, done.stderr
    alone, first, second = (
        torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("1-0", "2-0", "2-1")
    )
    for name, weight in alone.items():
        assert torch.equal(first[name], second[name])
        torch.testing.assert_close(first[name], weight, rtol=1e-4, atol=1e-6)


def test_torchrun_trains_a_recipe_to_one_record(tmp_path: Path) -> None:
    people = write_people(tmp_path / "data" / "market1501").parent
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(yaml.safe_dump(tiny_values(schedule={"epochs": 1})))
    places = ("--out", tmp_path, "--data", people, "--cache", tmp_path / "cache")
    done = python(*TWO, "-m", "training", recipe, *places, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    record = read_record(tmp_path / "tiny" / "record.json")
    assert record.state == "finished"
    assert record.test is not None
    assert done.stderr.count("epoch 1/1 done") == 1


def test_a_batch_that_cannot_be_shared_out_is_an_error() -> None:
    device = torch.device("cpu")
    assert [Processes(rank, 4, device).part(8) for rank in (0, 3)] == [slice(0, 2), slice(6, 8)]
    with pytest.raises(InputError, match=r"4 processes cannot share batches of 6.*batch\.size"):
        Processes(0, 4, device).part(6)
