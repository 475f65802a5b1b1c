"""Which of a network's classes is the person."""

from collections.abc import Mapping
from pathlib import Path

from surveil_reid.core import WeightsError

PERSON = "person"


def person_class(weights: Path, task: str | None, names: Mapping[int, str]) -> int:
    """Number of the class of persons, looked up by name.

    Args:
        weights: for the error.
        task: what the network does, if known.
        names: of its classes.

    Raises:
        WeightsError: when the network is not for detection, or finds no persons.
    """
    if task not in {None, "detect"}:
        msg = f"{weights} is a model to {task}; give a model to detect"
        raise WeightsError(msg)
    for number, name in names.items():
        if name.lower() == PERSON:
            return number
    some = ", ".join(list(names.values())[:5]) + (", …" if len(names) > 5 else "")
    msg = f"{weights} finds no '{PERSON}', only {some}; give a detector of persons"
    raise WeightsError(msg)
