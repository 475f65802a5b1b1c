"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

NEEDED = ("Market-1501-v15.09.15", "footage", "weights")
"""Of a folder of real data; training takes one that holds data sets alone."""

# A busy machine is slow, and whoever sees a test fail should see it fail again.
settings.register_profile("unhurried", deadline=None, derandomize=True)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the public data sets, real footage and pretrained weights."""
    folder = os.environ.get("SURVEIL_REID_DATA")
    if not folder:
        pytest.skip("set SURVEIL_REID_DATA to run on real data")
    lacking = [name for name in NEEDED if not (Path(folder) / name).is_dir()]
    if lacking:
        pytest.skip(f"SURVEIL_REID_DATA is {folder}, which holds no {' and no '.join(lacking)}")
    return Path(folder)
