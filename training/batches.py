"""Batches made ready by a thread while the device works on the one before."""

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from surveil_reid.core import Integers
from training.augmentation import augment, mix, prepare
from training.degradation import degrade
from training.picture_files import Bytes
from training.recipe import InputRecipe, Size
from training.teacher import ask

if TYPE_CHECKING:
    from surveil_reid.embedding import Embedder

AHEAD = 2
"""Batches that wait ready."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some training pictures, on the device.

    Attributes:
        images: float32 `(n, 3, height, width)`, RGB, augmented and normalised; this process's
            part of the batch.
        targets: float32 `(N, dim)`, of the whole batch, where a teacher is asked batch by batch.
        whole: bool `(N,)`, on the CPU, of the whole batch: which pictures show one person, whose
            label counts; None for all.
    """

    images: Tensor
    targets: Tensor | None
    whole: Tensor | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchMaker:
    """Makes batches; the same for the same step, whatever came before.

    Attributes:
        pictures: uint8 `(n, height, width, 3)`, all of the cache.
        recipe: of the augmentation.
        seed: of the run.
        device: where batches go.
        teacher: to ask about each batch; None for none.
    """

    pictures: Bytes
    recipe: InputRecipe
    seed: int
    device: torch.device
    teacher: "Embedder | None" = None

    def make(self, rows: Integers, step: int, size: Size, part: slice) -> Batch:
        """Make a batch.

        Args:
            rows: int64 `(n,)`, of the whole batch.
            step: over all epochs; what is drawn depends on it.
            size: height and width of the images.
            part: of the batch that this process works on.
        """
        random = generator_of(self.seed, step)
        raw = torch.from_numpy(self.pictures[rows])
        if self.device.type == "cuda":
            raw = raw.pin_memory().to(self.device, non_blocking=True)
        # Everything is drawn for the whole batch, so that several processes make the same one.
        changed, whole = augment(raw, self.recipe, random), None
        if self.recipe.mixing:
            changed, whole = mix(changed, self.recipe.mixing, random)
        targets = self._ask(changed)  # so that the pupil learns to see through what follows
        changed = degrade(changed, self.recipe.degradations, random)
        return Batch(prepare(changed[part], size), targets, whole)

    def _ask(self, pictures: Tensor) -> Tensor | None:
        if self.teacher is None:
            return None
        return torch.from_numpy(ask(self.teacher, pictures)).to(self.device)


def generator_of(seed: int, step: int) -> torch.Generator:
    """Random numbers, on the CPU, that a step of a run has to itself."""
    (state,) = np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state) >> 1)  # torch takes 63 bits


class Prefetch:
    """Runs an iterator of batches ahead in a thread, and measures how long it is waited for.

    Attributes:
        waited: seconds so far.
    """

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._ready: queue.Queue[Batch | BaseException | None] = queue.Queue(AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.waited = 0.0

    def __enter__(self) -> "Prefetch":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        while self._thread.is_alive():
            self._make_room()
        self._thread.join()

    def __iter__(self) -> Iterator[Batch]:
        while True:
            began = time.perf_counter()
            batch = self._ready.get()
            self.waited += time.perf_counter() - began
            if batch is None:
                return
            if isinstance(batch, BaseException):
                raise batch
            yield batch

    def _make_room(self) -> None:
        with contextlib.suppress(queue.Empty):
            self._ready.get(timeout=0.05)

    def _work(self) -> None:
        try:
            for batch in self._batches:
                self._ready.put(batch)
                if self._stopped.is_set():
                    return
            self._ready.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the batch is awaited
            self._ready.put(error)
