"""A tracklet keeps its best crops, spread over its time, however its processing is cut up."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import Crop, Floats, Image
from surveil_reid.crops import CropKeeper, CropOptions, crop_quality, decode_jpeg, merge_kept

NOBODY = np.zeros((0, 4), np.float32)
HEIGHT, WIDTH = 48, 64


@dataclass(frozen=True)
class Offer:
    frame: int
    time: float
    image: Image
    box: Floats
    confidence: float

    def to(self, keeper: CropKeeper) -> None:
        keeper.offer(
            frame=self.frame,
            time=self.time,
            image=self.image,
            box=self.box,
            confidence=self.confidence,
            others=NOBODY,
        )

    @property
    def quality(self) -> float:
        return crop_quality(self.image, self.box, self.confidence, NOBODY)


def frame_image(seed: int, blur: float) -> Image:
    noise = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), blur), np.uint8) if blur else noise


@st.composite
def tracks(draw: st.DrawFn) -> list[Offer]:
    offers, frame = [], 1
    for seed in range(draw(st.integers(0, 25))):
        frame += draw(st.integers(1, 30))
        left, top = draw(st.integers(-5, 40)), draw(st.integers(-5, 20))
        height = draw(st.integers(10, 40))
        offers.append(
            Offer(
                frame=frame,
                time=1_700_000_000 + frame / 25,
                image=frame_image(seed, draw(st.sampled_from([0.0, 0.5, 2.0]))),
                box=np.array([left, top, left + 20, top + height], np.float32),
                confidence=draw(st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0])),
            )
        )
    return offers


options = st.builds(CropOptions, keep=st.integers(1, 5), min_height=st.sampled_from([0.0, 16.0]))


def state(crops: tuple[Crop, ...]) -> list[tuple[object, ...]]:
    return [(c.frame, c.time, c.box.tobytes(), c.quality, c.jpeg) for c in crops]


@given(track=tracks(), how=options)
def test_what_is_kept_was_offered_is_ordered_bounded_and_holds_the_best(
    track: list[Offer], how: CropOptions
) -> None:
    keeper = CropKeeper(how)
    for offer in track:
        offer.to(keeper)
    fit = [o for o in track if o.box[3] - o.box[1] >= how.min_height and o.confidence > 0]
    offered = {offer.frame: offer for offer in fit}
    kept = keeper.kept
    assert len(kept) == min(how.keep, len(fit))
    assert [crop.frame for crop in kept] == sorted({crop.frame for crop in kept})
    for crop in kept:
        source = offered[crop.frame]
        assert (crop.time, crop.quality) == (source.time, source.quality)
        assert np.array_equal(crop.box, source.box)
    if fit:
        assert max(crop.quality for crop in kept) == max(offer.quality for offer in fit)


@given(track=tracks(), how=options, data=st.data())
def test_going_on_from_stored_crops_is_as_never_having_stopped(
    track: list[Offer], how: CropOptions, data: st.DataObject
) -> None:
    unbroken = CropKeeper(how)
    for offer in track:
        offer.to(unbroken)
    broken = CropKeeper(how)
    for number, offer in enumerate(track):
        if data.draw(st.booleans(), label=f"stop before {number}"):
            stored = data.draw(st.permutations(broken.kept))
            broken = CropKeeper.restore(how, stored)
        offer.to(broken)
    assert state(broken.kept) == state(unbroken.kept)


@given(first=tracks(), second=tracks(), how=options)
@settings(max_examples=50)
def test_rejoined_pieces_keep_the_best_of_both_whichever_comes_first(
    first: list[Offer], second: list[Offer], how: CropOptions
) -> None:
    pieces = []
    for track in (first, second):
        keeper = CropKeeper(how)
        for offer in track:
            offer.to(keeper)
        pieces.append(keeper.kept)
    merged = merge_kept(*pieces, how)
    assert state(merged) == state(merge_kept(*pieces[::-1], how))
    assert len(merged) == min(how.keep, sum(map(len, pieces)))
    assert [crop.time for crop in merged] == sorted(crop.time for crop in merged)
    everything = [crop for piece in pieces for crop in piece]
    assert {state((c,))[0] for c in merged} <= {state((c,))[0] for c in everything}
    if everything:
        assert max(c.quality for c in merged) == max(c.quality for c in everything)
    assert state(merge_kept(merged, (), how)) == state(merged)


def long_track(count: int, confidence: float = 0.9) -> list[Offer]:
    box = np.array([20, 5, 40, 40], np.float32)
    image = frame_image(0, 0.0)
    return [
        Offer(frame, 1000 + frame / 10, image, box, confidence) for frame in range(1, count + 1)
    ]


@pytest.mark.parametrize("count", [50, 333, 1000])
def test_equally_good_crops_are_spread_over_the_whole_time(count: int) -> None:
    keeper = CropKeeper(CropOptions(keep=8))
    for offer in long_track(count):
        offer.to(keeper)
    edges = [1000.1, *(crop.time for crop in keeper.kept), 1000 + count / 10]
    even = (count / 10) / 8
    assert np.diff(edges).max() <= 3 * even
    assert np.diff(edges[1:-1]).min() >= even / 3


def test_a_much_better_moment_wins_over_its_neighbours_but_not_over_all_others() -> None:
    track = long_track(200, confidence=0.3)
    track[120:140] = [Offer(o.frame, o.time, o.image, o.box, 1.0) for o in track[120:140]]
    keeper = CropKeeper(CropOptions(keep=6))
    for offer in track:
        offer.to(keeper)
    inside = [crop for crop in keeper.kept if 121 <= crop.frame <= 140]
    assert 1 <= len(inside) <= 4


def test_what_cannot_be_kept_is_neither_looked_at_nor_encoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = {"Laplacian": 0, "imencode": 0}
    for name in work:
        original = getattr(cv2, name)

        def counted(*arguments: object, name: str = name, original=original) -> object:  # type: ignore[no-untyped-def]  # noqa: ANN001
            work[name] += 1
            return original(*arguments)

        monkeypatch.setattr(cv2, name, counted)
    keeper = CropKeeper(CropOptions(keep=4))
    for offer in long_track(400):
        offer.to(keeper)
    assert 4 <= work["imencode"] <= 40
    seen = dict(work)
    for offer in long_track(400, confidence=0.01):
        replace(offer, time=offer.time + 0.05).to(keeper)
    assert work == seen


def test_the_picture_is_the_box_with_its_margin() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:80, 30:60] = (200, 30, 40)
    box = np.array([30, 20, 60, 80], np.float32)
    for margin, shape in ((0.0, (60, 30)), (0.1, (72, 36))):
        keeper = CropKeeper(CropOptions(margin=margin))
        Offer(1, 0.0, image, box, 0.9).to(keeper)
        (crop,) = keeper.kept
        picture = decode_jpeg(crop.jpeg)
        assert picture.shape[:2] == shape
        assert np.abs(picture[shape[0] // 2, shape[1] // 2].astype(int) - (200, 30, 40)).max() < 9
        assert np.array_equal(crop.box, box)


def test_a_plain_picture_is_kept_though_nothing_in_it_is_sharp() -> None:
    keeper = CropKeeper(CropOptions(keep=3))
    plain = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    for frame in range(1, 100):
        Offer(frame, frame / 10, plain, np.array([20, 5, 40, 40], np.float32), 0.9).to(keeper)
    times = [crop.time for crop in keeper.kept]
    assert len(times) == 3
    assert times[-1] - times[0] > 4
