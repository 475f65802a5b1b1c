"""A recipe so small that a run of it takes seconds."""

from typing import Any

from training.recipe import Recipe
from training.strict import parse

SIZE = [32, 16]


def tiny_values(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 (any section of a recipe)
    """Plain values: two epochs of a ResNet-18 on a third of `write_people`'s pictures at a time."""
    values: dict[str, Any] = {
        "name": "tiny",
        "data": {"set": "market1501", "protocol": "paper-50", "stored": SIZE},
        "model": {"backbone": "resnet18", "weights": "random"},
        "batch": {"size": 8},
        "input": {"size": SIZE, "flip": 0.5, "pad": 2},
        "optimiser": {"kind": "adam", "rate": 1e-3},
        "schedule": {"epochs": 2, "kind": "cosine"},
        "amp": "off",
    }
    for section, change in changed.items():
        old = values.get(section)
        both = isinstance(old, dict) and isinstance(change, dict)
        values[section] = {**old, **change} if both else change
    return values


def tiny_recipe(**changed: Any) -> Recipe:  # noqa: ANN401 (any section of a recipe)
    """`tiny_values` as a recipe."""
    return parse(Recipe, tiny_values(**changed), "a test")
