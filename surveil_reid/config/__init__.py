"""Settings of all stages, and site files."""

from surveil_reid.config.settings import Settings
from surveil_reid.config.site import (
    CameraSource,
    RecordingSource,
    Site,
    load_site,
    parse_camera,
    site_of,
)

__all__ = [
    "CameraSource",
    "RecordingSource",
    "Settings",
    "Site",
    "load_site",
    "parse_camera",
    "site_of",
]
