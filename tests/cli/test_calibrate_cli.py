"""Calibrating a store from the command line, and what search says afterwards."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

import surveil_reid

Run = Callable[..., tuple[int, str, str]]
RunJson = Callable[..., Any]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Two dozen people in clothes of their own colours, some of which look much alike."""
    rng = np.random.default_rng(0)
    for person in range(24):
        folder = tmp_path / "known" / f"person {person}"
        folder.mkdir(parents=True)
        colour = rng.integers(0, 256, 3)
        for number in range(4):
            shade = np.clip(colour + rng.normal(0, 8, 3), 0, 255)
            picture = np.full((64, 32, 3), shade, np.uint8)
            PillowImage.fromarray(picture).save(folder / f"c{number % 2 + 1}_{number}.png")
    return tmp_path / "known"


def test_a_labelled_folder_gives_a_store_its_probabilities(
    run_json: RunJson, run: Run, store: str, labelled: Path
) -> None:
    fitted = run_json("calibrate", "--labelled", labelled, "--embedder", "colour", "--store", store)
    assert fitted["fitted_on"] == "folder known: 24 people, 96 pictures"
    assert fitted["gallery_size"] == 95
    with surveil_reid.open_store(store) as opened:
        model = opened.model()
        assert model is not None
        assert model.calibration is not None
        assert model.calibration.as_dict()["log_odds"] == tuple(fitted["log_odds"])
        tracklet = opened.tracklets()[0].id
        assert opened.events(1)[0].kind == "calibrate"
    document = run_json("search", "--tracklet", tracklet, "--store", store)
    probabilities = [hit["probability"] for hit in document["results"]]
    scores = [hit["score"] for hit in document["results"]]
    assert probabilities
    assert all(0 <= value <= 1 for value in probabilities)
    by_score = [value for _, value in sorted(zip(scores, probabilities, strict=True))]
    assert by_score == sorted(by_score)
    pair = next(
        i
        for i in run_json("identities", "list", "--store", store)["identities"]
        if len(i["tracklets"]) == 2
    )
    shown = run_json("identities", "show", pair["id"], "--store", store)["sightings"]
    asked = run_json("search", "--tracklet", pair["tracklets"][0], "--store", store)["results"]
    (partner,) = [hit for hit in asked if hit["tracklet"] == pair["tracklets"][1]]
    # The store's tracklets and no more than those are searched among, but for the one asked by.
    odds = [p / (1 - p) for p in (shown[0]["probability"], partner["probability"])]
    assert odds[0] / odds[1] == pytest.approx(5 / 6, rel=1e-3)
    status, out, _ = run(
        "calibrate", "--labelled", labelled, "--embedder", "colour", "--store", store
    )
    assert status == 0
    assert "fitted on folder known" in out


def test_without_decisions_there_is_nothing_to_fit_on(run: Run, store: str) -> None:
    status, out, err = run("calibrate", "--store", store)
    assert (status, out) == (1, "")
    assert "0 right and 0 wrong hits are too few" in err


def test_too_few_pictures_are_refused(run: Run, store: str, labelled: Path) -> None:
    for folder in list(labelled.iterdir())[2:]:
        shutil.rmtree(folder)
    status, _, err = run(
        "calibrate", "--labelled", labelled, "--embedder", "colour", "--store", store
    )
    assert status == 1
    assert "too few to fit probabilities on" in err


def test_an_empty_store_is_told_to_process_first(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    surveil_reid.open_store(url).close()
    status, _, err = run("calibrate", "--store", url)
    assert status == 1
    assert "process recordings first" in err
