"""Options of the video stage."""

from dataclasses import dataclass

from surveil_reid.core import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoOptions:
    """How a recording is read and which of its frames are worth analysing.

    Attributes:
        fps: analysed frames per second of recording; None analyses every frame.
        threads: decoding threads; 0 takes one per core. Pictures do not depend on it unless the
            recording is damaged: what the decoder makes of the damaged places then may.
        motion_gate: whether pictures in which nothing moved are kept from the detector.
        motion_level: change of brightness, in grey levels of 0..255, from which a cell of the
            picture counts as changed.
        motion_cells: changed cells that open the gate.
        motion_refresh: the gate opens at least once in so many pictures.

    Raises:
        InputError: when a value is out of range.
    """

    fps: float | None = 5.0
    threads: int = 1
    motion_gate: bool = True
    motion_level: float = 8.0
    motion_cells: int = 2
    motion_refresh: int = 25

    def __post_init__(self) -> None:
        if self.fps is not None and not 0 < self.fps <= 1000:
            msg = f"fps must lie in 0..1000, or be None for every frame; got {self.fps}"
            raise InputError(msg)
        if self.threads < 0:
            msg = f"threads must not be negative; got {self.threads}"
            raise InputError(msg)
        if not 0 < self.motion_level <= 255:
            msg = f"motion_level must lie in 0..255 grey levels; got {self.motion_level}"
            raise InputError(msg)
        if self.motion_cells < 1 or self.motion_refresh < 1:
            msg = (
                "motion_cells and motion_refresh must be at least 1; "
                f"got {self.motion_cells} and {self.motion_refresh}"
            )
            raise InputError(msg)
