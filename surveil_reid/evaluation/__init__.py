"""Benchmarks: data sets, protocols, metrics, tables and figures."""

from surveil_reid.evaluation.bootstrap import BootstrapOptions, Interval, bootstrap_mean
from surveil_reid.evaluation.camera_pairs import CameraPair, score_camera_pairs
from surveil_reid.evaluation.datasets import DATA_SETS, read_data_set
from surveil_reid.evaluation.features import Features, make_features
from surveil_reid.evaluation.images import DataSet, LabelledImage, Split, ranking_labels
from surveil_reid.evaluation.open_set import OpenSet, detect_open_set
from surveil_reid.evaluation.protocols import PROTOCOLS, split
from surveil_reid.evaluation.ranking import Ranking, rank, rank_list
from surveil_reid.evaluation.retrieval import RetrievalScores, evaluate_features
from surveil_reid.evaluation.tracks import TrackScores, score_tracks
from surveil_reid.evaluation.verification import Verification, verify

__all__ = [
    "DATA_SETS",
    "PROTOCOLS",
    "BootstrapOptions",
    "CameraPair",
    "DataSet",
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
    "evaluate_features",
    "make_features",
    "rank",
    "rank_list",
    "ranking_labels",
    "read_data_set",
    "score_camera_pairs",
    "score_tracks",
    "split",
    "verify",
]
