"""What cameras do to looks is taken away, and who people are is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveil_reid.core import Floats, Integers, Tracklet, l2_normalise
from surveil_reid.identity import LinkOptions, link
from surveil_reid.identity.evidence import EvidenceOptions
from surveil_reid.identity.looks import looks_without_camera

DIM = 64


def directions(seed: int, count: int) -> Floats:
    return l2_normalise(np.random.default_rng(seed).normal(size=(count, DIM)))


def seen(people: Integers, cameras: Integers, *, tint: float, noise: float = 0.05) -> Floats:
    """Everybody in a camera is moved in the direction of its own."""
    rng = np.random.default_rng(5)
    looks, tints = directions(0, people.max() + 1), directions(1, cameras.max() + 1)
    wobble = noise * rng.normal(size=(len(people), DIM))
    return l2_normalise(looks[people] + tint * tints[cameras] + wobble)


def test_people_look_more_like_themselves_than_before() -> None:
    people, cameras = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    before = seen(people, cameras, tint=1.0)
    after = looks_without_camera(before, cameras, similarity=0.9, doubt=3)
    plain = looks_without_camera(seen(people, cameras, tint=0.0), cameras, similarity=0.9, doubt=3)

    def cosine(vectors: Floats, *, same: bool) -> float:
        pairs = (people[:, None] == people) == same
        pairs &= cameras[:, None] != cameras
        return float((vectors @ vectors.T)[pairs].mean())

    assert cosine(before, same=True) < 0.6
    assert cosine(after, same=True) > 0.8
    assert cosine(after, same=True) > cosine(plain, same=True) - 0.1
    assert cosine(after, same=False) < 0.3  # what all cameras have in common stays


def test_one_camera_says_nothing_about_itself() -> None:
    before = directions(2, 30)
    after = looks_without_camera(before, np.zeros(30, np.int64), similarity=0.5, doubt=3)
    np.testing.assert_allclose(after, before, atol=1e-6)


def test_nobody_is_nobody() -> None:
    nobody = np.zeros((0, DIM), np.float32)
    found = looks_without_camera(nobody, np.zeros(0, np.int64), similarity=0.5, doubt=3)
    assert found.shape == (0, DIM)


@pytest.mark.parametrize("times", [1, 30, 700])
def test_two_cameras_of_one_person_each_do_not_make_one_of_both(times: int) -> None:
    people = cameras = np.repeat([0, 1], times)
    before = seen(people, cameras, tint=0.0)
    doubt = EvidenceOptions().camera_doubt
    after = looks_without_camera(before, cameras, similarity=0.5, doubt=doubt)
    assert float((after @ after.T)[people[:, None] != people].max()) < 0.45
    tracklets = [
        Tracklet(n, f"camera {camera}", 100.0 * n, 100.0 * n + 9, vector)
        for n, (camera, vector) in enumerate(zip(cameras.tolist(), before, strict=True))
    ]
    groups = link(tracklets[:60] + tracklets[-60:] if times > 60 else tracklets,
                  LinkOptions(similarity=0.5))  # fmt: skip
    assert all(len({people[member] for member in group.members}) == 1 for group in groups)


def test_somebody_who_is_always_there_counts_once() -> None:
    """The guard of the gate would otherwise look like nobody in particular."""
    others = np.arange(1, 11)
    people = np.concatenate([np.zeros(200, np.int64), others, others])
    cameras = np.repeat([0, 1], [210, 10])
    before = seen(people, cameras, tint=0.0)
    after = looks_without_camera(before, cameras, similarity=0.5, doubt=3)
    assert float((after * before).sum(axis=1)[people == 0].min()) > 0.95
    once = np.unique(people + 100 * cameras, return_index=True)[1]
    alone = looks_without_camera(before[once], cameras[once], similarity=0.5, doubt=3)
    assert float((after[once] * alone).sum(axis=1).min()) > 0.999


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.integers(1, 40), st.integers(1, 4))
def test_the_order_of_tracklets_means_nothing(seed: int, count: int, cameras: int) -> None:
    rng = np.random.default_rng(seed)
    where, order = rng.integers(0, cameras, count), rng.permutation(count)
    before = directions(seed, count)
    after = looks_without_camera(before, where, similarity=0.5, doubt=3)
    shuffled = looks_without_camera(before[order], where[order], similarity=0.5, doubt=3)
    np.testing.assert_allclose(shuffled, after[order], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1, atol=1e-5)
