"""Recipes: all that decides what a run learns, in one YAML file, parsed strictly.

A recipe says nothing about the machine; where data lie and what computes is in `RunOptions`. It may
name another recipe as its `base`, relative to itself, and then holds only what differs.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from surveil_reid.core import InputError
from surveil_reid.embedding.architecture import BACKBONES, ArchitectureOptions
from surveil_reid.evaluation import DATA_SETS, PROTOCOLS
from training.records import Cell

Size = tuple[int, int]
Amp = Literal["auto", "off", "fp16", "bf16"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DataRecipe:
    """Which pictures to learn from.

    Attributes:
        set: the data set, as `surveil-reid evaluate` calls it.
        protocol: how it is split, likewise.
        split_seed: of the protocol's draw.
        stored: height and width that pictures are kept at, in pixels; the data set's own size, or
            the input's, whichever is less.
        held_out: training identities set aside to measure the validation mAP on; 0 for none.
        held_out_of: the one of a combined data set that they are taken from; they are those that
            would be held out of it alone. None takes them from all.
        beside: folders of further people, `identity/image`, in the folder of data: somebody's own,
            or rendered ones. They are learned from alone, never tested; identities then carry the
            name of the data set or folder that they are of.
        learned_of: data sets or folders, of several, whose identities are learned; None learns all.
        mixtures: people to make of two pictures each, whom `batch.mixtures` takes from.
        skip_limit: unreadable pictures that are left out before the run gives up.
    """

    set: str = "market1501"
    protocol: str = "official"
    split_seed: int = 0
    stored: Size = (128, 64)
    held_out: int = 0
    held_out_of: str | None = None
    beside: tuple[str, ...] = ()
    learned_of: tuple[str, ...] | None = None
    mixtures: int = 0
    skip_limit: int = 10

    def __post_init__(self) -> None:
        check_known("set", self.set, DATA_SETS)
        check_known("protocol", self.protocol, PROTOCOLS)
        check_size("stored", self.stored)
        if self.beside and self.protocol == "paper-80":
            msg = "beside: paper-80 would put them to the test too; take another protocol"
            raise InputError(msg)
        if any(Path(name).is_absolute() for name in self.beside):
            msg = f"beside: name folders within the folder of data, not {', '.join(self.beside)}"
            raise InputError(msg)
        check_range("held_out", self.held_out, 0)
        check_range("mixtures", self.mixtures, 0)
        check_range("skip_limit", self.skip_limit, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecipe:
    """What learns, and from where it starts.

    Attributes:
        backbone: one of torchvision's networks.
        width: length of the embedding; None takes the backbone's own.
        last_stride: see `ArchitectureOptions`, as the next two.
        pooling: of the last map.
        bottleneck: whether there is a BNNeck.
        weights: `imagenet`, `random`, or a file: torchvision's weights in safetensors, or a
            checkpoint of this project to go on from, of which the backbone alone is taken where the
            rest is another; or the name of an embedder that ships.
        norm_batches: batches to estimate batch norm on anew where weights come from a file, which
            may have been rebuilt; 0 takes the file's statistics.
        trained: everything, or the last stage and what follows it.
        frozen_steps: during which only what follows the backbone is trained.
    """

    backbone: str = "resnet18"
    width: int | None = None
    last_stride: Literal[1, 2] = 2
    pooling: Literal["average", "generalised-mean"] = "average"
    bottleneck: bool = False
    weights: str = "imagenet"
    norm_batches: int = 30
    trained: Literal["all", "last"] = "all"
    frozen_steps: int = 0

    def __post_init__(self) -> None:
        check_known("backbone", self.backbone, BACKBONES)
        check_range("norm_batches", self.norm_batches, 0)
        check_range("frozen_steps", self.frozen_steps, 0)
        if self.width is not None:
            check_range("width", self.width, 1)

    @property
    def architecture(self) -> ArchitectureOptions:
        """What the network is built from."""
        own = 512 if self.backbone in {"resnet18", "resnet34"} else 2048
        return ArchitectureOptions(
            backbone=self.backbone,
            width=own if self.width is None else self.width,
            last_stride=self.last_stride,
            pooling=self.pooling,
            bottleneck=self.bottleneck,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRecipe:
    """What goes through the network together, over all devices.

    Attributes:
        size: pictures whose labels are learned.
        mixtures: people made of two who are added to them, for the teacher's sake; labels teach
            nothing about those.
        per_identity: pictures of each identity in a batch (PK sampling); None draws pictures
            without regard to whom they show.
    """

    size: int = 64
    mixtures: int = 0
    per_identity: int | None = None

    def __post_init__(self) -> None:
        check_range("size", self.size, 2)
        check_range("mixtures", self.mixtures, 0)
        if self.per_identity is not None and (
            self.per_identity < 1 or self.size % self.per_identity or self.size == self.per_identity
        ):
            msg = (
                "size must be a multiple of per_identity, of two identities at least; "
                f"got {self.size} and {self.per_identity}"
            )
            raise InputError(msg)

    @property
    def images(self) -> int:
        """How many go through the network together."""
        return self.size + self.mixtures


@dataclass(frozen=True, kw_only=True, slots=True)
class DegradationRecipe:
    """Chances, 0..1, that a training picture is made worse as footage is.

    Attributes:
        scale: shrunk to between a quarter and all of its size, and enlarged again.
        blur: by a Gaussian of up to 2 pixels.
        jpeg: by JPEG's quantisation at a quality between 20 and 80.
        grey: without colour.
        light: brightness and contrast changed by up to 30%.
    """

    scale: float = 0.0
    blur: float = 0.0
    jpeg: float = 0.0
    grey: float = 0.0
    light: float = 0.0

    def __post_init__(self) -> None:
        for name in ("scale", "blur", "jpeg", "grey", "light"):
            check_range(name, getattr(self, name), 0, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class InputRecipe:
    """What the network sees.

    Attributes:
        size: height and width in pixels.
        early_size: of the first `early_epochs`, which are then faster; None for none. Measured
            is always at `size`.
        early_epochs: see there.
        flip: chance of a mirror image.
        pad: black pixels around the picture, at input size, before a window is cut out at random.
        erasing: chance that a rectangle is painted over with the mean colour.
        degradations: further ways to make pictures worse.
    """

    size: Size = (256, 128)
    early_size: Size | None = None
    early_epochs: int = 0
    flip: float = 0.5
    pad: int = 0
    erasing: float = 0.0
    degradations: DegradationRecipe = field(default_factory=DegradationRecipe)

    def __post_init__(self) -> None:
        check_size("size", self.size)
        if self.early_size is not None:
            check_size("early_size", self.early_size)
        check_range("early_epochs", self.early_epochs, 0)
        check_range("flip", self.flip, 0, 1)
        check_range("pad", self.pad, 0)
        check_range("erasing", self.erasing, 0, 1)

    def size_at(self, epoch: int) -> Size:
        """The size in an epoch, counted from 0."""
        early = self.early_size is not None and epoch < self.early_epochs
        return self.early_size if early and self.early_size is not None else self.size


@dataclass(frozen=True, kw_only=True, slots=True)
class LossRecipe:
    """What is minimised: a weighted sum.

    Attributes:
        cross_entropy: weight of the classification loss over training identities.
        label_smoothing: of it, 0..1.
        classifier: a linear layer, or the circle loss's softmax over cosines.
        circle_scale: of the latter, as is the next.
        circle_margin: by which own and other classes are pushed apart.
        triplet: weight of the batch-hard triplet loss on the feature before the BNNeck.
        triplet_margin: in Euclidean distance; None takes the soft margin.
        distillation: weight of 1 - cosine to the teacher's embedding.
        teacher: an ONNX or OpenVINO file, or a `.npz` file of features computed before.
        teacher_sees: the pictures as they are, once for all, or each augmented batch before it is
            made worse.
    """

    cross_entropy: float = 1.0
    label_smoothing: float = 0.0
    classifier: Literal["linear", "circle"] = "linear"
    circle_scale: float = 64.0
    circle_margin: float = 0.35
    triplet: float = 0.0
    triplet_margin: float | None = 0.3
    distillation: float = 0.0
    teacher: str | None = None
    teacher_sees: Literal["clean", "augmented"] = "clean"

    def __post_init__(self) -> None:
        weights = (self.cross_entropy, self.triplet, self.distillation)
        for name in ("cross_entropy", "triplet", "distillation"):
            check_range(name, getattr(self, name), 0)
        check_range("label_smoothing", self.label_smoothing, 0, 1)
        if not any(weights):
            msg = "cross_entropy, triplet or distillation must have a weight over 0"
            raise InputError(msg)
        if self.distillation and self.teacher is None:
            msg = "distillation needs a teacher; name an ONNX, OpenVINO or .npz file"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimiserRecipe:
    """How weights move.

    Attributes:
        kind: which of torch's optimisers.
        rate: the learning rate at its height.
        weight_decay: coupled (L2) in `adam` and `sgd`, decoupled in `adamw`.
        momentum: of `sgd`.
        clip: largest norm of the gradient; None for any.
    """

    kind: Literal["adam", "adamw", "sgd"] = "adam"
    rate: float = 1e-3
    weight_decay: float = 0.0
    momentum: float = 0.9
    clip: float | None = None

    def __post_init__(self) -> None:
        for name in ("rate", "weight_decay", "momentum"):
            check_range(name, getattr(self, name), 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleRecipe:
    """How long to learn, and how the learning rate goes.

    Attributes:
        epochs: passes over the training pictures.
        kind: constant; a cosine down to `last`; `factor` at each of `milestones`; or the one-cycle
            of torch, which has its own warm-up and end.
        warm_up: epochs in which the rate rises linearly from `first` of its height.
        first: share of the height.
        flat: share of the epochs before the cosine begins, 0..1, warm-up included.
        last: share of the height at the cosine's end.
        milestones: epochs.
        factor: at each of them.
    """

    epochs: int
    kind: Literal["constant", "cosine", "step", "one-cycle"] = "cosine"
    warm_up: float = 0.0
    first: float = 0.1
    flat: float = 0.0
    last: float = 0.0
    milestones: tuple[int, ...] = ()
    factor: float = 0.1

    def __post_init__(self) -> None:
        check_range("epochs", self.epochs, 1)
        check_range("warm_up", self.warm_up, 0, self.epochs)
        for name in ("first", "flat", "last", "factor"):
            check_range(name, getattr(self, name), 0, 1)
        if list(self.milestones) != sorted(set(self.milestones)):
            msg = f"milestones must increase; got {list(self.milestones)}"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """All that decides what a run learns.

    Attributes:
        name: of the run and its folder.
        about: what it is for, in a sentence or two.
        seed: of everything that is drawn.
        cell: the run's place in the paper's tables, if it has one.
        data: which pictures.
        model: what learns.
        batch: what goes together.
        input: what it sees.
        loss: what is minimised.
        optimiser: how weights move.
        schedule: how long, and how fast.
        amp: precision of the network: `auto` takes fp16 with gradient scaling on CUDA, bf16 on a
            CPU that computes it natively, and float32 elsewhere.
        average: decay of an exponential moving average of the weights, 0..1, that is then measured
            and kept instead of them; None for none. The classifier is not averaged, so validation
            accuracy is less than it might be: hold identities out, and the best is kept by mAP.
    """

    name: str
    about: str = ""
    seed: int = 0
    cell: Cell | None = None
    data: DataRecipe = field(default_factory=DataRecipe)
    model: ModelRecipe = field(default_factory=ModelRecipe)
    batch: BatchRecipe = field(default_factory=BatchRecipe)
    input: InputRecipe = field(default_factory=InputRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    optimiser: OptimiserRecipe = field(default_factory=OptimiserRecipe)
    schedule: ScheduleRecipe
    amp: Amp = "auto"
    average: float | None = None

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name or self.name.startswith("."):
            msg = f"name must be fit for a folder's name; got {self.name!r}"
            raise InputError(msg)
        check_range("seed", self.seed, 0)
        if self.batch.mixtures and not (self.data.mixtures and self.loss.distillation):
            msg = (
                "batch.mixtures needs people made of two and a teacher; set data.mixtures and loss"
            )
            raise InputError(msg)
        if self.average is not None:
            check_range("average", self.average, 0, 1)


def check_known(name: str, value: str, known: "dict[str, object] | object") -> None:
    """Raise InputError unless a value is one of those known."""
    if value not in known:  # type: ignore[operator]
        msg = f"{name} must be one of {', '.join(known)}; got {value!r}"  # type: ignore[arg-type]
        raise InputError(msg)


def check_range(name: str, value: float, low: float, high: float = float("inf")) -> None:
    """Raise InputError unless a value lies between two others, both included."""
    if not low <= value <= high:
        upper = "" if high == float("inf") else f" and at most {high:g}"
        msg = f"{name} must be at least {low:g}{upper}; got {value:g}"
        raise InputError(msg)


def check_size(name: str, size: Size) -> None:
    """Raise InputError unless a height and width can be a picture's."""
    if min(size) < 1:
        msg = f"{name} must be a height and a width from 1; got {list(size)}"
        raise InputError(msg)
