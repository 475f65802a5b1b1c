"""Figures on the pages of `docs` are those of the committed records."""

import json
from pathlib import Path
from typing import Any

from training import performance
from training.paper_pages import fill

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
RECORDS = ROOT / "tests/benchmarks/results"


def record(name: str) -> Any:  # noqa: ANN401  JSON is anything
    return json.loads((RECORDS / name).read_text(encoding="utf-8"))


def table(*rows: tuple[object, ...]) -> str:
    """A Markdown table; the first row is its head."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def ranking_table() -> str:
    found = record("ranking.json")
    ours, loop, large = found["ours"], found["loop"], found["large"]
    seconds = [sum(part["seconds"].values()) for part in (ours, large)]
    both = f"{ours['queries']:,} by {ours['gallery']:,}"
    return table(
        ("what", "queries by gallery", "ranking", "distances and ranking", "memory"),
        ("ours", both, f"{ours['seconds']['ranking']:.2f} s", f"{seconds[0]:.2f} s",
         f"{ours['peak_megabytes']:,} MB"),
        ("plain loop", both, f"{loop['seconds']['ranking']:.1f} s", "", ""),
        ("ours", f"{large['queries']:,} by {large['gallery']:,}",
         f"{large['seconds']['ranking']:.1f} s", f"{seconds[1]:.1f} s",
         f"{large['peak_megabytes']:,} MB"),
    )  # fmt: skip


def reranking_table() -> str:
    found = record("reranking.json")
    before = found["before"]
    rows: list[tuple[object, ...]] = [
        ("lists", "mAP", "rank-1", "time", "memory", "times our time"),
        ("as they are", f"{before['mAP']:.4f}", f"{before['rank1']:.4f}", "", "", ""),
    ]
    names = {"ours": "re-ranked, ours", "dense": "re-ranked, dense matrices as usual",
             "dense_rows": "re-ranked, dense matrices, rows in one piece"}  # fmt: skip
    for part, name in names.items():
        one = found[part]
        ratio = found["by_ours"].get(part, {}).get("seconds")
        by = f"{ratio['median']} ({ratio['low']} to {ratio['high']})" if ratio else ""
        rows.append((name, f"{one['mAP']:.4f}", f"{one['rank1']:.4f}",
                     f"{one['seconds']:.1f} s", f"{one['peak_mb']:,} MB", by))  # fmt: skip
    return table(*rows)


def test_figures_of_the_evaluator_are_those_of_the_records() -> None:
    page = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    assert record("ranking.json")["bit_identical"]
    assert record("reranking.json")["unlike_reference"]["ours"]["top1"] == 0
    assert ranking_table() in page
    assert reranking_table() in page


PROGRAMS = {
    "ours": "`surveil-reid process`",
    "ours without gate": "`surveil-reid process --no-motion-gate`",
    "boxmot": "BoxMOT `track`, YOLOv8n",
    "ultralytics": "Ultralytics `track`, YOLOv8n",
    "boxmot int8": "BoxMOT `track`, our int8 detector",
    "ultralytics int8": "Ultralytics `track`, our int8 detector",
    "decoding": "decoding alone",
    "detector": "our detector alone",
}


def processing_table(footage: str) -> str:
    found = record("processing.json")[footage]
    rows: list[tuple[object, ...]] = [
        ("program", "seconds", "frames/s", "processor", "memory", "MOTA", "IDF1", "times our time")
    ]
    for program, name in PROGRAMS.items():
        cost = found["medians"].get(program)
        if cost is None:
            continue
        floor = "frames" in cost
        ratio, score = found["by_ours"].get(program), found.get("scores", {}).get(program)
        rows.append((
            name, f"{cost['seconds']:.1f}",
            f"{found['frames'] / cost['seconds']:.1f}",
            "" if floor else f"{cost['cpu_seconds']:.0f} s",
            "" if floor else f"{cost['peak_mb']:,.0f} MB",
            *((f"{score[key]:.3f}" for key in ("MOTA", "IDF1")) if score else ("", "")),
            f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})" if ratio else "",
        ))  # fmt: skip
    return table(*rows)


def test_figures_of_processing_are_those_of_the_record() -> None:
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    for footage in ("pets09-s2l1", "indoor-walk", "rooms"):
        assert processing_table(footage) in page


def test_figures_of_the_page_on_performance_are_those_of_the_records() -> None:
    text = performance.PAGE.read_text(encoding="utf-8")
    assert fill(text, performance.make_blocks()) == text, "run `make docs`"
