"""What ships is found by name, fits the device, and is refused once it is not what it was."""

import hashlib
from pathlib import Path

import pytest

from surveil_reid.assets.shipped import (
    FOLDER,
    check_file,
    find_shipped,
    names_shipped,
    near_names,
    read_card,
    shipped_models,
)
from surveil_reid.core import WeightsError
from surveil_reid.detection.known import known_weights
from training.model_cards import card_text

CARD = """---
name: walker
kind: detector
licence: CC0-1.0
default: true
forms:
- {path: walker_openvino_model, precision: int8, devices: [cpu]}
- {path: walker.pt, precision: fp16, devices: [cuda]}
---
# Walker

<!-- files -->
<!-- end -->
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of shipped weights with one detector in two forms."""
    (tmp_path / "walker.pt").write_bytes(b"float")
    (tmp_path / "walker_openvino_model").mkdir()
    for name in ("walker.xml", "walker.bin", "metadata.yaml"):
        (tmp_path / "walker_openvino_model" / name).write_bytes(name.encode())
    (tmp_path / "walker.md").write_text(CARD)
    (tmp_path / "walker.md").write_text(card_text(tmp_path / "walker.md"))
    return tmp_path


def refusal(folder: Path, name: str | None, kind: str = "detector") -> str:
    with pytest.raises(WeightsError) as refused:
        find_shipped(name, kind, "cpu", folder)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_card_lists_its_files_with_their_hashes(folder: Path) -> None:
    (model,) = shipped_models(folder)
    assert sorted(model.files) == [
        "walker.pt",
        "walker_openvino_model/metadata.yaml",
        "walker_openvino_model/walker.bin",
        "walker_openvino_model/walker.xml",
    ]
    assert model.files["walker.pt"].sha256 == hashlib.sha256(b"float").hexdigest()
    xml = model.files["walker_openvino_model/walker.xml"]
    assert (xml.sha256, xml.size) == (hashlib.sha256(b"walker.xml").hexdigest(), 10)
    text = (folder / "walker.md").read_text()
    assert f"| `walker.pt` | 0.00 MB | `{model.files['walker.pt'].sha256}` |" in text
    assert card_text(folder / "walker.md") == text


@pytest.mark.parametrize(
    ("name", "device", "expected"),
    [
        (None, "cpu", "walker_openvino_model"),
        (None, "cuda", "walker.pt"),
        ("walker", "cpu", "walker_openvino_model"),
        ("walker", "cuda", "walker.pt"),
        ("walker.pt", "cpu", "walker.pt"),
        ("walker_openvino_model", "cuda", "walker_openvino_model"),
    ],
)
def test_the_form_suits_the_device_unless_one_is_named(
    folder: Path, name: str | None, device: str, expected: str
) -> None:
    assert find_shipped(name, "detector", device, folder) == folder / expected  # type: ignore[arg-type]


def test_a_name_is_that_of_its_kind_alone(folder: Path) -> None:
    assert names_shipped("walker", "detector", folder)
    assert names_shipped("walker.pt", "detector", folder)
    assert not names_shipped("walker", "embedder", folder)
    assert not names_shipped("walker.onnx", "detector", folder)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "has 9 bytes, not the 10"),
        (lambda path: path.write_bytes(b"walker.xmL"), "was changed: its SHA-256 is"),
    ],
)
def test_a_damaged_file_is_refused_and_named_and_the_other_form_still_opens(
    folder: Path, damage: object, says: str
) -> None:
    damage(folder / "walker_openvino_model/walker.xml")  # type: ignore[operator]
    message = refusal(folder, "walker")
    assert says in message
    assert str(folder / "walker_openvino_model/walker.xml") in message
    assert "install surveil-reid again" in message
    assert "--detector" in message
    assert find_shipped("walker.pt", "detector", "cpu", folder) == folder / "walker.pt"


def test_a_form_whose_files_the_card_does_not_list_is_refused(folder: Path) -> None:
    (folder / "walker.md").write_text(CARD)
    shipped_models.cache_clear()
    assert "says nothing of the files of walker_openvino_model" in refusal(folder, None)


def test_an_unknown_name_gives_the_nearest_right_ones(folder: Path) -> None:
    assert "did you mean walker" in refusal(folder, "wallker")
    assert near_names("zzz", "detector", folder).startswith(
        "the detectors that ship are walker, walker_open"
    )


def test_where_nothing_ships_the_option_is_named(folder: Path) -> None:
    assert refusal(folder, None, "embedder").endswith("name one with --embedder PATH")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("---\nname", "name", "does not begin with YAML"),
        ("licence: CC0-1.0", "license: CC0-1.0", "did you mean 'licence'"),
        ("kind: detector", "kind: tracker", "kind"),
        ("devices: [cpu]", "devices: []", "forms"),
        ("forms:", "forms: [", "cannot read the model card"),
    ],
)
def test_a_card_with_a_mistake_is_named(folder: Path, old: str, new: str, says: str) -> None:
    path = folder / "other.md"
    path.write_text(CARD.replace(old, new))
    with pytest.raises(WeightsError) as refused:
        read_card(path)
    assert says in str(refused.value)
    assert str(path) in str(refused.value)


def test_cards_that_ship_are_up_to_date_with_their_files_and_records() -> None:
    for path in FOLDER.glob("*.md"):
        fresh = card_text(path)
        assert fresh == path.read_text("utf-8"), "run `python -m training.model_cards`"


def test_what_ships_is_whole_small_and_has_one_default_of_a_kind() -> None:
    models = shipped_models()
    for model in models:
        for file in model.files:
            check_file(model, file)
    for kind in ("detector", "embedder"):
        assert sum(model.default for model in models if model.kind == kind) <= 1
    listed = {FOLDER / file for model in models for file in model.files}
    there = {p for p in FOLDER.rglob("*") if p.is_file() and p.suffix not in {".md", ".py"}}
    assert there == listed
    assert sum(path.stat().st_size for path in there) <= 40_000_000


def test_pickles_that_ship_are_known() -> None:
    for model in shipped_models():
        for name, facts in model.files.items():
            if name.endswith(".pt"):
                assert known_weights()[facts.sha256] == name
