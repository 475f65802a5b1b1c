"""Where the parts of a body are: what clothes are cut along."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from samples.render.bodies import BONES, EYES, HAIR, SKIN, SKIRT, TIGHTS, Body, Floats, Integers

Mask = NDArray[np.bool_]

_ARM = ("upperarm01", "lowerarm01", "wrist")


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """A body's measures. Heights are metres over the ground; per-face values are means of corners.

    Attributes:
        body: the body.
        stature: height of the skin.
        waist, hip, knee, ankle, neck, chin: heights.
        along_arm: `(v,)`: 0 shoulder, 1 elbow, 2 wrist, 3 finger tips; -1 off the arms.
        centre: `(q, 3)`, centres of faces.
        face_arm: `(q,)`, `along_arm` of faces.
        on_arm, on_foot, on_head: `(q,)` masks of faces.
        sheet: `(q,)`, sheets of faces.
        normals: `(v, 3)`, outward unit normals of the sheet that a vertex belongs to.
        eye: height of the eyes, half their distance, and their front (y).
    """

    body: Body
    stature: float
    waist: float
    hip: float
    knee: float
    ankle: float
    neck: float
    chin: float
    along_arm: Floats
    centre: Floats
    face_arm: Floats
    on_arm: Mask
    on_foot: Mask
    on_head: Mask
    sheet: Integers
    normals: Floats
    eye: tuple[float, float, float]

    def joint(self, bone: str) -> Floats:
        """Where a bone begins, `(3,)`."""
        joint: Floats = self.body.joints[BONES.index(bone)]
        return joint

    def vertices_of(self, sheet: int) -> Floats:
        """Vertices of a sheet, `(n, 3)`."""
        used = np.unique(self.body.topology.quads[self.sheet == sheet])
        vertices: Floats = self.body.vertices[used]
        return vertices


def measure(body: Body) -> Anatomy:
    """Measure a body."""
    v, w, quads = body.vertices, body.topology.weights, body.topology.quads
    sheet = body.topology.sheets
    height = {bone: body.joints[BONES.index(bone)][2] for bone in BONES}
    skin = v[np.unique(quads[sheet == SKIN])]
    eyes = v[np.unique(quads[sheet == EYES])]
    stature = float(skin[:, 2].max())
    arm = _along_arm(body)

    def share(*bones: str) -> Floats:
        columns = [BONES.index(bone) for bone in bones]
        return np.asarray(w[:, columns].sum(1)[quads].mean(1), np.float64)

    return Anatomy(
        body=body,
        stature=stature,
        waist=height["spine05"] + 0.04 * stature,
        hip=height["upperleg01.L"],
        knee=height["lowerleg01.L"],
        ankle=height["foot.L"],
        neck=height["neck01"],
        chin=height["head"],
        along_arm=arm,
        centre=v[quads].mean(1),
        face_arm=arm[quads].mean(1),
        on_arm=(arm >= 0)[quads].mean(1) > 0.5,
        on_foot=share("foot.L", "foot.R") > 0.5,
        on_head=share("head") > 0.6,
        sheet=sheet,
        normals=_normals(v, quads, sheet),
        eye=(
            float(eyes[:, 2].mean()),
            float(np.abs(eyes[:, 0]).mean()),
            float(eyes[:, 1].mean()) + 0.01,
        ),
    )


def _along_arm(body: Body) -> Floats:
    v, w = body.vertices, body.topology.weights
    along = np.full(len(v), -1.0)
    for side, sign in ((".L", 1), (".R", -1)):
        bones = [BONES.index(part + side) for part in _ARM]
        points = list(body.joints[bones])
        points.append(points[2] + 0.9 * (points[2] - points[1]))  # about the finger tips
        nearest, place = np.full(len(v), np.inf), np.zeros(len(v))
        for part, (begin, end) in enumerate(pairwise(points)):
            axis = end - begin
            share = np.clip((v - begin) @ axis / (axis @ axis), 0, 1)
            distance = np.linalg.norm(v - begin - share[:, None] * axis, axis=1)
            near = distance < nearest
            nearest[near], place[near] = distance[near], part + share[near]
        mine = (sign * v[:, 0] > 0) & (w[:, bones].sum(1) > 0.5)
        along[mine] = place[mine]
    return along


def _normals(v: Floats, quads: Integers, sheet: Integers) -> Floats:
    normals = np.zeros_like(v)
    for each in (SKIN, TIGHTS, SKIRT, HAIR, EYES):
        corners = quads[sheet == each]
        a, b, c, d = (v[corners[:, i]] for i in range(4))
        outward = np.cross(c - a, d - b)
        for i in range(4):
            np.add.at(normals, corners[:, i], outward)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9))
