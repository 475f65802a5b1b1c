"""Find a person in recorded footage from many cameras, and measure person re-identification.

Everything that the command line does, training aside, is a call of this package:

    import surveil_reid

    with surveil_reid.open_store("sqlite:///site.db") as store:
        surveil_reid.process(
            surveil_reid.load_site(Path("site.yaml")),
            store,
            detector=surveil_reid.load_detector("yolo11n.pt"),
            embedder=surveil_reid.load_embedder("embedder.safetensors"),
        )

Names are imported when they are first used, so that importing the package is quick.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surveil_reid.config import CameraSource as CameraSource
    from surveil_reid.config import RecordingSource as RecordingSource
    from surveil_reid.config import Settings as Settings
    from surveil_reid.config import Site as Site
    from surveil_reid.config import load_site as load_site
    from surveil_reid.config import parse_camera as parse_camera
    from surveil_reid.config import site_of as site_of
    from surveil_reid.core import ArrayError as ArrayError
    from surveil_reid.core import BusyError as BusyError
    from surveil_reid.core import InputError as InputError
    from surveil_reid.core import MediaError as MediaError
    from surveil_reid.core import ModelMismatchError as ModelMismatchError
    from surveil_reid.core import OutdatedError as OutdatedError
    from surveil_reid.core import ReadOnlyError as ReadOnlyError
    from surveil_reid.core import ReviewDecision as ReviewDecision
    from surveil_reid.core import SchemaError as SchemaError
    from surveil_reid.core import SiteError as SiteError
    from surveil_reid.core import SpaceError as SpaceError
    from surveil_reid.core import StoreError as StoreError
    from surveil_reid.core import SurveilReidError as SurveilReidError
    from surveil_reid.core import UnknownNameError as UnknownNameError
    from surveil_reid.core import WeightsError as WeightsError
    from surveil_reid.crops import CropOptions as CropOptions
    from surveil_reid.crops import cut_crop as cut_crop
    from surveil_reid.demo import DemoReport as DemoReport
    from surveil_reid.demo import demonstrate as demonstrate
    from surveil_reid.demo import sample_site as sample_site
    from surveil_reid.detection import DetectionOptions as DetectionOptions
    from surveil_reid.detection import Detector as Detector
    from surveil_reid.detection import load_detector as load_detector
    from surveil_reid.embedding import Embedder as Embedder
    from surveil_reid.embedding import EmbeddingOptions as EmbeddingOptions
    from surveil_reid.embedding import load_embedder as load_embedder
    from surveil_reid.evaluation import Evaluation as Evaluation
    from surveil_reid.evaluation import Features as Features
    from surveil_reid.evaluation import calibrate_on_folder as calibrate_on_folder
    from surveil_reid.evaluation import evaluate as evaluate
    from surveil_reid.evaluation import extract_features as extract_features
    from surveil_reid.evaluation import read_cameras as read_cameras
    from surveil_reid.evaluation import read_data_set as read_data_set
    from surveil_reid.evaluation import read_features as read_features
    from surveil_reid.evaluation import score_cameras as score_cameras
    from surveil_reid.evaluation import score_tracks as score_tracks
    from surveil_reid.evaluation import split as split
    from surveil_reid.evaluation import write_features as write_features
    from surveil_reid.evaluation import write_figures as write_figures
    from surveil_reid.identity import TravelTime as TravelTime
    from surveil_reid.matching import RerankOptions as RerankOptions
    from surveil_reid.pipeline import Check as Check
    from surveil_reid.pipeline import ExportReport as ExportReport
    from surveil_reid.pipeline import Hit as Hit
    from surveil_reid.pipeline import ModelExport as ModelExport
    from surveil_reid.pipeline import Place as Place
    from surveil_reid.pipeline import ProcessReport as ProcessReport
    from surveil_reid.pipeline import Progress as Progress
    from surveil_reid.pipeline import SearchOptions as SearchOptions
    from surveil_reid.pipeline import SearchResult as SearchResult
    from surveil_reid.pipeline import Sighting as Sighting
    from surveil_reid.pipeline import Suggestion as Suggestion
    from surveil_reid.pipeline import answer_suggestion as answer_suggestion
    from surveil_reid.pipeline import calibrate_on_decisions as calibrate_on_decisions
    from surveil_reid.pipeline import choose_person as choose_person
    from surveil_reid.pipeline import concerned_identities as concerned_identities
    from surveil_reid.pipeline import confirm_tracklets as confirm_tracklets
    from surveil_reid.pipeline import describe_identity as describe_identity
    from surveil_reid.pipeline import describe_pictures as describe_pictures
    from surveil_reid.pipeline import describe_tracklet as describe_tracklet
    from surveil_reid.pipeline import doctor as doctor
    from surveil_reid.pipeline import export_identities as export_identities
    from surveil_reid.pipeline import export_model as export_model
    from surveil_reid.pipeline import find_people as find_people
    from surveil_reid.pipeline import index_kept as index_kept
    from surveil_reid.pipeline import index_state as index_state
    from surveil_reid.pipeline import is_open as is_open
    from surveil_reid.pipeline import link_store as link_store
    from surveil_reid.pipeline import merge_identities as merge_identities
    from surveil_reid.pipeline import pictures_of as pictures_of
    from surveil_reid.pipeline import process as process
    from surveil_reid.pipeline import redo_decisions as redo_decisions
    from surveil_reid.pipeline import reembed as reembed
    from surveil_reid.pipeline import reject_tracklets as reject_tracklets
    from surveil_reid.pipeline import search as search
    from surveil_reid.pipeline import sightings as sightings
    from surveil_reid.pipeline import split_identity as split_identity
    from surveil_reid.pipeline import suggestions as suggestions
    from surveil_reid.pipeline import undo_decisions as undo_decisions
    from surveil_reid.pipeline import write_box_tracks as write_box_tracks
    from surveil_reid.report import FoundPerson as FoundPerson
    from surveil_reid.report import ReportOptions as ReportOptions
    from surveil_reid.report import ReportPage as ReportPage
    from surveil_reid.report import write_clips as write_clips
    from surveil_reid.report import write_report as write_report
    from surveil_reid.report import write_review_sheet as write_review_sheet
    from surveil_reid.report import write_search_sheet as write_search_sheet
    from surveil_reid.store import Identity as Identity
    from surveil_reid.store import Store as Store
    from surveil_reid.store import open_store as open_store
    from surveil_reid.tracking import DoubtOptions as DoubtOptions
    from surveil_reid.tracking import RejoinOptions as RejoinOptions
    from surveil_reid.tracking import TrackingOptions as TrackingOptions
    from surveil_reid.tracking import read_mot as read_mot
    from surveil_reid.video import VideoOptions as VideoOptions
    from surveil_reid.video import read_picture as read_picture

_ROOMS = {
    "config": (
        "CameraSource",
        "RecordingSource",
        "Settings",
        "Site",
        "load_site",
        "parse_camera",
        "site_of",
    ),
    "core": (
        "ArrayError",
        "BusyError",
        "InputError",
        "MediaError",
        "ModelMismatchError",
        "OutdatedError",
        "ReadOnlyError",
        "ReviewDecision",
        "SchemaError",
        "SiteError",
        "SpaceError",
        "StoreError",
        "SurveilReidError",
        "UnknownNameError",
        "WeightsError",
    ),
    "crops": (
        "CropOptions",
        "cut_crop",
    ),
    "demo": ("DemoReport", "demonstrate", "sample_site"),
    "detection": ("DetectionOptions", "Detector", "load_detector"),
    "embedding": ("Embedder", "EmbeddingOptions", "load_embedder"),
    "evaluation": (
        "Evaluation",
        "Features",
        "calibrate_on_folder",
        "evaluate",
        "extract_features",
        "read_cameras",
        "score_cameras",
        "read_data_set",
        "read_features",
        "score_tracks",
        "split",
        "write_features",
        "write_figures",
    ),
    "identity": ("TravelTime",),
    "matching": ("RerankOptions",),
    "pipeline": (
        "Check",
        "Hit",
        "ExportReport",
        "ModelExport",
        "Place",
        "ProcessReport",
        "Progress",
        "SearchOptions",
        "SearchResult",
        "Sighting",
        "Suggestion",
        "answer_suggestion",
        "choose_person",
        "concerned_identities",
        "confirm_tracklets",
        "calibrate_on_decisions",
        "describe_identity",
        "describe_pictures",
        "describe_tracklet",
        "doctor",
        "export_identities",
        "export_model",
        "find_people",
        "index_kept",
        "index_state",
        "is_open",
        "link_store",
        "merge_identities",
        "pictures_of",
        "process",
        "redo_decisions",
        "reembed",
        "reject_tracklets",
        "search",
        "sightings",
        "split_identity",
        "suggestions",
        "undo_decisions",
        "write_box_tracks",
    ),
    "report": (
        "FoundPerson",
        "ReportOptions",
        "ReportPage",
        "write_clips",
        "write_report",
        "write_review_sheet",
        "write_search_sheet",
    ),
    "store": ("Identity", "Store", "open_store"),
    "tracking": (
        "DoubtOptions",
        "RejoinOptions",
        "TrackingOptions",
        "read_mot",
    ),
    "video": ("VideoOptions", "read_picture"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_ROOM_OF)  # noqa: PLE0605  a list, sorted: the table above is its one source


def __getattr__(name: str) -> Any:  # noqa: ANN401  the names have as many types as there are
    if name not in _ROOM_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
