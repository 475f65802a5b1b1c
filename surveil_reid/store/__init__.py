"""The store: recordings, tracklets, crops and identities in a database and a folder."""

from surveil_reid.store.crop_files import CropFolder
from surveil_reid.store.decisions import Reverted
from surveil_reid.store.engine import url_from
from surveil_reid.store.opening import open_store
from surveil_reid.store.store import Store
from surveil_reid.store.values import (
    CameraCounts,
    Event,
    Identity,
    IdentityGroup,
    LinkingBasis,
    NewRecording,
    Recording,
    Removed,
    SegmentCommit,
    SegmentDetections,
    StoreCounts,
    StoredCrop,
    TrackletState,
    TrackletUpdate,
)

__all__ = [
    "CameraCounts",
    "CropFolder",
    "Event",
    "Identity",
    "IdentityGroup",
    "LinkingBasis",
    "NewRecording",
    "Recording",
    "Removed",
    "Reverted",
    "SegmentCommit",
    "SegmentDetections",
    "Store",
    "StoreCounts",
    "StoredCrop",
    "TrackletState",
    "TrackletUpdate",
    "open_store",
    "url_from",
]
