"""A program that processes cameras with detectors and embedders that need no weights.

    python process_colours.py STORE-URL FPS NAME=PATH@TIME...

Run in a process of its own, it can be killed at any moment.
"""

import sys
from dataclasses import replace

import surveil_reid
from helpers.detectors import ColourDetector
from helpers.embedders import ColourEmbedder
from surveil_reid.pipeline import ProcessReport
from surveil_reid.store import Store


def process_colours(
    store: Store, cameras: list[str], *, fps: float | None = None, **video: object
) -> ProcessReport:
    """Process `NAME=PATH[@TIME]` cameras; of plain colours every frame by default."""
    return surveil_reid.process(
        surveil_reid.site_of(map(surveil_reid.parse_camera, cameras)),
        store,
        detector=ColourDetector(),
        embedder=ColourEmbedder(),
        settings=replace(
            surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=fps, **video)
        ),
    )


if __name__ == "__main__":
    url, rate, *given = sys.argv[1:]
    with surveil_reid.open_store(url) as opened:
        report = process_colours(opened, given, fps=None if rate == "full" else float(rate))
    sys.exit(bool(report.failed))
