import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveil_reid.core import InputError, l2_normalise
from surveil_reid.identity.evidence import EvidenceOptions
from training import link_fitting
from training.labelled_tracklets import Labelled, cut_tracklets
from training.link_fitting import GRIDS, Together, Worth, draw_stores, middle, search, uphill


def people(count: int, *, noise: float, seed: int = 0) -> list[Labelled]:
    """Each of them twice in each of two cameras."""
    rng = np.random.default_rng(seed)
    names, features = [], []
    for person in range(1, count + 1):
        look = rng.normal(size=16)
        for camera in (1, 2):
            for piece in range(2):
                names.append(f"{person:04}_c{camera}s1_{10_000 * person + 1000 * piece:06}_01.jpg")
                features.append(look + noise * rng.normal(size=16))
    return cut_tracklets(names, l2_normalise(np.array(features)))


def everybody(stores: link_fitting.Stores) -> set[int]:
    return {item.person for same_size in stores.values() for one in same_size for item in one}


def test_nobody_is_in_both_halves_and_stores_are_as_large_as_asked() -> None:
    first, second = draw_stores(people(24, noise=0.5), {3: 2, 12: 1, 13: 1})
    assert not everybody(first) & everybody(second)
    assert everybody(first) | everybody(second) == set(range(1, 25))
    for half in (first, second):
        # A half has 12 people, so there is no store of 13.
        assert {size: len(same_size) for size, same_size in half.items()} == {3: 2, 12: 1}
        for size, same_size in half.items():
            for one in same_size:
                assert len({item.person for item in one}) == size
                assert len(one) == 4 * size


def test_of_an_odd_number_of_people_both_halves_have_stores_of_the_same_sizes() -> None:
    first, second = draw_stores(people(25, noise=0.5), {3: 1, 12: 1, 13: 1})
    assert first.keys() == second.keys() == {3, 12}


def test_files_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "features.npz" for folder in "ab"]
    with pytest.raises(InputError, match="a name of its own"):
        link_fitting.fit(paths, lambda _: None)


def test_the_same_people_give_the_same_stores() -> None:
    assert str(draw_stores(people(8, noise=0.5), {3: 2})) == str(
        draw_stores(people(8, noise=0.5), {3: 2})
    )


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_people_are_refused(count: int) -> None:
    with pytest.raises(InputError, match=f"{count} people are too few"):
        draw_stores(people(count, noise=0.5) if count else [], {3: 1})


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_uphill_ends_at_the_top_of_a_hill(top: int, start: int) -> None:
    assert uphill(lambda step: -abs(step - top), start) == top


def test_people_who_are_easily_told_apart_are_worth_everything() -> None:
    worth = Worth(draw_stores(people(16, noise=0.05), {8: 1}))
    found = worth.of(EvidenceOptions())
    assert found["bcubed_f1"] == 1
    assert found["bcubed_f1_by_people"] == {"8": 1}


def test_each_half_is_measured_at_the_similarity_of_the_other() -> None:
    """The people of one half look more like themselves than those of the other do."""
    looks_alone = EvidenceOptions(overlap_weight=0, travel_weight=0, camera_doubt=1e9)
    alike, unlike = people(8, noise=0.05), people(8, noise=0.7, seed=1)
    worth = Worth(({8: [alike]}, {8: [unlike]}))
    of_unlike, of_alike = worth.of(looks_alone)["similarities"]
    swapped = Worth(({8: [unlike]}, {8: [alike]})).of(looks_alone)["similarities"]
    assert [of_unlike, of_alike] == swapped[::-1]
    assert of_unlike < of_alike


def test_the_search_finds_the_best_of_a_grid_and_says_what_each_was_worth() -> None:
    grids = {"overlap_weight": (0.0, 0.4), "travel_weight": (0.0, 0.1)}

    class Sloping(Together):
        def of(self, options: EvidenceOptions) -> dict[str, float]:
            return {"short_of_1": 1 - options.overlap_weight + options.travel_weight}

    steps: list[dict[str, object]] = []
    chosen = search(Sloping({}), grids, lambda step, _: steps.append(step))
    assert (chosen.overlap_weight, chosen.travel_weight) == (0.4, 0.0)
    # A second time round nothing changes, and it ends.
    assert [step["constant"] for step in steps] == [*grids, *grids]
    assert steps[1]["short_of_1"] == {"0": 0.6, "0.1": pytest.approx(0.7)}


def test_models_decide_by_the_geometric_mean_of_what_they_are_short_of() -> None:
    class Known(Worth):
        def of(self, options: EvidenceOptions) -> dict[str, float]:  # noqa: ARG002
            return {"bcubed_f1": self.start / 100}

    def short(*shares: int) -> float:
        worths = {str(place): Known(({}, {}), share) for place, share in enumerate(shares)}
        return float(Together(worths).of(EvidenceOptions())["short_of_1"])

    assert short(80) == pytest.approx(0.2)
    assert short(80, 98) == pytest.approx((0.2 * 0.02) ** 0.5, abs=1e-5)
    assert short(90, 96) == pytest.approx(short(80, 98), abs=1e-5)  # half of one, twice the other


def test_every_grid_is_of_a_constant_and_its_middle_is_where_the_search_starts() -> None:
    for name, grid in GRIDS.items():
        assert list(grid) == sorted(set(grid))
        assert getattr(middle(GRIDS), name) in grid


class TestProgram:
    @pytest.fixture
    def features(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(link_fitting, "STORES", {4: 2, 6: 1})
        monkeypatch.setattr(link_fitting, "GRIDS", {"k1": (2, 3), "travel_weight": (0.0, 0.1)})
        rng = np.random.default_rng(0)
        names = [f"{p:04}_c{c}s1_{1000 * p:06}_01.jpg" for p in range(1, 13) for c in (1, 2, 3)]
        looks = np.repeat(rng.normal(size=(12, 8)), 3, axis=0)
        vectors = l2_normalise(looks + 0.4 * rng.normal(size=looks.shape))
        np.savez(tmp_path / "features.npz", names=np.array(names), features=vectors)
        return tmp_path / "features.npz"

    def test_writes_what_it_chose_and_by_what(
        self, features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = features.rename(tmp_path / "other.npz")
        features.write_bytes(other.read_bytes())
        out = tmp_path / "record.json"
        assert link_fitting.main([str(features), str(other), "--out", str(out)]) == 0
        record = json.loads(out.read_text(encoding="utf-8"))
        assert record["finished"]
        assert record["chosen_by"] == ["features", "other"]
        assert record["chosen"]["short_of_1"] <= record["start"]["short_of_1"]
        assert record["chosen"]["short_of_1"] == min(record["steps"][-1]["short_of_1"].values())
        by_model = record["chosen"]["by_model"]
        assert by_model["other"] == by_model["features"]
        assert 1 - by_model["other"]["bcubed_f1"] == pytest.approx(
            record["chosen"]["short_of_1"], abs=1e-4
        )
        assert json.loads(capsys.readouterr().out) == record["chosen"]

    def test_says_in_one_line_what_is_missing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = [str(tmp_path / "none.npz"), "--out", str(tmp_path / "record.json")]
        assert link_fitting.main(arguments) == 1
        printed = capsys.readouterr()
        assert "none.npz" in printed.err
        assert printed.err.count("\n") == 1
        assert not (tmp_path / "record.json").exists()


def test_the_constants_in_use_are_those_of_the_record() -> None:
    path = Path(__file__).parents[1] / "benchmarks" / "results" / "link-constants.json"
    chosen = json.loads(path.read_text(encoding="utf-8"))["chosen"]
    in_use = EvidenceOptions()
    assert {name: getattr(in_use, name) for name in GRIDS} == {name: chosen[name] for name in GRIDS}
