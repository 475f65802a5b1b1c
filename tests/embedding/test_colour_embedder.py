"""The stand-in without weights keeps the promises that every embedder makes."""

import cv2
import numpy as np

from helpers.embedders import ColourEmbedder
from surveil_reid.core import Image
from surveil_reid.embedding import Embedder


def people() -> list[Image]:
    colours = [(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255)]
    return [np.full((40, 20, 3), colour, np.uint8) for colour in [*colours, (250, 250, 250)]]


def test_it_is_an_embedder() -> None:
    embedder: Embedder = ColourEmbedder()
    assert embedder.embed([]).shape == (0, embedder.info.dim)
    embeddings = embedder.embed(people())
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)


def test_its_operating_point_tells_colours_apart_through_compression() -> None:
    embedder = ColourEmbedder()
    point = embedder.info.linking[-1]
    blurred = [
        cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 1)
        for image in people()
    ]
    similarity = embedder.embed(people()) @ embedder.embed([np.asarray(b) for b in blurred]).T
    same = np.eye(len(similarity), dtype=bool)
    assert similarity[same].min() >= point.similarity
    assert similarity[~same].max() < point.similarity
