"""Bags, caps and buns: rounded boxes that hang on a bone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from samples.render.anatomy import Anatomy
from samples.render.bodies import BONES, SKIN, TIGHTS, Floats, Integers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Piece:
    """Faces of one material; arrays as in `clothes.Mesh`."""

    vertices: Floats
    weights: Floats
    quads: Integers
    material: str


def rounded_box(steps: int, *, power: float) -> tuple[Floats, Integers]:
    """A box in -1..1 with round edges, `(n, 3)` and `(q, 4)`; `power` 2 gives a ball, 5 a box."""
    grid = np.linspace(-1, 1, steps + 1)
    u, v = (side.ravel() for side in np.meshgrid(grid, grid, indexing="ij"))
    i, j = (side.ravel() for side in np.meshgrid(*[np.arange(steps)] * 2, indexing="ij"))
    corner = i * (steps + 1) + j
    face = np.stack([corner, corner + steps + 1, corner + steps + 2, corner + 1], axis=1)
    vertices: list[Floats] = []
    quads: list[Integers] = []
    for axis in range(3):
        for sign in (-1, 1):
            side = np.empty((len(u), 3))
            side[:, axis], side[:, axis - 2], side[:, axis - 1] = sign, u, v
            quads.append((face if sign > 0 else face[:, ::-1]) + len(u) * len(vertices))
            vertices.append(side)
    points = np.concatenate(vertices)
    radius = np.sum(np.abs(points) ** power, axis=1, keepdims=True) ** (1 / power)
    return points / radius, np.concatenate(quads)


def backpack(anatomy: Anatomy, ease: float) -> list[Piece]:
    """A backpack and its straps."""
    size = np.array([0.150, 0.080, 0.215]) * anatomy.stature / 1.75
    height = anatomy.joint("spine01")[2] - 0.02 * anatomy.stature
    trunk = anatomy.vertices_of(TIGHTS)
    back = trunk[(np.abs(trunk[:, 0]) < 0.06 * anatomy.stature)]
    back = back[np.abs(back[:, 2] - height) < 0.07 * anatomy.stature]
    centre = np.array([0, back[:, 1].max() + ease + 0.85 * size[1], height])
    pack = _boxed(size, centre, "spine01", "bag", power=5)
    return [pack, *_straps(anatomy, ease, height)]


def _straps(anatomy: Anatomy, ease: float, height: float) -> list[Piece]:
    x, y, z = anatomy.centre.T
    lane = np.abs(np.abs(x) - 0.048 * anatomy.stature) < 0.014
    front = (z > height - 0.06 * anatomy.stature) & (y < anatomy.joint("spine01")[1] + 0.03)
    top = z < anatomy.neck + 0.02 * anatomy.stature
    faces = (anatomy.sheet == TIGHTS) & ~anatomy.on_arm & lane & front & top
    used, quads = np.unique(anatomy.body.topology.quads[faces], return_inverse=True)
    strap = Piece(
        vertices=anatomy.body.vertices[used] + anatomy.normals[used] * (ease + 0.012),
        weights=anatomy.body.topology.weights[used],
        quads=quads.reshape(-1, 4).astype(np.int64),
        material="bag",
    )
    return [strap]


def handbag(anatomy: Anatomy, ease: float) -> list[Piece]:
    """A bag at the right hip."""
    size = np.array([0.055, 0.15, 0.115]) * anatomy.stature / 1.75
    side = -(anatomy.joint("upperleg01.L")[0] + 0.095 * anatomy.stature + ease)
    centre = np.array([side, anatomy.joint("root")[1] - 0.02, anatomy.hip + 0.03])
    return [_boxed(size, centre, "spine05", "bag", power=5)]


def satchel(anatomy: Anatomy, ease: float) -> list[Piece]:
    """A flat bag behind the left hip, with a strap over the right shoulder."""
    size = np.array([0.16, 0.05, 0.12]) * anatomy.stature / 1.75
    trunk = anatomy.vertices_of(TIGHTS)
    level = np.abs(trunk[:, 2] - anatomy.hip) < 0.05 * anatomy.stature
    back = trunk[level & (np.abs(trunk[:, 0]) < 0.1 * anatomy.stature)][:, 1].max()
    centre = np.array([0.05 * anatomy.stature, back + ease + 0.045, anatomy.hip + 0.03])
    bag = _boxed(size, centre, "spine05", "bag", power=5)
    return [bag]


def cap(anatomy: Anatomy, ease: float) -> list[Piece]:  # noqa: ARG001 - as all makers
    """A cap with a brim."""
    skin = anatomy.vertices_of(SKIN)
    scale = anatomy.stature / 1.75
    ring = skin[np.abs(skin[:, 2] - (anatomy.stature - 0.075 * scale)) < 0.02]
    depth = (ring[:, 1].max() - ring[:, 1].min()) / 2 + 0.012
    width = float(np.abs(ring[:, 0]).max()) + 0.012
    middle = (ring[:, 1].max() + ring[:, 1].min()) / 2
    centre = np.array([0, middle, anatomy.stature - 0.085 * scale])
    crown = _boxed(np.array([width, depth, 0.105 * scale]), centre, "head", "hat", power=2)
    crown.vertices[:, 2] = np.maximum(crown.vertices[:, 2], centre[2])
    brim = np.array([0.8 * width, 0.75 * depth, 0.008])
    front = centre + np.array([0, -0.85 * depth, 0.004])
    return [crown, _boxed(brim, front, "head", "hat", power=2)]


def bun(anatomy: Anatomy, ease: float) -> list[Piece]:  # noqa: ARG001 - as all makers
    """Hair tied up at the back of the head."""
    skin = anatomy.vertices_of(SKIN)
    head = skin[skin[:, 2] > anatomy.chin + 0.45 * (anatomy.stature - anatomy.chin)]
    size = np.full(3, 0.042) * anatomy.stature / 1.75
    centre = np.array([0, head[:, 1].max() + 0.02, anatomy.stature - 0.05 * anatomy.stature])
    return [_boxed(size, centre, "head", "hair", power=2)]


MAKERS: Mapping[str, Callable[[Anatomy, float], list[Piece]]] = {
    "backpack": backpack,
    "handbag": handbag,
    "satchel": satchel,
    "cap": cap,
    "bun": bun,
}
"""By name; each takes the anatomy and how far the top stands off the body."""


def _boxed(size: Floats, centre: Floats, bone: str, material: str, *, power: float) -> Piece:
    vertices, quads = rounded_box(6 if power == 2 else 4, power=power)
    weights = np.zeros((len(vertices), len(BONES)))
    weights[:, BONES.index(bone)] = 1
    return Piece(
        vertices=vertices * size + centre,
        weights=weights,
        quads=quads,
        material=material,
    )
