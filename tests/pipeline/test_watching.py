"""Ignore zones: whose feet are in one is not seen, those cut off by the picture's edge included."""

from collections.abc import Generator, Sequence

import pytest

from helpers.detectors import ScriptedDetector, detections_of, picture_with
from surveil_reid.config import CameraSource
from surveil_reid.core import Frame
from surveil_reid.pipeline.segment import Batch
from surveil_reid.pipeline.watching import Watcher

WIDTH, HEIGHT = 160, 120


def seen(box: Sequence[float], zone: Sequence[tuple[float, float]]) -> bool:
    """Whether somebody detected in this box is seen by a camera that ignores this zone."""
    camera = CameraSource(name="gate", recordings=(), ignore=(tuple(zone),))
    frame = Frame(number=1, time=0.0, image=picture_with(size=(HEIGHT, WIDTH)))

    def batches() -> Generator[Batch, None, None]:
        yield Batch((frame,), moved=(True,), ends=True, final=True, decoded=1, corrupt=0)

    watcher = Watcher(ScriptedDetector([detections_of(box)]), camera)
    ((_, (found,)),) = watcher.through(batches())
    return len(found) > 0


@pytest.mark.parametrize("edge", [HEIGHT, HEIGHT - 1])  # where people draw the last row
@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((20, 60, 40, HEIGHT), False),  # cut off by the lower edge
        ((20, 60, 40, HEIGHT - 0.5), False),
        ((20, 60, 40, 110), False),
        ((20, 60, 40, 90), True),  # above the zone
        ((100, 60, 120, HEIGHT), True),  # beside it
    ],
)
def test_a_zone_drawn_to_the_lower_edge_reaches_it(
    edge: float, box: Sequence[float], expected: bool
) -> None:
    assert seen(box, [(0, 100), (80, 100), (80, edge), (0, edge)]) == expected


@pytest.mark.parametrize("edge", [WIDTH, WIDTH - 1])
def test_a_zone_drawn_to_the_right_edge_reaches_it(edge: float) -> None:
    zone = [(100, 0), (edge, 0), (edge, HEIGHT), (100, HEIGHT)]
    assert not seen((WIDTH - 1.5, 40, WIDTH, 80), zone)  # the sliver of somebody who is leaving
    assert not seen((WIDTH - 20, 40, WIDTH, HEIGHT), zone)
    assert seen((60, 40, 80, HEIGHT), zone)


def test_a_zone_that_ends_short_of_the_edge_does_not_reach_it() -> None:
    assert seen((20, 60, 40, HEIGHT), [(0, 60), (80, 60), (80, 110), (0, 110)])
