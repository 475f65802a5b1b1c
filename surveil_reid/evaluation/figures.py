"""Pictures of an evaluation: how good the ranking is, and where it fails."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from surveil_reid.core import Doubles, InputError, Integers, make_folder
from surveil_reid.evaluation.drawing import BLUE, VERMILION, chart, count_images, save, shortened
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.heat_map import draw_camera_pairs
from surveil_reid.evaluation.ranking import Ranking, searches
from surveil_reid.evaluation.report import Evaluation
from surveil_reid.evaluation.retrieval import REPORTED_RANKS, cmc, score_ranking
from surveil_reid.evaluation.sheets import write_sheets
from surveil_reid.evaluation.verification import VerificationPoint

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LAST_RANK = 50
"""Where the CMC curve ends."""

RECALL_LEVELS = np.arange(101)
"""Recall, in percent, at which the precision-recall curve is drawn."""

_SCORE_BINS = 2000  # counted finely over -1..1, then merged, since some networks use a corner of it
_DRAWN_BINS = 100

_LINE_STYLES = ("-", "--", ":")


def write_figures(
    features: Features,
    evaluation: Evaluation,
    folder: Path,
    *,
    query_paths: Sequence[Path] | None,
    gallery_paths: Sequence[Path] | None,
    name: str,
) -> tuple[Path, ...]:
    """Draw an evaluation as PNG files.

    They are `cmc.png`, `precision_recall.png`, `scores.png`, `camera_pairs.png`, and
    `ranks_best.png`, `ranks_worst.png` and `ranks_random.png` where the images are at hand. Curves
    and sheets show the lists that were scored, re-ranked ones if they were re-ranked; scores and
    pairs of cameras are always by cosine similarity.

    Args:
        features: queries and gallery.
        evaluation: of these features.
        folder: where to write; made if missing, older figures in it are replaced.
        query_paths: image files, one for each query; None where there are none to show.
        gallery_paths: likewise for each gallery image of `features`, which hold no junk.
        name: of the data set, for the titles.

    Returns:
        The files written. Sheets of rank lists are missing from it if paths are not given or one
        of their pictures cannot be read.

    Raises:
        InputError: when there are not as many paths as images, or `folder` cannot be made.
    """
    _check_paths("query", query_paths, len(features.query))
    _check_paths("gallery", gallery_paths, len(features.gallery))
    make_folder(folder)
    title = shortened(name)
    listed = f"{title}, re-ranked" if evaluation.reranked else title
    points = () if evaluation.verification is None else evaluation.verification.points
    drawn = {
        "cmc.png": draw_cmc(evaluation.ranking, listed),
        "precision_recall.png": draw_precision_recall(evaluation.ranking, listed),
        "scores.png": draw_scores(features, points, title),
        "camera_pairs.png": draw_camera_pairs(features, evaluation.camera_pairs, title),
    }
    charts = tuple(save(figure, folder / file) for file, figure in drawn.items())
    if query_paths is None or gallery_paths is None:
        return charts
    return charts + write_sheets(features, evaluation, (query_paths, gallery_paths), folder, listed)


def draw_cmc(ranking: Ranking, name: str) -> "Figure":
    """Share of queries with a true match at a rank or before, for the ranks to `LAST_RANK`.

    Raises:
        ArrayError: when no query is valid.
    """
    ranks = range(1, min(LAST_RANK, ranking.gallery) + 1)
    shares = [cmc(ranking, at) for at in ranks]
    reported = ", ".join(f"rank-{at} {shares[at - 1]:.2%}" for at in REPORTED_RANKS if at in ranks)
    figure, axes = chart("Cumulative match characteristic", f"{name}: {_counts(ranking)}")
    axes.plot(ranks, shares, color=BLUE, marker="o", markersize=3, label=reported)
    # Good networks differ in the last tenth; the axis says that it does not begin at 0.
    axes.set_ylim(max(0.0, np.floor(10 * shares[0] - 0.2) / 10), 1.005)
    axes.set_xlim(0, LAST_RANK + 1)
    axes.set(xlabel="rank", ylabel="queries with a true match by that rank")
    axes.yaxis.set_major_formatter("{x:.1%}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def draw_precision_recall(ranking: Ranking, name: str) -> "Figure":
    """Mean interpolated precision by recall.

    Raises:
        ArrayError: when no query is valid.
    """
    scores = score_ranking(ranking)
    figure, axes = chart("Precision and recall", f"{name}: {_counts(ranking)}")
    label = f"mAP {scores.mean_ap:.2%} (rectangular), mINP {scores.mean_inp:.2%}"
    axes.plot(RECALL_LEVELS / 100, precision_by_recall(ranking), color=BLUE, label=label)
    axes.set(xlabel="recall", ylabel="interpolated precision, mean over queries")
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    return figure


def precision_by_recall(ranking: Ranking) -> Doubles:
    """Interpolated precision: the best that is reached at a recall or any higher one.

    Returns:
        float64 `(101,)` in 0..1, the mean over valid queries at each of `RECALL_LEVELS`.
    """
    ends = np.cumsum(ranking.matches[ranking.valid])
    total = np.zeros(len(RECALL_LEVELS))
    for ranks in np.split(ranking.ranks, ends[:-1]):
        precision = np.arange(1, len(ranks) + 1) / ranks
        best = np.maximum.accumulate(precision[::-1])[::-1]
        needed = -(-RECALL_LEVELS * len(ranks) // 100)  # matches that reach the level, rounded up
        total += best[np.maximum(needed, 1) - 1]
    return np.asarray(total / len(ends), np.float64)


def draw_scores(features: Features, points: Sequence[VerificationPoint], name: str) -> "Figure":
    """Histogram of the similarities of genuine and of impostor pairs, with the thresholds."""
    genuine, impostors = count_scores(features)
    figure, axes = chart(
        "Scores of genuine and impostor pairs", f"{name}: {count_images(features)}"
    )
    filled = np.flatnonzero(genuine + impostors)
    step = -(-(filled[-1] + 1 - filled[0]) // _DRAWN_BINS)
    starts = np.arange(filled[0], filled[-1] + 1, step)
    edges = np.append(starts, starts[-1] + step) * (2 / _SCORE_BINS) - 1
    for counts, kind, colour in ((impostors, "impostor", VERMILION), (genuine, "genuine", BLUE)):
        shares = np.add.reduceat(counts, starts) / max(counts.sum(), 1)
        label = f"{kind} pairs (n = {counts.sum():,})"
        axes.stairs(shares, edges, fill=True, alpha=0.35, color=colour, label=label)
        axes.stairs(shares, edges, color=colour)
    for point, style in zip(points, _LINE_STYLES, strict=False):
        axes.axvline(point.threshold, color="black", linestyle=style, label=_describe(point))
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.5 / max(genuine.sum(), impostors.sum()))
    axes.set(
        xlabel="cosine similarity", ylabel=f"share of the pairs per {2 * step / _SCORE_BINS:g}"
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=9)
    return figure


def count_scores(features: Features) -> tuple[Integers, Integers]:
    """Pairs by similarity, in equal bins over -1..1; pairs left out of rankings do not count.

    A block of scores is held at a time.

    Returns:
        int64 `(2000,)` of genuine pairs, and of impostor pairs.
    """
    genuine, every = np.zeros((2, _SCORE_BINS), np.int64)
    for search in searches(features):
        genuine += _count(search.scores[search.matches])
        every += _count(search.scores[np.isfinite(search.scores)])
    return genuine, every - genuine


def _count(scores: NDArray[Any]) -> Integers:
    bins = np.clip((scores + 1) * (_SCORE_BINS / 2), 0, _SCORE_BINS - 1).astype(np.int64)
    return np.bincount(bins, minlength=_SCORE_BINS)


def _describe(point: VerificationPoint) -> str:
    return f"FPR {point.wanted:g}: over {point.threshold:.3f}, TPR {point.true_positive_rate:.1%}"


def _counts(ranking: Ranking) -> str:
    valid = int(ranking.valid.sum())
    return f"{valid:,} of {ranking.queries:,} queries valid, {ranking.gallery:,} gallery images"


def _check_paths(kind: str, paths: Sequence[Path] | None, images: int) -> None:
    if paths is not None and len(paths) != images:
        msg = f"{len(paths)} paths for {images} {kind} images; give one each, junk left out"
        raise InputError(msg)
