"""Benchmarks: data sets, protocols, metrics, tables and figures."""

from surveil_reid.evaluation.bcubed import BCubed
from surveil_reid.evaluation.bootstrap import BootstrapOptions, Interval, bootstrap_mean
from surveil_reid.evaluation.camera_pairs import CameraPair, score_camera_pairs
from surveil_reid.evaluation.cross_camera import CrossCameraScores, read_cameras, score_cameras
from surveil_reid.evaluation.datasets import DATA_SETS, read_data_set
from surveil_reid.evaluation.extraction import extract_features
from surveil_reid.evaluation.feature_files import read_features, write_features
from surveil_reid.evaluation.features import Features, make_features
from surveil_reid.evaluation.figures import write_figures
from surveil_reid.evaluation.images import DataSet, LabelledImage, Split, ranking_labels
from surveil_reid.evaluation.open_set import OpenSet, detect_open_set
from surveil_reid.evaluation.protocols import PROTOCOLS, split
from surveil_reid.evaluation.ranking import Ranking, rank, rank_list
from surveil_reid.evaluation.report import Evaluation, evaluate
from surveil_reid.evaluation.retrieval import RetrievalScores, evaluate_features
from surveil_reid.evaluation.tracks import TrackScores, score_tracks
from surveil_reid.evaluation.verification import Verification, verify

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
