"""The command line on a store of two generated cameras."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import surveil_reid
from helpers.detectors import ColourDetector
from helpers.embedders import ColourEmbedder
from helpers.process_colours import process_colours
from helpers.scenes import write_site
from surveil_reid.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def loaded() -> dict[str, list[object]]:
    """What commands asked detectors and embedders to be: positional arguments, then keywords."""
    return {"detector": [], "embedder": []}


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    loaded: dict[str, list[object]],
) -> Run:
    """Runs a command; gives its exit status, standard output and standard error.

    The names `colour` stand for the detector and embedder that need no weights.
    """

    def load_detector(*asked: object, **how: object) -> ColourDetector:
        loaded["detector"] += [*asked, how]
        return ColourDetector()

    def load_embedder(*asked: object) -> ColourEmbedder:
        loaded["embedder"] += asked
        return ColourEmbedder()

    monkeypatch.setattr(surveil_reid, "load_detector", load_detector)
    monkeypatch.setattr(surveil_reid, "load_embedder", load_embedder)
    for name in ("STORE", "DETECTOR", "EMBEDDER"):
        monkeypatch.delenv(f"SURVEIL_REID_{name}", raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


@pytest.fixture
def run_json(run: Run) -> Callable[..., Any]:
    """Runs a command with --json; what it prints must be one JSON document and nothing else."""

    def call(*arguments: object) -> Any:  # noqa: ANN401  JSON is anything
        status, out, err = run(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)

    return call


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_site(tmp_path_factory.mktemp("cli-site"))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, site: dict[str, Path]) -> Path:
    database = tmp_path_factory.mktemp("cli-store") / "site.db"
    with surveil_reid.open_store(f"sqlite:///{database}") as store:
        process_colours(
            store,
            [
                f"gate={site['gate']}@2026-03-01T08:00:00Z",
                f"yard={site['yard']}@2026-03-01T08:00:20Z",
            ],
        )
    return database


@pytest.fixture
def store(made: Path, tmp_path: Path) -> str:
    """URL of a copy of the store, to do with as a test pleases."""
    shutil.copy(made, tmp_path / "site.db")
    shutil.copytree(made.with_suffix(".files"), tmp_path / "site.files")
    return f"sqlite:///{tmp_path / 'site.db'}"
