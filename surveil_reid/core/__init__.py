"""Value types and errors that every stage shares; NumPy only."""

from surveil_reid.core.arrays import (
    SIGHT,
    Booleans,
    Doubles,
    Floats,
    Image,
    Integers,
    Sights,
)
from surveil_reid.core.calibration import Calibration, CameraPairShift
from surveil_reid.core.decisions import DecisionKind, ReviewDecision, effective, vouched
from surveil_reid.core.detections import Detections, box_iou, check_boxes
from surveil_reid.core.drivers import may_have_gpu
from surveil_reid.core.embeddings import ModelInfo, OperatingPoint, describe, l2_normalise
from surveil_reid.core.errors import (
    ArrayError,
    BusyError,
    InputError,
    MediaError,
    ModelMismatchError,
    OutdatedError,
    ReadOnlyError,
    SchemaError,
    SiteError,
    SpaceError,
    StoreError,
    SurveilReidError,
    UnknownNameError,
    WeightsError,
)
from surveil_reid.core.files import (
    file_word,
    make_folder,
    moved_together,
    replaced_whole,
    write_whole,
    writing_whole,
)
from surveil_reid.core.frames import Frame, check_image
from surveil_reid.core.imagenet import IMAGENET_MEAN, IMAGENET_STD
from surveil_reid.core.late import imported_late
from surveil_reid.core.login import login_name
from surveil_reid.core.moments import day, is_dated, iso, moment, utc
from surveil_reid.core.tracklets import BoxTrack, Crop, Tracklet

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "SIGHT",
    "ArrayError",
    "Booleans",
    "BoxTrack",
    "BusyError",
    "Calibration",
    "CameraPairShift",
    "Crop",
    "DecisionKind",
    "Detections",
    "Doubles",
    "Floats",
    "Frame",
    "Image",
    "InputError",
    "Integers",
    "MediaError",
    "ModelInfo",
    "ModelMismatchError",
    "OperatingPoint",
    "OutdatedError",
    "ReadOnlyError",
    "ReviewDecision",
    "SchemaError",
    "Sights",
    "SiteError",
    "SpaceError",
    "StoreError",
    "SurveilReidError",
    "Tracklet",
    "UnknownNameError",
    "WeightsError",
    "box_iou",
    "check_boxes",
    "check_image",
    "day",
    "describe",
    "effective",
    "file_word",
    "imported_late",
    "is_dated",
    "iso",
    "l2_normalise",
    "login_name",
    "make_folder",
    "may_have_gpu",
    "moment",
    "moved_together",
    "replaced_whole",
    "utc",
    "vouched",
    "write_whole",
    "writing_whole",
]
