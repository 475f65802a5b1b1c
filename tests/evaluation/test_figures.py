import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from helpers.features import crowd, features_of
from surveil_reid.core import ArrayError, InputError
from surveil_reid.evaluation import verification
from surveil_reid.evaluation.camera_pairs import score_camera_pairs
from surveil_reid.evaluation.drawing import fit
from surveil_reid.evaluation.features import Features
from surveil_reid.evaluation.figures import (
    RECALL_LEVELS,
    count_scores,
    draw_cmc,
    draw_precision_recall,
    draw_scores,
    precision_by_recall,
    write_figures,
)
from surveil_reid.evaluation.heat_map import draw_camera_pairs
from surveil_reid.evaluation.ranking import rank, rank_list
from surveil_reid.evaluation.report import evaluate
from surveil_reid.evaluation.retrieval import average_precision, evaluate_features
from surveil_reid.evaluation.sheets import (
    BLUE,
    FRAME,
    GREEN,
    RED,
    ROWS,
    TOP,
    cell_corner,
    choose,
    list_top,
)

CHARTS = ["cmc.png", "precision_recall.png", "scores.png", "camera_pairs.png"]
SHEETS = ["ranks_best.png", "ranks_worst.png", "ranks_random.png"]
WHITE = (255, 255, 255)


def write_all(features: Features, folder: Path, name: str = "Crowd") -> list[str]:
    """Names of the figures written, without sheets."""
    written = write_figures(
        features, evaluate(features), folder, query_paths=None, gallery_paths=None, name=name
    )
    return [path.name for path in written]


def write_sheets_of(
    features: Features,
    folder: Path,
    query_paths: list[Path] | None,
    gallery_paths: list[Path] | None,
) -> tuple[Path, ...]:
    return write_figures(
        features,
        evaluate(features),
        folder,
        query_paths=query_paths,
        gallery_paths=gallery_paths,
        name="Crowd",
    )


def pictures(folder: Path, kind: str, count: int) -> list[Path]:
    """Grey pictures of many proportions, no two alike."""
    (folder / kind).mkdir(parents=True, exist_ok=True)
    paths = [folder / kind / f"{place:04}.png" for place in range(count)]
    for place, path in enumerate(paths):
        shade = 50 + place
        PillowImage.new("RGB", (20 + place % 50, 60), (shade, shade, shade)).save(path)
    return paths


def pixels(path: Path) -> np.ndarray:
    with PillowImage.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


def frame_of(sheet: np.ndarray, row: int, column: int) -> set[tuple[int, ...]]:
    """Colours of the left edge of a cell's frame, over all its width and half its height."""
    left, top = cell_corner(row, column)
    return {
        tuple(map(int, pixel))
        for pixel in sheet[top : top + 80, left : left + FRAME].reshape(-1, 3)
    }


def test_figures_decode_and_have_sensible_sizes(tmp_path: Path) -> None:
    features = crowd(10)
    paths = write_figures(
        features,
        evaluate(features),
        tmp_path / "new" / "figures",
        query_paths=pictures(tmp_path, "query", len(features.query)),
        gallery_paths=pictures(tmp_path, "gallery", len(features.gallery)),
        name="Crowd",
    )
    assert [path.name for path in paths] == CHARTS + SHEETS
    for path in paths:
        height, width, _ = pixels(path).shape
        assert 400 <= height <= 2000
        assert 700 <= width <= 1400
        colours = np.unique(pixels(path).reshape(-1, 3), axis=0)
        assert len(colours) > 50  # not an empty page


def test_frames_are_green_where_the_identity_matches_and_red_elsewhere(tmp_path: Path) -> None:
    features = crowd(12, seed=4)
    query_paths = pictures(tmp_path, "query", len(features.query))
    gallery_paths = pictures(tmp_path, "gallery", len(features.gallery))
    written = write_sheets_of(features, tmp_path, query_paths, gallery_paths)
    ranking = rank(features)
    valid = np.flatnonzero(ranking.valid)
    seen = set()
    for path, (kind, rows) in zip(written[-3:], choose(features, ranking).items(), strict=True):
        assert path.name == f"ranks_{kind}.png"
        sheet = pixels(path)
        for row, query in enumerate(valid[rows]):
            assert frame_of(sheet, row, 0) == {BLUE}
            left, top = cell_corner(row, 0)
            assert sheet[top + 86, left + 46].tolist() == [50 + query] * 3
            for column, place in enumerate(rank_list(features, int(query), top=TOP), 1):
                same = features.gallery_ids[place] == features.query_ids[query]
                assert frame_of(sheet, row, column) == {GREEN if same else RED}
                left, top = cell_corner(row, column)
                assert sheet[top + 86, left + 46].tolist() == [50 + place] * 3
                seen.add(bool(same))
    assert seen == {True, False}


def test_a_short_ranking_leaves_the_rest_of_its_row_white(tmp_path: Path) -> None:
    features = features_of([(1, 1, [1, 0])], [(1, 1, [1, 0]), (2, 2, [1, 0.1]), (1, 2, [0, 1])])
    query_paths, gallery_paths = pictures(tmp_path, "q", 1), pictures(tmp_path, "g", 3)
    written = write_sheets_of(features, tmp_path, query_paths, gallery_paths)
    assert [path.name for path in written] == CHARTS + SHEETS
    for path in written[-3:]:
        sheet = pixels(path)
        frames = [frame_of(sheet, 0, column) for column in range(5)]
        assert frames == [{BLUE}, {RED}, {GREEN}, {WHITE}, {WHITE}]


def test_best_come_first_and_nobody_twice() -> None:
    features = crowd(20, seed=2)
    ranking = rank(features)
    precision = average_precision(ranking)
    ids = features.query_ids[ranking.valid]
    chosen = choose(features, ranking)
    for rows in chosen.values():
        assert len(rows) == ROWS
        assert len(set(ids[rows].tolist())) == ROWS
    best_of_each = sorted((max(precision[ids == person]) for person in set(ids)), reverse=True)
    worst_of_each = sorted(min(precision[ids == person]) for person in set(ids))
    assert precision[chosen["best"]].tolist() == best_of_each[:ROWS]
    assert precision[chosen["worst"]].tolist() == worst_of_each[:ROWS]
    assert chosen["random"].tolist() == choose(features, rank(features))["random"].tolist()


def test_listed_images_are_those_of_the_rank_list() -> None:
    features = crowd(9, seed=7)
    queries = np.array([5, 2, 11])
    listed = list_top(features, queries, np.array([0.1, 0.2, 0.3]))
    assert [entry.query for entry in listed] == [5, 2, 11]
    assert [entry.average_precision for entry in listed] == [0.1, 0.2, 0.3]
    for entry in listed:
        assert entry.found.tolist() == rank_list(features, entry.query, top=TOP).tolist()
        assert (np.diff(entry.scores) <= 0).all()


def test_figures_show_the_lists_that_were_scored(tmp_path: Path) -> None:
    """Re-ranked ones, where they were re-ranked; here another image comes first then."""
    features = features_of([(1, 1, [1, 0])], [(2, 2, [1, 0.1]), (1, 2, [1, 0.3]), (2, 2, [0.1, 1])])
    plain = evaluate(features)
    distances = np.array([[0.5, 0.25, 1.0]], np.float32)
    reranked = replace(plain, distances=distances, ranking=rank(features, distances=distances))
    query_paths, gallery_paths = pictures(tmp_path, "q", 1), pictures(tmp_path, "g", 3)
    firsts = []
    for evaluation in (plain, reranked):
        written = write_figures(
            features,
            evaluation,
            tmp_path,
            query_paths=query_paths,
            gallery_paths=gallery_paths,
            name="x",
        )
        firsts.append(frame_of(pixels(written[-1]), 0, 1))
    assert firsts == [{RED}, {GREEN}]
    (listed,) = list_top(features, np.array([0]), np.array([1.0]), distances=distances)
    assert listed.found.tolist() == [1, 0, 2]
    assert listed.scores.tolist() == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("shape", "ink"),
    [((10, 10), (80, 80)), ((10, 20), (40, 80)), ((1, 500), (1, 80)), ((3000, 1), (160, 1))],
)
def test_pictures_keep_their_proportions(shape: tuple[int, int], ink: tuple[int, int]) -> None:
    fitted = fit(np.zeros((*shape, 3), np.uint8), 80, 160)
    dark = (fitted < 255).all(axis=2)
    assert fitted.shape == (160, 80, 3)
    assert (dark.any(axis=1).sum(), dark.any(axis=0).sum()) == ink


def test_sheets_are_skipped_without_paths_and_without_files(tmp_path: Path) -> None:
    features = crowd(5)
    query_paths = pictures(tmp_path, "query", len(features.query))
    gallery_paths = pictures(tmp_path, "gallery", len(features.gallery))
    gone = [tmp_path / "moved" / path.name for path in gallery_paths]
    assert write_all(features, tmp_path / "none") == CHARTS
    for number, (queries, gallery) in enumerate(
        [(query_paths, None), (None, gallery_paths), (query_paths, gone)]
    ):
        folder = tmp_path / str(number)
        written = write_sheets_of(features, folder, queries, gallery)
        assert sorted(path.name for path in written) == sorted(CHARTS)
        assert sorted(path.name for path in folder.iterdir()) == sorted(CHARTS)


def test_paths_must_be_as_many_as_images(tmp_path: Path) -> None:
    features = crowd(5)
    with pytest.raises(InputError, match="0 paths for 10 query images"):
        write_sheets_of(features, tmp_path / "a", [], None)
    with pytest.raises(InputError, match="1 paths for 36 gallery images"):
        write_sheets_of(features, tmp_path / "a", None, [tmp_path])
    assert not (tmp_path / "a").exists()


def test_a_file_where_the_folder_should_be_is_reported(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(InputError, match="taken cannot be a folder"):
        write_all(crowd(3), tmp_path / "taken")


def test_queries_of_one_camera_and_a_gallery_of_another(tmp_path: Path) -> None:
    features = features_of(
        [(1, 1, [1, 0]), (2, 1, [0, 1])], [(1, 2, [1, 0.1]), (2, 2, [0.1, 1]), (0, 2, [1, 1])]
    )
    assert write_all(features, tmp_path) == CHARTS
    assert cells(features) == {"100.0\n2": (0.0, 0.0)}


def test_one_camera_alone_has_nothing_to_draw(tmp_path: Path) -> None:
    features = features_of([(1, 1, [1, 0])], [(1, 1, [1, 0]), (2, 1, [0, 1])])
    with pytest.raises(ArrayError, match="none of the 1 queries has a match in another camera"):
        write_all(features, tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_unknown_cameras_are_a_pair(tmp_path: Path) -> None:
    features = features_of([(1, -1, [1, 0])], [(1, -1, [1, 0.1]), (2, -1, [1, 0])])
    assert write_all(features, tmp_path) == CHARTS
    assert cells(features) == {"50.0\n1": (0.0, 0.0)}
    assert tick_names(features) == (["unknown"], ["unknown"])


def test_one_query_and_nobody_else() -> None:
    features = features_of([(1, 1, [1, 0])], [(1, 2, [1, 0])])
    assert len(draw_scores(features, (), "x").axes[0].lines) == 0


@pytest.mark.parametrize("name", ["", "$a_b$ \\frac{1", "データ", "line\nline", "long " * 40])
def test_any_name_can_be_a_title(tmp_path: Path, name: str) -> None:
    assert write_all(crowd(3), tmp_path, name) == CHARTS


def test_curve_of_ranks_is_the_cmc() -> None:
    features = crowd(12, seed=1)
    expected = evaluate_features(features, ranks=range(1, 51)).cmc
    axes = draw_cmc(rank(features), "Crowd").axes[0]
    assert dict(axes.lines[0].get_xydata().tolist()) == expected
    bottom, top = axes.get_ylim()
    assert bottom < expected[1] <= expected[50] <= top
    assert f"rank-1 {expected[1]:.2%}" in axes.get_legend().get_texts()[0].get_text()
    assert "Crowd: 24 of 24 queries valid, 78 gallery images" in axes.get_title()


@pytest.mark.parametrize("bottom", [0.0, 0.5, 0.8, 0.9])
def test_the_axis_of_the_curve_says_where_its_ticks_are(bottom: float) -> None:
    figure = draw_cmc(rank(crowd(12, seed=1)), "x")
    axes = figure.axes[0]
    axes.set_ylim(bottom, 1.005)
    figure.draw_without_rendering()
    said = [float(tick.get_text().rstrip("%")) / 100 for tick in axes.get_yticklabels()]
    assert said == pytest.approx(axes.get_yticks().tolist())


def test_long_subtitles_are_wrapped_and_stay_in_the_picture() -> None:
    figure = draw_cmc(rank(crowd(12, seed=1)), "a long name, " * 4 + "re-ranked")
    figure.draw_without_rendering()
    title = figure.axes[0].title.get_window_extent()
    assert title.x0 >= 0
    assert title.x1 <= figure.bbox.x1


def test_curve_of_ranks_ends_with_the_gallery() -> None:
    features = features_of([(1, 1, [1, 0])], [(2, 2, [1, 0]), (1, 2, [1, 1])])
    assert draw_cmc(rank(features), "x").axes[0].lines[0].get_xydata().tolist() == [[1, 0], [2, 1]]


@given(people=st.integers(1, 8), images=st.integers(2, 9), seed=st.integers(0, 99))
def test_interpolated_precision_is_the_best_at_this_recall_or_a_higher_one(
    people: int, images: int, seed: int
) -> None:
    ranking = rank(crowd(people, images=images, seed=seed))
    if not ranking.valid.any():
        return
    expected = np.zeros(len(RECALL_LEVELS))
    for query in np.flatnonzero(ranking.valid):
        ranks = ranking.ranks[ranking.owners == query].tolist()
        for at, percent in enumerate(RECALL_LEVELS.tolist()):
            expected[at] += max(
                found / position
                for found, position in enumerate(ranks, 1)
                if 100 * found >= percent * len(ranks)
            )
    drawn = precision_by_recall(ranking)
    assert drawn == pytest.approx(expected / ranking.valid.sum())
    assert (np.diff(drawn) <= 1e-12).all()
    line = draw_precision_recall(ranking, "x").axes[0].lines[0]
    assert line.get_ydata().tolist() == drawn.tolist()


def test_every_pair_that_is_ranked_is_counted_in_its_bin() -> None:
    features = crowd(8, seed=5)
    genuine, impostors = count_scores(features)
    query = features.query.astype(float) / np.linalg.norm(features.query, axis=1)[:, None]
    gallery = features.gallery.astype(float) / np.linalg.norm(features.gallery, axis=1)[:, None]
    same = features.query_ids[:, None] == features.gallery_ids
    kept = features.query_cameras[:, None] != features.gallery_cameras
    cosines = query @ gallery.T
    for counted, pairs in ((genuine, same & kept), (impostors, ~same)):
        expected, _ = np.histogram(cosines[pairs], bins=2000, range=(-1, 1))
        assert counted.sum() == pairs.sum()
        # The exact cosine and this one may part at the edge of a bin.
        assert np.abs(np.cumsum(counted) - np.cumsum(expected)).max() <= 1


def test_opposite_and_equal_images_are_counted_at_the_ends() -> None:
    features = features_of([(1, 1, [3, 4, 5])], [(1, 2, [6, 8, 10]), (2, 1, [-3, -4, -5])])
    genuine, impostors = count_scores(features)
    assert np.flatnonzero(genuine).tolist() == [1999]
    assert np.flatnonzero(impostors).tolist() == [0]


def test_thresholds_stand_where_verification_puts_them() -> None:
    features = crowd(15, seed=6)
    points = verification.verify(features).points
    lines = draw_scores(features, points, "Crowd").axes[0].lines
    assert [line.get_xdata()[0] for line in lines] == [point.threshold for point in points]
    assert [line.get_label().split(":")[0] for line in lines] == [
        "FPR 0.0001",
        "FPR 0.001",
        "FPR 0.01",
    ]


def test_drawn_shares_of_the_scores_sum_to_one() -> None:
    axes = draw_scores(crowd(15, seed=6), (), "Crowd").axes[0]
    for steps in axes.patches:
        assert steps.get_data().values.sum() == pytest.approx(1)
    assert axes.get_yscale() == "log"


def cells(features: Features) -> dict[str, tuple[float, float]]:
    texts = draw_camera_pairs(features, score_camera_pairs(features), "x").axes[0].texts
    return {text.get_text(): text.get_position() for text in texts}


def tick_names(features: Features) -> tuple[list[str], list[str]]:
    axes = draw_camera_pairs(features, score_camera_pairs(features), "x").axes[0]
    return (
        [tick.get_text() for tick in axes.get_yticklabels()],
        [tick.get_text() for tick in axes.get_xticklabels()],
    )


def test_each_pair_of_cameras_has_its_number_in_its_place() -> None:
    features = features_of(
        [(1, 3, [1, 0]), (1, 7, [1, 0]), (2, 7, [0, 1])],
        [(1, 3, [1, 0]), (2, 3, [1, 0.1]), (1, 5, [0, 1]), (2, 5, [1, 0]), (0, 7, [1, 1])],
    )
    assert tick_names(features) == (["3", "7"], ["3", "5", "7"])
    # Camera 3 finds its person second in camera 5; camera 7 finds both first in camera 3, and both
    # second in camera 5; nobody asked for is in camera 7's gallery.
    texts = draw_camera_pairs(features, score_camera_pairs(features), "x").axes[0].texts
    assert {text.get_position(): text.get_text() for text in texts} == {
        (1, 0): "50.0\n1",
        (0, 1): "100.0\n2",
        (1, 1): "50.0\n2",
    }


def test_names_of_cameras_are_taken_literally(tmp_path: Path) -> None:
    features = replace(crowd(6), camera_names=("$\\x", "gate 2", "c" * 90))
    assert write_all(features, tmp_path) == CHARTS
    assert tick_names(features)[0] == ["$\\x", "gate 2", "…" + "c" * 23]


def test_pyplot_is_never_touched_and_matplotlib_loads_late(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from helpers.features import crowd
from surveil_reid.evaluation import evaluate, write_figures
assert "matplotlib" not in sys.modules, "loaded early"
folder = Path({str(tmp_path)!r})
evaluation = evaluate(crowd(3))
write_figures(crowd(3), evaluation, folder, query_paths=None, gallery_paths=None, name="x")
assert "matplotlib.figure" in sys.modules
assert "matplotlib.pyplot" not in sys.modules, "pyplot"
"""
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{tests}:{tests.parent}"},
    )
    assert done.returncode == 0, done.stderr
