"""One generated site for all pipeline tests."""

from pathlib import Path

import pytest

from helpers.scenes import write_site


@pytest.fixture(scope="session")
def site_videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Recordings of two cameras, `gate` and `yard`."""
    return write_site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def cameras(site_videos: dict[str, Path]) -> list[str]:
    """The site as `NAME=PATH@TIME`; the yard's clock starts 20 s after the gate's."""
    return [
        f"gate={site_videos['gate']}@2026-03-01T08:00:00Z",
        f"yard={site_videos['yard']}@2026-03-01T08:00:20Z",
    ]
