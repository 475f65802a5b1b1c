"""What TensorBoard shows of a run; its library is wanted only by those who ask for it."""

from pathlib import Path
from typing import Any

from surveil_reid.core import InputError
from training.progress import Tally
from training.records import EpochScores

STEPS_BETWEEN = 10


class Board:
    """Writes event files into a run's folder.

    Args:
        folder: of the run.
        step: that the run goes on from; what was written of later ones is hidden.

    Raises:
        InputError: when TensorBoard is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (see above)
        except ImportError as error:
            msg = "TensorBoard is not installed; pip install tensorboard, or leave --tensorboard"
            raise InputError(msg) from error
        self._writer: Any = SummaryWriter(folder / "tensorboard", purge_step=step + 1)

    def after_step(self, tally: Tally, rate: float) -> None:
        """Write the losses so far in this epoch, every few steps."""
        if tally.step % STEPS_BETWEEN or not tally.seen:
            return
        for name, loss in tally.losses.items():
            self._writer.add_scalar(f"loss/{name}", loss / tally.seen, tally.step)
        self._writer.add_scalar("rate", rate, tally.step)

    def after_epoch(self, tally: Tally, scores: EpochScores) -> None:
        """Write the scores of an epoch."""
        values = {
            "accuracy": scores.accuracy,
            "validation_accuracy": scores.validation_accuracy,
            "validation_mAP": scores.validation_map,
        }
        for name, value in values.items():
            if value is not None:
                self._writer.add_scalar(f"score/{name}", value, tally.step)
        self._writer.flush()
