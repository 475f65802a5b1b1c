"""One run, from a recipe to a checkpoint and a record."""

import os
from pathlib import Path

import torch
from torch.backends import cudnn

from surveil_reid.core import InputError
from surveil_reid.embedding.devices import choose_device
from surveil_reid.embedding.tensors import fill, read_tensors
from surveil_reid.evaluation import RetrievalScores
from training.assembly import Assembly, open_pictures
from training.loop import BEST, STATE, Loop, Parts
from training.processes import Processes, join_processes, leave_processes
from training.progress import Tell
from training.recipe import Recipe
from training.recipe_files import published
from training.records import FILE_NAME, Record, read_record, write_record
from training.reporting import RunState, make_record
from training.run_options import RunOptions
from training.saving import differing, load_state, remove_leftovers


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
    done = _finished(options.out / recipe.name, recipe)
    if done is not None:
        _require_same_pictures(done, recipe, options)
        tell(f"{options.out / recipe.name} is finished already")
        return done
    _configure(options)
    processes = join_processes(torch.device(choose_device(options.device)))
    try:
        return _train(recipe, options, processes, tell if processes.first else _say_nothing)
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


def _require_same_pictures(record: Record, recipe: Recipe, options: RunOptions) -> None:
    """Whoever has more pictures by now is not told that they are learned."""
    if open_pictures(recipe, options).sha256 != record.data.sha256:
        msg = (
            f"{options.out / recipe.name} learned other pictures than there are now; give this run "
            "another name, or remove the folder"
        )
        raise InputError(msg)


def _configure(options: RunOptions) -> None:
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    if options.deterministic:  # cuBLAS reads it when it is first used
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(options.deterministic)
    cudnn.benchmark = not options.deterministic


def _train(recipe: Recipe, options: RunOptions, processes: Processes, tell: Tell) -> Record:
    folder = options.out / recipe.name
    assembly = Assembly(recipe, options, processes, tell)
    if processes.first:
        remove_leftovers(folder)
    state = load_state(folder / STATE, assembly.identity)
    parts = assembly.build(state)
    loop = Loop(parts, folder, state, tell)

    def write(what: RunState, test: RetrievalScores | None = None) -> Record:
        record = make_record(parts, loop, assembly.pictures, what, test)
        if processes.first:
            write_record(folder / FILE_NAME, record)
        return record

    for _ in loop.run():
        write("running")
    if loop.halt is not None:
        return write("smoke" if loop.halt == "steps" else "running")
    test = _test(parts, folder, tell) if processes.first and options.test else None
    processes.wait()
    record = write("finished", test)
    if processes.first:
        loop.forget()
    return record


def _test(parts: Parts, folder: Path, tell: Tell) -> RetrievalScores | None:
    """Measure the network that was kept on the test identities."""
    test = parts.task.test
    if test is None:
        return None
    tell(f"measuring on {len(test.query)} queries in a gallery of {len(test.gallery)}")
    model, best = parts.learner.kept, folder / BEST
    fill(model, read_tensors(best).tensors, str(model.architecture), best)
    return parts.measure.retrieve(model, test)
