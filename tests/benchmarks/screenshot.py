"""The picture of a report page for the README.

    PYTHONPATH=tests python tests/benchmarks/screenshot.py demo-report/index.html report.png

Needs a Chromium on the PATH or named by SURVEIL_REID_CHROMIUM.
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image

from helpers.browser import chromium, find_chromium
from helpers.palette import save_small

WIDTH, HEIGHT = 1240, 1480


def main() -> None:
    """Open the page, light, and keep its upper part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium: install one, or name it with SURVEIL_REID_CHROMIUM")
    with chromium(path) as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(given.page.resolve().as_uri(), wait_until="load")
        taken = page.screenshot()
    with Image.open(io.BytesIO(taken)) as image:
        save_small(image, given.picture)


if __name__ == "__main__":
    main()
