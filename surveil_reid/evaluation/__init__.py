"""Benchmarks: data sets, protocols, metrics, tables and figures.

What needs more than NumPy is imported when it is first used, so that training can measure itself
on a machine that has little more than torch.
"""

from typing import TYPE_CHECKING

from surveil_reid.core import imported_late
from surveil_reid.evaluation.bcubed import BCubed
from surveil_reid.evaluation.bootstrap import BootstrapOptions, Interval, bootstrap_mean
from surveil_reid.evaluation.camera_pairs import CameraPair, score_camera_pairs
from surveil_reid.evaluation.datasets import DATA_SETS, read_data_set
from surveil_reid.evaluation.feature_files import read_features, write_features
from surveil_reid.evaluation.features import Features, make_features
from surveil_reid.evaluation.images import DataSet, LabelledImage, Split, ranking_labels
from surveil_reid.evaluation.open_set import OpenSet, detect_open_set
from surveil_reid.evaluation.protocols import PROTOCOLS, split
from surveil_reid.evaluation.ranking import Ranking, rank, rank_list
from surveil_reid.evaluation.retrieval import RetrievalScores, evaluate_features
from surveil_reid.evaluation.verification import Verification, verify

if TYPE_CHECKING:
    from surveil_reid.evaluation.calibrating import calibrate_on_folder
    from surveil_reid.evaluation.cross_camera import CrossCameraScores, read_cameras, score_cameras
    from surveil_reid.evaluation.extraction import extract_features
    from surveil_reid.evaluation.figures import write_figures
    from surveil_reid.evaluation.report import Evaluation, evaluate
    from surveil_reid.evaluation.tracks import TrackScores, score_tracks

_LATER = {
    "CrossCameraScores": "cross_camera",
    "Evaluation": "report",
    "TrackScores": "tracks",
    "calibrate_on_folder": "calibrating",
    "evaluate": "report",
    "extract_features": "extraction",
    "read_cameras": "cross_camera",
    "score_cameras": "cross_camera",
    "score_tracks": "tracks",
    "write_figures": "figures",
}

__all__ = [
    "DATA_SETS",
    "PROTOCOLS",
    "BCubed",
    "BootstrapOptions",
    "CameraPair",
    "CrossCameraScores",
    "DataSet",
    "Evaluation",
    "Features",
    "Interval",
    "LabelledImage",
    "OpenSet",
    "Ranking",
    "RetrievalScores",
    "Split",
    "TrackScores",
    "Verification",
    "bootstrap_mean",
    "calibrate_on_folder",
    "detect_open_set",
    "evaluate",
    "evaluate_features",
    "extract_features",
    "make_features",
    "rank",
    "rank_list",
    "ranking_labels",
    "read_cameras",
    "read_data_set",
    "read_features",
    "score_camera_pairs",
    "score_cameras",
    "score_tracks",
    "split",
    "verify",
    "write_features",
    "write_figures",
]

__getattr__ = imported_late(__name__, _LATER)
