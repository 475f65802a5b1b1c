"""Features of a benchmark's images by any embedder, kept so that they are computed only once."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from surveil_reid.core import Floats, InputError
from surveil_reid.embedding import Embedder
from surveil_reid.evaluation.feature_files import read_features, write_features
from surveil_reid.evaluation.features import Features, make_features
from surveil_reid.evaluation.images import LabelledImage, Split, ranking_labels
from surveil_reid.video import read_picture

IMAGES_AT_ONCE = 64


def extract_features(
    split: Split,
    embedder: Embedder,
    *,
    cache: Path | None = None,
    tag: str = "",
    advance: Callable[[int], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
) -> Features:
    """Embed the queries and the gallery of a split.

    Args:
        split: as a protocol made it.
        embedder: any.
        cache: folder of features computed before, found again by the hashes of the weights and of
            the images, and by how the weights are fed; None computes them anew.
        tag: what else the features depend on, such as the precision.
        advance: told how many images more are done.
        warn: told when they cannot be kept.

    Returns:
        The features with their labels.

    Raises:
        MediaError: when an image cannot be read.
        InputError: when features were kept that cannot be read.
    """
    kept = None if cache is None else cache / f"{_key(split, embedder, tag)}.npz"
    if kept is not None and kept.exists():
        advance(len(split.query) + len(split.gallery))
        return read_features(kept)
    labels = ranking_labels(split)
    features = make_features(
        query=embed_images(split.query, embedder, advance),
        gallery=embed_images(split.gallery, embedder, advance),
        query_ids=labels.query_ids,
        gallery_ids=labels.gallery_ids,
        query_cameras=labels.query_cameras,
        gallery_cameras=labels.gallery_cameras,
    )
    if kept is not None:
        try:
            write_features(kept, features)
        except InputError as error:  # hours of work are not given up for that
            warn(f"{error}; the features are not kept for the next time (--cache DIR)")
    return features


def embed_images(
    images: Sequence[LabelledImage],
    embedder: Embedder,
    advance: Callable[[int], None] = lambda _: None,
) -> Floats:
    """Embed pictures: float32 `(n, dim)`, L2-normalised; `advance` is told how many more are done.

    Raises:
        MediaError: when a picture cannot be read.
    """
    parts = [np.zeros((0, embedder.info.dim), np.float32)]
    for start in range(0, len(images), IMAGES_AT_ONCE):
        some = images[start : start + IMAGES_AT_ONCE]
        parts.append(embedder.embed([read_picture(image.path) for image in some]))
        advance(len(some))
    return np.concatenate(parts)


def _key(split: Split, embedder: Embedder, tag: str) -> str:
    """Of the weights and how they are fed, the images with labels, and whatever else counts."""
    fed = json.dumps(embedder.info.preprocessing, sort_keys=True)
    digest = hashlib.sha256(f"{embedder.info.sha256} {fed} {tag}\n".encode())
    for part in (split.query, split.gallery):
        for image in part:
            label = f"{image.identity} {image.camera} {image.distractor} "
            digest.update(label.encode() + hashlib.sha256(image.path.read_bytes()).digest())
        digest.update(b"\n")
    return digest.hexdigest()[:32]
