"""`evaluate` and `score` agree, keep the contract, and fail in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.market1501 import write_market1501
from data.own_folder import write_own_folder

Run = Callable[..., tuple[int, str, str]]
RunJson = Callable[..., Any]


@pytest.fixture
def market(tmp_path: Path) -> Path:
    root = tmp_path / "Market-1501-v15.09.15"
    write_market1501(root)
    return root


def test_evaluate_and_score_of_what_it_saved_agree(
    run_json: RunJson, market: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "features.npz"
    where = ("--root", market, "--cache", tmp_path / "cache", "--embedder", "colour")
    first = run_json("evaluate", "market1501", *where, "--features", kept)
    again = run_json("score", kept)
    for document in (first, again):
        assert set(document.pop("seconds")) == {"distances", "ranking"}
    assert again == first
    assert set(first["cmc"]) == {"1", "5", "10"}
    reranked = run_json("score", kept, "--rerank")
    assert reranked["reranked"] is True


@pytest.mark.parametrize(("protocol", "seed"), [("official", 0), ("paper-50", 0), ("paper-80", 1)])
def test_every_protocol_can_be_evaluated(
    run_json: RunJson, market: Path, tmp_path: Path, protocol: str, seed: int
) -> None:
    """With this seed the one test identity of paper-80 was seen by several cameras."""
    where = ("--root", market, "--cache", tmp_path / "cache", "--embedder", "colour")
    drawn = ("--protocol", protocol, "--seed", seed)
    assert run_json("evaluate", "market1501", *where, *drawn)["queries"] > 0


def test_what_is_missing_is_warned_of_beside_the_scores(
    run: Run, market: Path, tmp_path: Path
) -> None:
    status, out, err = run(
        "evaluate", "market1501", "--root", market, "--cache", tmp_path / "cache",
        "--embedder", "colour",
    )  # fmt: skip
    assert status == 0
    assert "mAP" in out
    assert "of 3,368" in err


def test_of_one_person_what_needs_strangers_is_left_out(run: Run, tmp_path: Path) -> None:
    people = write_own_folder(tmp_path / "people", {"anna": ("1.png", "2.png", "3.png")})
    where = ("--root", people, "--cache", tmp_path / "cache", "--embedder", "colour")
    status, out, err = run("evaluate", "folder", *where, "--figures", tmp_path / "figures")
    assert status == 0
    assert "mAP" in out
    assert "TPR" not in out
    assert "DIR" not in out
    assert "left out: 2 genuine and 0 impostor pairs; verification needs both" in err
    assert "left out: the open-set rate needs" in err
    assert (tmp_path / "figures/scores.png").exists()
    document = json.loads(run("evaluate", "folder", *where, "--json")[1])
    assert document["mAP"] == 1.0
    assert document["verification"] is document["open_set"] is None
    assert len(document["notes"]) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["score", "none.npz"], "none.npz"),
        (["evaluate", "market1501", "--root", "nowhere", "--embedder", "colour"], "nowhere"),
        (["evaluate", "imagenet", "--root", ".", "--embedder", "colour"], "imagenet"),
    ],
)
def test_a_failure_is_one_line(run: Run, arguments: list[str], says: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (1, "")
    assert says in err
    assert err.count("\n") == 1


def test_figures_are_written(run_json: RunJson, market: Path, tmp_path: Path) -> None:
    run_json(
        "evaluate", "market1501", "--root", market, "--cache", tmp_path / "cache",
        "--embedder", "colour", "--figures", tmp_path / "figures",
    )  # fmt: skip
    assert len(list((tmp_path / "figures").glob("*.png"))) >= 5


def test_no_number_for_broken_features(run: Run, tmp_path: Path) -> None:
    labels = np.array([1, 2])
    rows = np.zeros((2, 4), np.float32)
    np.savez(
        tmp_path / "zero.npz", query=rows, gallery=rows, query_ids=labels, gallery_ids=labels,
        query_cameras=labels, gallery_cameras=labels,
    )  # fmt: skip
    status, out, err = run("score", tmp_path / "zero.npz", "--json")
    assert (status, out) == (1, "")
    assert json.dumps(err).count("error") >= 1
