"""Which pictures go together in each step of an epoch.

A plan depends on the seed and the epoch alone, so that a resumed run finds its place by counting.
"""

import math
from collections.abc import Iterator

import numpy as np

from surveil_reid.core import InputError, Integers
from training.recipe import BatchRecipe


def plan_epoch(labels: Integers, recipe: BatchRecipe, *, seed: int, epoch: int) -> Integers:
    """Draw the batches of an epoch.

    Args:
        labels: int64 `(n,)`, the class of each training picture, from 0.
        recipe: how to draw.
        seed: of the run.
        epoch: from 0.

    Returns:
        int64 `(steps, size)`, places in `labels`. Without `per_identity` no picture comes twice in
        an epoch, and those left over at its end do not come. With it, a batch holds that many
        pictures of each of its identities, and no identity twice; people come about as often as
        they have pictures, and a picture comes again when all of its identity came.

    Raises:
        InputError: when a batch is larger than the data.
    """
    steps = steps_per_epoch(labels, recipe)
    random = np.random.default_rng((seed, epoch))
    if recipe.per_identity is None:
        drawn = random.permutation(len(labels))[: steps * recipe.size]
        return drawn.reshape(steps, recipe.size)
    return _plan_identities(labels, steps, recipe, random)


def steps_per_epoch(labels: Integers, recipe: BatchRecipe) -> int:
    """Full batches that the training pictures give.

    Raises:
        InputError: when there is none.
    """
    people, wanted = len(np.unique(labels)), _identities(recipe)
    if len(labels) < recipe.size or people < wanted:
        identities = f" of {wanted} identities" if recipe.per_identity else ""
        msg = (
            f"a batch of {recipe.size} pictures{identities} is larger than the training data: "
            f"{len(labels)} pictures of {people} identities; lower batch.size"
        )
        raise InputError(msg)
    return len(labels) // recipe.size


def _identities(recipe: BatchRecipe) -> int:
    return recipe.size // recipe.per_identity if recipe.per_identity else 1


def _plan_identities(
    labels: Integers, steps: int, recipe: BatchRecipe, random: np.random.Generator
) -> Integers:
    each, together = recipe.per_identity or 1, _identities(recipe)
    own = [np.flatnonzero(labels == person) for person in np.unique(labels)]
    streams = [_endless(places, random) for places in own]
    turns = np.array([math.ceil(len(places) / each) for places in own])
    left = turns
    plan: list[int] = []
    for _ in range(steps):
        if np.count_nonzero(left) < together:
            left = turns
        chosen = random.choice(len(own), together, replace=False, p=left / left.sum())
        left = left - np.bincount(chosen, minlength=len(own))
        plan.extend(next(streams[person]) for person in chosen for _ in range(each))
    return np.array(plan, np.int64).reshape(steps, recipe.size)


def _endless(places: Integers, random: np.random.Generator) -> Iterator[int]:
    """All places in random order, then all of them in another."""
    while True:
        yield from random.permutation(places).tolist()
