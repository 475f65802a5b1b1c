"""The paper's tables as a picture: the test mAP of every cell, ours beside the paper's."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from surveil_reid.core import InputError
from surveil_reid.evaluation.drawing import BLUE, GREY, VERMILION, blank, save
from training.paper_tables import Row, Table
from training.records import DATA_SETS, MODELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = (
    (2, "50:50", "50:50, without fine-tuning (Table II)"),
    (2, "80:20", "80:20, without fine-tuning (Table II)"),
    (4, "80:20", "80:20, with fine-tuning (Table IV)"),
)
LEFT, RIGHT = -0.16, 0.16


def draw_tables(tables: Sequence[Table]) -> "Figure":
    """Draw the test mAP of Tables II and IV, a panel for each data set and way of training.

    Hollow marks are the paper's, filled ones ours; circles without gradient scaling, squares with.
    """
    figure = blank(13, 9)
    figure.set_layout_engine("constrained")
    figure.suptitle("Test mAP, the paper's and ours", fontsize=13, fontweight="bold")
    panels = figure.subplots(len(DATA_SETS), len(COLUMNS), sharex=True, sharey=True)
    for dataset, line in zip(DATA_SETS, panels, strict=True):
        for (number, train_test, title), axes in zip(COLUMNS, line, strict=True):
            rows = [
                row
                for row in tables[number - 1].rows
                if (row.cell.dataset, row.cell.train_test) == (dataset, train_test)
            ]
            _draw_panel(axes, rows)
            if dataset == DATA_SETS[0]:
                axes.set_title(title, fontsize=10)
        line[0].set_ylabel(f"{dataset}\nmAP")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def _draw_panel(axes: "Axes", rows: Sequence[Row]) -> None:
    for amp, marker, name in ((False, "o", "without GS"), (True, "s", "with GS")):
        shown = [row for row in rows if row.cell.amp is amp]
        places = [MODELS.index(row.cell.model) + (RIGHT if amp else LEFT) for row in shown]
        paper = [row.paper[0] for row in shown]
        axes.plot(places, paper, marker, color=GREY, markerfacecolor="none", label=f"paper, {name}")
        measured = [
            (place, row.ours[0])
            for place, row in zip(places, shown, strict=True)
            if row.ours[0] is not None
        ]
        axes.plot(
            [place for place, _ in measured],
            [value for _, value in measured],
            marker,
            color=VERMILION if amp else BLUE,
            label=f"ours, {name}",
        )
    axes.set_xlim(-0.5, len(MODELS) - 0.5)
    axes.set_ylim(0, 1)
    axes.set_xticks(range(len(MODELS)), [model.replace(" ", "\n") for model in MODELS], fontsize=9)
    axes.grid(axis="y", alpha=0.3)


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a picture as PNG.

    Raises:
        InputError: when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(figure, path)
    except OSError as error:
        msg = f"{path}: the figure cannot be written ({error.strerror}); name another file"
        raise InputError(msg) from error
