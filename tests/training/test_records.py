import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.features import crowd
from helpers.training_records import FIRST_CELL, record, scores
from surveil_reid.core import InputError
from surveil_reid.evaluation import evaluate
from training.records import (
    DATA_SETS,
    MODELS,
    TRAIN_TESTS,
    Cell,
    EpochScores,
    Record,
    TrainingData,
    TrainingScores,
    Weights,
    read_record,
    read_runs,
    write_record,
)
from training.strict import parse, plain

shares = st.floats(0, 1)
counts = st.integers(0, 10**9)
cells = st.builds(
    Cell,
    model=st.sampled_from(MODELS),
    dataset=st.sampled_from(DATA_SETS),
    train_test=st.just(TRAIN_TESTS[1]),
    amp=st.booleans(),
    fine_tuned=st.booleans(),
)
plain_values = st.recursive(
    st.none() | st.booleans() | counts | shares | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
records = st.builds(
    record,
    name=st.text(),
    recipe=st.dictionaries(st.text(), plain_values, max_size=4),
    cell=st.none() | cells,
    state=st.sampled_from(["finished", "running", "smoke"]),
    data=st.builds(
        TrainingData,
        name=st.text(),
        protocol=st.text(),
        sha256=st.text(),
        identities=counts,
        images=counts,
        skipped=counts,
    ),
    weights=st.builds(Weights, source=st.just("file"), sha256=st.none() | st.text()),
    training=st.builds(TrainingScores, loss=st.none() | shares, best_epoch=st.none() | counts),
    test=st.none() | st.builds(scores, shares),
    other_tests=st.dictionaries(st.text(), st.builds(scores, shares), max_size=2),
    curve=st.lists(
        st.builds(EpochScores, epoch=counts, loss=shares, accuracy=st.none(), seconds=shares),
        max_size=3,
    ).map(tuple),
)


@given(made=records)
def test_a_record_comes_back_as_it_went_in(made: Record) -> None:
    document = json.loads(json.dumps(plain(made)))
    assert parse(Record, document, "here") == made


def test_a_written_record_is_read_back(tmp_path: Path) -> None:
    made = record(cell=None)
    path = tmp_path / "runs" / "b" / "record.json"
    write_record(path, made)
    assert read_record(path) == made
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_runs_are_found_in_folders_and_as_single_files(tmp_path: Path) -> None:
    write_record(tmp_path / "deep" / "down" / "record.json", record("b"))
    write_record(tmp_path / "a.json", record("a"))
    (tmp_path / "deep" / "down" / "curve.json").write_text("no record")
    assert [run.name for run in read_runs(tmp_path)] == ["a", "b"]
    write_record(tmp_path / "again.json", record("b"))
    with pytest.raises(InputError, match="holds two runs called b; rename or remove one"):
        read_runs(tmp_path)
    with pytest.raises(InputError, match=r"there is no folder .*nowhere"):
        read_runs(tmp_path / "nowhere")


def test_what_evaluate_prints_joins_the_record_beside_it(tmp_path: Path) -> None:
    kept = scores(0.5, protocol="paper-80")
    write_record(tmp_path / "run" / "record.json", record("run", other_tests={"before": kept}))
    evaluated = evaluate(crowd())
    (tmp_path / "run" / "tests").mkdir()
    (tmp_path / "run" / "tests" / "own.json").write_text(json.dumps(evaluated.as_dict()))
    (run,) = read_runs(tmp_path)
    assert run.other_tests["before"] == kept
    assert run.other_tests["own"].mean_ap == evaluated.retrieval.mean_ap
    assert run.other_tests["own"].cmc == evaluated.retrieval.cmc
    assert run.other_tests["own"].valid_queries == evaluated.retrieval.valid_queries
    (tmp_path / "run" / "tests" / "own.json").write_text('{"mAP": 0.5}')
    with pytest.raises(InputError, match=r"own\.json: the key 'mAP_trapezoidal' is missing"):
        read_runs(tmp_path)


def test_scores_stand_under_the_evaluators_names(tmp_path: Path) -> None:
    write_record(tmp_path / "record.json", record(test=scores(0.5)))
    document = json.loads((tmp_path / "record.json").read_text())
    assert document["test"]["mAP"] == 0.5
    assert document["test"]["mAP_trapezoidal"] == 0.49
    assert document["test"]["cmc"] == {"1": 0.5, "5": 0.75, "10": 0.875}
    assert document["test"]["mINP"] == 0.25
    assert "best_validation_mAP" in document["training"]


def test_no_record_holds_what_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_record(path, record())
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"record\.json: a record holds finite numbers only"):
        write_record(path, record(training=TrainingScores(loss=float("nan"))))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("states", "finished", "unknown key 'states'; did you mean 'state'?"),
        ("state", "done", "state: must be one of finished, running, smoke, got 'done'"),
        ("epochs", 2.5, "epochs: must be a whole number, got 2.5"),
        ("epochs", True, "epochs: must be a whole number, got True"),
        ("seed", None, "seed: must be a whole number, got None"),
        ("wall_seconds", "1", "wall_seconds: must be a number, got '1'"),
        ("wall_seconds", float("inf"), "wall_seconds: must be finite, got inf"),
        ("versions", ["3.11"], "versions: must hold keys and values, got ['3.11']"),
        ("versions", {"python": 3}, "versions.python: must be text, got 3"),
        ("curve", {}, "curve: must be a list, got {}"),
        ("curve", [{}], "curve[0]: the key 'epoch' is missing"),
        ("training", 3, "training: expected keys and values, got 3"),
        ("training", {"accuracies": 1.0}, "training: unknown key 'accuracies'; did you"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, key: str, value: Any, said: str) -> None:  # noqa: ANN401
    path = tmp_path / "record.json"
    path.write_text(json.dumps(plain(record()) | {key: value}))
    with pytest.raises(InputError, match=re.escape(f"{path}: {said}")):
        read_record(path)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    document = plain(record())
    del document["device"]
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="the key 'device' is missing"):
        read_record(path)


def test_what_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    with pytest.raises(InputError, match=r"record\.json cannot be read \(No such file"):
        read_record(path)
    path.write_text('{"name": "half')
    with pytest.raises(InputError, match=r"record\.json cannot be read \(it is no JSON"):
        read_record(path)


def test_the_paper_fine_tunes_on_one_split_only() -> None:
    document = plain(FIRST_CELL) | {"train_test": "50:50"}
    with pytest.raises(InputError, match="cell: the paper fine-tunes on 80:20 only"):
        parse(Cell, document, "cell")


def test_a_record_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    with pytest.raises(InputError, match=r"cannot write .*record\.json: .*; free space or"):
        write_record(tmp_path / "run" / "record.json", record())
