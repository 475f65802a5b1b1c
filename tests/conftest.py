"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the public data sets, real footage and pretrained weights."""
    folder = os.environ.get("SURVEIL_REID_DATA")
    if not folder:
        pytest.skip("set SURVEIL_REID_DATA to run on real data")
    return Path(folder)
