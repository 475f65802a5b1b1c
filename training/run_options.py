"""What a run needs to know of the machine; none of it is part of the recipe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surveil_reid.core import InputError

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """Where things lie and what computes.

    Attributes:
        out: folder of runs; each has a folder of its name in it.
        data: folder that holds the data set, or a file of it that was packed to travel.
        cache: folder of decoded data sets.
        weights: folder of torchvision's weights in safetensors, for where they cannot be
            downloaded: `resnet18-imagenet.safetensors` and so on.
        device: `auto` takes CUDA where there is one.
        threads: of the CPU; None leaves it to torch.
        compile: have torch compile the network.
        deterministic: take no algorithm that gives other bits from run to run.
        save_seconds: time between two saves of the state; it is also saved after each epoch.
        steps: stop after so many; the run then counts as a smoke test.
        minutes: save the state and stop after so long; the next call goes on from there.
        test: measure on the test identities at the end.
        tensorboard: also write what TensorBoard shows.
    """

    out: Path = Path("runs")
    data: Path = Path()
    cache: Path = Path(".cache/pictures")
    weights: Path | None = None
    device: Device = "auto"
    threads: int | None = None
    compile: bool = False
    deterministic: bool = False
    save_seconds: float = 120.0
    steps: int | None = None
    minutes: float | None = None
    test: bool = True
    tensorboard: bool = False

    def __post_init__(self) -> None:
        for name in ("threads", "steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                msg = f"{name} must be 1 or more; got {value}"
                raise InputError(msg)
        if self.minutes is not None and self.minutes <= 0:
            msg = f"minutes must be over 0; got {self.minutes:g}"
            raise InputError(msg)
