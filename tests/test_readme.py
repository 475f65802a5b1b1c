"""What the README says is so: its commands exist, and its figures are those of the records."""

import json
import re

import pytest
from typer.testing import CliRunner

from helpers.readme import README as PATH
from helpers.readme import read_blocks
from surveil_reid.cli.app import app

ROOT = PATH.parent
README = PATH.read_text(encoding="utf-8")
RECORDS = ROOT / "tests/benchmarks/results"


def pets_table() -> str:
    """The PETS table, made from its record."""
    columns = ("MOTA", "IDF1", "HOTA", "switches", "recall", "precision")
    record = json.loads((RECORDS / "pets09.json").read_text(encoding="utf-8"))
    lines = [f"| detector | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in record["pets09-s2l1"]:
        cells = [row[c] if c == "switches" else f"{row[c]:.3f}" for c in columns]
        lines.append(f"| {row['detector']} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def market_table() -> str:
    """The Market-1501 table, made from its records."""
    names = {"person-resnet18": "person-resnet18 (ships)",
             "reid-0277": "person-reidentification-retail-0277"}  # fmt: skip
    lines = []
    for name, shown in names.items():
        record = json.loads((RECORDS / f"market1501-{name}.json").read_text(encoding="utf-8"))
        values = {
            "mAP": record["mAP"],
            "mAP trapezoidal": record["mAP_trapezoidal"],
            **{f"rank-{at}": share for at, share in record["cmc"].items()},
            "mINP": record["mINP"],
        }
        lines.append(f"| {shown} | {' | '.join(f'{value:.4f}' for value in values.values())} |")
    return "\n".join([f"| embedder | {' | '.join(values)} |", "|---" * 7 + "|", *lines])


def test_figures_are_those_of_the_records() -> None:
    assert pets_table() in README
    assert market_table() in README
    shown = {"\n".join(b.commands): b.output for b in read_blocks(README) if b.output is not None}
    assert shown == json.loads((RECORDS / "readme.json").read_text(encoding="utf-8"))


def flowed(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def test_what_the_sample_site_comes_to_is_what_the_demo_measured() -> None:
    demo = json.loads((RECORDS / "demo.json").read_text(encoding="utf-8"))
    found, true = demo["identities_found"], demo["identities_true"]
    score = f"{demo['cross_camera_IDF1']:.3f}"
    assert f"{found} identities of {true} people (IDF1 {score} over all cameras)" in flowed(README)


def test_how_often_searches_find_is_what_was_measured_on_the_test_people() -> None:
    record = json.loads((RECORDS / "calibration-person-resnet18.json").read_text(encoding="utf-8"))
    default = [row for row in record["decided"] if row["FAR_wanted"] == 0.01]
    assert all(row["FAR_reached"] < 0.01 for row in default)
    found = {row["strangers"]: f"{row['DIR']:.0%}".replace("%", " %") for row in default}
    assert list(found) == [8, 64, 512, 4775]
    sentence = (
        f"finds {found[8]} of those who are there among 8 pictures, {found[512]} among 512 and "
    )
    assert f"{sentence}{found[4775]} among 4,775" in flowed(README)


def commands() -> list[str]:
    """Every command line of the README, options of one that goes on over lines included."""
    text = README.replace("\\\n", " ")
    return sorted(set(re.findall(r"surveil-reid ([a-z-]+(?: [a-z]+)?)", text)))


@pytest.mark.parametrize("command", commands())
def test_every_command_exists(command: str) -> None:
    words = command.split()
    words = words if words[0] == "identities" else words[:1]
    assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def test_every_option_exists() -> None:
    text = README.replace("\\\n", " ")
    for line in re.findall(r"^surveil-reid .*$", text, flags=re.MULTILINE):
        command = line.split()[1]
        words = [command, line.split()[2]] if command == "identities" else [command]
        shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--help"]).output
        for option in re.findall(r"--[a-z-]+", line):
            assert option in shown, f"{command} has no {option}"
