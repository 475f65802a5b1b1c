"""Give a detector another activation, and teach it to answer as it did.

    python -m training.detector_activation YOLO.pt --out DIR --name NAME PICTURES...

`PICTURES` are folders with `images`; labels are not read. The network is its own teacher: of the
same views of pictures, its answers and what comes out of each block are to be what they were
with the activation it had. So it learns about functions more than about pictures, and a few hundred
of those do. Statistics of batch norm stay as they are. Writes `DIR/NAME.pt`; a run that was killed
goes on after its last whole pass, with the same command.
"""

import copy
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from surveil_reid.core import Image, InputError, WeightsError, write_whole
from surveil_reid.detection.boxes import PAD
from surveil_reid.detection.cutting import saved_network
from surveil_reid.detection.ultralytics_library import load_network
from surveil_reid.detection.weights import check_pt
from surveil_reid.video import read_picture
from training.detector_command import how_begun, require_begun_so, run_training
from training.detector_tuning import divergence
from training.memory import keep_memory
from training.precision import Precision

ACTIVATIONS = {"silu": nn.SiLU, "hardswish": nn.Hardswish, "relu": nn.ReLU}
"""What may follow a convolution. A hard swish is close to YOLO's SiLU and has no exponential, which
takes a CPU that multiplies in int8 longer than the convolution before it does."""

LONGER_SIDE = (0.7, 1.5)
"""Of a picture in a view, by the side of the detector's usual input, drawn evenly."""
USUAL = 640
LIGHT, TINT, CONTRAST = (0.4, 1.5), (0.85, 1.15), (0.6, 1.4)
"""Factors that are drawn for a view: of all levels, of each colour's, of distances to the mean."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ActivationOptions:
    """How to teach.

    Attributes:
        activation: of `ACTIVATIONS`.
        epochs: passes over the pictures.
        rate: learning rate of Adam at the start; it falls to nothing along a cosine.
        batch: views.
        size: side of a view in pixels.
        answers: weight of the answers beside what lies within.
        seed: of everything that is drawn.
        device: as torch names it.
    """

    activation: str = "hardswish"
    epochs: int = 40
    rate: float = 1e-4
    batch: int = 16
    size: int = 416
    answers: float = 0.3
    seed: int = 0
    device: str = "cpu"


def set_activation(network: nn.Module, name: str) -> None:
    """Let one of `ACTIVATIONS` follow the convolutions that have one of them, in place."""
    kinds = tuple(ACTIVATIONS.values())
    for module in network.modules():
        if isinstance(getattr(module, "act", None), kinds):
            module.act = ACTIVATIONS[name]()


class Outputs:
    """Keeps what came out of a detector's blocks, the head left out, when it last ran."""

    def __init__(self, network: Any) -> None:  # noqa: ANN401 (Ultralytics' DetectionModel)
        self._last: list[Tensor] = []
        for layer in list(network.model)[:-1]:
            if hasattr(layer, "cv2"):
                layer.register_forward_hook(self._keep)

    def _keep(self, _: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> None:
        self._last.append(output)

    def take(self) -> list[Tensor]:
        """They, from the input on; they are not kept any longer."""
        taken, self._last = self._last, []
        return taken


class Pupil:
    """A network that learns to answer as it did with the activation it had.

    Args:
        network: a detector as `load_network` gives it; it is changed.
        options: how.
        pictures: that a pass goes through.

    Attributes:
        network: the same.
        epoch: passes done.
    """

    def __init__(self, network: Any, options: ActivationOptions, pictures: int) -> None:  # noqa: ANN401
        device = torch.device(options.device)
        self._options = options
        self._precision = Precision("auto", "cuda" if device.type == "cuda" else "cpu")
        self.network = network.float().eval().to(device, memory_format=torch.channels_last)
        self._teacher = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        self.network.requires_grad_(requires_grad=True)
        set_activation(self.network, options.activation)
        self._now, self._before = Outputs(self.network), Outputs(self._teacher)
        self._steps = pictures // options.batch
        self.epoch = 0
        self._optimiser = torch.optim.Adam(self.network.parameters(), options.rate)
        self._schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
            self._optimiser, self._steps * options.epochs
        )

    def learn(self, paths: Sequence[Path]) -> tuple[float, float]:
        """One pass over the pictures; the means of both parts of `loss`."""
        rng = np.random.default_rng((self._options.seed, self.epoch))
        order = rng.permutation(len(paths))[: self._steps * self._options.batch]
        sums = np.zeros(2)
        for chosen in order.reshape(self._steps, -1):
            views = [view(read_picture(paths[at]), self._options.size, rng) for at in chosen]
            batch = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() / 255
            inside, answers = self.loss(batch.to(self._options.device))
            self._optimiser.zero_grad()
            self._precision.backward(inside + self._options.answers * answers)
            self._precision.scaler.step(self._optimiser)
            self._precision.scaler.update()
            self._schedule.step()
            sums += inside.item(), answers.item()
        self.epoch += 1
        means = sums / self._steps
        return float(means[0]), float(means[1])

    def loss(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """How far blocks are from the teacher's, by the variance of those, and answers.

        Args:
            views: float32 `(n, 3, size, size)`, RGB in 0..1, on the network's device.

        Returns:
            The mean over the blocks, and the divergence of the answers; scalars.
        """
        with self._precision.autocast():
            with torch.no_grad():
                before = self._teacher(views)[1]
            now = self.network(views)[1]
        inside = [
            functional.mse_loss(one.float(), other.float()) / other.float().var()
            for one, other in zip(self._now.take(), self._before.take(), strict=True)
        ]
        answers = [
            {name: one[name].float() for name in ("scores", "boxes")} for one in (now, before)
        ]
        bins = answers[0]["boxes"].shape[1] // 4
        return torch.stack(inside).mean(), divergence(answers[0], answers[1], bins)

    def state(self) -> dict[str, Any]:
        """All that going on needs."""
        return {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": self._precision.scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.epoch = state["epoch"]
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])
        self._precision.scaler.load_state_dict(state["scaler"])


def view(image: Image, size: int, rng: np.random.Generator) -> Image:
    """A part of a picture at some scale, in some light, perhaps mirrored.

    Args:
        image: RGB uint8 `(height, width, 3)`.
        size: side of the view in pixels; what the picture does not fill is grey.
        rng: that draws.

    Returns:
        RGB uint8 `(size, size, 3)`.
    """
    scale = USUAL * rng.uniform(*LONGER_SIDE) / max(image.shape[:2])
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    spare = [side - size for side in resized.shape[:2]]
    top, left = (int(rng.integers(max(s, 0) + 1)) for s in spare)
    part = resized[top : top + size, left : left + size]
    below, right = (side - got for side, got in zip((size, size), part.shape[:2], strict=True))
    levels = part.astype(np.float32)
    levels = (levels - levels.mean()) * rng.uniform(*CONTRAST) + levels.mean()
    levels *= rng.uniform(*LIGHT) * rng.uniform(*TINT, size=3)
    lit = cv2.copyMakeBorder(
        levels.clip(0, 255).astype(np.uint8),
        0,
        below,
        0,
        right,
        cv2.BORDER_CONSTANT,
        value=(PAD,) * 3,
    )
    mirrored = lit[:, ::-1] if rng.random() < 0.5 else lit
    return np.ascontiguousarray(mirrored, np.uint8)


def teach(
    weights: Path,
    pictures: Sequence[Path],
    out: Path,
    options: ActivationOptions | None = None,
    *,
    trust_weights: bool = False,
) -> None:
    """Give a detector another activation and teach it.

    Args:
        weights: of the detector, `.pt`.
        pictures: folders with `images`.
        out: the new file, `.pt`; beside it, ending in `.state`, lies how far a run has come.
        options: how.
        trust_weights: see `load_detector`.

    Raises:
        InputError: when there are fewer pictures than a batch has, the activation is unknown, or a
            run of the same name was begun otherwise.
        WeightsError: when the weights are missing, unknown or no `.pt`.
    """
    options = options or ActivationOptions()
    if options.activation not in ACTIVATIONS:
        msg = f"activation {options.activation!r} is unknown; choose of {', '.join(ACTIVATIONS)}"
        raise InputError(msg)
    paths = [path for folder in pictures for path in sorted((folder / "images").glob("*.*"))]
    if len(paths) < options.batch:
        folders = ", ".join(str(folder / "images") for folder in pictures)
        msg = f"{len(paths)} pictures in {folders}; a batch has {options.batch}"
        raise InputError(msg)
    checked = check_pt(weights, trust=trust_weights)
    keep_memory()
    pupil = Pupil(load_network(checked.path), options, len(paths))
    state = out.with_suffix(".state")
    begun = how_begun(checked.sha256, pictures, options)
    if state.exists():
        held = torch.load(state, weights_only=True)
        require_begun_so(begun, held["begun"], state)
        pupil.restore(held["pupil"])
    while pupil.epoch < options.epochs:
        inside, answers = pupil.learn(paths)
        sys.stderr.write(
            f"epoch {pupil.epoch} of {options.epochs}: inside {inside:.4f}, answers {answers:.4f}\n"
        )
        content = io.BytesIO()
        torch.save({"begun": begun, "pupil": pupil.state()}, content)
        write_whole(state, content.getvalue(), error=WeightsError)
    taught = load_network(checked.path)  # the pupil's own has hooks, which would be saved with it
    set_activation(taught, options.activation)
    taught.load_state_dict(pupil.network.state_dict())
    write_whole(out, saved_network(taught), error=WeightsError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Teach and write; returns the exit status."""
    return run_training(
        teach, ActivationOptions, ("training.detector_activation", __doc__), arguments
    )


if __name__ == "__main__":
    sys.exit(main())
