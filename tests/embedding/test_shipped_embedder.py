"""The embedder that ships is as good as its card says."""

import json
from pathlib import Path

import pytest

from surveil_reid.assets import shipped_models
from surveil_reid.embedding import EmbeddingOptions, load_embedder
from surveil_reid.embedding.embedder import Precision
from surveil_reid.evaluation import evaluate_features, extract_features, read_data_set, split

RECORDS = Path(__file__).parents[1] / "benchmarks/results"
NAMES = [model.name for model in shipped_models() if model.kind == "embedder"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("data_set", "folder", "record", "precision"),
    [
        # On a CPU it runs in int8 unless something else is asked for.
        ("market1501", "Market-1501-v15.09.15", "market1501-{}-int8.json", "auto"),
        ("cuhk03-np", "cuhk03_np_pair1", "cuhk03-pair1-{}.json", "fp32"),
    ],
)
def test_it_scores_on_benchmarks_what_its_card_says(
    real_data: Path,
    tmp_path: Path,
    name: str,
    data_set: str,
    folder: str,
    record: str,
    precision: Precision,
) -> None:
    kept = json.loads((RECORDS / record.format(name)).read_text(encoding="utf-8"))
    parts = split(read_data_set(data_set, real_data / folder), "official")
    embedder = load_embedder(name, EmbeddingOptions(device="cpu", precision=precision))
    scores = evaluate_features(extract_features(parts, embedder, cache=tmp_path))
    assert scores.mean_ap == pytest.approx(kept["mAP"], abs=0.003)
    assert scores.cmc[1] == pytest.approx(kept["cmc"]["1"], abs=0.005)


@pytest.mark.parametrize("name", NAMES)
def test_it_knows_from_where_on_a_match_is_one_and_how_sure(name: str) -> None:
    info = load_embedder(name).info
    assert info.name == name
    assert [point.false_alarm for point in info.linking] == sorted(
        point.false_alarm for point in info.linking
    )
    assert info.linking_similarity is not None
    assert info.calibration is not None
    assert not any("probably trained" in point.fitted_on for point in info.linking)
