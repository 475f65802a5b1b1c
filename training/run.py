"""One run, from a recipe to a checkpoint and a record."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.backends import cudnn

from surveil_reid.core import IMAGENET_MEAN, IMAGENET_STD, InputError
from surveil_reid.embedding.devices import choose_device
from surveil_reid.embedding.model import build_model
from surveil_reid.embedding.tensors import fill, read_tensors
from surveil_reid.evaluation import RetrievalScores
from training.augmentation import prepare
from training.batches import BatchMaker
from training.cache import open_cache, open_source
from training.initial_weights import start_from
from training.learner import Learner
from training.loop import BEST, STATE, Loop, Parts
from training.measuring import Measure
from training.norms import estimate_norms
from training.objective import Objective
from training.picture_files import PictureFile
from training.precision import Precision
from training.processes import Processes, join_processes, leave_processes
from training.progress import Tell
from training.recipe import Recipe
from training.records import FILE_NAME, Record, Weights, read_record, write_record
from training.reporting import RunState, make_record
from training.run_options import RunOptions
from training.sampler import plan_epoch
from training.saving import Identity, differing, load_state
from training.splits import Task, make_task
from training.strict import parse, plain


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
    if other := differing(record.recipe, plain(recipe)):
        msg = (
            f"{folder} holds a run of another recipe ({', '.join(other[:4])} differ); "
            "give this run another name, or remove the folder"
        )
        raise InputError(msg)
    return record


def _configure(options: RunOptions) -> None:
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(options.deterministic)
    cudnn.benchmark = not options.deterministic


def _train(recipe: Recipe, options: RunOptions, processes: Processes, tell: Tell) -> Record:
    folder = options.out / recipe.name
    pictures = _open_pictures(recipe, options, processes)
    task = make_task(pictures, recipe.data)
    for note in (*task.notes, *(f"left out, cannot be read: {name}" for name in pictures.skipped)):
        tell(note)
    identity = Identity(plain(recipe), pictures.sha256)
    state = load_state(folder / STATE, identity)
    parts = _assemble(recipe, options, pictures, task, processes, state)
    loop = Loop(parts, folder, state, tell)

    def write(what: RunState, test: RetrievalScores | None = None) -> Record:
        record = make_record(parts, loop, pictures, what, test)
        if processes.first:
            write_record(folder / FILE_NAME, record)
        return record

    for _ in loop.run():
        write("running")
    if loop.stopped:
        return write("smoke")
    test = _test(parts, folder, tell) if processes.first and options.test else None
    processes.wait()
    record = write("finished", test)
    if processes.first:
        loop.forget()
    return record


def _open_pictures(recipe: Recipe, options: RunOptions, processes: Processes) -> PictureFile:
    """Decode once, by the first process; the others then find it done."""
    source = open_source(recipe.data.set, options.data)
    if not processes.first:
        processes.wait()
    pictures = open_cache(
        source, recipe.data.stored, options.cache, skip_limit=recipe.data.skip_limit
    )
    if processes.first:
        processes.wait()
    return pictures


def _assemble(
    recipe: Recipe,
    options: RunOptions,
    pictures: PictureFile,
    task: Task,
    processes: Processes,
    state: dict[str, Any] | None,
) -> Parts:
    torch.manual_seed(recipe.seed)
    device = processes.device
    precision = Precision(recipe.amp, "cuda" if device.type == "cuda" else "cpu")
    model = build_model(recipe.model.architecture)
    objective = Objective(recipe.loss, model.dim, task.classes, None)
    if state is not None:
        weights = parse(Weights, state["weights"], str(options.out / recipe.name / STATE))
    else:
        weights = start_from(model, recipe.model.weights, options.weights)
    learner = Learner(recipe, model, objective, precision, processes)
    maker = BatchMaker(
        pictures=pictures.content, recipe=recipe.input, seed=recipe.seed, device=device
    )
    if state is None and weights.source == "file" and recipe.model.norm_batches:
        with precision.autocast():
            estimate_norms(model.backbone, _first_images(recipe, pictures, task, device))
    return Parts(
        recipe=recipe,
        options=options,
        task=task,
        learner=learner,
        maker=maker,
        measure=Measure(pictures.content, recipe.input.size, precision, device),
        processes=processes,
        identity=Identity(plain(recipe), pictures.sha256),
        weights=weights,
        meta=_meta(recipe, pictures, weights),
        targets=None,
    )


def _first_images(
    recipe: Recipe, pictures: PictureFile, task: Task, device: torch.device
) -> Iterator[Tensor]:
    """Training pictures as they are, to estimate batch norm on."""
    plan = plan_epoch(task.train.labels, recipe.batch, seed=recipe.seed, epoch=0)
    for places in plan[: recipe.model.norm_batches]:
        some = torch.from_numpy(pictures.content[task.train.rows[places]])
        yield prepare(some.to(device), recipe.input.size_at(0))


def _meta(recipe: Recipe, pictures: PictureFile, weights: Weights) -> dict[str, Any]:
    """What a checkpoint says of itself: the fields of `CheckpointMeta`."""
    return {
        "name": recipe.name,
        "preprocessing": {
            "size": list(recipe.input.size),
            "colour": "RGB",
            "layout": "NCHW",
            "scale": 255.0,
            "mean": list(IMAGENET_MEAN),
            "std": list(IMAGENET_STD),
        },
        "training": {
            "recipe": plain(recipe),
            "data_sha256": pictures.sha256,
            "weights": plain(weights),
        },
        "linking": [],
        "linking_similarity": None,
        "licence": "unknown",
    }


def _test(parts: Parts, folder: Path, tell: Tell) -> RetrievalScores | None:
    """Measure the network that was kept on the test identities."""
    test = parts.task.test
    if test is None:
        return None
    tell(f"measuring on {len(test.query)} queries in a gallery of {len(test.gallery)}")
    model, best = parts.learner.kept, folder / BEST
    fill(model, read_tensors(best).tensors, str(model.architecture), best)
    return parts.measure.retrieve(model, test)
