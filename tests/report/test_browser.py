"""The page in a real browser: everything shows, light, dark and narrow, without a complaint."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from playwright.sync_api import Browser, Page

import surveil_reid
from helpers.browser import chromium, find_chromium
from surveil_reid.store import Store

# Playing a video is what no property tells: a codec may be missing.
LOADED = """async () => {
    const playing = [];
    for (const video of document.querySelectorAll("video")) {
        video.muted = true;
        await video.play();
        playing.push(video.videoWidth > 0 && video.duration > 5);
        video.pause();
    }
    const pictures = [...document.images].map(image => image.complete && image.naturalWidth > 0);
    return [pictures, playing, document.documentElement.scrollWidth];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: install one, or name it with SURVEIL_REID_CHROMIUM")
    with chromium(path) as started:
        yield started


def opened(browser: Browser, path: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    """The page, and what went wrong or was asked of anywhere else while it loaded."""
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url[:80]))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("file:", "data:")) else complaints.append(request.url)
        ),
    )
    page.goto(path.as_uri(), wait_until="load")
    return page, complaints


def pixels(page: Page) -> np.ndarray:
    """The whole page as RGB."""
    with PillowImage.open(io.BytesIO(page.screenshot(full_page=True))) as image:
        return np.asarray(image.convert("RGB"))


def test_the_page_shows_in_a_browser(
    browser: Browser, site_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    red = min(site_store.tracklets(), key=lambda t: t.start)
    found = surveil_reid.FoundPerson(
        query=surveil_reid.pictures_of(site_store, [red.id]),
        words="Red",
        result=surveil_reid.search(
            site_store, surveil_reid.describe_tracklet(site_store, red.id), leave_out=[red.id]
        ),
    )
    inside = surveil_reid.write_report(site_store, tmp_path / "in", found=found).path
    monkeypatch.setattr("surveil_reid.report.page.INLINE", 100)
    beside = surveil_reid.write_report(site_store, tmp_path / "beside", found=found).path
    brightness = {}
    for path, width, scheme in (
        (inside, 1400, "light"), (inside, 400, "dark"), (beside, 400, "light"),
    ):  # fmt: skip
        page, complaints = opened(browser, path, width, scheme)
        pictures, playing, across = page.evaluate(LOADED)
        assert len(pictures) >= 10
        assert all(pictures)
        assert playing == [True, True]
        assert across <= width  # nothing makes the page wider than the window
        image = pixels(page)
        assert len(np.unique(image.reshape(-1, 3), axis=0)) > 100
        brightness[scheme] = float(np.median(image))
        assert complaints == []
        page.close()
    assert brightness["dark"] < 60
    assert brightness["light"] > 200
