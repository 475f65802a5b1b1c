"""Following people through one camera: the tracker, and what is done with finished tracks."""

from surveil_reid.tracking.building import build_tracker
from surveil_reid.tracking.doubtful import DoubtOptions, is_doubtful
from surveil_reid.tracking.gaps import fill_gaps
from surveil_reid.tracking.mot import MotTracks, read_mot, write_mot
from surveil_reid.tracking.rejoin import Ended, RejoinOptions, find_rejoin, motion_plausible
from surveil_reid.tracking.tracker import Tracked, Tracker, TrackingOptions

__all__ = [
    "DoubtOptions",
    "Ended",
    "MotTracks",
    "RejoinOptions",
    "Tracked",
    "Tracker",
    "TrackingOptions",
    "build_tracker",
    "fill_gaps",
    "find_rejoin",
    "is_doubtful",
    "motion_plausible",
    "read_mot",
    "write_mot",
]
