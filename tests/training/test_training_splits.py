"""A run sees the protocol's pictures, and never a test identity before the end."""

import numpy as np
import pytest
from PIL import Image as PillowImage

from data.people import paint_person, write_people
from surveil_reid.core import InputError
from surveil_reid.evaluation import PROTOCOLS, read_data_set, split
from surveil_reid.evaluation.images import identities
from training.cache import open_cache, open_source
from training.picture_files import PictureFile
from training.recipe import DataRecipe
from training.splits import hold_out, make_task, set_aside


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PictureFile:
    folder = tmp_path_factory.mktemp("people")
    write_people(folder / "market1501")
    source = open_source("market1501", folder)
    return open_cache(source, (32, 16), folder / "cache", skip_limit=0)


def names(pictures: PictureFile, rows: np.ndarray) -> list[str]:
    by_row = {row: path.name for path, row in pictures.rows.items()}
    return [by_row[row] for row in rows.tolist()]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_parts_are_those_of_the_evaluators_protocol(
    pictures: PictureFile, protocol: str
) -> None:
    task = make_task(pictures, DataRecipe(protocol=protocol))
    expected = split(read_data_set("market1501", pictures.path.parents[1]), protocol)
    assert task.test is not None
    assert names(pictures, task.train.rows) == [image.path.name for image in expected.train]
    assert names(pictures, task.test.query) == [image.path.name for image in expected.query]
    assert names(pictures, task.test.gallery) == [image.path.name for image in expected.gallery]
    if expected.validation:
        assert task.validation is not None
        validated = names(pictures, task.validation.rows)
        assert validated == [image.path.name for image in expected.validation]
        assert sorted(task.validation.labels.tolist()) == list(range(task.classes))
    assert sorted(set(task.train.labels.tolist())) == list(range(task.classes))
    assert task.held_out is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_held_out_identities_are_training_identities_that_nobody_learns(
    pictures: PictureFile, protocol: str
) -> None:
    task = make_task(pictures, DataRecipe(protocol=protocol, held_out=2))
    whole = make_task(pictures, DataRecipe(protocol=protocol))
    assert task.held_out is not None
    assert task.test is not None
    aside = identities((*task.held_out.split.query, *task.held_out.split.gallery))
    assert len(aside) == 2
    assert task.classes == whole.classes - 2
    learned = {name[:4] for name in names(pictures, task.train.rows)}
    tested = identities((*task.test.split.query, *task.test.split.gallery))
    assert not learned & aside
    assert not tested & (learned | aside)
    assert learned | aside == {name[:4] for name in names(pictures, whole.train.rows)}
    # Each is asked for once in each of its two cameras.
    assert len(task.held_out.query) == 4


def test_the_draw_is_of_the_seed_alone() -> None:
    people = {str(number) for number in range(50)}
    drawn = hold_out(people, 10, 0)
    assert drawn == hold_out({str(number) for number in reversed(range(50))}, 10, 0)
    assert drawn != hold_out(people, 10, 1)
    assert len(drawn) == 10


def test_holding_out_nearly_everybody_is_an_error(pictures: PictureFile) -> None:
    with pytest.raises(InputError, match=r"6 training identities, of which 5 .*data\.held_out"):
        make_task(pictures, DataRecipe(held_out=5))


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> PictureFile:
    """Market-1501's people and two of somebody's own, whose pictures all have one name."""
    folder = tmp_path_factory.mktemp("beside")
    write_people(folder / "market1501")
    for number in (1, 2):
        for camera in (1, 2):
            path = folder / f"own/{number:04}/c{camera}_000001.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            PillowImage.fromarray(paint_person(90 + number, camera, 0)).save(path)
    source = open_source("market1501", folder, ["own"])
    return open_cache(source, (32, 16), folder / "cache", skip_limit=0)


def test_people_beside_a_data_set_are_learned_and_never_tested(
    pictures: PictureFile, beside: PictureFile
) -> None:
    recipe = DataRecipe(held_out=2, held_out_of="market1501", beside=("own",))
    task, alone = make_task(beside, recipe), make_task(pictures, DataRecipe(held_out=2))
    assert task.classes == alone.classes + 2
    assert rows_of(beside) <= set(task.train.rows.tolist())
    assert len(rows_of(beside)) == 4
    assert task.test is not None
    assert alone.test is not None
    assert names(beside, task.test.gallery) == names(pictures, alone.test.gallery)
    assert task.held_out is not None
    assert alone.held_out is not None
    assert names(beside, task.held_out.query) == names(pictures, alone.held_out.query)
    assert sorted(set(task.train.labels.tolist())) == list(range(task.classes))


def rows_of(beside: PictureFile) -> set[int]:
    return {row for path, row in beside.rows.items() if path.parts[0] == "own"}


def test_of_several_some_can_be_learned_alone(beside: PictureFile) -> None:
    own = DataRecipe(beside=("own",), learned_of=("own",), held_out=2, held_out_of="market1501")
    task = make_task(beside, own)
    assert task.classes == 2
    assert set(task.train.rows.tolist()) == rows_of(beside)
    assert sorted(task.train.labels.tolist()) == [0, 0, 1, 1]
    assert task.held_out is not None
    assert len(task.held_out.query) == 4
    with pytest.raises(InputError, match=r"nowhere; correct data\.learned_of"):
        make_task(beside, DataRecipe(beside=("own",), learned_of=("nowhere",)))


def test_of_a_combined_data_set_those_held_out_of_one_part_alone_can_be_held_out() -> None:
    people = {str(number) for number in range(50)}
    combined = {f"{part}/{name}" for part in ("market1501", "cuhk03-np") for name in people}
    recipe = DataRecipe(held_out=10, held_out_of="market1501")
    expected = {f"market1501/{name}" for name in hold_out(people, 10, 0)}
    assert set_aside(combined, recipe) == expected
    with pytest.raises(InputError, match=r"nowhere; correct data\.held_out_of"):
        set_aside(combined, DataRecipe(held_out=10, held_out_of="nowhere"))
