"""Features of a benchmark: by any embedder, computed once, and the same from a file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.market1501 import write_market1501
from helpers.embedders import ColourEmbedder
from surveil_reid.core import ArrayError, Floats, Image, InputError
from surveil_reid.evaluation import (
    evaluate,
    extract_features,
    read_data_set,
    read_features,
    split,
    write_features,
)
from surveil_reid.evaluation.feature_files import KEYS
from surveil_reid.evaluation.images import Split
from surveil_reid.matching import RerankOptions


class Counting(ColourEmbedder):
    """Counts the pictures that it is shown."""

    def __init__(self) -> None:
        self.shown = 0

    def embed(self, images: Sequence[Image]) -> Floats:
        self.shown += len(images)
        return super().embed(images)


@pytest.fixture
def parts(tmp_path: Path) -> Split:
    root = tmp_path / "Market-1501-v15.09.15"
    write_market1501(root)
    return split(read_data_set("market1501", root), "official", 0)


def test_every_image_is_embedded_once(parts: Split, tmp_path: Path) -> None:
    embedder, steps = Counting(), list[int]()
    first = extract_features(parts, embedder, cache=tmp_path / "cache", advance=steps.append)
    count = len(parts.query) + len(parts.gallery)
    assert embedder.shown == sum(steps) == count
    assert first.query.shape == (len(parts.query), embedder.info.dim)

    again = extract_features(parts, embedder, cache=tmp_path / "cache")
    assert embedder.shown == count
    np.testing.assert_array_equal(again.gallery, first.gallery)
    assert evaluate(again).retrieval.cmc == evaluate(first).retrieval.cmc


def test_a_cache_that_cannot_be_written_costs_no_features(parts: Split, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    warned: list[str] = []
    found = extract_features(parts, ColourEmbedder(), cache=tmp_path / "cache", warn=warned.append)
    np.testing.assert_array_equal(found.query, extract_features(parts, ColourEmbedder()).query)
    assert len(warned) == 1
    assert "--cache DIR" in warned[0]


def test_another_image_or_another_precision_is_computed_anew(parts: Split, tmp_path: Path) -> None:
    embedder = Counting()
    extract_features(parts, embedder, cache=tmp_path / "cache", tag="fp32")
    before = embedder.shown
    extract_features(parts, embedder, cache=tmp_path / "cache", tag="bf16")
    assert embedder.shown == 2 * before
    changed, other = parts.gallery[0].path, parts.gallery[-1].path
    changed.write_bytes(other.read_bytes() + b"\0")
    extract_features(parts, embedder, cache=tmp_path / "cache", tag="fp32")
    assert embedder.shown == 3 * before


def test_weights_that_are_fed_otherwise_are_computed_anew(parts: Split, tmp_path: Path) -> None:
    before, corrected = Counting(), Counting()
    fed = {**before.info.preprocessing, "colour": "BGR"}
    corrected.info = replace(before.info, preprocessing=fed)
    for embedder in (before, corrected, before, corrected):
        extract_features(parts, embedder, cache=tmp_path / "cache")
    assert before.shown == corrected.shown == len(parts.query) + len(parts.gallery)


def test_what_is_written_is_what_is_read(parts: Split, tmp_path: Path) -> None:
    made = extract_features(parts, ColourEmbedder())
    write_features(tmp_path / "deep/features.npz", made)
    read = read_features(tmp_path / "deep/features.npz")
    for name in ("query", "gallery", "query_ids", "gallery_ids"):
        np.testing.assert_array_equal(getattr(read, name), getattr(made, name))
    for kind in ("query_cameras", "gallery_cameras"):
        names = [[f.camera_name(c) for c in getattr(f, kind)] for f in (read, made)]
        assert names[0] == names[1]
    assert list((tmp_path / "deep").iterdir()) == [tmp_path / "deep/features.npz"]


def test_all_of_a_report_is_plain_json(parts: Split) -> None:
    plain = evaluate(extract_features(parts, ColourEmbedder())).as_dict()
    assert set(plain) >= {
        "mAP", "mAP_trapezoidal", "cmc", "mINP", "queries", "valid_queries", "gallery", "seconds",
        "mAP_interval", "verification", "open_set", "camera_pairs",
    }  # fmt: skip
    low, high = plain["mAP_interval"]
    assert low <= plain["mAP"] <= high


def test_reranking_changes_the_lists_and_is_said(parts: Split) -> None:
    features = extract_features(parts, ColourEmbedder())
    plain = evaluate(features)
    again = evaluate(features, reranking=RerankOptions(k1=3, k2=2))
    assert (plain.reranked, again.reranked) == (False, True)
    assert again.verification == plain.verification


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), (b"", "cannot be read"), (b"hello", "cannot be read")],
)
def test_what_is_no_features_file_is_refused(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "features.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_features(path)


def test_one_array_and_a_damaged_archive_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "features.npy", np.ones((2, 4), np.float32))
    with pytest.raises(InputError, match=r"features\.npy: .*not an \.npz file"):
        read_features(tmp_path / "features.npy")
    path = tmp_path / "features.npz"
    random = np.random.default_rng(0)
    np.savez_compressed(path, **dict.fromkeys(KEYS, random.normal(size=200)))
    whole = bytearray(path.read_bytes())
    for place in range(40, len(whole) - 40, 97):
        broken = whole.copy()
        broken[place : place + 8] = b"\xff" * 8
        path.write_bytes(broken)
        with pytest.raises((InputError, ArrayError)):
            read_features(path)


def test_a_missing_array_a_pickle_and_nan_are_refused(tmp_path: Path) -> None:
    rows, labels = np.ones((2, 4), np.float32), np.array([1, 2])
    whole = {
        "query": rows,
        "gallery": rows,
        "query_ids": labels,
        "gallery_ids": labels,
        "query_cameras": labels,
        "gallery_cameras": labels[::-1],
    }
    path = tmp_path / "features.npz"
    np.savez(path, **{key: value for key, value in whole.items() if key != "gallery_ids"})
    with pytest.raises(InputError, match="'gallery_ids'"):
        read_features(path)
    np.savez(path, **(whole | {"query_ids": np.array([{}, {}], object)}))
    with pytest.raises(InputError, match="plain arrays"):
        read_features(path)
    np.savez(path, **(whole | {"query": rows * np.nan}))
    with pytest.raises(ArrayError, match="query"):
        read_features(path)
    np.savez(path, **whole)
    assert read_features(path).query.shape == (2, 4)
