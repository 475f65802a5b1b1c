"""What ships is described rightly, and a wrong description says how to put it right."""

import hashlib
from pathlib import Path

import pytest

from surveil_reid.assets import (
    Preprocessing,
    find_description,
    known_descriptions,
    parse_description,
    read_description,
    weights_sha256,
)
from surveil_reid.core import WeightsError

RIGHT = """
name: tiny
input:
  name: data
  size: [8, 4]
  colour: BGR
output: out
dim: 3
linking:
  - {similarity: 0.6, false_alarm: 0.001, detection: 0.9, fitted_on: somewhere}
"""


def test_a_right_description_is_read_as_written(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(RIGHT)
    description = read_description(path)
    assert description.input.size == (8, 4)
    assert description.input.colour == "BGR"
    assert description.input.layout == "NCHW"
    assert (description.input.scale, description.input.mean) == (1.0, (0.0, 0.0, 0.0))
    assert [point.similarity for point in description.linking] == [0.6]
    assert description.licence == "unknown"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (RIGHT, "", "the document"),
        (RIGHT, "- just\n- a list", "the document"),
        (RIGHT, "{unclosed", "not YAML"),
        ("colour: BGR", "color: BGR", "unknown key 'input.color'; did you mean 'colour'?"),
        ("colour: BGR", "colour: GRB", "input.colour"),
        ("output: out", "outputs: out", "unknown key 'outputs'; did you mean 'output'?"),
        ("similarity: 0.6", "similarty: 0.6", "did you mean 'similarity'?"),
        ("dim: 3", "dim: 3\nzzz: 1", "the keys are"),
        ("dim: 3", "dim: '3'", "dim"),
        ("dim: 3", "dim: 0", "dim"),
        ("size: [8, 4]", "size: [8]", "input.size"),
        ("size: [8, 4]", "size: [8, -4]", "input.size"),
        ("name: tiny\n", "", "name: field required"),
        ("name: tiny", "name: tiny\nsha256: abc", "sha256"),
        ("false_alarm: 0.001", "false_alarm: 1.5", "false_alarm and detection in 0..1"),
    ],
)
def test_a_mistake_is_named_in_one_line_with_its_place(old: str, new: str, expected: str) -> None:
    assert old in RIGHT
    with pytest.raises(WeightsError) as caught:
        parse_description(RIGHT.replace(old, new), "tiny.yaml")
    message = str(caught.value)
    assert expected in message
    assert message.startswith("tiny.yaml: ")
    assert "\n" not in message


def test_operating_points_are_ordered_by_false_alarms() -> None:
    second = "  - {similarity: 0.7, false_alarm: 0.0001, detection: 0.8, fitted_on: somewhere}\n"
    with pytest.raises(WeightsError, match="ordered by increasing false_alarm"):
        parse_description(RIGHT + second, "tiny.yaml")


def test_a_missing_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.yaml"):
        read_description(tmp_path / "none.yaml")


def test_imagenet_preprocessing_is_that_of_torchvision() -> None:
    from torchvision.models import ResNet18_Weights  # noqa: PLC0415 (slow to import)

    theirs = ResNet18_Weights.IMAGENET1K_V1.transforms()
    ours = Preprocessing.imagenet((256, 128))
    assert (list(ours.mean), list(ours.std)) == (theirs.mean, theirs.std)
    assert (ours.colour, ours.scale, ours.size) == ("RGB", 255.0, (256, 128))


def test_what_ships_can_be_found_by_its_hash() -> None:
    known = known_descriptions()
    assert {one.name for one in known} >= {
        "osnet_x0_25_msmt17",
        "person-reidentification-retail-0277",
    }
    for one in known:
        assert one.sha256 is not None
        assert find_description(one.sha256) == one
    assert len({one.sha256 for one in known}) == len(known)
    assert find_description("0" * 64) is None


def test_what_ships_states_its_terms() -> None:
    terms = {one.name: one.licence for one in known_descriptions()}
    assert terms["person-reidentification-retail-0277"] == "Apache-2.0"
    assert terms["osnet_x0_25_msmt17"].startswith("unknown")


def test_the_hash_covers_both_files_of_an_openvino_model(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<net/>")
    with pytest.raises(WeightsError, match=r"a\.bin"):
        weights_sha256(tmp_path / "a.xml")
    (tmp_path / "a.bin").write_bytes(b"weights")
    assert weights_sha256(tmp_path / "a.xml") == hashlib.sha256(b"<net/>weights").hexdigest()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_the_hash_is_that_of_the_whole_file(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "a.onnx").write_bytes(content[:size])
    assert weights_sha256(tmp_path / "a.onnx") == hashlib.sha256(content[:size]).hexdigest()
