"""Progress says what a person wants to know, and what is counted survives being saved."""

import json

import pytest

from training import progress
from training.progress import Progress, Tally
from training.strict import plain


def tally_after(steps: int) -> Tally:
    tally = Tally(step=steps, seconds=2.0 * steps, images=32 * steps)
    for _ in range(steps):
        tally.add({"total": 3.0, "triplet": 1.0}, right=8, count=32)
    return tally


def test_a_line_has_losses_accuracy_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    clock = iter([0.0, 10.0, 20.0, 30.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    shown = Progress(lines.append, steps=25, sizes=[(128, 64)] * 4)
    shown.after_step(tally_after(1), 0)
    shown.after_step(tally_after(6), 2)
    assert "left" not in lines[0]  # nothing is known of the pace yet
    assert lines[1] == (
        "epoch 1/4, step 6/100: total 3.0000, triplet 1.0000, accuracy 0.2500, 16.0 images/s, "
        "2 skipped, 3 min 08 s left"
    )


def test_the_time_left_reckons_with_larger_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    clock = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    shown = Progress(lines.append, steps=10, sizes=[(128, 64), (256, 128)])
    shown.after_step(tally_after(1), 0)
    shown.after_step(tally_after(6), 0)
    # Five small steps took ten seconds: four more are 8, and ten of four times the pixels are 80.
    assert lines[1].endswith(", 1 min 28 s left")


def test_lines_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    clock = iter(range(100))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    shown = Progress(lines.append, steps=25, sizes=[(128, 64)] * 4)
    for step in range(1, 31):
        shown.after_step(tally_after(step), 0)
    assert len(lines) == 3


def test_an_epoch_ends_with_means_and_the_next_begins_at_nothing() -> None:
    tally = tally_after(5)
    tally.add({"total": 9.0, "triplet": 1.0}, right=0, count=160)
    scores = tally.end_epoch(accuracy=0.5, mean_ap=None)
    assert (scores.epoch, scores.loss, scores.accuracy) == (1, 6.0, 0.125)
    assert tally.curve == [plain(scores)]
    assert (tally.loss, tally.accuracy) == (None, None)


def test_what_is_counted_comes_back_as_it_was_saved() -> None:
    tally = tally_after(3)
    tally.end_epoch(0.5, 0.25)
    tally.best = (0.25, 1)
    tally.add({"total": 2.0}, right=1, count=8)
    assert Tally.from_state(json.loads(json.dumps(tally.state()))) == tally
