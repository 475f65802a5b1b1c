"""One of several processes that take the same steps: run as a script, by `torchrun` or alone.

Batch norm is left in evaluation mode: on the CPU each process would have the statistics of its own
part of the batch, and no two divisions of it could agree.
"""

import sys
from pathlib import Path

import torch

from helpers.recipes import tiny_recipe
from surveil_reid.embedding.model import build_model
from training.learner import Learner
from training.objective import Objective
from training.precision import Precision
from training.processes import join_processes, leave_processes

CLASSES, TEACHER, SIZE = 4, 6, 8


def take_steps(out: Path) -> None:
    """Take two steps on this process's part of the batches, and write the weights."""
    torch.set_num_threads(1)
    processes = join_processes(torch.device("cpu"))
    recipe = tiny_recipe(
        loss={"triplet": 1.0, "triplet_margin": None, "distillation": 2.0, "teacher": "any"},
        optimiser={"kind": "sgd", "rate": 0.05, "momentum": 0.0},
    )
    torch.manual_seed(0)
    model = build_model(recipe.model.architecture)
    objective = Objective(recipe.loss, model.dim, CLASSES, TEACHER)
    learner = Learner(recipe, model, objective, Precision("off", "cpu"), processes)
    learner.prepare(0)
    learner._set_modes = learner.model.eval  # type: ignore[method-assign]
    for step in range(2):
        random = torch.Generator().manual_seed(step)
        images = torch.randn(SIZE, 3, 32, 16, generator=random)
        targets = torch.randn(SIZE, TEACHER, generator=random)
        labels = torch.arange(SIZE) // 2 % CLASSES
        learner.step(images[processes.part(SIZE)], labels, targets, 1.0)
    weights = {**learner.model.state_dict(), **learner.objective.state_dict()}
    torch.save(weights, out / f"{processes.count}-{processes.rank}.pt")
    leave_processes(processes)


if __name__ == "__main__":
    take_steps(Path(sys.argv[1]))
