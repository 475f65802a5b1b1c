"""Building the tracker."""

from surveil_reid.tracking.tracker import Tracker, TrackingOptions


def build_tracker(options: TrackingOptions | None = None) -> Tracker:
    """A fresh tracker: ByteTrack (Zhang et al., ECCV 2022) as the library `trackers` has it."""
    # Imported late: the library takes seconds to load, which `--help` need not pay for.
    from surveil_reid.tracking.bytetrack import ByteTrack  # noqa: PLC0415

    return ByteTrack(options or TrackingOptions())
