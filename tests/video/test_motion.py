"""The motion gate: closed on noise, open on a person, never closed for long."""

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from surveil_reid.core import Image
from surveil_reid.video import MotionGate, VideoOptions, read_frames

PATIENT = VideoOptions(motion_refresh=10_000)


def scene(seed: int = 0) -> Image:
    """A textured RGB view, 360 x 640."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 200, (45, 80, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (640, 360), interpolation=cv2.INTER_CUBIC), np.uint8)


def noisy(image: Image, sigma: float, rng: np.random.Generator) -> Image:
    return np.clip(image + rng.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)


def with_person(
    image: Image, left: int, top: int, *, contrast: int = 60, height: int = 24
) -> Image:
    """Somebody far away: a figure of `height` pixels, a third as wide."""
    shown = image.astype(np.int64)
    shown[top : top + height, left : left + height // 3] -= contrast
    return np.clip(shown, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [0, 2, 6, 12])
def test_noise_alone_does_not_open(sigma: float) -> None:
    rng = np.random.default_rng(1)
    gate = MotionGate(PATIENT)
    opened = [gate.open(noisy(scene(), sigma, rng)) for _ in range(40)]
    assert opened == [True] + [False] * 39


@pytest.mark.parametrize("quality", [40, 70])
def test_compression_flicker_does_not_open(quality: int) -> None:
    rng = np.random.default_rng(1)
    gate = MotionGate(PATIENT)
    opened = []
    for i in range(20):
        flags = [cv2.IMWRITE_JPEG_QUALITY, quality - 5 * (i % 3)]
        coded = cv2.imencode(".jpg", noisy(scene(), 2, rng), flags)[1]
        opened.append(gate.open(np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)))
    assert not any(opened[1:])


def test_brightness_of_the_whole_view_does_not_open() -> None:
    gate = MotionGate(PATIENT)
    view = scene() // 2 + 40
    assert gate.open(view)
    assert not gate.open(view + 15)


@pytest.mark.parametrize("sigma", [0, 4])
@pytest.mark.parametrize(("left", "top"), [(0, 0), (300, 170), (632, 336)])
def test_a_small_person_opens_anywhere(left: int, top: int, sigma: float) -> None:
    rng = np.random.default_rng(2)
    gate = MotionGate(PATIENT)
    assert gate.open(noisy(scene(), sigma, rng))
    assert gate.open(noisy(with_person(scene(), left, top), sigma, rng))
    assert gate.open(noisy(scene(), sigma, rng))  # and leaves again


def test_slow_drift_adds_up() -> None:
    gate = MotionGate(PATIENT)
    view = np.full((360, 640, 3), 120, np.uint8)
    opened = [gate.open(with_person(view, 100 + i // 4, 150)) for i in range(80)]
    assert 2 <= sum(opened[1:]) < 30
    gaps = np.diff(np.flatnonzero(opened))
    assert gaps.max() <= 24  # six pixels, less than the person's width


def test_somebody_fading_in_is_noticed() -> None:
    gate = MotionGate(PATIENT)
    opened = [gate.open(with_person(scene(), 200, 100, contrast=2 * i)) for i in range(30)]
    assert any(opened[1:])


def test_a_moving_camera_opens_always() -> None:
    gate = MotionGate(PATIENT)
    view = scene()
    assert all(gate.open(np.roll(view, 4 * i, axis=1)) for i in range(20))


@pytest.mark.parametrize("refresh", [1, 2, 25])
def test_it_opens_at_least_once_in_so_many(refresh: int) -> None:
    gate = MotionGate(VideoOptions(motion_refresh=refresh))
    opened = [gate.open(scene()) for _ in range(60)]
    assert np.flatnonzero(opened).tolist() == list(range(0, 60, refresh))


def test_after_a_reset_the_first_picture_opens() -> None:
    gate = MotionGate(PATIENT)
    assert [gate.open(scene()), gate.open(scene())] == [True, False]
    gate.reset()
    assert [gate.open(scene()), gate.open(scene())] == [True, False]


def test_another_size_opens() -> None:
    gate = MotionGate(PATIENT)
    assert gate.open(scene())
    assert gate.open(scene()[:200])


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 700, 3), (17, 31, 3), (2160, 3840, 3)])
def test_any_size_works(shape: tuple[int, int, int]) -> None:
    gate = MotionGate(PATIENT)
    assert gate.open(np.zeros(shape, np.uint8))
    assert not gate.open(np.zeros(shape, np.uint8))


def test_switched_off_it_is_always_open() -> None:
    gate = MotionGate(VideoOptions(motion_gate=False))
    assert all(gate.open(scene()) for _ in range(5))


def test_it_costs_little_beside_a_detector() -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (720, 1280, 3), np.uint8) for _ in range(3)]
    gate = MotionGate(PATIENT)
    costs = []
    for i in range(60):
        begun = time.process_time()
        gate.open(images[i % 3])
        costs.append(time.process_time() - begun)
    assert np.percentile(costs, 20) < 0.003  # of processor time; a detector takes 18 ms


def test_an_indoor_view_is_gated_while_nobody_moves(real_data: Path) -> None:
    gate = MotionGate()
    path = real_data / "footage" / "indoor-walk" / "video.mp4"
    opened = [gate.open(frame.image) for frame in read_frames(path)]
    assert 0.6 < np.mean(opened) < 0.8
