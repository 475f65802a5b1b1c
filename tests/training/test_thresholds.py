import math
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image as PillowImage
from safetensors.torch import load_file

from data.people import write_people
from surveil_reid.assets import read_description
from surveil_reid.core import (
    ArrayError,
    Floats,
    Image,
    InputError,
    ModelInfo,
    Tracklet,
    WeightsError,
    l2_normalise,
)
from surveil_reid.embedding.architecture import ArchitectureOptions
from surveil_reid.embedding.checkpoint import load_checkpoint, save_checkpoint
from surveil_reid.embedding.header import CheckpointMeta
from surveil_reid.embedding.model import build_model
from surveil_reid.evaluation import LabelledImage, read_data_set
from surveil_reid.identity import decide
from training import thresholds
from training.labelled_tracklets import Labelled, cut_tracklets, tracklets_of_pictures
from training.recipe import DataRecipe
from training.splits import set_aside
from training.threshold_fitting import (
    Pairs,
    cross_camera_pairs,
    fit,
    kept_similarities,
    operating_points,
)

DESCRIPTION = """\
# Where this came from, in somebody's own words.
name: tiny
input: {name: data, size: [256, 128], colour: BGR}
linking:  # of an older fit
  - similarity: 0.9
    false_alarm: 0.5
    detection: 0.5
    fitted_on: nothing much

linking_similarity: 0.99
output: out
dim: 16  # as the network says
"""


def market(people: int = 25, seed: int = 0, noise: float = 0.6) -> tuple[list[str], Floats]:
    """Names and features of a made-up Market-1501: each person twice in each of three cameras."""
    rng = np.random.default_rng(seed)
    names, features = [], []
    for person in range(1, people + 1):
        look = rng.normal(size=16)
        for camera in range(1, 4):
            for piece in range(2):
                frame = 10_000 * person + 1000 * piece
                names.append(f"{person:04}_c{camera}s1_{frame:06}_01.jpg")
                features.append(look + noise * rng.normal(size=16))
    return names, l2_normalise(np.array(features))


@pytest.mark.parametrize(
    ("names", "pieces"),
    [
        ([], []),
        (["0002_c1s1_000451_03.jpg"], [(0,)]),
        (["0002_c1s1_000451_03.jpg", "0002_c1s1_000651_01.jpg"], [(0, 1)]),
        (["0002_c1s1_000451_03.jpg", "0002_c1s1_000652_01.jpg"], [(0,), (1,)]),
        (["0002_c1s1_000451_03.jpg", "0002_c1s2_000452_01.jpg"], [(0,), (1,)]),
        (["0002_c1s1_000451_03.jpg", "0002_c2s1_000452_01.jpg"], [(0,), (1,)]),
        (["0002_c1s1_000451_03.jpg", "0003_c1s1_000452_01.jpg"], [(0,), (1,)]),
        (["0002_c1s1_000500_03.jpg", "0002_c1s1_000451_01.jpg.jpg"], [(0, 1)]),
        (["0000_c1s1_000451_03.jpg", "-1_c1s1_000451_03.jpg"], []),
    ],
)
def test_tracklets_are_cut_by_person_camera_sequence_and_gap(
    names: list[str], pieces: list[tuple[int, ...]]
) -> None:
    features = np.eye(4, dtype=np.float32)[: len(names)]
    found = cut_tracklets(names, features)
    assert [tuple(np.flatnonzero(item.tracklet.descriptor)) for item in found] == pieces
    for item, piece in zip(found, pieces, strict=True):
        assert item.person == int(names[piece[0]].split("_", maxsplit=1)[0])
        np.testing.assert_allclose(item.tracklet.descriptor.max(), 1 / math.sqrt(len(piece)), 1e-6)


def test_times_of_tracklets_tell_who_was_in_view_together() -> None:
    names = ["0001_c1s1_000100_00.jpg", "0001_c1s1_000200_00.jpg", "0002_c1s1_000150_00.jpg"]
    names += ["0003_c1s2_000150_00.jpg", "0004_c1s1_000201_00.jpg"]
    one, two, three, four = cut_tracklets(names, np.eye(5, dtype=np.float32))
    assert one.tracklet.overlaps(two.tracklet)
    assert not one.tracklet.overlaps(three.tracklet)
    assert not one.tracklet.overlaps(four.tracklet)
    assert one.tracklet.end - one.tracklet.start == 4


def test_who_is_labelled_as_two_people_is_one() -> None:
    names = ["0115_c1s1_000451_03.jpg", "0224_c2s1_000451_03.jpg", "0225_c2s1_000451_03.jpg"]
    found = cut_tracklets(names, np.eye(4, dtype=np.float32)[:3])
    assert [item.person for item in found] == [115, 115, 225]


def test_a_foreign_file_name_is_refused() -> None:
    with pytest.raises(InputError, match=r"holiday\.jpg"):
        cut_tracklets(["holiday.jpg"], np.eye(4, dtype=np.float32)[:1])


def test_pictures_of_a_folder_are_put_together_by_what_their_names_tell() -> None:
    """Of one tracklet, of another of the same person and camera, of another camera and person."""
    names = ["7/c1_t000003_01", "7/c1_t000003_02", "7/c1_t000004_01", "7/c2_t000003_01"]
    names += ["9/c1_t000003_01", "9/c1_walk", "9/c1_stand"]
    images = [LabelledImage(Path(f"{name}.jpg"), name[0], name[2:4]) for name in names]
    found = tracklets_of_pictures(images, np.eye(8, dtype=np.float32)[:7])
    pieces = {tuple(np.flatnonzero(item.tracklet.descriptor)): item for item in found}
    assert set(pieces) == {(0, 1), (2,), (3,), (4,), (5,), (6,)}
    assert [pieces[piece].person for piece in sorted(pieces)] == [0, 0, 0, 1, 1, 1]
    assert pieces[3,].tracklet.camera == "c2"
    assert not any(a.tracklet.overlaps(b.tracklet) for a, b in combinations(found, 2))
    assert sorted(item.tracklet.id for item in found) == list(range(6))


def test_a_picture_of_no_camera_is_named() -> None:
    images = [LabelledImage(Path("people/7/anna.jpg"), "7", None)]
    with pytest.raises(InputError, match=r"7/anna\.jpg: the name tells of no camera"):
        tracklets_of_pictures(images, np.eye(4, dtype=np.float32)[:1])


def test_the_real_training_set_gives_as_many_tracklets_as_were_counted_by_hand(
    real_data: Path,
) -> None:
    folder = real_data / "Market-1501-v15.09.15" / "bounding_box_train"
    names = [path.name for path in folder.glob("*.jpg")]
    found = cut_tracklets(names, np.ones((len(names), 1), np.float32))
    assert len(names) == 12_936
    # 751 as they are labelled, of whom one is labelled as two.
    assert len({item.person for item in found}) == 750
    assert len(found) == 5354


def test_pairs_are_those_of_two_cameras() -> None:
    def item(number: int, camera: str, person: int) -> Labelled:
        look = np.eye(4, dtype=np.float32)[number]
        return Labelled(Tracklet(number, camera, 0.0, 1.0, look), person)

    pairs = cross_camera_pairs(
        [item(0, "a", 7), item(1, "b", 7), item(2, "a", 9), item(3, "a", 7), item(0, "b", 9)]
    )
    assert pairs.same.tolist() == [0, 0, 0]
    assert pairs.different.tolist() == [0, 1, 0]
    assert pairs.people.tolist() == [[0, 1]] * 3
    assert pairs.same.dtype == pairs.different.dtype == np.float32


def strangers(people: int, seed: int) -> Pairs:
    """Pairs of people whose looks have few dimensions, so that some are alike."""
    rng = np.random.default_rng(seed)
    looks = np.repeat(rng.normal(size=(people, 6)), 3, axis=0)
    looks = l2_normalise(looks + 0.3 * rng.normal(size=looks.shape))
    who = np.repeat(np.arange(people), 3)
    one, two = np.triu_indices(len(who), 1)
    similarities = np.einsum("ij,ij->i", looks[one], looks[two]).astype(np.float32)
    apart = who[one] != who[two]
    both = np.stack([who[one], who[two]], axis=1)[apart].astype(np.int32)
    return Pairs(similarities[~apart], similarities[apart], both)


def test_a_point_keeps_its_rate_among_other_people_than_it_was_fitted_on() -> None:
    everybody = strangers(400, seed=1).different
    kept = {1e-3: 0, 1e-2: 0, 1e-1: 0}
    for seed in range(2, 42):
        for point in operating_points(strangers(40, seed), "a test"):
            rate = (everybody >= point.similarity).mean()
            kept[point.false_alarm] += rate <= point.false_alarm
    # Forty people hold no two of the most alike of four hundred, so the rarest is kept less often.
    assert kept[1e-1] >= 36
    assert kept[1e-2] >= 34


def test_points_are_measured_where_people_enough_decide_them() -> None:
    pairs = strangers(60, seed=0)
    points = operating_points(pairs, "a test")
    assert [point.false_alarm for point in points] == [1e-3, 1e-2, 1e-1]
    for point in points:
        assert (pairs.different >= point.similarity).mean() < point.false_alarm
        assert point.detection == pytest.approx((pairs.same >= point.similarity).mean())
        assert point.fitted_on == "a test"


@pytest.mark.parametrize(("alike", "rarest"), [(100, 1e-4), (1, 1e-2)])
def test_two_people_who_look_alike_do_not_make_a_rate_measured(alike: int, rarest: float) -> None:
    """A thousandth of the pairs is much more alike, of many pairs of people or of one."""
    rng = np.random.default_rng(0)
    different = rng.uniform(0, 0.5, 100_000).astype(np.float32)
    lower = rng.integers(0, 499, 100_000)
    people = np.stack([lower, rng.integers(lower + 1, 500)], axis=1).astype(np.int32)
    different[:100] = 0.9
    people[:100] = np.stack([np.arange(100) % alike, np.full(100, 499)], axis=1)
    points = operating_points(Pairs(np.ones(5, np.float32), different, people), "a test")
    assert points[0].false_alarm == rarest


@pytest.mark.parametrize(("same", "different"), [(0, 0), (0, 1000), (10, 0), (10, 1000)])
def test_too_few_pairs_are_refused(same: int, different: int) -> None:
    people = np.tile(np.array([[0, 1]], np.int32), (different, 1))
    pairs = Pairs(np.ones(same, np.float32), np.ones(different, np.float32), people)
    with pytest.raises(ArrayError, match="too few"):
        operating_points(pairs, "a test")


@pytest.mark.parametrize("people", range(20, 60, 5))
def test_whatever_is_fitted_is_enough_to_decide_by(people: int) -> None:
    """Two cameras that saw everybody once, as a small site's have."""
    looks = [(n, look) for n, look in zip(*market(people), strict=True) if "_c3" not in n]
    names, features = zip(*looks[::2], strict=True)
    try:
        fitted = fit(cut_tracklets(names, np.array(features)), "a small site")
    except ArrayError as error:
        assert "take more people" in str(error)  # noqa: PT017 - either is right
        assert people < 40
        return
    model = ModelInfo(name="small", sha256="ab" * 32, dim=16, linking=fitted.linking)
    decide(np.zeros(1), info=model, gallery_size=50, false_alarm=0.01)


def test_the_linking_similarity_separates_what_can_be_separated() -> None:
    """People at right angles, pictures of one at a cosine of at least 0.8: all between will do."""
    names, features = market(people=12, noise=0)
    owners = np.array([int(name[:4]) - 1 for name in names])
    rng = np.random.default_rng(0)
    features = l2_normalise(np.eye(16)[owners] + 0.08 * rng.normal(size=features.shape))
    fitted = fit(cut_tracklets(names, features), "right angles")
    assert fitted.bcubed.f1 > 0.95
    assert 0.2 < fitted.linking_similarity < 0.9


@pytest.mark.parametrize("rate", [1e-5, 1e-9])
def test_a_rate_of_no_pair_at_all_cannot_be_measured(rate: float) -> None:
    with pytest.raises(ArrayError, match="cannot be measured"):
        kept_similarities(strangers(40, seed=0), [rate])


def test_linking_begins_at_the_point_of_the_rate_asked_for() -> None:
    labelled = cut_tracklets(*market(people=40))
    fitted = fit(labelled, "a test", linking_rate=0.1)
    assert fitted.linking[-1].false_alarm == 0.1
    assert fitted.linking_similarity == pytest.approx(fitted.linking[-1].similarity, abs=1e-4)


class PictureMeans:
    """An embedder whose embedding is the picture's mean colour, blown up to 16 numbers."""

    info = ModelInfo(name="means", sha256="ab" * 32, dim=16)

    def embed(self, images: Sequence[Image]) -> Floats:
        means = np.array([image.mean(axis=(0, 1)) for image in images])
        return l2_normalise(np.repeat(means, 6, axis=1)[:, :16])


class TestProgram:
    @pytest.fixture
    def features(self, tmp_path: Path) -> Path:
        names, features = market()
        np.savez(tmp_path / "features.npz", names=np.array(names), features=features)
        return tmp_path / "features.npz"

    def run(self, *arguments: str | Path) -> int:
        return thresholds.main([str(argument) for argument in arguments])

    def test_prints_what_a_description_can_take(
        self, features: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run("--features", features, "--unseen") == 0
        printed = capsys.readouterr()
        keys = yaml.safe_load(printed.out)
        assert list(keys) == ["linking_similarity", "linking", "calibration"]
        assert [point["false_alarm"] for point in keys["linking"]] == pytest.approx(
            [1e-2, 1e-1], rel=0.1
        )
        assert all("25 people, 150 tracklets" in point["fitted_on"] for point in keys["linking"])
        assert "probably trained" not in printed.out
        assert "BCubed F1" in printed.err

    def test_warns_where_the_model_may_have_seen_these_people(
        self, features: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run("--features", features) == 0
        assert all(
            "probably trained" in point["fitted_on"]
            for point in yaml.safe_load(capsys.readouterr().out)["linking"]
        )

    def test_stores_them_in_a_description_and_leaves_the_rest(
        self, features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "tiny.yaml"
        path.write_text(DESCRIPTION, encoding="utf-8")
        for _ in range(2):
            assert self.run("--features", features, "--out", path) == 0
            description = read_description(path)
            printed = yaml.safe_load(capsys.readouterr().out)
            assert description.linking_similarity == printed["linking_similarity"]
            assert [point.similarity for point in description.linking] == [
                point["similarity"] for point in printed["linking"]
            ]
            text = path.read_text(encoding="utf-8")
            assert "# Where this came from" in text
            assert "dim: 16  # as the network says" in text
            assert "older fit" not in text
            assert description.output == "out"

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
    def test_stores_them_in_a_checkpoint_and_leaves_the_weights(
        self, features: Path, tmp_path: Path, dtype: torch.dtype
    ) -> None:
        path = tmp_path / "model.safetensors"
        model = build_model(ArchitectureOptions(backbone="resnet18")).to(dtype)
        save_checkpoint(path, model, CheckpointMeta(name="mine", licence="MIT"))
        before = load_file(path)
        assert self.run("--features", features, "--out", path) == 0
        meta, after = load_checkpoint(path).meta, load_file(path)
        assert meta.linking
        assert meta.linking_similarity is not None
        assert (meta.name, meta.licence) == ("mine", "MIT")
        assert before.keys() == after.keys()
        for name, tensor in before.items():
            assert after[name].dtype == tensor.dtype
            assert (after[name] == tensor).all()

    def test_embeds_the_training_pictures_itself(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = tmp_path / "bounding_box_train"
        folder.mkdir()
        rng = np.random.default_rng(0)
        for name in market(people=60)[0]:
            person = np.random.default_rng(int(name[:4])).integers(0, 255, 3)
            colour = np.clip(person + rng.integers(-9, 9, 3), 0, 255).astype(np.uint8)
            save_picture(folder / name, np.tile(colour, (8, 4, 1)))
        monkeypatch.setattr(thresholds, "load_embedder", lambda _: PictureMeans())
        assert self.run("--embedder", "means", "--market", tmp_path) == 0
        assert "60 people, 360 tracklets" in capsys.readouterr().out
        assert self.run("--embedder", "means", "--market", tmp_path, "--held-out", "50") == 0
        printed = capsys.readouterr().out
        assert "50 people, 300 tracklets" in printed
        assert "probably trained" not in printed

    def test_takes_a_folder_of_ones_own_people(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rng = np.random.default_rng(0)
        for name in market(people=60)[0]:
            person, camera, frame, _ = name.split("_")
            colour = np.random.default_rng(int(person)).integers(0, 255, 3)
            (tmp_path / "people" / person).mkdir(parents=True, exist_ok=True)
            for number in (1, 2):
                seen = np.clip(colour + rng.integers(-9, 9, 3), 0, 255).astype(np.uint8)
                picture = tmp_path / "people" / person / f"{camera[:2]}_t{frame}_0{number}.jpg"
                save_picture(picture, np.tile(seen, (8, 4, 1)))
        monkeypatch.setattr(thresholds, "load_embedder", lambda _: PictureMeans())
        assert self.run("--embedder", "means", "--people", tmp_path / "people") == 0
        points = yaml.safe_load(capsys.readouterr().out)["linking"]
        fitted_on = "folder people: 60 people, 360 tracklets, pairs across cameras"
        assert {point["fitted_on"] for point in points} == {fitted_on}
        assert self.run("--embedder", "means", "--people", tmp_path / "none") == 1
        assert "none" in capsys.readouterr().err

    def test_takes_the_people_that_a_recipe_holds_out(self, tmp_path: Path) -> None:
        market = write_people(tmp_path / "market", learned=9)
        names, _ = thresholds.embed_market(PictureMeans(), market, held_out=4)
        inside = market.rename(tmp_path / "Market-1501-v15.09.15")
        assert thresholds.embed_market(PictureMeans(), tmp_path, held_out=4)[0] == names
        market = inside
        learned = {image.identity for image in read_data_set("market1501", market).train}
        aside = set_aside(learned, DataRecipe(set="market1501", held_out=4))
        assert {name[:4] for name in names} == aside

    def test_says_in_one_line_what_is_missing(
        self, features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        np.savez(tmp_path / "other.npz", pictures=np.zeros(3))
        (tmp_path / "cut.npz").write_bytes((tmp_path / "other.npz").read_bytes()[:100])
        (tmp_path / "broken.yaml").write_text("name: only", encoding="utf-8")
        for arguments, said in (
            (("--features", tmp_path / "none.npz"), "none.npz"),
            (("--features", tmp_path / "other.npz"), "names"),
            (("--features", tmp_path / "cut.npz"), "cut.npz holds no features"),
            (("--features", features, "--out", tmp_path / "broken.yaml"), "broken.yaml"),
            (("--embedder", tmp_path / "none.onnx", "--market", tmp_path), "none.onnx"),
        ):
            assert self.run(*arguments) == 1
            printed = capsys.readouterr()
            assert said in printed.err
            assert printed.err.count("\n") == 1
            assert not printed.out

    def test_a_folder_without_pictures_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="bounding_box_train"):
            thresholds.embed_market(PictureMeans(), tmp_path)

    def test_a_description_that_is_none_stays_untouched(self, tmp_path: Path) -> None:
        path = tmp_path / "site.yaml"
        path.write_text("cameras: []\n", encoding="utf-8")
        fitted = thresholds.fit(cut_tracklets(*market()), "a test")
        with pytest.raises(WeightsError, match=r"site\.yaml"):
            thresholds.store_in_description(path, fitted)
        assert path.read_text(encoding="utf-8") == "cameras: []\n"

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("--embedder", "e"),
            ("--market", "m"),
            ("--people", "p"),
            ("--embedder", "e", "--market", "m", "--people", "p"),
        ],
    )
    def test_without_features_it_needs_a_model_and_pictures(
        self, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit, match="2"):
            self.run(*arguments)
        assert "--features" in capsys.readouterr().err


def save_picture(path: Path, image: Image) -> None:
    """Write RGB uint8 `(height, width, 3)`."""
    PillowImage.fromarray(image).save(path, quality=95)
