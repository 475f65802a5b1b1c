"""What detectors whose weights lie in files have in common."""

from surveil_reid.detection.detector import DetectionOptions
from surveil_reid.detection.weights import Weights


class FileDetector:
    """Weights and options, as `Detector` shows them."""

    def __init__(self, weights: Weights, options: DetectionOptions) -> None:
        self._weights = weights
        self._options = options

    @property
    def name(self) -> str:
        """File or folder name of the weights."""
        return self._weights.name

    @property
    def sha256(self) -> str:
        """Of the weights, in hexadecimal."""
        return self._weights.sha256

    @property
    def batch_size(self) -> int:
        """How many pictures go through the network together."""
        return self._options.batch_size
