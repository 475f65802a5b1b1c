"""The record of a training run: everything needed to judge its figures and to repeat it.

There is one `record.json` in each run's folder. Figures that anybody is shown come from records.
"""

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from surveil_reid.core import InputError, write_whole
from training.strict import key_of, parse, plain

FILE_NAME = "record.json"
OTHER_TESTS = "tests"

ModelName = Literal["ResNet-18", "ResNet-34", "ResNet-50", "ResNeXt-50 32x4d"]
DataSetName = Literal["CUHK03-NP", "MARKET-1501", "Combined"]
TrainTest = Literal["50:50", "80:20"]
MODELS: tuple[ModelName, ...] = get_args(ModelName)
DATA_SETS: tuple[DataSetName, ...] = get_args(DataSetName)
TRAIN_TESTS: tuple[TrainTest, ...] = get_args(TrainTest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A place in the paper's Tables I to IV.

    Attributes:
        model: the backbone, as the paper spells it.
        dataset: likewise.
        train_test: identities to train on to identities to test with.
        amp: with gradient scaling, that is with mixed precision.
        fine_tuned: with fine-tuning; the paper has it for 80:20 alone.
    """

    model: ModelName
    dataset: DataSetName
    train_test: TrainTest
    amp: bool
    fine_tuned: bool

    def __post_init__(self) -> None:
        if self.fine_tuned and self.train_test != "80:20":
            msg = f"the paper fine-tunes on 80:20 only, not on {self.train_test}"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingData:
    """What a run learned from.

    Attributes:
        name: of the data set, as on the command line.
        protocol: how it was split.
        sha256: of the names, labels and pixels.
        identities: trained on.
        images: trained on.
        skipped: images that could not be read.
    """

    name: str
    protocol: str
    sha256: str
    identities: int
    images: int
    skipped: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What a run started from.

    Attributes:
        source: torchvision's download, a local file, or chance.
        sha256: of the file; None for chance.
        name: of the file or of torchvision's weights; None for chance.
    """

    source: Literal["torchvision", "file", "random"]
    sha256: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingScores:
    """How learning went; None where a run has nothing to say of it.

    Attributes:
        loss: mean of the last epoch.
        accuracy: on training images in the last epoch, 0..1.
        best_validation_accuracy: the paper's: one image of each training identity, 0..1.
        best_validation_map: on held-out training identities, 0..1.
        best_epoch: from 1, the one that was kept.
    """

    loss: float | None = None
    accuracy: float | None = None
    best_validation_accuracy: float | None = None
    best_validation_map: float | None = field(default=None, metadata={"key": "best_validation_mAP"})
    best_epoch: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TestScores:
    """Retrieval on test identities, under the evaluator's names; all shares are in 0..1.

    Attributes:
        mean_ap: rectangular.
        mean_ap_trapezoidal: the data sets' own definition.
        cmc: by rank.
        mean_inp: mean inverse negative penalty.
        queries: all of them.
        valid_queries: those with a match that counts; means are over these.
        gallery: images, without junk.
        protocol: how queries and gallery were chosen, where it has a name.
    """

    __test__ = False  # or pytest takes it for a class of tests

    mean_ap: float = field(metadata={"key": "mAP"})
    mean_ap_trapezoidal: float = field(metadata={"key": "mAP_trapezoidal"})
    cmc: dict[int, float]
    mean_inp: float = field(metadata={"key": "mINP"})
    queries: int
    valid_queries: int
    gallery: int
    protocol: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochScores:
    """One point of the learning curve; see `TrainingScores`.

    Attributes:
        epoch: from 1.
        seconds: that it took, validation included.
    """

    epoch: int
    loss: float | None
    accuracy: float | None
    validation_accuracy: float | None = None
    validation_map: float | None = field(default=None, metadata={"key": "validation_mAP"})
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A training run.

    Attributes:
        name: of the run, unique in its folder of runs.
        recipe: the whole of it, as plain values.
        cell: its place in the paper's tables, if it has one.
        state: `smoke` for a run of a few steps, which shows that the code runs and nothing else;
            only a `finished` run's figures are ever shown.
        data: what it learned from.
        weights: what it started from.
        seed: of everything that is drawn.
        versions: of Python and the libraries.
        device: in words, and the number type that networks were computed in.
        threads: that the CPU part computed with.
        wall_seconds: over all resumptions.
        epochs: finished.
        steps: taken, the skipped ones included.
        skipped_steps: whose gradients overflowed or were not numbers.
        images_per_second: trained on, validation left out.
        data_wait_share: of the training time that the device waited for data, 0..1.
        training: how learning went.
        test: on test identities; None where that was not measured.
        test_left_in: likewise, but pictures of the query's own camera count, as they probably do
            in the paper.
        other_tests: likewise, on other data, by name.
        curve: by epoch.
    """

    name: str
    recipe: dict[str, Any]
    cell: Cell | None
    state: Literal["finished", "running", "smoke"]
    data: TrainingData
    weights: Weights
    seed: int
    versions: dict[str, str]
    device: str
    threads: int
    wall_seconds: float
    epochs: int
    steps: int
    skipped_steps: int
    images_per_second: float
    data_wait_share: float
    training: TrainingScores
    test: TestScores | None = None
    test_left_in: TestScores | None = field(
        default=None, metadata={"key": "test_own_camera_left_in"}
    )
    other_tests: dict[str, TestScores] = field(default_factory=dict)
    curve: tuple[EpochScores, ...] = ()

    @property
    def in_fp32(self) -> bool:
        """Whether it computed in float32, as `auto` does too on a CPU without bf16."""
        return self.device.endswith(", fp32")


def write_record(path: Path, record: Record) -> None:
    """Write a record, whole or not at all.

    Raises:
        InputError: when it cannot be written or a figure is no finite number.
    """
    try:
        text = json.dumps(plain(record), indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        msg = f"{path}: a record holds finite numbers only ({error}); leave the figure out"
        raise InputError(msg) from error
    write_whole(path, f"{text}\n".encode())


def read_record(path: Path) -> Record:
    """Read a record.

    Raises:
        InputError: when it cannot be read or anything in it is wrong, naming file and key.
    """
    return parse(Record, read_json(path), str(path))


def read_json(path: Path) -> object:
    """Read a JSON document.

    Raises:
        InputError: when it cannot be read or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or f"it is no JSON: {error}"
        msg = f"{path} cannot be read ({reason})"
        raise InputError(msg) from error


def read_runs(folder: Path) -> tuple[Record, ...]:
    """Read every record below a folder of runs, by name.

    Records are the `record.json` of each run's folder, and any `.json` directly in `folder`. What
    `surveil-reid evaluate --json` printed of a run's model on other data, and was kept as
    `tests/NAME.json` in the run's folder, joins the record's `other_tests`.

    Raises:
        InputError: when the folder is not there, a document is wrong or a name comes twice.
    """
    if not folder.is_dir():
        msg = f"there is no folder {folder}; name the one that holds the runs"
        raise InputError(msg)
    paths = {*folder.glob("*.json"), *folder.rglob(FILE_NAME)}
    runs: dict[str, Record] = {}
    for path in sorted(paths):
        record = read_record(path)
        if record.name in runs:
            msg = f"{path}: {folder} holds two runs called {record.name}; rename or remove one"
            raise InputError(msg)
        others = {
            p.stem: read_scores(p) for p in sorted((path.parent / OTHER_TESTS).glob("*.json"))
        }
        runs[record.name] = replace(record, other_tests=record.other_tests | others)
    return tuple(runs[name] for name in sorted(runs))


def read_scores(path: Path) -> TestScores:
    """Read the scores out of what `surveil-reid evaluate --json` printed.

    Raises:
        InputError: when it cannot be read or lacks one of them.
    """
    document = read_json(path)
    if not isinstance(document, dict):
        msg = f"{path}: expected what `surveil-reid evaluate --json` prints"
        raise InputError(msg)
    keys = {key_of(field) for field in fields(TestScores)}
    known = {key: value for key, value in document.items() if key in keys}
    return parse(TestScores, known, str(path))
