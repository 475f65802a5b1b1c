"""A headless Chromium that is there already; none is downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> Path | None:
    """The browser that SURVEIL_REID_CHROMIUM names, or one on the PATH."""
    named = os.environ.get("SURVEIL_REID_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    return None if found is None else Path(found)


@contextmanager
def chromium(path: Path) -> Iterator[Browser]:
    """Start a browser, and end it."""
    with sync_playwright() as playwright:
        # A container's root has no sandbox; what is opened here is a page without any script.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
