"""Embedders that need no weights, for pipelines that run on generated pictures and videos."""

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np

from surveil_reid.core import (
    Floats,
    Image,
    ModelInfo,
    OperatingPoint,
    check_image,
    l2_normalise,
)

HUES, GREYS = 24, 8


class ColourEmbedder:
    """Tells people apart by the colours they wear: a histogram of 24 hues and 8 greys.

    Hues are spread over their neighbours, so that video compression changes embeddings little.
    """

    info = ModelInfo(
        name="colour",
        sha256=hashlib.sha256(b"ColourEmbedder").hexdigest(),
        dim=HUES + GREYS,
        preprocessing={"size": None, "colour": "RGB"},
        linking=(
            OperatingPoint(0.95, false_alarm=1e-4, detection=0.9, fitted_on="plain colours"),
            OperatingPoint(0.8, false_alarm=1e-2, detection=1.0, fitted_on="plain colours"),
        ),
        linking_similarity=0.8,
        source="colour",
    )

    def embed(self, images: Sequence[Image]) -> Floats:
        """Histograms of RGB pictures, L2-normalised float32 `(n, 32)`."""
        histograms = [self._histogram(image) for image in images]
        return l2_normalise(np.array(histograms, np.float32).reshape(-1, self.info.dim))

    @staticmethod
    def _histogram(image: Image) -> Floats:
        check_image(image)
        hue, saturation, value = cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))
        coloured = (saturation > 80) & (value > 60)
        hues = np.bincount(hue[coloured].astype(np.int64) * HUES // 180, minlength=HUES)
        greys = np.bincount(value[~coloured].astype(np.int64) * GREYS // 256, minlength=GREYS)
        spread = hues + 0.5 * (np.roll(hues, 1) + np.roll(hues, -1))
        return np.concatenate([spread, greys]).astype(np.float32)
