"""Pinhole cameras: where they hang, and what they map where."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from samples.render.bodies import Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """A fixed camera without lens distortion.

    Attributes:
        name: of the camera.
        position: metres, in the site's coordinates.
        target: a point on the optical axis.
        field: horizontal field of view, degrees.
        width: of the picture, pixels.
        height: likewise.
    """

    name: str
    position: tuple[float, float, float]
    target: tuple[float, float, float]
    field: float
    width: int = 640
    height: int = 480

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.width / 2 / float(np.tan(np.radians(self.field / 2)))

    @property
    def axes(self) -> Floats:
        """Right, up and backward as rows, `(3, 3)`: world to camera as Blender has it."""
        backward = np.subtract(self.position, self.target, dtype=np.float64)
        backward /= np.linalg.norm(backward)
        right = np.cross([0.0, 0.0, 1.0], backward)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(backward, right), backward])

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Map points of the world to the picture.

        Args:
            points: `(n, 3)`.

        Returns:
            Pixels `(n, 2)` as x, y from the picture's upper left corner, and the depth along the
            optical axis `(n,)` in metres; pixels mean nothing where the depth is not positive.
        """
        local = (points - np.array(self.position)) @ self.axes.T
        depth = -local[:, 2]
        scale = self.focal / np.maximum(depth, 1e-3)
        x = self.width / 2 + local[:, 0] * scale
        y = self.height / 2 - local[:, 1] * scale
        return np.stack([x, y], axis=1), depth

    def calibration(self) -> dict[str, Any]:
        """All there is to know, for a file; `world_to_camera` has x right, y down, z ahead."""
        turn = np.diag([1.0, -1.0, -1.0]) @ self.axes
        return asdict(self) | {
            "focal": round(self.focal, 3),
            "world_to_camera": np.round(
                np.hstack([turn, -turn @ np.array(self.position)[:, None]]), 6
            ).tolist(),
        }
