"""Processing with a detector and an embedder that need no weights."""

from dataclasses import replace

import surveil_reid
from helpers.detectors import ColourDetector
from helpers.embedders import ColourEmbedder
from surveil_reid.detection import Detector
from surveil_reid.pipeline import ProcessReport
from surveil_reid.store import Store


def process_colours(
    store: Store,
    cameras: list[str],
    *,
    fps: float | None = None,
    detector: Detector | None = None,
    **video: object,
) -> ProcessReport:
    """Process `NAME=PATH[@TIME]` cameras; of plain colours every frame by default."""
    return surveil_reid.process(
        surveil_reid.site_of(map(surveil_reid.parse_camera, cameras)),
        store,
        detector=detector or ColourDetector(),
        embedder=ColourEmbedder(),
        settings=replace(
            surveil_reid.Settings(), video=surveil_reid.VideoOptions(fps=fps, **video)
        ),
    )
