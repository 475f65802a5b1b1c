"""The weights that ship: what there is, where it lies, and whether it is as it was made.

Each shipped model is described by its card, a Markdown page beside its files in
`surveil_reid/assets/weights`, whose head between two lines `---` is YAML::

    name: pedestrian
    kind: detector
    licence: AGPL-3.0-or-later
    default: true                 # taken where no detector is named
    forms:                        # the first that suits the device
    - {path: pedestrian_openvino_model, precision: int8, devices: [cpu]}
    - {path: pedestrian.pt, precision: fp16, devices: [cpu, cuda]}
    files:                        # written by `python -m training.model_cards`
      pedestrian.pt: {sha256: …, size: …}
"""

import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, PositiveInt

from surveil_reid.assets.fingerprints import joint_sha256
from surveil_reid.assets.strict import StrictModel, parse_strictly
from surveil_reid.core import WeightsError

FOLDER = Path(__file__).parent / "weights"
HEAD = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)

Kind = Literal["detector", "embedder"]
Device = Literal["cpu", "cuda"]


class ShippedFile(StrictModel):
    """One file of a shipped model, as it was made.

    Attributes:
        sha256: of its content, in hexadecimal.
        size: in bytes.
    """

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: PositiveInt


class ShippedForm(StrictModel):
    """One of the forms that a shipped model comes in.

    Attributes:
        path: of the file or folder, relative to the card.
        precision: that its weights are kept in.
        devices: that it is meant for.
    """

    path: str
    precision: Literal["fp32", "fp16", "bf16", "int8"]
    devices: Annotated[list[Device], Field(min_length=1)]


class ShippedModel(StrictModel):
    """A model that ships, as the head of its card has it.

    Attributes:
        name: what it is asked for by; its card is called so too.
        kind: what it does.
        licence: the weights' terms.
        default: whether it is taken where none of its kind is named.
        forms: the first that suits the device is taken; each can be asked for by its path.
        files: all of them, by path relative to the card.
    """

    name: str
    kind: Kind
    licence: str
    default: bool = False
    forms: Annotated[list[ShippedForm], Field(min_length=1)]
    files: dict[str, ShippedFile] = Field(default_factory=dict)


def read_card(path: Path) -> tuple[ShippedModel, str]:
    """Read a model card.

    Returns:
        Its head, and the page below it.

    Raises:
        WeightsError: when the card cannot be read or its head is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        head = HEAD.match(text)
        value = yaml.safe_load(head[1]) if head else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        msg = f"cannot read the model card {path}: {str(error).splitlines()[0]}"
        raise WeightsError(msg) from error
    if head is None:
        msg = f"the model card {path} does not begin with YAML between two lines ---"
        raise WeightsError(msg)
    return parse_strictly(ShippedModel, value, str(path)), text[head.end() :]


@cache
def shipped_models(folder: Path = FOLDER) -> tuple[ShippedModel, ...]:
    """Every model that ships, by name.

    Raises:
        WeightsError: when a card is wrong.
    """
    return tuple(read_card(path)[0] for path in sorted(folder.glob("*.md")))


def names_shipped(name: str, kind: Kind, folder: Path = FOLDER) -> bool:
    """Whether this is the name of a model of this kind that ships, or of one of its forms."""
    return any(name in _names(model) for model in _of_kind(kind, folder))


def find_shipped(name: str | None, kind: Kind, device: Device, folder: Path = FOLDER) -> Path:
    """The file or folder of a model that ships, after a look at whether it is whole.

    Args:
        name: of the model, which leaves the form to the device, or the path of one of its forms;
            None is the default model of its kind.
        kind: what it must do.
        device: where it will run.
        folder: where the cards lie.

    Raises:
        WeightsError: when nothing of this name ships, or a file of it is missing or changed.
    """
    for model in _of_kind(kind, folder):
        if model.default if name is None else name in _names(model):
            named = [form for form in model.forms if form.path == name]
            suited = [form for form in model.forms if device in form.devices]
            form = (named or suited or model.forms)[0]
            check_form(model, form, folder)
            return folder / form.path
    raise WeightsError(_unknown(name, kind, folder))


def files_of(model: ShippedModel, form: ShippedForm) -> list[str]:
    """The files that a form consists of: in its folder, or of its name but for the suffix."""
    path = Path(form.path)
    return [
        file
        for file in model.files
        if Path(file).is_relative_to(path) or Path(file).with_suffix("") == path.with_suffix("")
    ]


def check_form(model: ShippedModel, form: ShippedForm, folder: Path = FOLDER) -> None:
    """Raise WeightsError unless all files of a form have the content that they were made with."""
    files = files_of(model, form)
    if not files:
        msg = f"the card of {model.name} says nothing of the files of {form.path}; "
        raise WeightsError(f"{msg}run `python -m training.model_cards`")
    for file in files:
        check_file(model, file, folder)


def check_file(model: ShippedModel, file: str, folder: Path = FOLDER) -> None:
    """Raise WeightsError unless a shipped file has the content that it was made with."""
    path, expected = folder / file, model.files[file]
    remedy = f"install surveil-reid again, or name another with --{model.kind}"
    if not path.is_file():
        msg = f"{path}, which ships as {model.name}, is missing; {remedy}"
        raise WeightsError(msg)
    found = path.stat().st_size
    if found != expected.size:
        msg = f"{path} has {found} bytes, not the {expected.size} that it ships with; {remedy}"
        raise WeightsError(msg)
    if (sha256 := joint_sha256(path)) != expected.sha256:
        msg = f"{path} was changed: its SHA-256 is {sha256}, not {expected.sha256}; {remedy}"
        raise WeightsError(msg)


def near_names(name: str, kind: Kind, folder: Path = FOLDER) -> str:
    """Names of what ships in words: those most like the one given, or all."""
    known = [known for model in _of_kind(kind, folder) for known in _names(model)]
    near = get_close_matches(name, known, n=3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"the {kind}s that ship are {', '.join(known)}" if known else f"no {kind} ships"


def _of_kind(kind: Kind, folder: Path) -> list[ShippedModel]:
    return [model for model in shipped_models(folder) if model.kind == kind]


def _names(model: ShippedModel) -> list[str]:
    return [model.name, *(form.path for form in model.forms)]


def _unknown(name: str | None, kind: Kind, folder: Path) -> str:
    if name is None:
        return f"no {kind} ships with this version; name one with --{kind} PATH"
    return f"no {kind} called {name} ships; {near_names(name, kind, folder)}"
