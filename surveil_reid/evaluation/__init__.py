"""Benchmarks: data sets, protocols, metrics, tables and figures."""

from surveil_reid.evaluation.tracks import TrackScores, score_tracks

__all__ = ["TrackScores", "score_tracks"]
