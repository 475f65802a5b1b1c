"""Finding people in frames: what a detector is, and the adapter to Ultralytics' models."""

from surveil_reid.detection.detector import DetectionOptions, Detector
from surveil_reid.detection.loading import load_detector

__all__ = ["DetectionOptions", "Detector", "load_detector"]
