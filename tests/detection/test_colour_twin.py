"""The in-memory detector must itself be right, or every test that stands on it is worth nothing."""

import io

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.detectors import ColourDetector, ScriptedDetector, detections_of, picture_with

PURE = [(255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255)]


@pytest.mark.parametrize("level", [0, 90, 255])
def test_finds_nobody_where_there_is_no_colour(level: int) -> None:
    (found,) = ColourDetector().detect([np.full((60, 80, 3), level, np.uint8)])
    assert len(found) == 0


@given(
    left=st.integers(0, 100),
    top=st.integers(0, 60),
    width=st.integers(6, 60),
    height=st.integers(6, 60),
    colour=st.sampled_from(PURE),
)
def test_box_is_exact_without_compression(
    left: int, top: int, width: int, height: int, colour: tuple[int, int, int]
) -> None:
    box = (left, top, left + width, top + height)
    (found,) = ColourDetector().detect([picture_with((box, colour))])
    assert found.boxes.tolist() == [list(box)]


def test_touching_colours_are_two_people() -> None:
    picture = picture_with(((10, 10, 30, 60), PURE[0]), ((30, 10, 50, 60), PURE[4]))
    (found,) = ColourDetector().detect([picture])
    assert sorted(found.boxes.tolist()) == [[10, 10, 30, 60], [30, 10, 50, 60]]


def test_all_six_colours_survive_video_compression() -> None:
    boxes = [(10 + 25 * i, 20 + 5 * i, 26 + 25 * i, 70 + 5 * i) for i in range(6)]
    picture = picture_with(*zip(boxes, PURE, strict=True))
    (found,) = ColourDetector().detect([_through_h264(picture)])
    assert np.abs(np.array(sorted(found.boxes.tolist())) - np.array(boxes)).max() <= 3


def _through_h264(picture: np.ndarray) -> np.ndarray:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        *_, last = container.decode(video=0)
        return last.to_ndarray(format="rgb24")


def test_scripted_detector_answers_in_order() -> None:
    script = [detections_of(), detections_of((1, 2, 3, 4)), detections_of((5, 6, 7, 8))]
    detector = ScriptedDetector(script)
    picture = picture_with()
    assert detector.detect([]) == []
    assert [len(found) for found in detector.detect([picture, picture])] == [0, 1]
    assert detector.detect([picture])[0].boxes.tolist() == [[5, 6, 7, 8]]
