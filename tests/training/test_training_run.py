"""Whole runs: what they leave behind, and that killing them changes nothing."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from data.people import write_people
from helpers.disks import full_disk
from helpers.recipes import tiny_recipe, tiny_values
from surveil_reid.core import InputError, WeightsError
from surveil_reid.embedding import EmbeddingOptions, load_embedder
from surveil_reid.evaluation import evaluate_features, extract_features, read_data_set, split
from training.cli import main
from training.records import read_record
from training.run import train
from training.run_options import RunOptions

# What a bare machine with a GPU lacks.
BLOCKED = (
    *("alembic", "av", "faiss", "matplotlib", "motmetrics", "onnxruntime", "openvino", "pydantic"),
    *("rich", "scipy", "sqlalchemy", "supervision", "tensorboard", "trackers", "trackeval"),
    *("typer", "ultralytics"),
)
BARE_MACHINE = (
    f"import sys; sys.modules.update(dict.fromkeys({BLOCKED}))\n"
    "from training.cli import main; sys.exit(main())\n"
)
EPOCHS = 3


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("data") / "market1501").parent


def command(people: Path, out: Path, *more: str) -> list[str]:
    """A run of `tiny` in a process where nothing but the few libraries can be imported."""
    recipe = out / "tiny.yaml"
    out.mkdir(parents=True, exist_ok=True)
    values = tiny_values(
        schedule={"epochs": EPOCHS},
        loss={"triplet": 0.5},
        batch={"per_identity": 4},
        input={"erasing": 0.5},
        average=0.8,
        data={"held_out": 2},
    )
    recipe.write_text(yaml.safe_dump(values))
    places = ["--out", out, "--data", people, "--cache", people / "cache"]
    options = ["--device", "cpu", "--threads", "1", "--save-seconds", "0"]
    return [sys.executable, "-c", BARE_MACHINE, *map(str, [recipe, *places, *options]), *more]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture(scope="module")
def unbroken(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("unbroken")
    done = subprocess.run(
        command(people, out), env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out / "tiny"


def test_a_run_on_a_bare_machine_leaves_checkpoints_a_curve_and_a_record(unbroken: Path) -> None:
    left = {path.name for path in unbroken.iterdir()}
    assert left == {"best.safetensors", "last.safetensors", "curve.csv", "record.json"}
    record = read_record(unbroken / "record.json")
    assert record.state == "finished"
    assert (record.epochs, record.steps) == (EPOCHS, EPOCHS * 2)
    assert (record.data.identities, record.data.images) == (4, 20)
    assert record.weights.source == "random"
    assert record.test is not None
    assert record.test.queries == 8
    assert 0 <= record.data_wait_share < 1
    with (unbroken / "curve.csv").open() as lines:
        curve = list(csv.DictReader(lines))
    assert [float(row["loss"]) for row in curve] == [entry.loss for entry in record.curve]
    maps = [entry.validation_map for entry in record.curve]
    assert record.training.best_validation_map == max(m for m in maps if m is not None)
    assert record.training.best_epoch == maps.index(record.training.best_validation_map) + 1


def weights_of(people: Path, out: Path, *more: str) -> dict[str, torch.Tensor]:
    """What a run ends with."""
    run = command(people, out, "--no-test", *more)
    done = subprocess.run(run, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return load_file(out / "tiny" / "last.safetensors")


def test_deterministic_runs_end_with_the_same_bits(people: Path, tmp_path: Path) -> None:
    options = ("--deterministic", "--threads", "2")
    first, again = (weights_of(people, tmp_path / name, *options) for name in ("one", "two"))
    assert all(torch.equal(first[name], again[name]) for name in first)


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch compiles with g++")
def test_a_compiled_run_learns_the_same(people: Path, unbroken: Path, tmp_path: Path) -> None:
    weights_of(people, tmp_path / "compiled", "--compile")
    compiled, plain = (
        [entry.loss for entry in read_record(run / "record.json").curve]
        for run in (tmp_path / "compiled" / "tiny", unbroken)
    )
    assert compiled[0] == pytest.approx(plain[0], rel=0.01)
    # From there on rounding is what so few pictures teach.
    assert compiled == pytest.approx(plain, rel=0.1)


def test_the_checkpoint_is_an_embedder_that_scores_what_the_record_says(
    unbroken: Path, people: Path
) -> None:
    options = EmbeddingOptions(device="cpu", precision="fp32", threads=1)
    embedder = load_embedder(unbroken / "best.safetensors", options)
    parts = split(read_data_set("market1501", people), "paper-50")
    scores = evaluate_features(extract_features(parts, embedder))
    record = read_record(unbroken / "record.json")
    assert record.test is not None
    assert scores.mean_ap == pytest.approx(record.test.mean_ap, abs=0.02)
    assert scores.queries == record.test.queries
    assert scores.gallery == record.test.gallery


def test_killed_at_random_moments_a_run_ends_with_the_same_bits(
    unbroken: Path, people: Path, tmp_path: Path
) -> None:
    moments = random.Random(time.time_ns())  # noqa: S311 - any moment must do
    state = tmp_path / "tiny" / "state.pt"
    killed = 0
    for _ in range(2):
        seen = state.stat().st_mtime_ns if state.exists() else None
        process = subprocess.Popen(
            command(people, tmp_path), env=environment(), stderr=subprocess.DEVNULL
        )
        while process.poll() is None:
            time.sleep(0.005)
            if state.exists() and state.stat().st_mtime_ns != seen:
                time.sleep(moments.uniform(0, 0.3))
                process.send_signal(signal.SIGKILL)
                break
        killed += process.wait() == -signal.SIGKILL
        if not state.exists():
            break
    assert killed
    done = subprocess.run(
        command(people, tmp_path), env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in ("last.safetensors", "best.safetensors"):
        ours, theirs = load_file(tmp_path / "tiny" / name), load_file(unbroken / name)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    one, other = (read_record(folder / "record.json") for folder in (tmp_path / "tiny", unbroken))
    assert one.test == other.test
    assert [e.loss for e in one.curve] == [e.loss for e in other.curve]
    assert one.steps == other.steps
    assert not list((tmp_path / "tiny").glob(".*"))


def options(people: Path, out: Path, **more: object) -> RunOptions:
    places = {"out": out, "data": people, "cache": people / "cache", "device": "cpu"}
    return RunOptions(**{**places, **more})  # type: ignore[arg-type]


def test_learning_tells_people_apart_whom_it_never_saw(people: Path, tmp_path: Path) -> None:
    learned = train(tiny_recipe(schedule={"epochs": 8}), options(people, tmp_path))
    assert learned.training.accuracy is not None
    assert learned.training.accuracy > 0.8
    assert learned.training.best_validation_accuracy == 1.0
    assert learned.test is not None
    # Four people in plain colours: any network tells most of them apart, pictures in random order
    # come to less than a half.
    assert learned.test.mean_ap > 0.8


def test_a_finished_run_is_not_repeated(people: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    recipe = tiny_recipe(schedule={"epochs": 1})
    first = train(recipe, options(people, tmp_path))
    before = (tmp_path / "tiny" / "last.safetensors").stat().st_mtime_ns
    again = train(recipe, options(people, tmp_path), lines.append)
    assert again == first
    assert lines == [f"{tmp_path / 'tiny'} is finished already"]
    assert (tmp_path / "tiny" / "last.safetensors").stat().st_mtime_ns == before
    with pytest.raises(InputError, match=r"another recipe \(batch\.size, seed differ\)"):
        train(
            tiny_recipe(schedule={"epochs": 1}, seed=1, batch={"size": 4}),
            options(people, tmp_path),
        )


def test_a_run_that_was_finished_without_a_test_is_tested_later(
    people: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    recipe = tiny_recipe(schedule={"epochs": 1})
    first = train(recipe, options(people, tmp_path, test=False))
    assert (first.test, first.test_left_in) == (None, None)
    record = tmp_path / "tiny" / "record.json"
    before = (tmp_path / "tiny" / "last.safetensors").read_bytes()
    assert train(recipe, options(people, tmp_path, test=False)) == first
    later = train(recipe, options(people, tmp_path), lines.append)
    assert any("measuring on 8 queries" in line for line in lines)
    assert read_record(record) == later
    assert replace(later, test=None, test_left_in=None) == first
    at_once = train(recipe, options(people, tmp_path / "at-once"))
    assert (later.test, later.test_left_in) == (at_once.test, at_once.test_left_in)
    assert later.test is not None
    assert later.test_left_in is not None
    assert (later.test_left_in.queries, later.test_left_in.gallery) == (8, later.test.gallery)
    assert later.test_left_in.mean_ap >= later.test.mean_ap
    assert (tmp_path / "tiny" / "last.safetensors").read_bytes() == before


def test_a_run_of_a_version_that_knew_fewer_keys_goes_on(people: Path, tmp_path: Path) -> None:
    """Its recipe lacks them, and says other things about itself."""

    def forget(recipe: dict[str, Any]) -> None:
        del recipe["data"]["mixtures"], recipe["batch"]["mixtures"], recipe["loss"]["teacher_sees"]
        recipe["about"] = "as it was called then"

    interrupt(people, tmp_path)
    state = tmp_path / "tiny" / "state.pt"
    whole = torch.load(state, weights_only=True)
    forget(whole["recipe"])
    torch.save(whole, state)
    recipe = tiny_recipe()
    done = train(recipe, options(people, tmp_path))
    assert done.state == "finished"
    path = tmp_path / "tiny" / "record.json"
    document = json.loads(path.read_text())
    forget(document["recipe"])
    path.write_text(json.dumps(document))
    lines: list[str] = []
    assert train(recipe, options(people, tmp_path), lines.append).steps == done.steps
    assert lines == [f"{tmp_path / 'tiny'} is finished already"]


def test_a_run_that_began_with_another_file_of_the_name_is_not_this_one(
    people: Path, tmp_path: Path
) -> None:
    first, other = (
        train(tiny_recipe(name=name, seed=seed, schedule={"epochs": 1}), options(people, tmp_path))
        for seed, name in enumerate(("one", "two"))
    )
    assert first != other
    best = tmp_path / "start.safetensors"
    recipe = tiny_recipe(model={"weights": str(best)}, schedule={"epochs": 1})
    shutil.copy(tmp_path / "one" / "best.safetensors", best)
    done = train(recipe, options(people, tmp_path))
    assert train(recipe, options(people, tmp_path)) == done
    shutil.copy(tmp_path / "two" / "best.safetensors", best)
    with pytest.raises(InputError, match="began with another file than"):
        train(recipe, options(people, tmp_path))


def test_people_of_a_single_camera_are_learned_without_a_test(tmp_path: Path) -> None:
    """Else the run would end in an error after all its epochs."""
    write_people(tmp_path / "data" / "market1501", cameras=1, each=6)
    lines: list[str] = []
    recipe = tiny_recipe(schedule={"epochs": 1})
    record = train(recipe, options(tmp_path / "data", tmp_path), lines.append)
    assert (record.state, record.test) == ("finished", None)
    assert any("no test identity was seen by two cameras" in line for line in lines)


def test_a_finished_run_of_other_pictures_is_refused(people: Path, tmp_path: Path) -> None:
    """As of an export that holds more reviewed people than the last one did."""
    recipe = tiny_recipe(schedule={"epochs": 1})
    train(recipe, options(people, tmp_path))
    others = write_people(tmp_path / "others" / "market1501", each=4).parent
    with pytest.raises(InputError, match="learned other pictures than there are now"):
        train(recipe, options(others, tmp_path))


def interrupt(people: Path, out: Path) -> None:
    """Leave a state behind, as a run does that is interrupted in its second epoch."""

    def tell(line: str) -> None:
        if "epoch 1/2 done" in line:
            interrupted.append(line)

    interrupted: list[str] = []
    full = tiny_recipe()
    values = options(people, out, save_seconds=0.0, steps=4)
    train(full, values, tell)
    assert interrupted


def test_a_state_of_another_recipe_is_refused(people: Path, tmp_path: Path) -> None:
    interrupt(people, tmp_path)
    with pytest.raises(InputError, match=r"another recipe \(optimiser\.rate differ") as caught:
        train(tiny_recipe(optimiser={"rate": 0.5}), options(people, tmp_path))
    assert "state.pt" in str(caught.value)


def test_a_state_of_other_pictures_is_refused(people: Path, tmp_path: Path) -> None:
    interrupt(people, tmp_path)
    others = write_people(tmp_path / "others" / "market1501", each=4).parent
    with pytest.raises(InputError, match="other pictures"):
        train(tiny_recipe(), options(others, tmp_path))


def test_a_damaged_state_is_refused(people: Path, tmp_path: Path) -> None:
    interrupt(people, tmp_path)
    state = tmp_path / "tiny" / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="damaged; remove it"):
        train(tiny_recipe(), options(people, tmp_path))


def test_a_smoke_run_says_that_it_is_one(people: Path, tmp_path: Path) -> None:
    record = train(tiny_recipe(), options(people, tmp_path, steps=2))
    assert (record.state, record.steps, record.test) == ("smoke", 2, None)
    assert json.loads((tmp_path / "tiny" / "record.json").read_text())["state"] == "smoke"


def test_a_full_disk_is_named_and_leaves_nothing_half_written(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, *places = command(people, tmp_path)[3:]
    with full_disk(10**6):
        assert main([recipe, *places]) == 1
    (error,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    assert error.startswith(f"error: cannot write {tmp_path / 'tiny'}")
    assert "free space" in error
    assert list((tmp_path / "tiny").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["tiny.yaml", "--set", "schedule.epoch=1"], "did you mean 'epochs'?"),
        (["tiny.yaml", "--set", "batch.size=4096"], "batch.size"),
        (["tiny.yaml", "--set", "data.set=market"], "set must be one of market1501"),
        (
            ["tiny.yaml", "--set", "model.weights=none.safetensors"],
            "no weights at none.safetensors",
        ),
        (["none.yaml"], "cannot read the recipe none.yaml"),
        ([], "one of them"),
    ],
)
def test_mistakes_end_in_one_line_that_names_them(
    people: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text(yaml.safe_dump(tiny_values()))
    places = ["--data", str(people), "--cache", str(people / "cache"), "--device", "cpu"]
    assert main([*arguments, *places]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("error: ")
    assert expected in lines[-1]


def test_unreadable_pictures_are_told_of(tmp_path: Path) -> None:
    people = write_people(tmp_path / "market1501").parent
    spoilt = min((people / "market1501" / "bounding_box_train").iterdir())
    spoilt.write_bytes(b"")
    lines: list[str] = []
    record = train(tiny_recipe(), options(people, tmp_path / "runs", steps=1), lines.append)
    assert record.data.skipped == 1
    assert any(spoilt.name in line for line in lines)
    assert np.isfinite(record.images_per_second)
