"""The sheet of a search stays a picture that can be looked at."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

import surveil_reid
from surveil_reid.report import search_sheet
from surveil_reid.report.canvas import Canvas
from surveil_reid.store import Store


def drawn(path: Path) -> np.ndarray:
    with PillowImage.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_of_too_many_hits_the_best_are_drawn_and_the_sheet_says_so(
    site_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = surveil_reid.search(site_store, site_store.tracklets()[0].descriptor)
    assert len(result.hits) == 6
    best = replace(result, hits=result.hits[:2])
    alone = drawn(surveil_reid.write_search_sheet(best, [], tmp_path / "best.png"))
    monkeypatch.setattr(search_sheet, "MOST", 2)
    cut = drawn(surveil_reid.write_search_sheet(result, [], tmp_path / "cut.png"))
    assert cut.shape == alone.shape
    title, below = slice(0, 34), slice(34, None)
    assert (cut[below] == alone[below]).all()
    assert (cut[title] < 128).sum() > (alone[title] < 128).sum()


def test_the_fullest_sheet_is_no_higher_than_programs_show() -> None:
    canvas = Canvas(search_sheet.MOST // search_sheet.COLUMNS, search_sheet.COLUMNS, lines=4)
    assert canvas._pixels.shape[0] < 2**15
