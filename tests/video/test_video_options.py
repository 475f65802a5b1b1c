"""Options of the video stage refuse what makes no sense."""

import pytest

from surveil_reid.core import InputError
from surveil_reid.video import VideoOptions


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"fps": 0}, "fps"),
        ({"fps": -1.0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"fps": float("inf")}, "fps"),
        ({"threads": -1}, "threads"),
        ({"motion_level": 0}, "motion_level"),
        ({"motion_level": 256}, "motion_level"),
        ({"motion_cells": 0}, "motion_cells"),
        ({"motion_refresh": 0}, "motion_refresh"),
    ],
)
def test_out_of_range(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        VideoOptions(**wrong)


def test_defaults_are_valid() -> None:
    assert VideoOptions().fps == 5
    assert VideoOptions(fps=None).fps is None
