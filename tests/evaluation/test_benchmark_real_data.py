"""The public data sets as they really are, counted exactly."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from surveil_reid.evaluation.combined import read_combined
from surveil_reid.evaluation.cuhk03 import read_cuhk03
from surveil_reid.evaluation.images import DataSet, LabelledImage
from surveil_reid.evaluation.market1501 import read_market1501
from surveil_reid.evaluation.protocols import split


@pytest.fixture(scope="module")
def market(real_data: Path) -> DataSet:
    return read_market1501(real_data / "Market-1501-v15.09.15")


@pytest.fixture(scope="module")
def cuhk(real_data: Path) -> DataSet:
    return read_cuhk03(real_data / "cuhk03_np_pair1" / "labeled")


def people(images: Iterable[LabelledImage]) -> int:
    return len({image.identity for image in images} - {"0000"})


def test_market_is_complete(market: DataSet) -> None:
    assert (len(market.train), people(market.train)) == (12_936, 751)
    assert (len(market.query), people(market.query)) == (3_368, 750)
    assert (len(market.gallery), people(market.gallery)) == (15_913, 750)
    assert sum(image.distractor for image in market.gallery) == 2_798
    assert sum(image.path.name.endswith(".jpg.jpg") for image in market.query) == 6
    assert {i.camera for i in market.query} == {f"c{n}" for n in range(1, 7)}
    assert market.notes == ("Market-1501: bounding_box_test: 3,819 junk images (-1) left out",)


def test_the_shared_pair_of_cuhk03_is_counted_against_the_whole(cuhk: DataSet) -> None:
    assert (len(cuhk.train), people(cuhk.train)) == (4_145, 427)
    assert (len(cuhk.query), people(cuhk.query)) == (832, 416)
    assert (len(cuhk.gallery), people(cuhk.gallery)) == (3_200, 416)
    assert "CUHK03-NP labeled: bounding_box_train, images: 4,145 found of 7,368" in cuhk.notes
    assert len(cuhk.notes) == 6


def test_market_under_the_protocols(market: DataSet) -> None:
    half, most = split(market, "paper-50"), split(market, "paper-80")
    assert (len(half.train), len(half.validation)) == (12_936 - 751, 751)
    assert (len(half.query), len(half.gallery)) == (3_368, 15_913)
    assert (people(most.train), people(most.query), len(most.validation)) == (1_200, 301, 1_200)
    assert len(most.query) == len({(i.identity, i.camera) for i in most.query})
    assert 1_250 < len(most.query) < 1_450  # the paper's own draw gave 1,344
    assert sum(i.distractor for i in most.gallery) == 2_798
    assert most.notes[-1] == "paper-80: 0 of 301 test identities were seen by one camera only"


def test_cuhk03_asks_twice_for_every_test_identity(cuhk: DataSet) -> None:
    most = split(cuhk, "paper-80")
    assert people(most.query) == 169  # a fifth of 843, rounded up
    assert len(most.query) == 2 * 169


def test_combined_has_everybody(real_data: Path) -> None:
    both = read_combined(real_data)
    assert (len(both.train), people(both.train)) == (12_936 + 4_145, 751 + 427)
    assert (len(both.query), people(both.query)) == (3_368 + 832, 750 + 416)
    assert len(both.gallery) == 15_913 + 3_200
    assert len({i.camera for i in both.query}) == 6 + 2
    assert people(split(both, "paper-80").query) == 469  # a fifth of 2,344, rounded up
