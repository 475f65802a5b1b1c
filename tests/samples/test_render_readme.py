"""The figures in the renderer's README are those of the records, and its commands exist."""

import json
import re
from pathlib import Path

import pytest

from samples.render.__main__ import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "samples" / "render" / "README.md").read_text(encoding="utf-8")
RESULTS = ROOT / "tests" / "benchmarks" / "results"


def test_figures_are_those_of_the_records() -> None:
    pace = json.loads((RESULTS / "rendering.json").read_text(encoding="ascii"))
    shown = [f"{pace[what]['seconds_each']:.2f}" for what in ("frame", "crop", "scene")]
    assert f"| {' | '.join(shown)} |" in README
    hard = json.loads((RESULTS / "sample-site.json").read_text(encoding="ascii"))
    for detection in hard["detection"]:
        assert detection["recall"] >= 0.9
        assert f"| {detection['detector']} | {detection['recall']:.3f} |" in README
    scores = hard["embedding"]
    ranks = [scores["rank_1"], scores["rank_1_other_cameras"]]
    assert all(0.8 <= rank <= 0.95 for rank in ranks)
    assert f"| {scores['embedder']} | {ranks[0]:.3f} | {ranks[1]:.3f} |" in README


@pytest.mark.parametrize("line", re.findall(r"python -m samples\.render (.+)", README))
def test_commands_exist(line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*line.split(), "--help"])
    assert ended.value.code == 0
