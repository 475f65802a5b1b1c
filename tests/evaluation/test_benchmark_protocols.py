"""Protocols: what holds of every split, whatever the data."""

import os
import random
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.market1501 import write_market1501
from data.own_folder import write_own_folder
from surveil_reid.core import InputError
from surveil_reid.evaluation.combined import combine
from surveil_reid.evaluation.folder import read_folder
from surveil_reid.evaluation.images import DataSet, LabelledImage, Split, ranking_labels
from surveil_reid.evaluation.market1501 import read_market1501
from surveil_reid.evaluation.protocols import PROTOCOLS, draw, paper_80, split

ROOT = Path("data")
PINNED = ({"0008", "0009"}, {"0008", "0001"})


def shot(folder: str, identity: str, camera: str | None, index: int) -> LabelledImage:
    path = ROOT / folder / f"{identity}_{camera}_{index}.jpg"
    return LabelledImage(path, identity, camera, distractor=identity == "0000")


# Any number of images of each person in each camera, from none.
sightings = st.lists(
    st.tuples(st.sampled_from(["c1", "c2", None]), st.integers(1, 12)), max_size=6, unique=True
)


@st.composite
def data_sets(draw: st.DrawFn, minimum: int = 1) -> DataSet:
    people = draw(st.lists(sightings.filter(bool), min_size=minimum, max_size=12))
    trained = draw(st.integers(1, max(1, len(people) - 1)))
    shots = {f"{n + 1:04d}": person for n, person in enumerate(people)}
    train = [shot("train", n, *s) for n, p in shots.items() if int(n) <= trained for s in p]
    test = [shot("test", n, *s) for n, p in shots.items() if int(n) > trained for s in p]
    cut = draw(st.integers(0, len(test)))
    strangers = [shot("test", "0000", "c1", i) for i in range(draw(st.integers(0, 3)))]
    return DataSet(
        name="generated",
        train=tuple(train),
        query=tuple(test[:cut]),
        gallery=(*test[cut:], *strangers),
    )


def pool(data: DataSet) -> Counter[LabelledImage]:
    return Counter((*data.train, *data.query, *data.gallery))


@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
@given(data=data_sets(minimum=2), seed=st.integers(0, 5))
def test_every_image_is_used_once_and_nobody_is_on_both_sides(
    protocol: str, data: DataSet, seed: int
) -> None:
    parts = split(data, protocol, seed)
    used = (*parts.train, *parts.validation, *parts.query, *parts.gallery)
    assert Counter(used) == pool(data)
    learned = {i.identity for i in (*parts.train, *parts.validation)}
    assert learned.isdisjoint(i.identity for i in (*parts.query, *parts.gallery))
    assert not any(i.distractor for i in (*parts.train, *parts.validation, *parts.query))


@pytest.mark.parametrize("protocol", ["paper-50", "paper-80"])
@given(data=data_sets(minimum=2), seed=st.integers(0, 5))
def test_validation_is_the_first_image_of_each_identity_that_can_spare_one(
    protocol: str, data: DataSet, seed: int
) -> None:
    parts = split(data, protocol, seed)
    names = defaultdict(list)
    for image in (*parts.train, *parts.validation):
        names[image.identity].append(image.path.name)
    expected = [min(found) for _, found in sorted(names.items()) if len(found) > 1]
    assert [image.path.name for image in parts.validation] == expected
    assert {image.identity for image in parts.train} == set(names)
    alone = sum(len(found) == 1 for found in names.values())
    assert any(f"{alone} training identities have one image" in n for n in parts.notes) == (
        alone > 0
    )


@given(data=data_sets(minimum=2), seed=st.integers(0, 5))
def test_paper_80_asks_once_for_each_test_identity_and_camera(data: DataSet, seed: int) -> None:
    parts = paper_80(data, seed)
    people = {i.identity for i in pool(data) if not i.distractor}
    tested = people - {i.identity for i in (*parts.train, *parts.validation)}
    assert len(tested) == -(-len(people) // 5)  # a fifth, rounded up
    places = defaultdict(list)
    for image in pool(data):
        if image.identity in tested:
            places[image.identity, image.camera].append(image.path.name)
    assert {(i.identity, i.camera): i.path.name for i in parts.query} == {
        place: min(found) for place, found in places.items()
    }
    assert len(parts.query) == len(places)
    cameras = [{c for n, c in places if n == name} for name in tested]
    single = sum(len(seen) == 1 and None not in seen for seen in cameras)
    assert parts.notes[-1] == (
        f"paper-80: {single} of {len(tested)} test identities were seen by one camera only"
    )


@pytest.mark.parametrize("protocol", ["official", "paper-50", "paper-80"])
@given(data=data_sets(minimum=2), shuffle=st.integers(0, 1000))
def test_drawn_parts_do_not_depend_on_the_order_of_the_data(
    protocol: str, data: DataSet, shuffle: int
) -> None:
    rng = random.Random(shuffle)  # noqa: S311 - not for secrets
    mixed = DataSet(
        name=data.name,
        **{p: tuple(rng.sample(getattr(data, p), len(getattr(data, p))))
           for p in ("train", "query", "gallery")},
    )  # fmt: skip
    one, other = split(data, protocol), split(mixed, protocol)
    if protocol == "paper-80":
        assert one == other
    assert one.validation == other.validation
    assert Counter(one.train) == Counter(other.train)
    assert Counter(one.query) == Counter(other.query)


@given(names=st.sets(st.text(min_size=1), min_size=2, max_size=60), seed=st.integers())
def test_a_draw_takes_four_fifths_and_depends_on_nothing_but_names_and_seed(
    names: set[str], seed: int
) -> None:
    drawn = draw(names, seed)
    assert drawn < names
    assert len(drawn) == len(names) * 4 // 5
    assert drawn == draw(sorted(names, reverse=True), seed)


def test_a_draw_is_the_same_for_ever_and_another_with_another_seed() -> None:
    names = [f"{n:04d}" for n in range(1, 11)]
    assert set(names) - draw(names, 0) == PINNED[0]
    assert set(names) - draw(names, 1) == PINNED[1]
    times = Counter(name for seed in range(500) for name in set(names) - draw(names, seed))
    assert set(times) == set(names)
    assert all(60 < count < 140 for count in times.values())  # 100 expected, sd 9


def test_people_whose_names_are_no_unicode_are_drawn_too() -> None:
    names = {os.fsdecode(b"\xff"), os.fsdecode(b"\xfe")}
    assert draw(names, 0) < names


def test_the_share_of_the_test_is_the_one_the_tables_fit() -> None:
    names = [str(n) for n in range(767 + 700)]
    assert len(names) - len(draw(names, 0)) == 294


@pytest.mark.parametrize("people", [[], [[("c1", 1), ("c1", 2)]]])
def test_paper_80_needs_two_identities(people: list[list[tuple[str, int]]]) -> None:
    images = tuple(shot("test", f"{n + 1:04d}", *s) for n, p in enumerate(people) for s in p)
    data = DataSet(name="few", train=(), query=(), gallery=(*images, shot("t", "0000", "c1", 1)))
    with pytest.raises(InputError, match=f"the data have {len(people)}"):
        paper_80(data)


def test_unknown_protocols_and_missing_training_parts_are_clear_errors(tmp_path: Path) -> None:
    own = read_folder(write_own_folder(tmp_path / "own"))
    with pytest.raises(InputError, match="'paper-70'; take one of official, paper-50, paper-80"):
        split(own, "paper-70")
    with pytest.raises(InputError, match="folder has no training part for paper-50"):
        split(own, "paper-50")


def test_a_data_set_that_leaks_is_refused() -> None:
    leak = DataSet(
        name="leak",
        train=(shot("train", "0001", "c1", 1), shot("train", "0001", "c1", 2)),
        query=(shot("query", "0001", "c1", 3),),
        gallery=(shot("test", "0001", "c2", 4),),
    )
    for protocol in ("official", "paper-50"):
        with pytest.raises(InputError, match=r"share 1 identities \(0001\).*split by identity"):
            split(leak, protocol)


def test_an_image_in_two_parts_and_a_stray_distractor_are_refused() -> None:
    image, stranger = shot("query", "0001", "c1", 1), shot("train", "0000", "c1", 1)
    with pytest.raises(InputError, match="1 images are in two parts"):
        Split(train=(), validation=(), query=(image,), gallery=(image,))
    with pytest.raises(InputError, match="1 distractors lie outside the gallery"):
        Split(train=(stranger,), validation=(), query=(), gallery=())


def test_the_generated_market_under_each_protocol(tmp_path: Path) -> None:
    data = read_market1501(write_market1501(tmp_path))
    whole, half, most = (split(data, p) for p in ("official", "paper-50", "paper-80"))
    assert (whole.train, whole.validation, whole.notes) == (data.train, (), data.notes)
    assert [i.path.name for i in half.validation] == [
        "0002_c1s1_000451_03.jpg", "0007_c1s6_028546_01.jpg",
    ]  # fmt: skip
    assert (half.query, half.gallery) == (data.query, data.gallery)
    assert sum(i.distractor for i in most.gallery) == 2
    single = paper_80(data, seed=next(s for s in range(99) if asks(data, s, "0003")))
    assert single.notes[-1] == "paper-80: 1 of 1 test identities were seen by one camera only"


def asks(data: DataSet, seed: int, identity: str) -> bool:
    return {i.identity for i in paper_80(data, seed).query} == {identity}


def test_labels_name_unknown_cameras_distractors_and_people_called_like_them(
    tmp_path: Path,
) -> None:
    files = {"0": ("c1_1.jpg", "c2_2.jpg"), "0000": ("1.jpg", "2.jpg"), "bert": ("1.jpg",)}
    labels = ranking_labels(split(read_folder(write_own_folder(tmp_path, files)), "official"))
    assert labels.query_ids.tolist() == ["./0", "./0000", "bert"]
    assert labels.gallery_ids.tolist() == ["./0", "./0000"]
    assert labels.query_cameras.tolist() == ["c1", "", ""]
    assert labels.gallery_cameras.tolist() == ["c2", ""]
    market = combine([read_market1501(write_market1501(tmp_path / "market"))])
    labels = ranking_labels(split(market, "official"))
    assert labels.gallery_ids.tolist() == ["0000"] * 2 + ["market1501/0001"] * 3 + [
        "market1501/0003"
    ]


def test_labels_go_through_a_file_without_pickle_even_empty(tmp_path: Path) -> None:
    labels = ranking_labels(Split(train=(), validation=(), query=(), gallery=()))
    np.savez(tmp_path / "labels.npz", ids=labels.query_ids, cameras=labels.gallery_cameras)
    with np.load(tmp_path / "labels.npz", allow_pickle=False) as stored:
        assert stored["ids"].shape == stored["cameras"].shape == (0,)
