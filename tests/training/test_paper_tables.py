"""Tables I to V: the paper's figures as transcribed, ours where a finished run has them."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from helpers.training_records import FIRST_CELL, record, scores
from surveil_reid.cli.app import app
from surveil_reid.core import InputError
from training.paper_figures import read_paper
from training.paper_layout import as_csv, as_markdown
from training.paper_tables import lay_out, results, states
from training.records import Cell, Record, TrainingScores, write_record

SOURCE = Path(__file__).parents[2] / "training" / "paper"
COLUMNS = {
    "best validation accuracy": "best_val_accuracy",
    "training accuracy": "train_accuracy",
    "training loss": "train_loss",
    "seconds": "train_seconds",
    "mAP": "mAP",
    "rank-1": "cmc1",
    "rank-5": "cmc5",
    "rank-10": "cmc10",
}
SPELLED = {"Combined": "COMBINED", "ResNeXt-50 32x4d": "ResNeXt-50_32x4D"}
PAPER = read_paper()


def transcribed(table: str) -> dict[tuple[str, ...], Mapping[str, str]]:
    """The rows of a transcription by what they are about, read here without our reader."""
    number = ("I", "II", "III", "IV", "V").index(table) + 1
    with (SOURCE / f"table{number}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    about = ("model", "dataset", "trained_on", "train_test", "amp")
    return {tuple(row[key] for key in about if key in row): row for row in rows}


def printed(runs: list[Record]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(lay_out(runs, PAPER)))))


def test_every_transcribed_figure_is_printed_and_no_other() -> None:
    seen: dict[str, set[tuple[str, ...]]] = {}
    for line in printed([]):
        rows = transcribed(line["table"])
        key = tuple(SPELLED.get(line[k], line[k]) for k in ("model", "dataset"))
        key += (line["amp"],) if line["table"] == "V" else (line["train_test"], line["amp"])
        assert float(line["paper"]) == float(rows[key][COLUMNS[line["figure"]]])
        assert (line["ours"], line["run"]) == ("", "")
        seen.setdefault(line["table"], set()).add((*key, line["figure"]))
    assert {table: len(lines) for table, lines in seen.items()} == {
        table: 4 * len(transcribed(table)) for table in ("I", "II", "III", "IV", "V")
    }


def test_a_finished_run_stands_in_its_cell_and_nowhere_else() -> None:
    run = record(
        training=TrainingScores(loss=0.5, accuracy=0.75, best_validation_accuracy=0.25),
        test=scores(0.625),
        other_tests={"rendered": scores(0.375)},
        wall_seconds=65.5,
    )
    ours = {
        (line["table"], line["figure"]): float(line["ours"])
        for line in printed([run])
        if line["ours"]
    }
    assert ours == {
        ("III", "best validation accuracy"): 0.25,
        ("III", "training accuracy"): 0.75,
        ("III", "training loss"): 0.5,
        ("III", "seconds"): 65.5,
        ("IV", "mAP"): 0.625,
        ("IV", "rank-1"): 0.5,
        ("IV", "rank-5"): 0.75,
        ("IV", "rank-10"): 0.875,
        ("V", "mAP"): 0.375,
        ("V", "rank-1"): 0.5,
        ("V", "rank-5"): 0.75,
        ("V", "rank-10"): 0.875,
    }
    lines = [line for line in printed([run]) if line["run"]]
    assert {(line["model"], line["dataset"], line["amp"]) for line in lines} == {
        ("ResNet-18", "MARKET-1501", "yes")
    }
    transfer = replace(FIRST_CELL, fine_tuned=False)
    assert {line["table"] for line in printed([record(cell=transfer)]) if line["run"]} == {
        "I", "II",
    }  # fmt: skip


@pytest.mark.parametrize("changed", [{"state": "smoke"}, {"state": "running"}, {"cell": None}])
def test_what_is_no_result_is_never_shown(changed: dict[str, object]) -> None:
    run = record(other_tests={"rendered": scores(0.375)}, **changed)
    assert not any(line["ours"] or line["run"] for line in printed([run]))
    assert run.name not in as_markdown(lay_out([run], PAPER), [run])


def test_a_run_in_float32_is_none_with_gradient_scaling() -> None:
    auto = record(device="a processor without bf16, fp32")
    off = record("off", device=auto.device, cell=replace(FIRST_CELL, amp=False))
    assert results([auto, off]) == {off.cell: off}
    assert states([auto, off])["no_cell"] == 1


def test_a_run_without_a_test_leaves_the_test_empty() -> None:
    lines = [line for line in printed([record(test=None)]) if line["run"]]
    assert {line["table"] for line in lines} == {"III"}


def test_two_runs_of_one_cell_are_not_chosen_between() -> None:
    with pytest.raises(
        InputError,
        match="the runs a and b both stand for ResNet-18 on MARKET-1501 80:20, with fine-tuning, "
        "with gradient scaling; keep one",
    ):
        lay_out([record("a"), record("b")], PAPER)


def test_which_other_set_table_five_shows_is_not_guessed() -> None:
    run = record(other_tests={"street": scores(0.25), "rendered": scores(0.5)})
    with pytest.raises(InputError, match="one of rendered, street; name it with --other"):
        lay_out([run], PAPER)
    table = lay_out([run], PAPER, "street")[4]
    assert [row.ours[0] for row in table.rows if row.run] == [0.25]
    assert table.title.endswith("ours: street")
    with pytest.raises(InputError, match="no run was put to a test called 'yard'; there are ren"):
        lay_out([run], PAPER, "yard")


def test_markdown_has_every_row_and_says_what_was_run() -> None:
    optimiser = {"kind": "adam", "rate": 0.001, "weight_decay": 0.0, "clip": None}
    run = record(
        "odd|name", data=replace(record().data, images=12345), recipe={"optimiser": optimiser}
    )
    text = as_markdown(lay_out([run], PAPER), [run, record("c", state="smoke")])
    tables = re.split(r"^Table (?:I|II|III|IV|V)\. ", text, flags=re.MULTILINE)[1:]
    assert [len(re.findall(r"^\| Res", table, flags=re.MULTILINE)) for table in tables] == [
        48, 48, 24, 24, 24,
    ]  # fmt: skip
    widths = {
        len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| R")
    }
    assert widths == {13}
    assert "| ResNet-18 | MARKET-1501 | 80:20 | yes | 0.8518 | 0.2500 |" in tables[2]
    assert "| 24 min 53 s | 1 min 6 s |" in tables[2]
    row = r"| odd\|name | random | 2 | adam, 0.001, 0.0 | 0 | 3 | 12,345 | 32 of 40 |"
    assert f"{row} a processor | 2 |" in tables[4]
    assert "Finished runs shown: 1. Left out: 0 unfinished, 1 of a few steps" in tables[4]


def paper_tables(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["paper-tables", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_prints_markdown_csv_or_json_and_draws(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    run = record("a-run")
    write_record(runs / "a-run" / "record.json", run)
    (runs / "a-run" / "tests").mkdir()
    document = {
        "mAP": 0.5, "mAP_trapezoidal": 0.4, "cmc": {"1": 0.5, "5": 0.6, "10": 0.7}, "mINP": 0.1,
        "queries": 60, "valid_queries": 60, "gallery": 330, "seconds": {"ranking": 1.0},
    }  # fmt: skip
    (runs / "a-run" / "tests" / "rendered.json").write_text(json.dumps(document))
    assert paper_tables(runs).startswith("Table I. Training without fine-tuning\n")
    lines = list(csv.DictReader(io.StringIO(paper_tables(runs, "--csv"))))
    assert {line["table"] for line in lines if line["run"] == "a-run"} == {"III", "IV", "V"}
    figure = tmp_path / "new" / "figure.png"
    printed_json = json.loads(paper_tables(runs, "--json", "--figure", figure))
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert printed_json["runs"] == {"shown": 1, "unfinished": 0, "smoke": 0, "no_cell": 0}
    (row,) = [row for row in printed_json["tables"][4]["rows"] if row["run"]]
    assert row["ours"]["mAP"] == 0.5
    assert row["paper"]["mAP"] == 0.5567


def test_a_figure_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    result = CliRunner().invoke(
        app, ["paper-tables", str(tmp_path), "--figure", str(tmp_path / "file" / "x.png")]
    )
    assert isinstance(result.exception, InputError)
    assert "the figure cannot be written" in str(result.exception)


def test_the_papers_headlines_are_in_its_tables() -> None:
    best = max(PAPER, key=lambda cell: PAPER[cell].test.mean_ap)
    assert best == Cell(
        model="ResNeXt-50 32x4d",
        dataset="MARKET-1501",
        train_test="80:20",
        amp=False,
        fine_tuned=True,
    )
    assert PAPER[best].test.mean_ap == 0.8995
    assert max(figures.test.cmc[1] for figures in PAPER.values()) == 0.9911
    own = [figures.own for figures in PAPER.values() if figures.own is not None]
    assert max(test.mean_ap for test in own) == 0.7145
    assert max(test.cmc[1] for test in own) == 0.9167
