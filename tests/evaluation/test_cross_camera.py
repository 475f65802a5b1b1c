"""Scores over several cameras against cases worked out by hand and the definitions in loops."""

import json
import math
import random
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import Floats, InputError, box_iou
from surveil_reid.evaluation.cross_camera import read_cameras, score_cameras
from surveil_reid.evaluation.tracks import score_tracks
from surveil_reid.tracking.mot import MotTracks, read_mot, write_mot

Row = tuple[int, int, float]


def _tracks(*rows: Row, analysed: frozenset[int] | None = None) -> MotTracks:
    """Boxes of 10 x 10 pixels from rows `frame, id, left`."""
    table = np.array(sorted(rows), np.float64).reshape(-1, 3)
    left, zero = table[:, 2], np.zeros(len(table))
    return MotTracks(
        frames=table[:, 0].astype(np.int64),
        ids=table[:, 1].astype(np.int64),
        boxes=np.stack([left, zero, left + 10, zero + 10], axis=1).astype(np.float32),
        confidences=np.ones(len(table)),
        analysed=analysed,
    )


def _standing(person: int, frames: int = 4, left: float = 0) -> list[Row]:
    return [(frame, person, left) for frame in range(1, frames + 1)]


NOBODY = _tracks()
ALONE = {"gate": _tracks(*_standing(1)), "yard": _tracks(*_standing(1))}


def test_no_camera_is_refused() -> None:
    with pytest.raises(InputError, match="no camera"):
        score_cameras({}, {})


def test_nothing_against_nothing_is_undefined() -> None:
    scores = score_cameras({"gate": NOBODY}, {"gate": NOBODY})
    assert math.isnan(scores.idf1)
    assert math.isnan(scores.bcubed_f1)
    document = json.loads(json.dumps(scores.as_dict(), allow_nan=False))
    assert document["cross_camera"] == {
        "IDF1": None, "bcubed_f1": None, "identities_true": 0, "identities_found": 0,
    }  # fmt: skip


def test_who_keeps_the_identity_is_right_everywhere() -> None:
    found = {name: _tracks(*_standing(7)) for name in ALONE}
    scores = score_cameras(ALONE, found)
    assert scores.as_dict()["cross_camera"] == {
        "IDF1": 1, "bcubed_f1": 1, "identities_true": 1, "identities_found": 1,
    }  # fmt: skip


def test_who_loses_the_identity_between_cameras_is_right_in_one() -> None:
    """Four boxes as 7, four as 8: four of eight right. Groups are pure, a person's is halved."""
    scores = score_cameras(ALONE, {"gate": _tracks(*_standing(7)), "yard": _tracks(*_standing(8))})
    assert [camera.idf1 for camera in scores.cameras.values()] == [1, 1]
    assert scores.idf1 == 2 * 4 / (8 + 8)
    assert scores.bcubed_f1 == pytest.approx(2 * 1 * 0.5 / (1 + 0.5))
    assert (scores.identities_true, scores.identities_found) == (1, 2)


def test_the_camera_with_more_boxes_decides_whose_the_identity_is() -> None:
    """Three boxes as 7 and one as 8; the recall is 3/4 for three boxes and 1/4 for one."""
    truth = {"gate": _tracks(*_standing(1, 3)), "yard": _tracks(*_standing(1, 1))}
    found = {"gate": _tracks(*_standing(7, 3)), "yard": _tracks(*_standing(8, 1))}
    scores = score_cameras(truth, found)
    assert scores.idf1 == 2 * 3 / (4 + 4)
    recall = (3 * 3 / 4 + 1 * 1 / 4) / 4
    assert scores.bcubed_f1 == pytest.approx(2 * recall / (1 + recall))


def test_two_people_taken_for_one() -> None:
    """One person at the gate, another in the yard, both called 7: one of them is wrong."""
    truth = {"gate": _tracks(*_standing(1)), "yard": _tracks(*_standing(2))}
    scores = score_cameras(truth, {name: _tracks(*_standing(7)) for name in truth})
    assert scores.idf1 == 2 * 4 / (8 + 8)
    assert scores.bcubed_f1 == pytest.approx(2 * 1 * 0.5 / (1 + 0.5))
    assert (scores.identities_true, scores.identities_found) == (2, 1)


def test_one_assignment_holds_in_all_cameras() -> None:
    """Swapped in the yard, each camera by itself is perfect, both together half right."""
    truth = {name: _tracks(*_standing(1), *_standing(2, left=50)) for name in ("gate", "yard")}
    found = {
        "gate": _tracks(*_standing(7), *_standing(8, left=50)),
        "yard": _tracks(*_standing(8), *_standing(7, left=50)),
    }
    scores = score_cameras(truth, found)
    assert [camera.idf1 for camera in scores.cameras.values()] == [1, 1]
    assert scores.idf1 == 2 * 8 / (16 + 16)
    assert scores.bcubed_f1 == pytest.approx(0.5)


def test_misses_and_false_alarms_count_against_idf1_alone() -> None:
    """Nobody found in the yard but a ghost far away: four of eight right, four of eight true."""
    found = {"gate": _tracks(*_standing(7)), "yard": _tracks(*_standing(9, left=500))}
    scores = score_cameras(ALONE, found)
    assert scores.idf1 == 2 * 4 / (8 + 8)
    assert scores.bcubed_f1 == 1
    assert scores.identities_found == 2


def test_nothing_found_anywhere() -> None:
    scores = score_cameras(ALONE, dict.fromkeys(ALONE, NOBODY))
    assert scores.idf1 == 0
    assert math.isnan(scores.bcubed_f1)
    assert (scores.identities_true, scores.identities_found) == (1, 0)


def test_frames_not_analysed_are_left_out_of_their_camera_alone() -> None:
    """At the gate frames 1 and 3 were looked at; in the yard, all. 2 + 4 true boxes remain."""
    found = {
        "gate": _tracks((1, 7, 0), (3, 7, 0), analysed=frozenset({1, 3})),
        "yard": _tracks(*_standing(8)),
    }
    scores = score_cameras(ALONE, found)
    assert {name: camera.frames for name, camera in scores.cameras.items()} == {
        "gate": 2, "yard": 4,
    }  # fmt: skip
    assert scores.idf1 == 2 * 4 / (6 + 6)
    gone = _tracks(*_standing(1, 1), (9, 5, 0))
    looked = _tracks(*_standing(7, 1), analysed=frozenset({1}))
    assert score_cameras({"gate": gone}, {"gate": looked}).identities_true == 1


@pytest.mark.parametrize(("shift", "found"), [(0, 1.0), (3, 1.0), (4, math.nan)])
def test_overlap_decides(shift: float, found: float) -> None:
    """Shifted by 3 of 10 pixels, IoU is 7/13 = 0.54; by 4, 6/14 = 0.43."""
    moved = {name: _tracks(*_standing(1, left=shift)) for name in ALONE}
    np.testing.assert_equal(score_cameras(ALONE, moved).bcubed_f1, found)
    assert score_cameras(ALONE, moved).idf1 == (0 if math.isnan(found) else 1)
    lenient = score_cameras(ALONE, moved, iou=0.4)
    assert (lenient.idf1, lenient.bcubed_f1) == (1, 1)


def test_numbers_do_not_choose_between_equal_overlaps() -> None:
    """Two boxes overlap the true one alike; whichever is taken, it is not for its number."""
    truth = {"gate": _tracks(*_standing(1, 3, left=10)), "yard": _tracks(*_standing(1, 1))}
    scores = [
        score_cameras(
            truth,
            {
                "gate": _tracks(*_standing(left, 3, left=8), *_standing(right, 3, left=12)),
                "yard": _tracks(*_standing(left, 1)),
            },
        )
        for left, right in ((7, 8), (8, 7))
    ]
    assert scores[0] == scores[1]


def test_as_many_boxes_as_can_be_are_matched() -> None:
    """At the gate two pairs of IoU 1/3 go before one of IoU 1, which would leave person 2 alone.

    With person 1 as 7 in the yard that makes the pairs (1, 8), (2, 7), (1, 7).
    """
    truth = {"gate": _tracks((1, 1, 10), (1, 2, 15)), "yard": _tracks((1, 1, 0))}
    found = {"gate": _tracks((1, 7, 10), (1, 8, 5)), "yard": _tracks((1, 7, 0))}
    assert score_cameras(truth, found, iou=0.3).bcubed_f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize("iou", [0, -0.5, 1.01, float("nan")])
def test_an_overlap_out_of_range_is_refused(iou: float) -> None:
    with pytest.raises(InputError, match="overlap"):
        score_cameras(ALONE, ALONE, iou=iou)


def test_a_camera_missing_on_one_side_is_named() -> None:
    with pytest.raises(InputError, match="'yard' has true boxes but no tracks"):
        score_cameras(ALONE, {"gate": NOBODY})
    with pytest.raises(InputError, match="'yard' has tracks but no true boxes"):
        score_cameras({"gate": NOBODY}, ALONE)


LEFTS = st.integers(0, 20).map(float)
TRUTH = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 3), LEFTS), max_size=8, unique_by=lambda r: r[:2]
).filter(lambda rows: len({(frame, left) for frame, _, left in rows}) == len(rows))
FOUND = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 3), LEFTS), max_size=8, unique_by=lambda r: r[:2]
).map(
    # No two boxes alike and no two matchings of the same overlap, which any choice would do for.
    lambda rows: [(frame, id_, left + 0.0173 * n**1.5) for n, (frame, id_, left) in enumerate(rows)]
)
SITE = st.lists(st.tuples(TRUTH, FOUND), min_size=1, max_size=3)
Site = list[tuple[list[Row], list[Row]]]


def _sides(site: Site) -> tuple[dict[str, MotTracks], dict[str, MotTracks]]:
    return (
        {f"camera {n}": _tracks(*truth) for n, (truth, _) in enumerate(site)},
        {f"camera {n}": _tracks(*found) for n, (_, found) in enumerate(site)},
    )


@settings(max_examples=60, deadline=None)
@given(SITE)
def test_scores_are_their_definitions(site: Site) -> None:
    """Every assignment of identities, and every matching of every frame, tried out."""
    truth, found = _sides(site)
    scores = score_cameras(truth, found)
    boxes = sum(map(len, truth.values())) + sum(map(len, found.values()))
    if boxes:
        assert scores.idf1 == pytest.approx(2 * _most_right(site) / boxes)
    pairs = [pair for frame in _frames(site) for pair in _best_matching(*frame)]
    if not pairs:
        assert math.isnan(scores.bcubed_f1)
        return
    precision = np.mean([_share(pair, pairs, 1) for pair in pairs])
    recall = np.mean([_share(pair, pairs, 0) for pair in pairs])
    assert scores.bcubed_f1 == pytest.approx(2 * precision * recall / (precision + recall))


def _share(pair: tuple[int, int], pairs: list[tuple[int, int]], side: int) -> float:
    """Of the pairs that agree with this one on a side, the share that agrees on the other too."""
    alike = [other for other in pairs if other[side] == pair[side]]
    return alike.count(pair) / len(alike)


def _frames(site: Site) -> Iterator[tuple[list[Row], list[Row]]]:
    for truth, found in site:
        for frame in (1, 2, 3):
            yield [r for r in truth if r[0] == frame], [r for r in found if r[0] == frame]


def _overlap(one: Row, other: Row) -> float:
    return float(box_iou(_box(one), _box(other))[0, 0])


def _box(row: Row) -> Floats:
    return np.array([[row[2], 0, row[2] + 10, 10]], np.float32)


def _most_right(site: Site) -> int:
    """The most boxes that one one-to-one assignment of identities 0 to 3 gets right."""
    together = np.zeros((4, 4), int)
    for truth, found in _frames(site):
        for t in truth:
            for p in found:
                together[t[1], p[1]] += _overlap(t, p) >= 0.5
    return max(int(together[range(4), list(order)].sum()) for order in permutations(range(4)))


def _best_matching(truth: list[Row], found: list[Row]) -> list[tuple[int, int]]:
    best: tuple[int, float, list[tuple[int, int]]] = (0, 0.0, [])
    places: list[Row | None] = [*found, *[None] * len(truth)]
    for chosen in permutations(places, len(truth)):
        pairs = [
            (t, p)
            for t, p in zip(truth, chosen, strict=True)
            if p is not None and _overlap(t, p) >= 0.5
        ]
        total = sum(_overlap(t, p) for t, p in pairs)
        best = max(best, (len(pairs), total, [(t[1], p[1]) for t, p in pairs]))
    return best[2]


@settings(max_examples=40, deadline=None)
@given(SITE, st.randoms(use_true_random=False))
def test_neither_names_nor_the_order_of_cameras_matter(site: Site, chance: random.Random) -> None:
    numbers = chance.sample(range(100), 8)
    renamed = [
        (
            [(frame, numbers[id_], left) for frame, id_, left in truth],
            [(frame, numbers[4 + id_], left) for frame, id_, left in found],
        )
        for truth, found in site
    ]
    before = score_cameras(*_sides(site)).as_dict()["cross_camera"]
    after = score_cameras(*_sides(chance.sample(renamed, len(renamed)))).as_dict()["cross_camera"]
    assert after == before


@settings(max_examples=30, deadline=None)
@given(SITE.map(lambda site: site[:1]))
def test_one_camera_alone_has_the_idf1_of_its_tracks(site: Site) -> None:
    truth, found = _sides(site)
    scores = score_cameras(truth, found)
    alone = score_tracks(truth["camera 0"], found["camera 0"])
    np.testing.assert_equal(scores.idf1, alone.idf1)
    assert scores.as_dict()["cameras"] == {"camera 0": alone.as_dict()}


class TestFolder:
    def test_holds_a_file_for_each_camera(self, tmp_path: Path) -> None:
        looked = frozenset({1, 2, 9})
        write_mot(tmp_path / "yard.txt", _tracks(*_standing(3), analysed=frozenset(range(1, 5))))
        write_mot(tmp_path / "gate.txt", _tracks((2, 5, 10), analysed=looked))
        (tmp_path / ".hidden.txt").write_text("not a camera")
        (tmp_path / "notes.md").write_text("nor this")
        found = read_cameras(tmp_path)
        assert list(found) == ["gate", "yard"]
        assert found["gate"].analysed == looked
        assert found["yard"].ids.tolist() == [3, 3, 3, 3]

    def test_truth_leaves_out_what_must_not_be_counted(self, tmp_path: Path) -> None:
        (tmp_path / "gate.txt").write_text("1,1,0,0,10,10,1\n1,2,0,0,10,10,0\n")
        assert len(read_cameras(tmp_path)["gate"]) == 2
        assert len(read_cameras(tmp_path, truth=True)["gate"]) == 1

    def test_an_empty_one_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"no MOT text file; name one NAME\.txt"):
            read_cameras(tmp_path)

    def test_one_that_is_none_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "gate.txt").write_text("")
        for path in (tmp_path / "gate.txt", tmp_path / "nowhere"):
            with pytest.raises(InputError, match=f"{path.name}: no such folder"):
                read_cameras(path)


def test_real_truth_cut_into_cameras_scores_as_one(real_data: Path) -> None:
    """PETS09, cut at frame 400 as if each part were a camera, people renamed after the cut."""
    truth = read_mot(real_data / "footage/pets09-s2l1/gt.txt", truth=True)
    early = truth.frames <= 400

    def part(rows: np.ndarray, add: int) -> MotTracks:
        return MotTracks(
            truth.frames[rows], truth.ids[rows] + add, truth.boxes[rows], truth.confidences[rows]
        )

    cameras = {"early": part(early, 0), "late": part(~early, 0)}
    kept = score_cameras(cameras, cameras)
    assert (kept.idf1, kept.bcubed_f1) == (1, 1)
    assert kept.identities_true == kept.identities_found == 19
    lost = score_cameras(cameras, {"early": part(early, 0), "late": part(~early, 100)})
    # The best that can be had: each person's longer part.
    people = np.unique(truth.ids)
    parts = [[(truth.ids[rows] == person).sum() for rows in (early, ~early)] for person in people]
    assert lost.idf1 == pytest.approx(sum(map(max, parts)) / len(truth))
