"""Running TorchScript files with torch."""

import warnings
from pathlib import Path

import numpy as np
import torch

from surveil_reid.assets import ModelDescription
from surveil_reid.core import Floats, InputError, WeightsError
from surveil_reid.embedding.devices import choose_device
from surveil_reid.embedding.embedder import EmbeddingOptions, Network
from surveil_reid.embedding.probe import check_input


def open_torchscript(
    path: Path, description: ModelDescription, options: EmbeddingOptions
) -> Network:
    """Open a TorchScript file, which runs at the precision that it was exported in.

    TorchScript is a language of its own: a file runs no Python, but it is a program all the same.
    So its description must name its SHA-256, as the one that exporting writes does.

    Args:
        path: the `.torchscript`.
        description: of the file.
        options: all of them apply; of the precisions, "auto" and "fp32".

    Returns:
        float32 batch in the description's layout to float32 `(n, dim)`, not normalised.

    Raises:
        InputError: when another precision is asked for, or the device is not there.
        WeightsError: when the file is damaged, or its description does not name its SHA-256.
    """
    if description.sha256 is None:
        msg = (
            f"{path} is a TorchScript program, and its description does not say which; where you "
            "trust it, put its sha256 there"
        )
        raise WeightsError(msg)
    if options.precision not in {"auto", "fp32"}:
        msg = f"{description.name} is a TorchScript file, which runs as exported; use precision "
        raise InputError(f"{msg}auto")
    device = choose_device(options.device)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    try:
        with warnings.catch_warnings():
            # Torch would rather have `torch.export`, whose files are pickles in part.
            warnings.simplefilter("ignore", FutureWarning)
            network = torch.jit.load(  # type: ignore[no-untyped-call]
                str(path), map_location=device
            )
    except (RuntimeError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        msg = f"{path} is damaged or no TorchScript file ({first}); copy or export it again"
        raise WeightsError(msg) from error

    @torch.inference_mode()
    def run(batch: Floats) -> Floats:
        features = network(torch.from_numpy(batch).to(device))
        return np.asarray(features.float().cpu().numpy(), np.float32).reshape(len(batch), -1)

    check_input(run, description, (RuntimeError,))
    return run
