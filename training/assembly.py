"""Putting a run together: pictures, network, teacher and losses, as the recipe has them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from surveil_reid.core import IMAGENET_MEAN, IMAGENET_STD
from surveil_reid.embedding.model import ReidModel, build_model
from training.augmentation import prepare
from training.batches import BatchMaker
from training.cache import open_cache, open_source
from training.convolutions import prepare_for_cpu
from training.initial_weights import start_from
from training.learner import Learner
from training.loop import Parts
from training.measuring import Measure
from training.mixtures import Shown, draw_mixtures
from training.norms import estimate_norms
from training.objective import Objective
from training.picture_files import PictureFile
from training.precision import Precision, check_input_size
from training.processes import Processes
from training.progress import Tell
from training.recipe import Recipe
from training.recipe_files import published
from training.records import Weights
from training.run_options import RunOptions
from training.sampler import plan_epoch
from training.saving import Identity
from training.splits import make_task
from training.strict import parse, plain
from training.teacher import clean_targets, find_teacher, open_teacher


def open_pictures(recipe: Recipe, options: RunOptions) -> PictureFile:
    """The pictures of a recipe's data set, decoded unless they were before.

    Raises:
        InputError: when the data set is not there, or too many of its pictures cannot be read.
    """
    data = recipe.data
    source = open_source(data.set, options.data, data.beside)
    return open_cache(source, data.stored, options.cache, skip_limit=data.skip_limit)


class Assembly:
    """The parts of a run, built one after another.

    Args:
        recipe: of the run.
        options: of the machine.
        processes: that share the work.
        tell: takes lines of progress.

    Attributes:
        pictures: of the data set, decoded.
        task: what there is to learn of them.
        identity: of the run's state.

    Raises:
        InputError: when the data do not fit the recipe.
    """

    def __init__(
        self, recipe: Recipe, options: RunOptions, processes: Processes, tell: Tell
    ) -> None:
        self._recipe = recipe
        self._options = options
        self._processes = processes
        self._tell = tell
        self.pictures = self._open_pictures()
        self.task = make_task(self.pictures, recipe.data)
        self.identity = Identity(plain(recipe), self.pictures.sha256)
        for note in self.task.notes:
            tell(note)
        for name in self.pictures.skipped:
            tell(f"left out, cannot be read: {name}")

    def build(self, state: dict[str, Any] | None) -> Parts:
        """Build what the loop works with.

        Args:
            state: that the run goes on from; None begins.

        Raises:
            InputError: when first weights or the teacher cannot be had.
            WeightsError: when one of their files is damaged or of another architecture.
        """
        recipe, device = self._recipe, self._processes.device
        precision = Precision(recipe.amp, "cuda" if device.type == "cuda" else "cpu")
        for epoch in range(recipe.schedule.epochs):
            check_input_size(precision, recipe.input.size_at(epoch))
        maker, dim = self._teach()
        torch.manual_seed(recipe.seed)
        model = build_model(recipe.model.architecture)
        objective = Objective(recipe.loss, model.dim, self.task.classes, dim)
        weights = self._first_weights(model, state)
        if device.type == "cpu":
            prepare_for_cpu(model, precision.name)
        learner = Learner(recipe, model, objective, precision, self._processes)
        if state is None and weights.source == "file" and recipe.model.norm_batches:
            with precision.autocast():
                estimate_norms(model.backbone, self._first_images())
        return Parts(
            recipe=recipe,
            options=self._options,
            task=self.task,
            learner=learner,
            maker=maker,
            measure=Measure(self.pictures.content, recipe.input.size, precision, device),
            processes=self._processes,
            identity=self.identity,
            weights=weights,
            meta=self._meta(weights),
        )

    def _open_pictures(self) -> PictureFile:
        """Decode by the first process; the others then find it done."""
        if not self._processes.first:
            self._processes.wait()
        found = open_pictures(self._recipe, self._options)
        if self._processes.first:
            self._processes.wait()
        return found

    def _teach(self) -> tuple[BatchMaker, int | None]:
        """The maker of batches, and the length of the teacher's embeddings, if there is one."""
        recipe, rows = self._recipe, self.task.train.rows
        loss, mixtures = recipe.loss, None
        if recipe.batch.mixtures:
            mixtures = draw_mixtures(rows, recipe.data.mixtures, recipe.seed)
        maker = BatchMaker(
            shown=Shown(self.pictures.content, rows, mixtures),
            recipe=recipe.input,
            seed=recipe.seed,
            device=self._processes.device,
            added=recipe.batch.mixtures,
        )
        if not loss.distillation or loss.teacher is None:
            return maker, None
        path = find_teacher(loss.teacher, self._options.data)
        if loss.teacher_sees == "augmented":
            teacher = open_teacher(path)
            return replace(maker, teacher=teacher), teacher.info.dim
        cache = self._options.cache
        targets = clean_targets(path, self.pictures, rows, cache, self._tell, mixtures)
        return replace(maker, targets=targets), targets.shape[1]

    def _first_weights(self, model: ReidModel, state: dict[str, Any] | None) -> Weights:
        if state is not None:  # the state holds the network; only its origin is wanted
            return parse(Weights, state["weights"], "the saved state")
        return start_from(model, self._recipe.model.weights, self._options.weights, self._tell)

    def _first_images(self) -> Iterator[Tensor]:
        """Training pictures as they are, to estimate batch norm on."""
        recipe, rows = self._recipe, self.task.train.rows
        plan = plan_epoch(self.task.train.labels, recipe.batch, seed=recipe.seed, epoch=0)
        for places in plan[: recipe.model.norm_batches]:
            some = torch.from_numpy(self.pictures.content[rows[places]])
            yield prepare(some.to(self._processes.device), recipe.input.size_at(0))

    def _meta(self, weights: Weights) -> dict[str, Any]:
        """What a checkpoint says of itself: the fields of `CheckpointMeta`."""
        return {
            "name": self._recipe.name,
            "preprocessing": {
                "size": list(self._recipe.input.size),
                "colour": "RGB",
                "layout": "NCHW",
                "scale": 255.0,
                "mean": list(IMAGENET_MEAN),
                "std": list(IMAGENET_STD),
            },
            "training": {
                "recipe": published(self._recipe),
                "data_sha256": self.pictures.sha256,
                "weights": plain(weights),
            },
            "linking": [],
            "linking_similarity": None,
            "licence": "unknown",
        }
