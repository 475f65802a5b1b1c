"""The page on the method: its figures are those of the paper's tables and of the records."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from helpers.training_records import record, scores
from surveil_reid.cli.app import app
from surveil_reid.core import InputError
from training import paper_blocks, paper_pages
from training.paper_figures import read_paper
from training.paper_pages import PAGE, RESULTS, add_runs, fill, make_blocks
from training.records import Record, read_runs, write_record
from training.run_speeds import amp_speeds


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert fill(text, make_blocks()) == text, "run `make docs`"


def test_its_commands_exist() -> None:
    text = PAGE.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = re.findall(r"^surveil-reid (.+)$", text, flags=re.MULTILINE)
    assert lines
    for line in lines:
        command = line.split()[0]
        shown = CliRunner(env={"COLUMNS": "200"}).invoke(app, [command, "--help"])
        assert shown.exit_code == 0
        for option in re.findall(r"--[a-z-]+", line):
            assert option in shown.output


def test_every_committed_record_is_read() -> None:
    for path in RESULTS.glob("*.json"):
        assert path.stem in {run.name for run in read_runs(RESULTS)}


def test_blocks_are_written_anew_and_the_rest_stays() -> None:
    page = "a\n<!-- one -->\nold\n\n| x |\n<!-- end -->\nb\n<!-- two -->\n<!-- end -->\n"
    once = fill(page, {"one": "1", "two": "2"})
    assert once == "a\n<!-- one -->\n\n1\n\n<!-- end -->\nb\n<!-- two -->\n\n2\n\n<!-- end -->\n"
    assert fill(once, {"one": "1", "two": "2"}) == once


@pytest.mark.parametrize("made", [{"one": "1"}, {"one": "1", "two": "2", "three": "3"}])
def test_a_block_too_many_or_too_few_is_named(made: dict[str, str]) -> None:
    with pytest.raises(InputError, match="differ in the blocks: t"):
        fill("<!-- one -->\n<!-- end -->\n<!-- two -->\n<!-- end -->\n", made)


def test_runs_are_taken_over_with_their_other_tests_unfinished_ones_not(tmp_path: Path) -> None:
    runs, results = tmp_path / "runs", tmp_path / "results"
    for name, state in (("a", "finished"), ("b", "smoke"), ("c", "running")):
        write_record(runs / name / "record.json", record(name, state=state, cell=None))
    (runs / "a" / "tests").mkdir()
    document = '{"mAP": 1, "mAP_trapezoidal": 1, "cmc": {"1": 1, "5": 1, "10": 1}, "mINP": 1, '
    document += '"queries": 1, "valid_queries": 1, "gallery": 1, "reranked": false}'
    (runs / "a" / "tests" / "own.json").write_text(document)
    assert add_runs(runs, results) == ("a", "b")
    taken = read_runs(results)
    assert [run.name for run in taken] == ["a", "b"]
    assert taken[0].other_tests["own"].mean_ap == 1


def test_a_few_steps_never_take_the_place_of_a_finished_run(tmp_path: Path) -> None:
    runs, results = tmp_path / "runs", tmp_path / "results"
    write_record(results / "done.json", record("done"))
    for name in ("done", "new"):
        write_record(runs / name / "record.json", record(name, state="smoke"))
    assert add_runs(runs, results) == ("new",)
    assert [run.state for run in read_runs(results)] == ["finished", "smoke"]


def test_the_command_adds_runs_and_writes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "method.md"
    page.write_text("".join(f"<!-- {name} -->\n<!-- end -->\n" for name in make_blocks()))
    monkeypatch.setattr(paper_pages, "PAGE", page)
    assert paper_pages.main(["--add", str(tmp_path / "none")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    assert paper_pages.main([]) == 0
    assert fill(page.read_text(), make_blocks()) == page.read_text()


def test_only_finished_runs_stand_among_our_results() -> None:
    cell = record().cell
    assert cell is not None
    runs = [
        record("shown", test=scores(0.4321)),
        record("hidden", state="smoke", cell=replace(cell, amp=False), test=scores(0.1234)),
    ]
    text = paper_blocks.our_results(read_paper(), runs)
    assert "0.4321" in text
    assert "0.7892" in text  # the paper's beside it
    assert "0.1234" not in text
    assert "hidden" not in text


def test_what_amp_gained_comes_from_runs_alike_in_all_else() -> None:
    def timed(name: str, amp: str, speed: float, epochs: int = 1, **changed: object):  # noqa: ANN202
        recipe = {"model": {"backbone": "resnet18"}, "amp": amp, "schedule": {"epochs": epochs}}
        precision = "float32" if amp == "off" else "bf16"
        fields = {"recipe": recipe, "device": f"CPU x, y, {precision}", "cell": None} | changed
        return record(name, images_per_second=speed, **fields)

    slow, fast = timed("slow", "off", 20.0), timed("fast", "auto", 45.0, epochs=12)
    (gained,) = amp_speeds([slow, fast])
    assert (gained.without, gained.with_amp, gained.gain) == (20.0, 45.0, 2.25)
    assert (gained.backbone, gained.device) == ("resnet18", "CPU x, y, bf16")
    for other in (
        timed("t", "auto", 45.0, threads=4),
        timed("d", "auto", 45.0, device="GPU z, fp16"),
        timed("f", "auto", 20.0, device="CPU x, y, fp32"),
        timed("s", "auto", 45.0, state="smoke"),
        timed("r", "auto", 45.0, recipe={"model": {"backbone": "resnet50"}, "amp": "auto"}),
    ):
        assert amp_speeds([slow, other]) == ()


def test_what_amp_gained_is_not_of_runs_with_other_shares_of_small_pictures() -> None:
    def timed(amp: str, epochs: int, early: int, device: str) -> Record:
        shown = {"size": [256, 128], "early_size": [128, 64], "early_epochs": early}
        recipe = {"amp": amp, "schedule": {"epochs": epochs}, "input": shown}
        return record(amp, recipe=recipe, device=device, cell=None)

    slow = timed("off", 1, 8, "x, fp32")  # all of its epochs
    assert len(amp_speeds([slow, timed("auto", 8, 8, "x, bf16")])) == 1
    assert amp_speeds([slow, timed("auto", 12, 8, "x, bf16")]) == ()
