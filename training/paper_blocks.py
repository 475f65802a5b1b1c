"""The parts of the page on the method that hold figures, each made from data.

What is said of the paper is computed from its tables, what is said of us comes from records.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from training.paper_figures import PaperFigures, PaperTest, PaperTraining
from training.paper_findings import (
    Figures,
    amp_gain,
    cells_of,
    fitting,
    repeated_accuracies,
    repeated_tests,
    shares,
    time_against,
)
from training.paper_layout import markdown_table, runs_text, table_text
from training.paper_tables import lay_out
from training.recipe import Recipe
from training.records import DATA_SETS, MODELS, Cell, Record, TestScores, TrainingScores
from training.run_speeds import AmpSpeed

OFFICIAL_QUERIES = {"MARKET-1501": 3368, "CUHK03-NP": 1400, "Combined": 4768}
DRAWN_QUERIES = {"CUHK03-NP": 588, "MARKET-1501": 1344}
PAPER_DECAY = 0.015


def query_counts(paper: Figures) -> str:
    """Which numbers of queries the paper's CMC values are whole numbers of."""
    lines = []
    for fine_tuned, dataset, train_test in product((False, True), DATA_SETS, ("50:50", "80:20")):
        cells = cells_of(paper, dataset, train_test, fine_tuned=fine_tuned)
        for queries in _candidates(dataset, train_test, fine_tuned=fine_tuned) if cells else ():
            values = shares(paper, cells)
            lines.append(
                (
                    "IV" if fine_tuned else "II",
                    dataset,
                    train_test,
                    f"{queries:,}",
                    f"{fitting(values, queries)} of {len(values)}",
                    f"{len(values) * queries / 10_000:.1f}",
                )
            )
    header = ("table", "data set", "split", "queries", "values that fit", "expected by chance")
    return markdown_table(header, lines)


def _candidates(dataset: str, train_test: str, *, fine_tuned: bool) -> tuple[int, ...]:
    if train_test == "50:50":
        return (OFFICIAL_QUERIES[dataset],)
    drawn = (DRAWN_QUERIES[dataset],) if dataset in DRAWN_QUERIES else ()
    leaked = (OFFICIAL_QUERIES[dataset],) if fine_tuned and dataset == "CUHK03-NP" else ()
    return (*drawn, *leaked)


MISTAKES = ("random order", "numbered apart", "numbered apart, own camera left in", "as it is")


def official_50(paper: Figures, protocol: Mapping[str, Any]) -> str:
    """The paper's 50:50 figures beside a random order and a mistake that would explain them."""
    lines = [
        (f"paper, {dataset}", *_span(_tests(paper, dataset)))
        for dataset in ("CUHK03-NP", "MARKET-1501", "Combined")
    ]
    for name, kind in product(protocol, MISTAKES):
        scores = protocol[name][kind]
        cmc = (scores["cmc"][str(rank)] for rank in (1, 5, 10))
        lines.append((f"{name}, {kind}", *_shown(scores["mAP"], *cmc)))
    return markdown_table(
        ("50:50, without fine-tuning", "mAP", "rank-1", "rank-5", "rank-10"), lines
    )


def numbered_80(draws: Sequence[Mapping[str, int]], protocol: Mapping[str, Any]) -> str:
    """What that mistake does to draws of 80:20, by seed; the first is the one that we train on."""
    lines = [
        (f"{drawn['seed']}", f"{drawn['agreeing']:,} of {drawn['queries']:,}") for drawn in draws
    ]
    (kinds,) = protocol.values()
    mistaken, right = (f"{kinds[kind]['mAP']:.4f}" for kind in ("numbered apart", "as it is"))
    table = markdown_table(("draw of Market-1501", "queries whose number agrees"), lines)
    return f"{table}\n\nDraw 0, a ResNet-18: mAP {mistaken} numbered apart, {right} as it is."


def size_change(runs: Iterable[Record]) -> str:
    """The learning curves where pictures become larger, and at the end."""
    lines = []
    for run in runs:
        shown = run.recipe["input"]
        change = shown["early_epochs"] if shown["early_size"] else 0
        if not 0 < change < len(run.curve):
            continue
        before, after, last = run.curve[change - 1], run.curve[change], run.curve[-1]
        losses = (_given(epoch.loss) for epoch in (before, after, last))
        accuracies = (_given(epoch.validation_accuracy) for epoch in (before, after, last))
        lines.append((run.name, f"{change}, {change + 1}, {last.epoch}", *losses, *accuracies))
    header = (
        "run", "epochs", "training loss before", "after", "at the end",
        "validation accuracy before", "after", "at the end",
    )  # fmt: skip
    return markdown_table(header, lines)


def _given(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _tests(paper: Figures, dataset: str) -> list[PaperTest]:
    return [paper[cell].test for cell in cells_of(paper, dataset, "50:50", fine_tuned=False)]


def _span(tests: Sequence[PaperTest]) -> tuple[str, ...]:
    columns = [[test.mean_ap for test in tests]]
    columns += [[test.cmc[rank] for test in tests] for rank in (1, 5, 10)]
    return tuple(f"{min(column):.4f} to {max(column):.4f}" for column in columns)


def validation_50(paper: Figures) -> str:
    """The best validation accuracy of the very models that Table II calls hopeless."""
    lines = []
    for dataset in DATA_SETS:
        cells = cells_of(paper, dataset, "50:50", fine_tuned=False)
        best = [paper[cell].training.best_validation_accuracy for cell in cells]
        training = [paper[cell].training.accuracy for cell in cells]
        lines.append(
            (
                dataset,
                f"{min(training):.4f} to {max(training):.4f}",
                f"{min(best):.4f} to {max(best):.4f}",
                _span(_tests(paper, dataset))[0],
            )
        )
    header = ("50:50", "training accuracy", "best validation accuracy", "test mAP")
    return markdown_table(header, lines)


def fine_tuned_cuhk03(paper: Figures) -> str:
    """Which split the fine-tuned rows of CUHK03-NP were made on, by queries and by time."""
    lines = []
    for cell in cells_of(paper, "CUHK03-NP", "80:20", fine_tuned=True):
        values = list(paper[cell].test.cmc.values())
        lines.append(
            (
                cell.model,
                _yes(cell.amp),
                *(f"{fitting(values, queries)} of 3" for queries in (1400, 588)),
                *(f"{time_against(paper, cell, split):.2f}" for split in ("50:50", "80:20")),
            )
        )
    header = (
        "model", "GS", "fit 1,400", "fit 588",
        "time over that of 50:50", "time over that of 80:20",
    )  # fmt: skip
    return markdown_table(header, lines)


def repeats(paper: Figures) -> str:
    """Rows and values that come twice."""
    lines = [
        ("II", first.dataset, first.train_test, _short(first), _short(second), "mAP and all CMC")
        for first, second in repeated_tests(paper)
    ]
    lines += [
        (
            "III" if first.fine_tuned else "I",
            first.dataset,
            first.train_test,
            _short(first),
            _short(second),
            f"best validation accuracy {paper[first].training.best_validation_accuracy:.4f}",
        )
        for first, second in repeated_accuracies(paper)
    ]
    return markdown_table(("table", "data set", "split", "row", "same as", "what"), lines)


def paper_amp(paper: Figures) -> str:
    """How much faster the paper trained with gradient scaling."""
    kinds = (("50:50", False), ("80:20", False), ("80:20", True))
    lines = [
        (model, dataset, *(_gain(paper, model, dataset, *kind) for kind in kinds))
        for model, dataset in product(MODELS, DATA_SETS)
    ]
    header = ("model", "data set", "50:50", "80:20", "80:20, fine-tuned")
    return markdown_table(header, lines)


def _gain(paper: Figures, model: str, dataset: str, train_test: str, fine_tuned: bool) -> str:
    cells = cells_of(paper, dataset, train_test, fine_tuned=fine_tuned)
    (cell,) = [cell for cell in cells if cell.model == model and cell.amp]
    return f"{amp_gain(paper, cell):.2f}"


def amp_steps(speed: Mapping[str, Any]) -> str:
    """How much faster training steps are in mixed precision, measured in turns."""
    lines = []
    for steps in speed["steps"]:
        rates = dict(steps["images_per_second"])
        without = rates.pop("fp32")
        lines += [
            (
                steps["backbone"],
                str(steps["batch"]),
                f"{speed['device']}, {precision}",
                f"{without:.2f}",
                f"{rate:.2f}",
                f"{steps['speed_up']:.2f}",
                f"{steps['speed_up_by_processor_time']:.2f}",
            )
            for precision, rate in rates.items()
        ]
    header = (
        "backbone", "batch", "device, precision", "fp32 images/s", "AMP images/s", "gain",
        "by processor time",
    )  # fmt: skip
    return markdown_table(header, lines)


def convolution_steps(speeds: Sequence[Mapping[str, Any]]) -> str:
    """How much faster training steps are with other convolutions, measured in turns."""
    lines = [
        (
            steps["backbone"],
            str(steps["batch"]),
            "x".join(map(str, steps["input"])),
            f"{speed['device']}, {speed['capability']}, {steps['precision']}",
            steps["convolutions"],
            f"{steps['images_per_second']['direct']:.1f}",
            f"{steps['images_per_second'][steps['convolutions']]:.1f}",
            f"{steps['speed_up']:.2f}",
        )
        for speed in speeds
        for steps in speed["steps"]
    ]
    header = (
        "backbone",
        "batch",
        "input",
        "device",
        "instead",
        "torch's images/s",
        "theirs",
        "gain",
    )
    return markdown_table(header, lines)


def amp_runs(speeds: Sequence[AmpSpeed]) -> str:
    """How much faster whole runs were in mixed precision."""
    if not speeds:
        return "No pair of finished runs that differ in precision alone has been recorded yet."
    lines = [
        (s.backbone, s.data, s.device, f"{s.without:.1f}", f"{s.with_amp:.1f}", f"{s.gain:.2f}")
        for s in speeds
    ]
    header = ("backbone", "data set", "device, precision", "fp32 images/s", "AMP images/s", "gain")
    return markdown_table(header, lines)


def own_camera(paper: Figures, protocol: Mapping[str, Any], runs: Sequence[Record]) -> str:
    """What leaving the query's own camera in does to figures, and the paper's beside them."""
    lines = [
        (name, "left out" if kind == "as it is" else "left in", *_shown(s["mAP"], s["cmc"]["1"]))
        for name, kinds in protocol.items()
        for kind in ("as it is", "own camera left in")
        for s in [kinds[kind]]
    ]
    for run in runs:
        if run.state == "finished" and run.test and run.test_left_in:
            for kind, scores in (("left out", run.test), ("left in", run.test_left_in)):
                lines.append((run.name, kind, *_shown(scores.mean_ap, scores.cmc[1])))
    for fine_tuned in (False, True):
        cells = cells_of(paper, "MARKET-1501", "80:20", fine_tuned=fine_tuned)
        for cell in sorted(cells, key=lambda cell: paper[cell].test.mean_ap):
            test = paper[cell].test
            name = f"paper, {cell.model}, MARKET-1501, 80:20{', fine-tuned' * fine_tuned}"
            lines.append((name, "not stated", *_shown(test.mean_ap, test.cmc[1])))
    return markdown_table(("features", "own camera", "mAP", "rank-1"), lines)


def _shown(*shares: float) -> tuple[str, ...]:
    return tuple(f"{share:.4f}" for share in shares)


def settings(recipes: Iterable[Recipe]) -> str:
    """What our recipes for the paper's cells say of what it leaves open."""
    kinds = {}
    for recipe in recipes:
        fine_tuned = recipe.cell is not None and recipe.cell.fine_tuned
        schedule, optimiser = recipe.schedule, recipe.optimiser
        kinds["with" if fine_tuned else "without"] = (
            _epochs(recipe),
            f"{recipe.batch.size}",
            f"{optimiser.kind}, {optimiser.rate:g}",
            f"{optimiser.weight_decay:g}",
            f"{schedule.kind}, {schedule.warm_up:g} epochs of warm-up",
            _augmentation(recipe),
        )
    header = (
        "fine-tuning", "epochs", "batch", "optimiser, rate", "weight decay", "schedule",
        "augmentation",
    )  # fmt: skip
    return markdown_table(header, [(kind, *values) for kind, values in sorted(kinds.items())])


def weight_decay(paper: Figures, runs: Sequence[Record]) -> str:
    """How well training pictures are learned under a weight decay that is, or is not, coupled."""
    lines = []
    for run in runs:
        given = run.recipe["optimiser"]
        if run.state == "finished" and given["weight_decay"] == PAPER_DECAY:
            kind = "coupled (Adam)" if given["kind"] == "adam" else "decoupled (AdamW)"
            lines.append((run.name, kind, f"{run.epochs}", *_learned(run.training, run.test)))
    for dataset in ("CUHK03-NP", "MARKET-1501"):
        (cell,) = [
            cell
            for cell in cells_of(paper, dataset, "80:20", fine_tuned=True)
            if cell.model == "ResNet-18" and cell.amp
        ]
        learned = _learned(paper[cell].training, paper[cell].test)
        lines.append((f"paper, ResNet-18, {dataset}", "not stated", "not stated", *learned))
    header = (
        "run", "weight decay", "epochs", "training loss", "training accuracy",
        "best validation accuracy", "test mAP",
    )  # fmt: skip
    return markdown_table(header, lines)


def _learned(
    training: PaperTraining | TrainingScores, test: PaperTest | TestScores | None
) -> tuple[str, ...]:
    values = (training.loss, training.accuracy, training.best_validation_accuracy)
    mean_ap = None if test is None else test.mean_ap
    return tuple("" if value is None else f"{value:.4f}" for value in (*values, mean_ap))


def our_results(paper: Mapping[Cell, PaperFigures], runs: Sequence[Record]) -> str:
    """The rows of the tables in which we have a result, and what is to be known of the runs."""
    parts = []
    for table in lay_out(runs, paper):
        rows = [row for row in table.rows if row.run is not None]
        if rows:
            parts.append(f"Table {table.numeral}. {table.title}\n\n{table_text(table, rows)}")
    return "\n\n".join([*parts, runs_text(runs)])


def _epochs(recipe: Recipe) -> str:
    given, epochs = recipe.input, recipe.schedule.epochs
    if given.early_size is None or not given.early_epochs:
        return f"{epochs}"
    height, width = given.early_size
    return f"{epochs}, the first {given.early_epochs} at {height}×{width}"  # noqa: RUF001 (a size)


def _augmentation(recipe: Recipe) -> str:
    given = recipe.input
    return f"flip {given.flip:g}, pad {given.pad} and crop, erasing {given.erasing:g}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _short(cell: Cell) -> str:
    return f"{cell.model} {'with' if cell.amp else 'without'} GS"
