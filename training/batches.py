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

from surveil_reid.core import Floats, Integers
from training.augmentation import augment, prepare
from training.degradation import degrade
from training.mixtures import Shown
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
            part of the batch. Mixtures come last.
        targets: float32 `(N, dim)`, the teacher's of the whole batch, where there is one.
    """

    images: Tensor
    targets: Tensor | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchMaker:
    """Makes batches; the same for the same step, whatever came before.

    Attributes:
        shown: all pictures.
        recipe: of the augmentation.
        seed: of the run.
        device: where batches go.
        added: mixtures in each batch.
        targets: float32 `(n, dim)`, a teacher's embeddings of all pictures as they are; or None.
        teacher: to ask about each batch instead; None for none.
    """

    shown: Shown
    recipe: InputRecipe
    seed: int
    device: torch.device
    added: int = 0
    targets: Floats | None = None
    teacher: "Embedder | None" = None

    def make(self, places: Integers, step: int, size: Size, part: slice) -> Batch:
        """Make a batch.

        Args:
            places: int64 `(n,)`, training pictures, of the whole batch.
            step: over all epochs; what is drawn depends on it.
            size: height and width of the images.
            part: of the batch, mixtures included, that this process works on.
        """
        random = generator_of(self.seed, step)
        chosen = places
        if self.added:
            first, last = len(self.shown.rows), len(self.shown)
            drawn = torch.randint(first, last, (self.added,), generator=random).numpy()
            chosen = np.concatenate([places, drawn])
        raw = torch.from_numpy(self.shown.take(chosen))
        if self.device.type == "cuda":
            raw = raw.pin_memory().to(self.device, non_blocking=True)
        # Everything is drawn for the whole batch, so that several processes make the same one.
        changed = augment(raw, self.recipe, random)
        targets = self._targets(chosen, changed)  # so that pupils learn to see through what follows
        changed = degrade(changed, self.recipe.degradations, random)
        return Batch(prepare(changed[part], size), targets)

    def _targets(self, places: Integers, pictures: Tensor) -> Tensor | None:
        if self.teacher is not None:
            return torch.from_numpy(ask(self.teacher, pictures)).to(self.device)
        return (
            None if self.targets is None else torch.from_numpy(self.targets[places]).to(self.device)
        )


def generator_of(seed: int, step: int) -> torch.Generator:
    """Random numbers, on the CPU, that a step of a run has to itself."""
    (state,) = np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state) >> 1)  # torch takes 63 bits


class Prefetch:
    """Gives batches, made ahead by a thread where that helps, and measures how long they took.

    Args:
        batches: to give.
        ahead: whether another device learns meanwhile. Where the processor does, a thread beside it
            takes the cores that the network's own threads wait for.

    Attributes:
        waited: seconds for batches so far.
    """

    def __init__(self, batches: Iterator[Batch], *, ahead: bool) -> None:
        self._batches = batches
        self._ready: queue.Queue[Batch | BaseException | None] = queue.Queue(AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True) if ahead else None
        self.waited = 0.0

    def __enter__(self) -> "Prefetch":
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        if self._thread is not None:
            while self._thread.is_alive():
                self._make_room()
            self._thread.join()

    def __iter__(self) -> Iterator[Batch]:
        source = self._batches if self._thread is None else self._received()
        while True:
            began = time.perf_counter()
            batch = next(source, None)
            self.waited += time.perf_counter() - began
            if batch is None:
                return
            yield batch

    def _received(self) -> Iterator[Batch]:
        while True:
            batch = self._ready.get()
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
