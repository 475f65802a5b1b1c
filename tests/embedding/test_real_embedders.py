"""The embedders whose descriptions ship, on real pictures and their real weights."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from surveil_reid.core import Doubles, Image
from surveil_reid.embedding import EmbeddingOptions, load_embedder

WEIGHTS = {
    "person-reidentification-retail-0277": "reid-0277/person-reidentification-retail-0277.xml",
    "osnet_x0_25_msmt17": "osnet/osnet_x0_25_msmt17.onnx",
}


@pytest.fixture(scope="module")
def people(real_data: Path) -> dict[str, list[Image]]:
    """Training pictures of 24 people: of each the first from either of two cameras."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted((real_data / "Market-1501-v15.09.15/bounding_box_train").glob("*.jpg")):
        found.setdefault(path.name[:4], {}).setdefault(path.name[5:7], path)
    pairs = [list(cameras.values())[:2] for cameras in found.values() if len(cameras) > 1][:24]
    columns = zip(*pairs, strict=True)
    return dict(zip(("first", "second"), ([_read(p) for p in c] for c in columns), strict=True))


def _read(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def _rank_1(weights: Path, people: dict[str, list[Image]]) -> float:
    embedder = load_embedder(weights, EmbeddingOptions(precision="fp32"))
    similarity = embedder.embed(people["first"]) @ embedder.embed(people["second"]).T
    return float(np.mean(similarity.argmax(axis=1) == np.arange(len(similarity))))


@pytest.mark.parametrize(
    ("name", "at_least"), [(n, r) for n, r in zip(WEIGHTS, (0.95, 0.5), strict=True)]
)
def test_people_are_found_again_in_another_camera(
    real_data: Path, people: dict[str, list[Image]], name: str, at_least: float
) -> None:
    assert _rank_1(real_data / "weights" / WEIGHTS[name], people) >= at_least


def test_the_described_colour_order_is_the_better_one(
    real_data: Path, people: dict[str, list[Image]]
) -> None:
    for path in WEIGHTS.values():
        embedder = load_embedder(real_data / "weights" / path, EmbeddingOptions(precision="auto"))

        def margin(order: int, embedder=embedder) -> float:  # type: ignore[no-untyped-def]  # noqa: ANN001
            first, second = (
                embedder.embed([image[..., ::order] for image in people[key]])
                for key in ("first", "second")
            )
            similarity: Doubles = (first @ second.T).astype(np.float64)
            return float(similarity.diagonal().mean() - similarity.mean())

        assert margin(1) > margin(-1), path


@pytest.mark.parametrize("name", WEIGHTS)
def test_shipped_descriptions_are_found_by_the_weights_alone(
    real_data: Path, tmp_path: Path, name: str
) -> None:
    source = real_data / "weights" / WEIGHTS[name]
    for part in source.parent.glob(f"{source.stem}.*"):
        shutil.copy(part, tmp_path / f"renamed{part.suffix}")
    embedder = load_embedder(tmp_path / f"renamed{source.suffix}")
    assert embedder.info.name == name
    assert embedder.info.linking


def test_bf16_and_batches_change_embeddings_by_rounding_alone(
    real_data: Path, people: dict[str, list[Image]]
) -> None:
    weights = real_data / "weights" / WEIGHTS["person-reidentification-retail-0277"]
    images = people["first"]
    alone = load_embedder(weights, EmbeddingOptions(precision="fp32", batch_size=1)).embed(images)
    for precision in ("fp32", "bf16"):
        options = EmbeddingOptions(precision=precision, batch_size=10)  # type: ignore[arg-type]
        assert (load_embedder(weights, options).embed(images) * alone).sum(axis=1).min() >= 0.999
