"""Train a pedestrian detector further, by Ultralytics' own trainer.

    python -m training.detector_tuning CUT.pt --out DIR --name NAME PICTURES...

`CUT.pt` is what `training.detector_cut` made, and `PICTURES` are folders as
`training.detector_pictures` and `samples.render scenes` write them. Batch norm that was folded away
is fitted again first. Beside the labels the detector is held to its own first answers on the same
pictures, so that what it knows and the pictures do not show stays. Writes `DIR/NAME.pt`; a run that
was killed goes on after its last whole epoch, with the same command.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import torch
import yaml
from torch import Tensor
from torch.nn import functional

from surveil_reid.core import InputError, WeightsError, write_whole
from surveil_reid.detection.cutting import saved_network
from surveil_reid.detection.person import PERSON
from surveil_reid.detection.ultralytics_library import contained, load_network
from surveil_reid.detection.weights import check_weights
from surveil_reid.video import read_picture
from training.detector_command import how_begun, require_begun_so, run_training
from training.memory import keep_memory
from training.norms import estimate_norms, folded_norms

with contained():
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.nn.tasks import load_checkpoint
    from ultralytics.utils.loss import v8DetectionLoss

NORM_PICTURES = 160
"""Pictures that batch norm is fitted on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TuningOptions:
    """How to train.

    Attributes:
        epochs: passes over the pictures.
        rate: learning rate of AdamW at its height; it falls linearly to a hundredth.
        batch: pictures.
        size: longer side of the network's input in pixels.
        held: weight of the detector's first answers beside the labels.
        mosaic: chance that a picture is put together from four.
        freeze: layers from the input on that stay as they are. Their pictures are the largest, so
            that learning them takes most of the time.
        seed: of everything that is drawn.
        device: as Ultralytics names it.
    """

    epochs: int = 8
    rate: float = 2e-4
    batch: int = 16
    size: int = 640
    held: float = 0.5
    mosaic: float = 0.5
    freeze: int = 5
    seed: int = 0
    device: str = "cpu"


class HeldLoss(v8DetectionLoss):
    """Ultralytics' loss, and how far the answers have moved away from an earlier detector's.

    The latter is the Kullback-Leibler divergence of scores and of the distributions of box sides,
    over all places, weighted by the earlier detector's score for a person there.

    Args:
        network: that learns.
        earlier: the same network before, not trained; answers with what it sees in each batch.
        weight: of the divergence.
    """

    def __init__(self, network: Any, earlier: Any, weight: float) -> None:  # noqa: ANN401
        super().__init__(network)
        self._earlier = earlier.eval().requires_grad_(requires_grad=False)
        self._weight = weight

    def loss(
        self, preds: dict[str, Tensor], batch: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The parts of the loss, times the pictures of the batch, and the parts to report."""
        loss, parts = super().loss(preds, batch)
        with torch.no_grad():
            before = self.parse_output(self._earlier(batch["img"]))
        held = self._weight * divergence(preds, before, self.reg_max)
        pictures = len(batch["img"])
        total = torch.cat([loss, (held * pictures).unsqueeze(0)])
        return total, {**parts, "held_loss": held.detach()}


def divergence(now: dict[str, Tensor], before: dict[str, Tensor], bins: int) -> Tensor:
    """How far answers moved, a scalar.

    Args:
        now: `scores`, logits `(n, 1, places)`, and `boxes`, logits `(n, 4 * bins, places)`.
        before: likewise.
        bins: of each side's distribution.
    """
    chance = before["scores"].sigmoid()
    moved = functional.binary_cross_entropy_with_logits(now["scores"], chance, reduction="none")
    moved = moved - functional.binary_cross_entropy_with_logits(
        before["scores"], chance, reduction="none"
    )
    shape = (len(chance), 4, bins, -1)
    sides = functional.kl_div(
        now["boxes"].view(shape).log_softmax(2),
        before["boxes"].view(shape).log_softmax(2),
        reduction="none",
        log_target=True,
    ).sum(2)
    scale = chance.sum().clamp(min=1)
    return (moved.sum() + (sides.mean(1, keepdim=True) * chance).sum()) / scale


class Trainer(DetectionTrainer):
    """Ultralytics' trainer of a network as it is, whose head another would build otherwise.

    Nothing is validated: there are no pictures to choose epochs by that are not for measuring, so
    the last epoch's average is kept.

    Args:
        overrides: Ultralytics' settings.
        earlier: weights of the detector to hold on to.
        held: weight of its answers.
    """

    def __init__(self, overrides: dict[str, Any], earlier: Path, held: float) -> None:
        self._earlier, self._held = earlier, held
        super().__init__(overrides=overrides)

    def get_model(
        self,
        cfg: object = None,  # noqa: ARG002 - Ultralytics' signature
        weights: Any = None,  # noqa: ANN401
        verbose: bool = True,  # noqa: ARG002
    ) -> Any:  # noqa: ANN401
        """The network that was loaded, to train."""
        return weights.requires_grad_(requires_grad=True).train()

    def set_model_attributes(self) -> None:
        """Ultralytics', and the loss."""
        super().set_model_attributes()  # type: ignore[no-untyped-call]
        earlier = load_network(self._earlier).to(self.device)
        network: Any = self.model
        network.criterion = HeldLoss(network, earlier, self._held)

    def validate(self) -> tuple[dict[str, float], float]:
        """Nothing."""
        return {}, 0.0

    def final_eval(self) -> None:
        """Nothing."""


def tune(
    weights: Path,
    pictures: Sequence[Path],
    out: Path,
    options: TuningOptions | None = None,
    *,
    trust_weights: bool = False,
) -> None:
    """Train a detector of one class further.

    Args:
        weights: of the detector, `.pt`.
        pictures: folders with `images` and `labels`.
        out: the new file, `.pt`; a folder of the same name without the ending, beside it, holds
            the state of the run.
        options: how.
        trust_weights: see `load_detector`.

    Raises:
        InputError: when a folder has no pictures, or a run of the same name was begun otherwise.
        WeightsError: when the weights are missing, unknown or of several classes.
    """
    options = options or TuningOptions()
    for folder in pictures:
        if not any((folder / "images").glob("*.*")):
            msg = f"no pictures in {folder / 'images'}; name what training.detector_pictures made"
            raise InputError(msg)
    checked = check_weights(weights, trust=trust_weights)
    network = load_network(checked.path)
    if list(network.names.values()) != [PERSON]:
        msg = f"{weights} knows {len(network.names)} classes; cut it with training.detector_cut"
        raise WeightsError(msg)
    work = out.with_suffix("")
    state, data = work / "run/weights/last.pt", work / "data.yaml"
    going_on = state.exists()
    _check_begun(work, how_begun(checked.sha256, pictures, options), going_on=going_on)
    described = {
        "path": str(work),
        "train": [str((folder / "images").resolve()) for folder in pictures],
        "val": str((pictures[0] / "images").resolve()),
        "names": {0: PERSON},
    }
    write_whole(data, yaml.safe_dump(described, sort_keys=False).encode())
    settings: dict[str, Any] = {
        "model": str(checked.path),
        "data": str(data),
        "project": str(work),
        "name": "run",
        "exist_ok": True,
        "epochs": options.epochs,
        "batch": options.batch,
        "nbs": options.batch,
        "imgsz": options.size,
        "optimizer": "AdamW",
        "lr0": options.rate,
        "momentum": 0.9,
        "warmup_epochs": 0.5,
        "warmup_bias_lr": 0.0,
        "mosaic": options.mosaic,
        "freeze": options.freeze,
        "close_mosaic": max(1, options.epochs // 4),
        "seed": options.seed,
        "device": options.device,
        "amp": options.device != "cpu",
        "val": False,
        "plots": False,
        "verbose": False,
    }
    if going_on:
        settings["resume"] = str(state)
    if not going_on or _epochs_done(state) < options.epochs:
        threads = torch.get_num_threads()  # of which Ultralytics' trainer leaves one unused
        keep_memory()
        with contained():
            trainer = Trainer(settings, checked.path, options.held)
            if not going_on:
                network.requires_grad_(requires_grad=True)  # or each weight is warned of
                if folded_norms(network):
                    estimate_norms(network, _some(pictures, options.size))
                trainer.model = network
            trainer.add_callback("on_train_start", lambda _: torch.set_num_threads(threads))
            trainer.add_callback("on_train_epoch_end", _tell)
            trainer.train()  # type: ignore[no-untyped-call]
    tuned = load_network(state)
    tuned.args = {}  # of this training, with paths of this machine
    write_whole(out, saved_network(tuned), error=WeightsError)


def _check_begun(work: Path, begun: dict[str, Any], *, going_on: bool) -> None:
    """Refuse to go on with a run that was begun otherwise; write down how another is begun."""
    kept = work / "begun.json"
    if going_on:
        held = json.loads(kept.read_text()) if kept.exists() else {}
        require_begun_so(begun, held, work)
    else:
        write_whole(kept, json.dumps(begun, indent=1).encode())


def _epochs_done(state: Path) -> int:
    with contained():
        return int(load_checkpoint(state)[1]["epoch"]) + 1  # type: ignore[no-untyped-call]


def _some(folders: Sequence[Path], size: int) -> Iterator[Tensor]:
    """Pictures spread over all folders, one at a time, float32 `(1, 3, h, w)` RGB in 0..1."""
    paths = [path for folder in folders for path in sorted((folder / "images").iterdir())]
    for path in paths[:: max(1, len(paths) // NORM_PICTURES)]:
        image = read_picture(path)
        scale = size / max(image.shape[:2])
        height, width = (max(32, round(side * scale / 32) * 32) for side in image.shape[:2])
        resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        yield torch.from_numpy(resized).permute(2, 0, 1).unsqueeze(0).float() / 255


def _tell(trainer: Trainer) -> None:
    known: Any = trainer.tloss
    losses = ", ".join(f"{name} {float(value):.4f}" for name, value in known.items())
    sys.stderr.write(f"epoch {trainer.epoch + 1} of {trainer.epochs}: {losses}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and write; returns the exit status."""
    return run_training(tune, TuningOptions, ("training.detector_tuning", __doc__), arguments)


if __name__ == "__main__":
    sys.exit(main())
