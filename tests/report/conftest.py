"""One generated site, processed once, for the tests of what is drawn from a store."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import surveil_reid
from helpers.process_colours import process_colours
from helpers.scenes import write_site
from surveil_reid.store import Store


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the cameras gate and yard, with its recordings."""
    folder = tmp_path_factory.mktemp("report-site")
    paths = write_site(folder)
    with surveil_reid.open_store(f"sqlite:///{folder / 'site.db'}") as store:
        process_colours(
            store,
            [
                f"gate={paths['gate']}@2026-03-01T08:00:00Z",
                f"yard={paths['yard']}@2026-03-01T08:00:20Z",
            ],
        )
    return folder


@pytest.fixture
def site_store(site_folder: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of the store, to do with as a test pleases."""
    shutil.copy(site_folder / "site.db", tmp_path / "site.db")
    shutil.copytree(site_folder / "site.files", tmp_path / "site.files")
    with surveil_reid.open_store(f"sqlite:///{tmp_path / 'site.db'}") as store:
        yield store
