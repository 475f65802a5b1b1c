"""Walking: joint angles over the gait cycle, a skeleton that follows them, and skin on it."""

import numpy as np

from samples.render.bodies import BONES, Body, Floats
from samples.render.cast import Manner
from samples.render.clothes import Mesh

# Angles of a usual walk in degrees over the cycle (0 = heel strike): (phases, angles). They follow
# the textbook shape of the curves, as in Winter, "Biomechanics and Motor Control", 2009.
_HIP = ((0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), (25, 23, 16, 7, -3, -10, -6, 10, 23, 27))
_KNEE = (
    (0, 0.08, 0.15, 0.25, 0.38, 0.5, 0.6, 0.72, 0.82, 0.9, 0.96),
    (4, 13, 17, 12, 5, 10, 36, 59, 46, 18, 3),
)
_ANKLE = ((0, 0.07, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.92), (0, -6, 3, 9, 5, -15, -6, 1, 1))

_X, _Y, _Z = np.eye(3)
_USUAL = 1.3  # m/s
_STEPS = 40  # phases at which the height of the pelvis is worked out


class Walker:
    """A dressed body that can be posed.

    Args:
        body: the body.
        mesh: the body, dressed.
        manner: how it walks.

    Attributes:
        stride: metres covered in one gait cycle at full step length, so that feet do not slide.
    """

    def __init__(self, body: Body, mesh: Mesh, manner: Manner) -> None:
        self._body, self._mesh, self._manner = body, mesh, manner
        self._soles = _soles(body)
        self._lift = {
            amount: np.array([self._lowest(step / _STEPS, amount) for step in range(_STEPS)])
            for amount in (0.0, 1.0)
        }
        foot = BONES.index("foot.L")
        y = []
        for phase in (0.12, 0.42):  # the left foot stands flat in between
            frame = self._frames(phase, 1.0, 0.0)[foot]
            y.append(float((frame[:, :3] @ body.joints[foot] + frame[:, 3])[1]))
        self.stride = (y[1] - y[0]) / 0.30

    def pose(self, phase: float, amount: float, head: float = 0.0) -> Floats:
        """Vertices of the mesh, looking to -y, standing on z = 0.

        Args:
            phase: in the gait cycle; 0, 1, 2, … are heel strikes of the left foot.
            amount: length of the steps, 0 stands still, 1 is usual.
            head: how far the head is turned to its left, degrees.
        """
        frames = self._frames(phase, amount, head)
        step = (phase % 1) * _STEPS
        low, part = int(step) % _STEPS, step - int(step)
        walking = self._lift[1.0][low] * (1 - part) + self._lift[1.0][(low + 1) % _STEPS] * part
        share = min(amount, 1.0)
        frames[:, 2, 3] += share * walking + (1 - share) * self._lift[0.0][0] + 0.012
        return skin(self._mesh.vertices, self._mesh.weights, frames)

    def _lowest(self, phase: float, amount: float) -> float:
        vertices, weights = self._soles
        return -float(skin(vertices, weights, self._frames(phase, amount, 0.0))[:, 2].min())

    def _frames(self, phase: float, amount: float, head: float) -> Floats:
        """Where each bone goes, `(b, 3, 4)`."""
        turns = _turns(phase, amount, head, self._manner)
        frames = np.empty((len(BONES), 3, 4))
        for i, (bone, parent) in enumerate(zip(BONES, self._body.topology.parents, strict=True)):
            joint, turn = self._body.joints[i], turns[bone]
            local = np.hstack([turn, (joint - turn @ joint)[:, None]])
            if parent >= 0:
                above = frames[parent]
                local = above[:, :3] @ local
                local[:, 3] += above[:, 3]
            frames[i] = local
        frames[:, 0, 3] += 0.012 * np.sin(2 * np.pi * phase) * amount  # over the standing leg
        return frames


def cycle(speeds: Floats, fps: int, stride: float) -> tuple[Floats, Floats]:
    """Where in the gait cycle somebody is who walks at these speeds.

    The length of the steps grows with the root of the speed, and so does their number.

    Args:
        speeds: `(f,)` m/s, one for each frame.
        fps: frames in a second.
        stride: metres in a cycle at full step length.

    Returns:
        Phases and amounts as `Walker.pose` takes them, `(f,)` each.
    """
    amounts = np.minimum(np.sqrt(speeds / _USUAL), 1.15)
    steps = np.divide(speeds / fps / stride, amounts, out=np.zeros_like(speeds), where=speeds > 0)
    return np.cumsum(steps), amounts


def skin(vertices: Floats, weights: Floats, frames: Floats) -> Floats:
    """Linear blend skinning: `(v, 3)` vertices moved by `(b, 3, 4)` frames."""
    blended = np.tensordot(weights, frames, axes=(1, 0))
    moved = np.einsum("vij,vj->vi", blended[:, :, :3], vertices) + blended[:, :, 3]
    return np.asarray(moved, np.float64)


def rotation(axis: Floats, degrees: float) -> Floats:
    """Rotation about a unit axis, `(3, 3)` (Rodrigues)."""
    angle = np.radians(degrees)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _turns(phase: float, amount: float, head: float, manner: Manner) -> dict[str, Floats]:
    """Rotation of each bone against its parent."""
    step = amount * manner.stride
    turns: dict[str, Floats] = {}
    for side, ahead, sign in ((".L", 0.0, 1), (".R", 0.5, -1)):
        own = phase + ahead
        swing = np.cos(2 * np.pi * (own + 0.5)) * manner.swing * amount
        hang = rotation(_Y, sign * 37.0)
        turns |= {
            "upperleg01" + side: rotation(_X, -_at(_HIP, own) * step) @ rotation(_Y, sign * 2.5),
            "lowerleg01" + side: rotation(_X, _at(_KNEE, own) * step + 2),
            "foot" + side: rotation(_X, -_at(_ANKLE, own) * step),
            "clavicle" + side: rotation(_Y, sign * 4.0),
            "upperarm01" + side: rotation(_X, 4 - 19 * swing) @ hang,
            "lowerarm01" + side: rotation(hang.T @ _X, 26 - 9 * (swing + amount)),
            "wrist" + side: np.eye(3),
        }
    yaw, roll = (
        5 * np.cos(2 * np.pi * phase) * amount,
        2.5 * np.sin(2 * np.pi * phase) * amount,
    )
    return turns | {
        "root": rotation(_Z, -yaw) @ rotation(_Y, roll),
        "spine05": rotation(_Y, -roll) @ rotation(_X, -2 + manner.stoop / 2),
        "spine03": rotation(_Z, yaw) @ rotation(_X, -1 + manner.stoop / 2),
        "spine01": rotation(_Z, yaw),
        "neck01": rotation(_Z, -yaw / 2),
        "head": rotation(_Z, -yaw / 2 + head) @ rotation(_X, 4 - manner.stoop),
    }


def _at(curve: tuple[tuple[float, ...], tuple[float, ...]], phase: float) -> float:
    """A curve at a phase, its corners rounded off."""
    phases = phase + np.linspace(-0.03, 0.03, 7)
    return float(np.interp(phases, *curve, period=1).mean())


def _soles(body: Body) -> tuple[Floats, Floats]:
    """Vertices and weights of what may touch the ground."""
    quads = body.topology.quads[body.topology.sheets == 1]
    used = np.unique(quads)
    low = used[body.vertices[used, 2] < 0.07 * body.vertices[used, 2].max()]
    return body.vertices[low], body.topology.weights[low]
