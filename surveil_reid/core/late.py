"""Names of a package that are imported when they are first used."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def imported_late(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """What a package assigns to `__getattr__`, so that importing it stays quick.

    Args:
        package: its `__name__`.
        homes: of each name the module of the package that defines it.

    Returns:
        A function from a name to its value; it raises AttributeError for other names.
    """

    def get(name: str) -> Any:  # noqa: ANN401  the names have as many types as there are
        if name not in homes:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return get
