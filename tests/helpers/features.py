"""Small feature sets for tests of metrics."""

from typing import Any

import numpy as np

from surveil_reid.evaluation.features import Features, make_features


def features_of(
    query: list[tuple[int, int, list[float]]], gallery: list[tuple[int, int, list[float]]]
) -> Features:
    """Features from (identity, camera, vector) of each image."""
    return make_features(**columns(query, "query"), **columns(gallery, "gallery"))


def columns(images: list[tuple[int, int, list[float]]], name: str) -> dict[str, Any]:
    dim = len(images[0][2]) if images else 2
    return {
        name: np.array([image[2] for image in images], np.float32).reshape(len(images), dim),
        f"{name}_ids": np.array([image[0] for image in images], np.int64),
        f"{name}_cameras": np.array([image[1] for image in images], np.int64),
    }


def crowd(people: int = 12, *, images: int = 6, seed: int = 0, dim: int = 16) -> Features:
    """People in three cameras, noisy, with distractors and junk in the gallery."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(people + 1, dim))
    gallery_ids = np.concatenate([np.repeat(np.arange(people + 1), images), [-1, -1]])
    query_ids = np.repeat(np.arange(1, people + 1), 2)
    return make_features(
        query=centres[query_ids] + generator.normal(size=(len(query_ids), dim)),
        gallery=centres[gallery_ids] + generator.normal(size=(len(gallery_ids), dim)),
        query_ids=query_ids,
        gallery_ids=gallery_ids,
        query_cameras=generator.integers(0, 3, len(query_ids)),
        gallery_cameras=generator.integers(0, 3, len(gallery_ids)),
    )
