"""One run, from a recipe to a checkpoint and a record."""

import os
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch.backends import cudnn

from surveil_reid.core import InputError
from surveil_reid.embedding.devices import choose_device
from surveil_reid.embedding.tensors import fill, read_tensors
from surveil_reid.evaluation import evaluate_features
from training.assembly import Assembly, open_pictures
from training.initial_weights import sha256_of
from training.loop import BEST, STATE, Loop, Parts
from training.processes import Processes, join_processes, leave_processes
from training.progress import Tell
from training.recipe import Recipe
from training.recipe_files import differing, published
from training.records import FILE_NAME, Record, read_record, write_record
from training.reporting import RunState, make_record, test_scores
from training.run_options import RunOptions
from training.saving import load_state, remove_leftovers


def train(recipe: Recipe, options: RunOptions, tell: Tell = lambda _: None) -> Record:
    """Train a recipe to its end, or from where it was interrupted.

    The run's folder then holds `best.safetensors`, which `load_embedder` opens, `last.safetensors`,
    `curve.csv` and `record.json`; while it is unfinished also `state.pt`.

    Args:
        recipe: what to learn.
        options: of this machine.
        tell: takes lines of progress.

    Returns:
        The record of the run, which is also written; of an earlier run if it is finished.

    Raises:
        InputError: when data, weights or the state do not fit the recipe, or numbers overflow.
        WeightsError: when weights are damaged or a checkpoint cannot be written.
    """
    began = time.monotonic()
    done = _finished(options.out / recipe.name, recipe)
    if done is not None:
        _require_same_weights(done, recipe, options)
        _require_same_pictures(done, recipe, options)
        tell(f"{options.out / recipe.name} is finished already")
        if not options.test or done.test_left_in is not None:
            return done
    _configure(recipe, options)
    processes = join_processes(torch.device(choose_device(options.device)))
    told = tell if processes.first else _say_nothing
    try:
        if done is not None:
            return _test_finished(done, recipe, options, processes, told)
        return _train(recipe, options, processes, told, began)
    finally:
        leave_processes(processes)


def _say_nothing(_: str) -> None:
    """What all processes but the first tell."""


def _finished(folder: Path, recipe: Recipe) -> Record | None:
    """The record of a run that is finished, if it was of this recipe."""
    if not (folder / FILE_NAME).exists() or (folder / STATE).exists():
        return None
    record = read_record(folder / FILE_NAME)
    if record.state != "finished":
        return None
    if other := differing(record.recipe, published(recipe)):
        msg = (
            f"{folder} holds a run of another recipe ({', '.join(other[:4])} differ); "
            "give this run another name, or remove the folder"
        )
        raise InputError(msg)
    return record


def _require_same_weights(record: Record, recipe: Recipe, options: RunOptions) -> None:
    """Files that are called the same, as every run's best is, need not be the same."""
    path = Path(recipe.model.weights)
    if path.is_file() and sha256_of(path) != record.weights.sha256:
        msg = (
            f"{options.out / recipe.name} began with another file than {path} is now; give this "
            "run another name, or remove the folder"
        )
        raise InputError(msg)


def _require_same_pictures(record: Record, recipe: Recipe, options: RunOptions) -> None:
    """Whoever has more pictures by now is not told that they are learned."""
    if open_pictures(recipe, options).sha256 != record.data.sha256:
        msg = (
            f"{options.out / recipe.name} learned other pictures than there are now; give this run "
            "another name, or remove the folder"
        )
        raise InputError(msg)


def _configure(recipe: Recipe, options: RunOptions) -> None:
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    if options.deterministic:  # cuBLAS reads it when it is first used
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(options.deterministic)
    cudnn.benchmark = not options.deterministic
    cudnn.allow_tf32 = recipe.amp != "off"  # else convolutions in "fp32" would not be in it


def _train(
    recipe: Recipe, options: RunOptions, processes: Processes, tell: Tell, began: float
) -> Record:
    folder = options.out / recipe.name
    assembly = Assembly(recipe, options, processes, tell)
    if processes.first:
        remove_leftovers(folder)
    state = load_state(folder / STATE, assembly.identity)
    parts = assembly.build(state)
    loop = Loop(parts, folder, state, tell, began)

    def write(what: RunState) -> Record:
        record = make_record(parts, loop, assembly.pictures, what)
        if what == "finished" and options.test and processes.first:
            record = _tested(record, parts, folder, tell)
        if processes.first:
            write_record(folder / FILE_NAME, record)
        return record

    for _ in loop.run():
        write("running")
    reached = _reached(loop, test=options.test)
    record = write(reached)
    processes.wait()
    if reached == "finished" and processes.first:
        loop.forget()
    return record


def _reached(loop: Loop, *, test: bool) -> RunState:
    """What has become of a run that stopped; the next call has the time to test it as well."""
    if loop.halt == "steps":
        return "smoke"
    return "running" if loop.halt == "time" or (test and loop.late()) else "finished"


def _test_finished(
    done: Record, recipe: Recipe, options: RunOptions, processes: Processes, tell: Tell
) -> Record:
    """The record of a finished run with the test that it was made without."""
    folder = options.out / recipe.name
    parts = Assembly(recipe, options, processes, tell).build(None)
    if processes.first:
        done = _tested(done, parts, folder, tell)
        write_record(folder / FILE_NAME, done)
    processes.wait()
    return done


def _tested(record: Record, parts: Parts, folder: Path, tell: Tell) -> Record:
    """A record with what the network that was kept scores on the test identities, if any."""
    test = parts.task.test
    if test is None:
        return record
    tell(f"measuring on {len(test.query)} queries in a gallery of {len(test.gallery)}")
    model, best = parts.learner.kept, folder / BEST
    fill(model, read_tensors(best).tensors, str(model.architecture), best)
    features, protocol = parts.measure.features(model, test), parts.recipe.data.protocol
    return replace(
        record,
        test=test_scores(protocol, evaluate_features(features)),
        test_left_in=test_scores(protocol, evaluate_features(features.own_camera_left_in())),
    )
