"""Reading recipes from YAML files, with what the command line changes in them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from surveil_reid.core import InputError
from training.recipe import Recipe
from training.strict import parse, plain

BASE = "base"
DEEPEST = 8
"""Recipes standing on one another; more is a circle."""


BOOLEAN = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    """Only true and false are booleans, as in YAML 1.2, so that `amp: off` needs no quotes."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (so it is called, and shared, in PyYAML)
        first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(BOOLEAN, re.compile("^(?:true|false)$", re.IGNORECASE), list("tTfF"))


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        path: YAML; its stem names the run where it has no `name`.
        changes: `key=value` with dots between a key's parts, the value as in YAML.

    Raises:
        InputError: when a file cannot be read or a key or value is wrong; an unknown key comes with
            the nearest right one.
    """
    values: dict[str, Any] = {"name": path.stem, **read_values(path)}
    for change in changes:
        values = merge(values, parse_change(change))
    return parse(Recipe, values, str(path))


def published(recipe: Recipe) -> dict[str, Any]:
    """A recipe's plain values as records and checkpoints show them to others.

    Of a file named by an absolute path only its own name is left: where it lay is nobody's concern.
    """
    values: dict[str, Any] = plain(recipe)
    for part, key in (("model", "weights"), ("loss", "teacher")):
        named = values[part][key]
        if named is not None and Path(named).is_absolute():
            values[part][key] = Path(named).name
    return values


def comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a published recipe decides, whatever version of this package it was published by.

    What it says about itself is left out, and a key that came later has its default, which does
    what was done before. One that has lost a key since stays as it is.
    """
    try:
        whole: dict[str, Any] = plain(parse(Recipe, values, "a recipe"))
    except InputError:
        whole = dict(values)
    return {key: value for key, value in whole.items() if key != "about"}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Keys of published recipes, with dots, whose values differ."""
    return _differing(comparable(one), comparable(other), "")


def _differing(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str) -> list[str]:
    found: list[str] = []
    for key in sorted({*one, *other}):
        mine, theirs = one.get(key), other.get(key)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            found += _differing(mine, theirs, f"{prefix}{key}.")
        elif mine != theirs:
            found.append(f"{prefix}{key}")
    return found


def read_values(path: Path, depth: int = 1) -> dict[str, Any]:
    """The plain values of a file over those of its base.

    Raises:
        InputError: when a file cannot be read, or they stand on one another in a circle.
    """
    values = _load(path)
    base = values.pop(BASE, None)
    if base is None:
        return values
    if depth == DEEPEST:
        msg = f"{path}: {DEEPEST} recipes stand on one another; does one name itself as its base?"
        raise InputError(msg)
    below = read_values(path.parent / str(base), depth + 1)
    return merge({key: value for key, value in below.items() if key != "name"}, values)


def _load(path: Path) -> dict[str, Any]:
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a safe one)
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the recipe {path}: {getattr(error, 'strerror', None) or error}"
        raise InputError(msg) from error
    except yaml.YAMLError as error:
        msg = f"{path}: not YAML ({' '.join(str(error).split())})"
        raise InputError(msg) from error
    if not isinstance(values, dict):
        msg = f"{path}: a recipe holds keys and values; see configs/recipes for examples"
        raise InputError(msg)
    return values


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Values over values, key by key as deep as both have keys."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged


def parse_change(change: str) -> dict[str, Any]:
    """The nested values that `key=value` stands for.

    Raises:
        InputError: when it is not of that form or the value is not YAML.
    """
    keys, equals, text = change.partition("=")
    if not equals or not all(keys.split(".")):
        msg = f"{change!r} changes nothing; write key=value, such as schedule.epochs=3"
        raise InputError(msg)
    try:
        value: Any = yaml.load(text, _Loader)  # noqa: S506 (a safe one)
    except yaml.YAMLError as error:
        msg = f"{change!r}: the value is not YAML ({' '.join(str(error).split())})"
        raise InputError(msg) from error
    for key in reversed(keys.split(".")):
        value = {key: value}
    nested: dict[str, Any] = value
    return nested
