"""Descriptions that ship, of models that people are likely to have."""

from functools import cache
from importlib.resources import files

from surveil_reid.assets.descriptions import ModelDescription, parse_description


@cache
def known_descriptions() -> tuple[ModelDescription, ...]:
    """Every description that ships, by name."""
    folder = files("surveil_reid.assets") / "models"
    entries = (entry for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    found = [parse_description(entry.read_text("utf-8"), entry.name) for entry in entries]
    return tuple(sorted(found, key=lambda description: description.name))


def find_description(sha256: str) -> ModelDescription | None:
    """The description that ships for weights of this SHA-256, if one does."""
    return next((found for found in known_descriptions() if found.sha256 == sha256), None)
