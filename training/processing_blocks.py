"""The tables about processing footage on `docs/performance.md`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.paper_layout import markdown_table, spread_text

PROGRAMS = {
    "ours": "`surveil-reid process`",
    "ours without gate": "`surveil-reid process --no-motion-gate`",
    "boxmot": "BoxMOT `track`, float YOLOv8n",
    "ultralytics": "Ultralytics `track`, float YOLOv8n",
    "boxmot int8": "BoxMOT `track`, our int8 detector",
    "ultralytics int8": "Ultralytics `track`, our int8 detector",
    "decoding": "decoding alone",
    "detector": "our detector alone",
}
SCORES = ("MOTA", "IDF1", "HOTA")


def processing(footage: str) -> Callable[[Mapping[str, Any]], str]:
    """What every program costs on a piece of footage, and how well it follows people."""

    def made(record: Mapping[str, Any]) -> str:
        found = record[footage]
        rows = [
            (name, *_program(found, program))
            for program, name in PROGRAMS.items()
            if program in found["medians"]
        ]
        header = ("program", "seconds", "frames/s", "processor", "memory", *SCORES)
        return markdown_table((*header, "times our seconds"), rows)

    return made


def _program(found: Mapping[str, Any], program: str) -> Sequence[str]:
    cost = found["medians"][program]
    score = found.get("scores", {}).get(program)
    ratio = found["by_ours"].get(program)
    return (
        f"{cost['seconds']:.1f}",
        f"{cost.get('frames', found['frames']) / cost['seconds']:.0f}",
        # Of a floor the work alone was timed.
        "" if "frames" in cost else f"{cost['cpu_seconds']:.0f} s",
        "" if "frames" in cost else f"{cost['peak_mb']:,.0f} MB",
        *(f"{score[name]:.3f}" if score else "" for name in SCORES),
        _ratio_text(ratio, len(found["rounds"])) if ratio else "",
    )


def _ratio_text(ratio: Mapping[str, float], rounds: int) -> str:
    return spread_text(ratio) if rounds > 1 else f"{ratio['median']:.2f}"


def processing_gate(record: Mapping[str, Any]) -> str:
    """What the motion gate leaves of the people."""
    gate = record["indoor-walk"]["gate"]
    values = (
        str(gate["people"]),
        str(gate["people_with_gate"]),
        str(gate["people_lost"]),
        f"{gate['least_found_of_a_person']:.1%}",
        f"{gate['boxes_found']:.1%}",
    )
    header = (
        "tracklets without the gate", "with it", "lost", "least share of a tracklet's boxes found",
        "share of all boxes found",
    )  # fmt: skip
    return markdown_table(header, [values])


def processing_start(record: Mapping[str, Any]) -> str:
    """How soon the first boxes are there, and how fast all is against the footage's own time."""
    rows = [
        (
            name,
            str(len(record[name]["rounds"])),
            f"{record[name]['medians']['first_boxes']['seconds']:.1f} s",
            f"{record[name]['times_real_time']:.1f}",
        )
        for name in ("pets09-s2l1", "indoor-walk", "rooms")
    ]
    return markdown_table(("footage", "rounds", "first boxes after", "times real time"), rows)


PROCESSING: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "processing-pets09": ("processing", processing("pets09-s2l1")),
    "processing-indoor-walk": ("processing", processing("indoor-walk")),
    "processing-gate": ("processing", processing_gate),
    "processing-rooms": ("processing", processing("rooms")),
    "processing-start": ("processing", processing_start),
}
"""Of each part of the page its record, and what makes it."""
