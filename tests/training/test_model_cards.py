"""Cards of models that ship say what their files and the records say, or which of them lacks."""

import json
import shutil
from pathlib import Path

import pytest

from surveil_reid.core import InputError
from training import model_cards
from training.model_cards import card_text

CARD = """---
name: someone
kind: embedder
licence: CC0-1.0
forms:
- {{path: someone.safetensors, precision: fp16, devices: [cpu, cuda]}}
---
# Someone

<!-- {block} -->
old
<!-- end -->
"""
RECORDS = Path(__file__).parents[1] / "benchmarks/results"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of cards and, in it, one of records."""
    (tmp_path / "someone.safetensors").write_bytes(b"weights")
    (tmp_path / "records").mkdir()
    monkeypatch.setattr(model_cards, "BENCHMARKS", tmp_path / "records")
    return tmp_path


def card(folder: Path, block: str) -> Path:
    path = folder / "someone.md"
    path.write_text(CARD.format(block=block))
    return path


def test_a_benchmark_is_filled_in_from_the_record_that_evaluate_prints(folder: Path) -> None:
    record = RECORDS / "market1501-reid-0277.json"
    shutil.copy(record, folder / "records/market1501-someone.json")
    text = card_text(card(folder, "market1501"))
    assert f"| fp32 | {json.loads(record.read_text())['mAP']:.4f} |" in text
    assert "old" not in text
    assert "int8" not in text
    shutil.copy(record, folder / "records/market1501-someone-int8.json")
    assert "\n| int8 | " in card_text(card(folder, "market1501"))


def test_robustness_is_filled_in_row_by_row(folder: Path) -> None:
    rows = [
        {"damage": "none", "applied_to": "none", "mAP": 0.81, "rank_1": 0.92},
        {"damage": "grey", "applied_to": "queries", "mAP": 0.3, "rank_1": 0.4},
    ]
    record = folder / "records/robustness-someone.json"
    record.write_text(json.dumps({"results": rows}))
    text = card_text(card(folder, "robustness"))
    assert "| none | none | 0.8100 | 0.9200 |\n| grey | queries | 0.3000 | 0.4000 |" in text


def test_false_alarms_are_compared_where_as_many_people_are_found(folder: Path) -> None:
    counts = {"false_alarms": {"0.25": 81, "0.5": 5}}
    equal = {"confidence": 0.3318, "checked": 28, "empty": 3, "rendered": 1}
    rows = [
        {"name": name, "checked": counts, "empty": counts, "rendered": counts}
        | {"at_equal_recall": at_equal}
        for name, at_equal in (("sharp", equal), ("blind", None))
    ]
    record = folder / "records/detectors-someone.json"
    record.write_text(json.dumps({"detectors": rows}))
    text = card_text(card(folder, "alarms"))
    assert "| sharp | 81, 5 | 81, 5 | 81, 5 | 0.33; 28, 3, 1 |" in text
    assert "| blind | 81, 5 | 81, 5 | 81, 5 | never found as many |" in text


def test_what_lacks_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"market1501-someone\.json"):
        card_text(card(folder, "market1501"))
    with pytest.raises(InputError, match="'nonsense'; known are ablation, alarms, cuhk03-pair1"):
        card_text(card(folder, "nonsense"))
    (folder / "someone.safetensors").unlink()
    with pytest.raises(InputError, match=r"someone\.safetensors is missing"):
        card_text(card(folder, "files"))


def test_the_command_writes_every_card_or_says_what_lacks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(model_cards, "FOLDER", folder)
    path = card(folder, "files")
    assert model_cards.main() == 0
    assert path.read_text() == card_text(path)
    assert "| `someone.safetensors` | 0.00 MB |" in path.read_text()
    card(folder, "market1501")
    assert model_cards.main() == 1
    assert "error: there is no record" in capsys.readouterr().err
