"""Which of a network's classes is the person."""

from pathlib import Path
from typing import Any

from surveil_reid.core import WeightsError

PERSON = "person"


def person_class(weights: Path, network: Any) -> int:  # noqa: ANN401 (Ultralytics has no types)
    """Number of the class of persons, looked up by name.

    Args:
        weights: for the error.
        network: Ultralytics' `AutoBackend` or its model.

    Raises:
        WeightsError: when the network is not for detection, or finds no persons.
    """
    task = network.task or getattr(getattr(network, "model", None), "task", None)
    if task not in {None, "detect"}:
        msg = f"{weights} is a model to {task}; give a model to detect"
        raise WeightsError(msg)
    names: dict[int, str] = network.names
    for number, name in names.items():
        if name.lower() == PERSON:
            return number
    some = ", ".join(list(names.values())[:5]) + (", …" if len(names) > 5 else "")
    msg = f"{weights} finds no '{PERSON}', only {some}; give a detector of persons"
    raise WeightsError(msg)
