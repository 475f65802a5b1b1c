import pytest

from surveil_reid.core import InputError
from surveil_reid.detection import DetectionOptions


def test_defaults_keep_weak_boxes_for_the_tracker() -> None:
    assert DetectionOptions().confidence == 0.1


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:3"])
def test_devices_that_can_be_named(device: str) -> None:
    assert DetectionOptions(device=device).device == device


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("confidence", -0.1),
        ("confidence", 1.1),
        ("confidence", float("nan")),
        ("iou", 2.0),
        ("image_size", 0),
        ("image_size", 650),
        ("batch_size", 0),
        ("device", ""),
        ("device", "gpu"),
        ("device", "cuda:x"),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name):
        DetectionOptions(**{name: value})
