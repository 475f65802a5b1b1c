"""The state of a run between two steps: written whole or not at all, and read back safely."""

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from surveil_reid.core import InputError, WeightsError, write_whole
from training.recipe_files import differing

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Identity:
    """What a saved state belongs to.

    Attributes:
        recipe: as plain values.
        data: SHA-256 of the pictures.
    """

    recipe: dict[str, Any]
    data: str


def save_state(path: Path, identity: Identity, state: dict[str, Any]) -> None:
    """Write a state.

    Args:
        path: where to; an older state there is replaced only by a whole one.
        identity: what it belongs to.
        state: tensors and plain values, nested.

    Raises:
        WeightsError: when it cannot be written.
    """
    buffer = io.BytesIO()
    whole = {"format": FORMAT, "recipe": identity.recipe, "data": identity.data, "state": state}
    torch.save(whole, buffer)
    write_whole(path, buffer.getvalue(), error=WeightsError)


def load_state(path: Path, identity: Identity) -> dict[str, Any] | None:
    """Read the state to go on from; tensors and plain values alone, nothing is executed.

    Returns:
        The state, on the CPU; None where there is none.

    Raises:
        WeightsError: when it is damaged.
        InputError: when it belongs to another recipe or to other data.
    """
    if not path.exists():
        return None
    try:
        whole = torch.load(path, map_location="cpu", weights_only=True)
        recipe, data, state = whole["recipe"], whole["data"], whole["state"]
    except (OSError, RuntimeError, LookupError, TypeError, EOFError, pickle.PickleError) as error:
        msg = f"{path} is damaged; remove it to begin the run anew"
        raise WeightsError(msg) from error
    if other := differing(recipe, identity.recipe):
        msg = (
            f"{path} belongs to another recipe ({', '.join(other[:4])} differ); "
            "give this run another name, or remove the folder to begin anew"
        )
        raise InputError(msg)
    if data != identity.data:
        msg = f"{path} belongs to other pictures; restore them, or remove it to begin anew"
        raise InputError(msg)
    found: dict[str, Any] = state
    return found


def remove_leftovers(folder: Path) -> None:
    """Remove what a run that was killed while it wrote has left beside its files."""
    for name in ("*.safetensors", "state.pt", "record.json", "curve.csv"):
        for path in folder.glob(f".{name}.*"):
            path.unlink()
