"""Bring the cards of the models that ship up to date: their files' hashes, and their figures.

    python -m training.model_cards      after a file, a card or a record has changed

A card lies in `surveil_reid/assets/weights` beside its files (see `surveil_reid.assets.shipped`).
Sizes and hashes in its head are those of the files; whatever stands between `<!-- NAME -->` and
`<!-- end -->` is written anew from the records in `tests/benchmarks/results`.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from surveil_reid.assets.fingerprints import joint_sha256
from surveil_reid.assets.shipped import FOLDER, ShippedFile, ShippedModel, read_card
from surveil_reid.core import InputError, write_whole
from surveil_reid.embedding.checkpoint import load_checkpoint
from training.paper_layout import markdown_table, spread_text
from training.paper_pages import BENCHMARKS, BLOCK, RESULTS, exit_status, fill
from training.records import read_json

EPOCHS_BETWEEN = 5
"""Rows of a learning curve."""


def card_text(path: Path) -> str:
    """What a card should say, from its files and from the records.

    Raises:
        SurveilReidError: when a form has no files, a record is missing, or a block is unknown.
    """
    model, page = read_card(path)
    head = model.model_copy(update={"files": _files(model, path.parent)})
    plain = yaml.safe_dump(head.model_dump(mode="json"), sort_keys=False, width=100)
    wanted = {match[2] for match in BLOCK.finditer(page)}
    if unknown := sorted(wanted - BLOCKS.keys()):
        msg = f"{path} has a block {unknown[0]!r}; known are {', '.join(sorted(BLOCKS))}"
        raise InputError(msg)
    made = {name: BLOCKS[name](head) for name in sorted(wanted)}
    return f"---\n{plain}---\n{fill(page, made)}"


def _files(model: ShippedModel, folder: Path) -> dict[str, ShippedFile]:
    found: dict[str, ShippedFile] = {}
    for form in model.forms:
        place = folder / form.path
        inside = place.iterdir() if place.is_dir() else place.parent.glob(f"{place.stem}.*")
        files = sorted(path for path in inside if path.suffix != ".md")
        if not files:
            msg = f"{place} is missing; put it there, or take it out of the card of {model.name}"
            raise InputError(msg)
        for path in files:
            facts = ShippedFile(sha256=joint_sha256(path), size=path.stat().st_size)
            found[path.relative_to(folder).as_posix()] = facts
    return found


def _record(name: str) -> Any:  # noqa: ANN401 - JSON is anything
    path = BENCHMARKS / f"{name}.json"
    if not path.is_file():
        msg = f"there is no record {path}; a script in tests/benchmarks makes it"
        raise InputError(msg)
    return read_json(path)


def _files_block(model: ShippedModel) -> str:
    rows = [
        (f"`{name}`", f"{facts.size / 1e6:.2f} MB", f"`{facts.sha256}`")
        for name, facts in model.files.items()
    ]
    return markdown_table(("file", "size", "SHA-256"), rows)


def _detection_block(model: ShippedModel) -> str:
    detectors = _record(f"detectors-{model.name}")["detectors"]
    first = detectors[0]
    limits = list(first["checked"]["recall"])
    head = (
        "detector",
        "PETS: AP50",
        "recall at 0.5",
        "checked: AP50",
        f"recall at {', '.join(limits)}",
        f"time, by that of {first['name']}",
    )
    rows = [
        (
            row["name"],
            f"{row['pets09']['AP50']:.4f}",
            f"{row['pets09']['recall_at_0.5']:.4f}",
            f"{row['checked']['AP50']:.4f}",
            ", ".join(f"{row['checked']['recall'][least]:.4f}" for least in limits),
            spread_text(row["time_ratio"]),
        )
        for row in detectors
    ]
    return markdown_table(head, rows)


def _alarms_block(model: ShippedModel) -> str:
    """False alarms by kind of picture, and at the recall of the first detector."""
    detectors = _record(f"detectors-{model.name}")["detectors"]
    limits = list(detectors[0]["checked"]["false_alarms"])
    pictures = ("checked", "empty", "rendered")
    head = (
        "detector",
        *(f"{kind}, at {', '.join(limits)}" for kind in pictures),
        f"at equal recall: confidence; {', '.join(pictures)}",
    )
    rows = []
    for row in detectors:
        equal = row["at_equal_recall"]
        counts = [
            ", ".join(str(row[kind]["false_alarms"][le]) for le in limits) for kind in pictures
        ]
        shown = "never found as many"
        if equal:
            alarms = ", ".join(str(equal[kind]) for kind in pictures)
            shown = f"{equal['confidence']:.2f}; {alarms}"
        rows.append((row["name"], *counts, shown))
    return markdown_table(head, rows)


def _runtimes_block(model: ShippedModel) -> str:
    record = _record(f"runtimes-{model.name}")
    head = (
        "{}, {} by {} pixels".format(record["device"], *record["input"]),
        "ms",
        f"times as fast as {record['fastest_in_floating_point']}",
    )
    rows = [
        (name, f"{row['ms']:.1f}", f"{row['times_fastest']:.2f}")
        for name, row in record["runtimes"].items()
    ]
    return markdown_table(head, rows)


def _scores_block(data_set: str, model: ShippedModel) -> str:
    """Scores in floating point, and in int8 where they were measured."""
    records = {"fp32": _record(f"{data_set}-{model.name}")}
    if (BENCHMARKS / f"{data_set}-{model.name}-int8.json").is_file():
        records["int8"] = _record(f"{data_set}-{model.name}-int8")
    rows = {
        precision: {
            "mAP": record["mAP"],
            "mAP trapezoidal": record["mAP_trapezoidal"],
            **{f"rank-{at}": share for at, share in record["cmc"].items()},
            "mINP": record["mINP"],
        }
        for precision, record in records.items()
    }
    head = ("computed in", *rows["fp32"])
    return markdown_table(
        head, [(name, *(f"{value:.4f}" for value in row.values())) for name, row in rows.items()]
    )


def _learning_block(model: ShippedModel) -> str:
    del model  # the first four, one after the other, make the embedder that ships
    made = ("distil", "shipped-mixtures", "shipped-people", "shipped-larger")
    rows = []
    before = ("shipped", "shipped-further", "shipped-rendered", "shipped-longer")
    for name in (*made, *before, "rendered-alone"):
        run: Any = read_json(RESULTS / f"{name}.json")
        best, last = run["training"]["best_epoch"], run["epochs"]
        early = run["recipe"]["input"]["early_epochs"]
        sizes = [run["recipe"]["input"][key] for key in ("early_size", "size")]
        curve = run["curve"]
        rows += [
            (
                f"{name}, {epoch}",
                "{}x{}".format(*sizes[epoch > early]),
                f"{curve[epoch - 1]['accuracy']:.3f}",
                f"{curve[epoch - 1]['validation_mAP']:.4f}",
                f"{sum(past['seconds'] for past in curve[:epoch]) / 60:.0f} min",
                _tested(run) if epoch == best else "",
            )
            for epoch in sorted({*range(EPOCHS_BETWEEN, last, EPOCHS_BETWEEN), best, last})
        ]
    head = (
        "run, epoch", "pictures", "accuracy in training", "mAP of the held-out",
        "time of the run until then", "test identities: mAP, rank-1",
    )  # fmt: skip
    return markdown_table(head, rows)


def _tested(run: Any) -> str:  # noqa: ANN401 (a record, as JSON has it)
    test = run["test"]
    return f"{test['mAP']:.4f}, {test['cmc']['1']:.4f} of {run['recipe']['data']['set']}"


def _ablation_block(model: ShippedModel) -> str:
    """Scores without pictures made worse or rendered people, with the first, and with both."""
    del model
    names = ("ablation", "ablation-degradations", "ablation-rendered")
    runs: list[Any] = [read_json(RESULTS / f"{name}.json") for name in names]
    damaged = [_record(f"robustness-{name}")["results"] for name in names]
    values = {
        "held-out people": [run["training"]["best_validation_mAP"] for run in runs],
        "test identities of both data sets": [run["test"]["mAP"] for run in runs],
    }
    for same in zip(*damaged, strict=True):
        damage, applied_to = same[0]["damage"], same[0]["applied_to"]
        about = "undamaged" if damage == "none" else f"{damage}, {applied_to}"
        values[about] = [row["mAP"] for row in same]
    rows = [(about, *(f"{value:.4f}" for value in found)) for about, found in values.items()]
    return markdown_table(("pictures", *names), rows)


def _robustness_block(model: ShippedModel) -> str:
    record = _record(f"robustness-{model.name}")
    rows = [
        (
            row["damage"],
            row["applied_to"],
            f"{row['mAP']:.4f}",
            f"{row['rank_1']:.4f}",
        )
        for row in record["results"]
    ]
    return markdown_table(("damage", "to", "mAP", "rank-1"), rows)


def _probabilities_block(model: ShippedModel) -> str:
    record = _record(f"calibration-{model.name}")
    whole = {"strangers": " and ".join(map(str, record["gallery"]))} | record["shipped"]
    rows = [
        (
            str(row["strangers"]),
            f"{row['base_rate']:.3f}",
            f"{row['expected_calibration_error']:.3f}",
            f"{row['brier_skill']:.3f}",
        )
        for row in (*record["shipped_in_small_galleries"], whole)
    ]
    head = ("pictures searched", "hits that are right", "calibration error", "Brier skill")
    return markdown_table(head, rows)


def _points_block(model: ShippedModel) -> str:
    embedder = load_checkpoint(FOLDER / model.forms[0].path)
    rows = [
        (f"{point.false_alarm:g}", f"{point.similarity:.3f}", f"{point.detection:.3f}")
        for point in embedder.meta.linking
    ]
    return markdown_table(("pairs of strangers", "similarity", "pairs of one person"), rows)


def _decisions_block(model: ShippedModel) -> str:
    rows = [
        (
            f"{row['strangers']:,}",
            f"{row['FAR_wanted']:g}",
            f"{row['FAR_reached']:.4f}",
            f"{row['DIR']:.3f}",
        )
        for row in _record(f"calibration-{model.name}")["decided"]
    ]
    head = ("pictures searched", "`--false-alarm`", "false alarms", "found")
    return markdown_table(head, rows)


BLOCKS: dict[str, Callable[[ShippedModel], str]] = {
    "files": _files_block,
    "detection": _detection_block,
    "alarms": _alarms_block,
    "runtimes": _runtimes_block,
    "market1501": partial(_scores_block, "market1501"),
    "cuhk03-pair1": partial(_scores_block, "cuhk03-pair1"),
    "learning": _learning_block,
    "ablation": _ablation_block,
    "robustness": _robustness_block,
    "points": _points_block,
    "decisions": _decisions_block,
    "probabilities": _probabilities_block,
}


def main() -> int:
    """Write every card anew; returns the exit status."""

    def work() -> None:
        for path in sorted(FOLDER.glob("*.md")):
            write_whole(path, card_text(path).encode())

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
