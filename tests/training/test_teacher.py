"""A teacher's embeddings reach the pictures that they belong to, live or from a file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage
from torch import Tensor

from data.people import paint_person, write_people
from helpers.networks import INPUT, OUTPUT, write_onnx
from helpers.recipes import tiny_recipe
from surveil_reid.core import InputError, l2_normalise
from training.batches import Batch, BatchMaker
from training.cache import open_cache, open_source
from training.mixtures import Shown, draw_mixtures
from training.picture_files import PictureFile
from training.recipe import DegradationRecipe, InputRecipe
from training.run import train
from training.run_options import RunOptions
from training.teacher import clean_targets, find_teacher, open_teacher

DESCRIPTION = f"""
name: mean-colour
input: {{name: {INPUT}, size: [32, 16], scale: 255.0}}
output: {OUTPUT}
dim: 3
"""


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that embeds a picture as its mean colour."""
    path = write_onnx(tmp_path_factory.mktemp("teacher") / "colour.onnx", 32, 16)
    path.with_suffix(".yaml").write_text(DESCRIPTION)
    return path


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_people(tmp_path_factory.mktemp("people") / "market1501").parent


@pytest.fixture(scope="module")
def pictures(people: Path) -> PictureFile:
    source = open_source("market1501", people)
    return open_cache(source, (32, 16), people / "cache", skip_limit=0)


def mean_colours(pictures: np.ndarray) -> np.ndarray:
    return l2_normalise(pictures.astype(np.float64).mean((1, 2)).astype(np.float32))


def test_clean_targets_are_the_teachers_of_each_picture(
    teacher: Path, pictures: PictureFile, tmp_path: Path
) -> None:
    rows = np.array([5, 0, 17])
    found = clean_targets(teacher, pictures, rows, tmp_path, lambda _: None)
    # A mean colour is the same in the mirror, so the mean over both is the thing itself.
    assert np.abs(found - mean_colours(pictures.content[rows])).max() < 1e-3


def test_they_are_kept_in_a_file_that_is_a_teacher_itself(
    teacher: Path, pictures: PictureFile, tmp_path: Path
) -> None:
    rows = np.arange(10)
    first = clean_targets(teacher, pictures, rows, tmp_path, lambda _: None)
    (kept,) = tmp_path.glob("teacher-*.npz")
    before = kept.stat().st_mtime_ns
    assert np.array_equal(clean_targets(teacher, pictures, rows, tmp_path, lambda _: None), first)
    assert kept.stat().st_mtime_ns == before
    # Also where other rows are wanted, in another order.
    fewer = clean_targets(kept, pictures, rows[[7, 2]], tmp_path, lambda _: None)
    assert np.array_equal(fewer, first[[7, 2]])
    with pytest.raises(InputError, match=r"lacks the teacher's features of 1 pictures"):
        clean_targets(kept, pictures, np.array([3, 11]), tmp_path, lambda _: None)


@pytest.mark.parametrize("named", ["colour.onnx", "colour.yaml"])
def test_a_corrected_description_is_asked_anew(
    teacher: Path, pictures: PictureFile, tmp_path: Path, named: str
) -> None:
    weights, rows = tmp_path / "colour.onnx", np.arange(4)
    weights.write_bytes(teacher.read_bytes())
    found = []
    for colour in ("BGR", "RGB"):
        described = DESCRIPTION.replace("scale:", f"colour: {colour}, scale:")
        weights.with_suffix(".yaml").write_text(described)
        asked = clean_targets(tmp_path / named, pictures, rows, tmp_path, lambda _: None)
        found.append(asked)
    assert np.abs(found[1] - mean_colours(pictures.content[rows])).max() < 1e-3
    assert np.array_equal(found[0][:, ::-1], found[1])


def test_pictures_of_one_name_in_two_folders_have_their_own(teacher: Path, tmp_path: Path) -> None:
    write_people(tmp_path / "market1501")
    for number in (1, 2):
        path = tmp_path / f"own/{number}/c1_1.png"
        path.parent.mkdir(parents=True)
        PillowImage.fromarray(paint_person(number, 1, 0)).save(path)
        PillowImage.fromarray(paint_person(number, 1, 1)).save(path.with_name("c2_1.png"))
    source = open_source("market1501", tmp_path, ["own"])
    pictures = open_cache(source, (32, 16), tmp_path / "cache", skip_limit=0)
    rows = np.array([pictures.rows[Path(f"own/{number}/c1_1.png")] for number in (1, 2)])
    found = clean_targets(teacher, pictures, rows, tmp_path, lambda _: None)
    assert np.abs(found - mean_colours(pictures.content[rows])).max() < 1e-3
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_two_folders_may_have_pictures_of_the_same_names(teacher: Path, tmp_path: Path) -> None:
    write_people(tmp_path / "market1501")
    for number, site in enumerate(("site-a", "site-b"), 1):
        for camera in (1, 2):
            path = tmp_path / site / f"1/c{camera}_1.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            PillowImage.fromarray(paint_person(number, 1, camera)).save(path)
    source = open_source("market1501", tmp_path, ["site-a", "site-b"])
    pictures = open_cache(source, (32, 16), tmp_path / "cache", skip_limit=0)
    rows = np.array([pictures.rows[Path(f"{site}/1/c1_1.png")] for site in ("site-a", "site-b")])
    found = clean_targets(teacher, pictures, rows, tmp_path, lambda _: None)
    assert np.abs(found - mean_colours(pictures.content[rows])).max() < 1e-3
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_a_file_in_which_a_name_stands_twice_is_refused(
    pictures: PictureFile, tmp_path: Path
) -> None:
    names = ["1/c1_1.png", "1/c2_1.png", "1/c1_1.png"]
    np.savez(tmp_path / "t.npz", names=names, features=np.eye(3, dtype=np.float16))
    with pytest.raises(InputError, match=r"several pictures called 1/c1_1\.png; compute"):
        clean_targets(tmp_path / "t.npz", pictures, np.arange(2), tmp_path, lambda _: None)


def six(
    teacher: Path, pictures: PictureFile, recipe: InputRecipe, part: slice = slice(0, 6)
) -> Batch:
    """A batch of six pictures, about which the teacher is asked."""
    maker = BatchMaker(
        shown=Shown(pictures.content, np.arange(6)),
        recipe=recipe,
        seed=0,
        device=torch.device("cpu"),
        teacher=open_teacher(teacher),
    )
    return maker.make(np.arange(6), 0, (32, 16), part)


def colours_of(images: Tensor) -> Tensor:
    """What the teacher says of pictures as the pupil gets them."""
    std, mean = torch.tensor([0.229, 0.224, 0.225]), torch.tensor([0.485, 0.456, 0.406])
    return torch.nn.functional.normalize(images.mean((2, 3)) * std + mean)


def test_a_teacher_may_see_what_the_pupil_sees(teacher: Path, pictures: PictureFile) -> None:
    recipe = InputRecipe(size=(32, 16), pad=4, erasing=1.0)
    batch = six(teacher, pictures, recipe, slice(0, 3))
    assert batch.targets is not None
    assert batch.targets.shape == (6, 3)  # of the whole batch, for all processes alike
    expected = colours_of(batch.images)
    torch.testing.assert_close(batch.targets[:3], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("sees", ["clean", "augmented"])
def test_a_teacher_is_asked_about_people_made_of_two(
    teacher: Path, pictures: PictureFile, tmp_path: Path, sees: str
) -> None:
    rows = np.arange(3, 9)
    mixtures = draw_mixtures(rows, 20, 0)
    asked = {}
    if sees == "clean":
        targets = clean_targets(teacher, pictures, rows, tmp_path, lambda _: None, mixtures)
        assert len(targets) == 26
        asked = {"targets": targets}
    maker = BatchMaker(
        shown=Shown(pictures.content, rows, mixtures),
        recipe=InputRecipe(size=(32, 16)),
        seed=0,
        device=torch.device("cpu"),
        added=4,
        teacher=open_teacher(teacher) if sees == "augmented" else None,
        **asked,
    )
    batch = maker.make(np.array([5, 1]), 0, (32, 16), slice(0, 6))
    assert batch.images.shape == (6, 3, 32, 16)
    assert batch.targets is not None
    torch.testing.assert_close(batch.targets, colours_of(batch.images), rtol=2e-3, atol=2e-3)
    own = torch.from_numpy(mean_colours(pictures.content[rows[[5, 1]]]))
    torch.testing.assert_close(batch.targets[:2], own, rtol=2e-3, atol=2e-3)


def test_another_draw_of_people_is_asked_about_anew(
    teacher: Path, pictures: PictureFile, tmp_path: Path
) -> None:
    rows = np.arange(6)
    for seed in (0, 1, 0):
        mixtures = draw_mixtures(rows, 5, seed)
        clean_targets(teacher, pictures, rows, tmp_path, lambda _: None, mixtures)
    first, second = (np.load(path)["names"] for path in tmp_path.glob("teacher-*.npz"))
    assert list(first[:6]) == list(second[:6])
    assert not set(first[6:]) & set(second[6:])


def test_a_teacher_sees_pictures_before_they_are_made_worse(
    teacher: Path, pictures: PictureFile
) -> None:
    fine, grey = (
        six(
            teacher,
            pictures,
            InputRecipe(size=(32, 16), degradations=DegradationRecipe(grey=chance)),
        )
        for chance in (0.0, 1.0)
    )
    assert not torch.equal(fine.images, grey.images)
    torch.testing.assert_close(fine.targets, grey.targets)


@pytest.mark.parametrize("mixtures", [0, 8])
@pytest.mark.parametrize("sees", ["clean", "augmented"])
def test_a_pupil_learns_what_its_teacher_knows(
    teacher: Path, people: Path, tmp_path: Path, sees: str, mixtures: int
) -> None:
    recipe = tiny_recipe(
        name=f"pupil-{sees}-{mixtures}",
        data={"mixtures": 40},
        batch={"mixtures": mixtures},
        loss={"distillation": 5.0, "teacher": str(teacher), "teacher_sees": sees},
        schedule={"epochs": 2},
    )
    lines: list[str] = []
    options = RunOptions(out=tmp_path, data=people, cache=people / "cache", device="cpu")
    record = train(recipe, options, lines.append)
    losses = [entry.loss for entry in record.curve]
    assert losses[-1] is not None
    assert losses[0] is not None
    assert losses[-1] < losses[0]
    # What the run leaves says which teacher it was, not where on this machine it lay.
    assert record.recipe["loss"]["teacher"] == teacher.name
    for path in (tmp_path / record.name).iterdir():
        assert str(teacher.parent).encode() not in path.read_bytes()
    assert train(recipe, options, lines.append) == record  # known again, and not run anew


def test_features_cannot_be_asked_about_augmented_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="teacher_sees=clean"):
        open_teacher(tmp_path / "features.npz")


def test_a_missing_teacher_is_looked_for_beside_the_data(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "t.onnx").write_bytes(b"")
    assert find_teacher("weights/t.onnx", tmp_path) == tmp_path / "weights" / "t.onnx"
    with pytest.raises(InputError, match=r"no teacher at none\.onnx or .*loss\.teacher"):
        find_teacher("none.onnx", tmp_path)


@pytest.mark.parametrize("kept", [0, 60, 600])
def test_a_damaged_file_of_features_is_named(
    pictures: PictureFile, tmp_path: Path, kept: int
) -> None:
    features = np.eye(40, dtype=np.float16)
    np.savez(tmp_path / "t.npz", names=[str(row) for row in range(40)], features=features)
    (tmp_path / "t.npz").write_bytes((tmp_path / "t.npz").read_bytes()[:kept])
    with pytest.raises(InputError, match="holds no teacher's features"):
        clean_targets(tmp_path / "t.npz", pictures, np.arange(2), tmp_path, lambda _: None)
