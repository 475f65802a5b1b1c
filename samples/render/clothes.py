"""Dressing a body: clothes are cut from the sheets around it and moved outwards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from samples.render.accessories import MAKERS, Piece
from samples.render.anatomy import Anatomy, Mask
from samples.render.bodies import EYES, HAIR, SKIN, SKIRT, TIGHTS, Floats, Integers
from samples.render.cast import Garment, Outfit

MATERIALS = ("skin", "eye", "hair", "top", "bottom", "shoes", "bag", "hat")
"""Materials of every figure, in this order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TopCut:
    """Where a top ends.

    Attributes:
        sleeve: as `Anatomy.along_arm`.
        hem: over the hip, share of the stature; None: just above the knee.
        collar: over the neck, share of the stature.
        ease: how far it stands off, metres.
    """

    sleeve: float
    hem: float | None
    collar: float
    ease: float


TOPS = {
    "tshirt": TopCut(sleeve=0.62, hem=-0.03, collar=-0.004, ease=0.008),
    "blouse": TopCut(sleeve=0.12, hem=-0.02, collar=-0.012, ease=0.007),
    "shirt": TopCut(sleeve=1.93, hem=-0.04, collar=0.012, ease=0.010),
    "jacket": TopCut(sleeve=2.02, hem=-0.05, collar=0.022, ease=0.020),
    "coat": TopCut(sleeve=2.02, hem=None, collar=0.022, ease=0.022),
}
BOTTOMS = ("trousers", "leggings", "shorts", "skirt", "longskirt")


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A dressed person at rest.

    Attributes:
        vertices: `(v, 3)`.
        weights: `(v, b)`, as in `Topology`.
        quads: `(q, 4)`.
        materials: `(q,)`, positions in `MATERIALS`.
    """

    vertices: Floats
    weights: Floats
    quads: Integers
    materials: Integers


def clothe(anatomy: Anatomy, outfit: Outfit) -> list[Piece]:
    """All pieces of a dressed person."""
    skin = _cut(anatomy, _bare(anatomy, outfit), "skin", 0.0)
    eyes = _cut(anatomy, anatomy.sheet == EYES, "eye", 0.0)
    pieces = [skin, eyes, *cut_top(anatomy, outfit.top), *_cut_bottom(anatomy, outfit)]
    pieces += _cut_hair(anatomy, outfit)
    for name in outfit.extras:
        pieces += MAKERS[name](anatomy, TOPS[outfit.top.kind].ease)
    return [piece for piece in pieces if len(piece.quads)]


def cut_top(anatomy: Anatomy, top: Garment) -> list[Piece]:
    """The top alone."""
    cut, body, z = TOPS[top.kind], anatomy, anatomy.centre[:, 2]
    hem = _hem(anatomy, cut)
    # Below the hips the tights split into two legs, so a coat goes on over the skirt.
    lowest = max(hem, body.hip - 0.02 * body.stature)
    trunk = ~body.on_arm & (z > lowest) & (z < body.neck + cut.collar * body.stature)
    sleeves = body.on_arm & (body.face_arm < cut.sleeve)
    heights = body.body.vertices[:, 2]
    flare = np.clip((body.hip + 0.12 * body.stature - heights) / (0.3 * body.stature), 0, 1)
    loose = np.where(body.along_arm >= 0, 0.005 * np.clip(body.along_arm, 0, 2), 0.016 * flare)
    pieces = [_cut(body, (body.sheet == TIGHTS) & (trunk | sleeves), "top", cut.ease + loose)]
    if cut.hem is None:
        tail = (body.sheet == SKIRT) & (z > hem) & (z < body.hip + 0.06 * body.stature)
        pieces.append(_cut(body, tail, "top", 0.028))
    return pieces


def _hem(anatomy: Anatomy, cut: TopCut) -> float:
    """Height of the top's lower end."""
    if cut.hem is None:
        return anatomy.knee + 0.05 * anatomy.stature
    return anatomy.hip + cut.hem * anatomy.stature


def join(pieces: Sequence[Piece]) -> Mesh:
    """Pieces as one mesh."""
    starts = np.cumsum([0] + [len(piece.vertices) for piece in pieces])
    return Mesh(
        vertices=np.concatenate([piece.vertices for piece in pieces]),
        weights=np.concatenate([piece.weights for piece in pieces]),
        quads=np.concatenate([p.quads + s for p, s in zip(pieces, starts[:-1], strict=True)]),
        materials=np.repeat(
            [MATERIALS.index(piece.material) for piece in pieces],
            [len(piece.quads) for piece in pieces],
        ),
    )


def _leg_end(anatomy: Anatomy, kind: str) -> float:
    """Height at which what is worn below the top ends."""
    return {
        "trousers": anatomy.ankle + 0.005 * anatomy.stature,
        "leggings": anatomy.ankle + 0.01 * anatomy.stature,
        "shorts": anatomy.knee + 0.02 * anatomy.stature,
        "skirt": anatomy.knee - 0.02 * anatomy.stature,
        "longskirt": anatomy.ankle + 0.07 * anatomy.stature,
    }[kind]


def _bare(anatomy: Anatomy, outfit: Outfit) -> Mask:
    """The skin that clothes leave bare, and a margin; the rest could poke through the cloth."""
    body, cut = anatomy, TOPS[outfit.top.kind]
    z, margin = body.centre[:, 2], 0.02 * body.stature
    arms = body.on_arm & (body.face_arm > cut.sleeve - 0.12)
    head = ~body.on_arm & (z > body.neck + (cut.collar - 0.015) * body.stature)
    legs = ~body.on_arm & (z < _leg_end(body, outfit.bottom.kind) + margin)
    if outfit.bottom.kind == "trousers":
        legs &= False
    bare: Mask = (body.sheet == SKIN) & (arms | head | (legs & ~body.on_foot))
    return bare


def _cut_bottom(anatomy: Anatomy, outfit: Outfit) -> list[Piece]:
    body, kind, z = anatomy, outfit.bottom.kind, anatomy.centre[:, 2]
    shoes = body.on_foot & (z < body.ankle + 0.02 * body.stature) & (body.sheet == TIGHTS)
    end = _leg_end(body, kind)
    if kind in ("skirt", "longskirt"):
        cloth, ease = (body.sheet == SKIRT) & (z > end), np.full(len(body.along_arm), 0.006)
    else:
        cloth = (body.sheet == TIGHTS) & ~body.on_arm & (z < body.waist) & (z > end) & ~shoes
        fall = np.clip((body.hip - body.body.vertices[:, 2]) / (body.hip - body.ankle), 0, 1)
        ease = 0.004 + (0.0 if kind == "leggings" else 0.014) * fall
    return [_cut(body, cloth, "bottom", ease), _cut(body, shoes, "shoes", 0.010)]


def _cut_hair(anatomy: Anatomy, outfit: Outfit) -> list[Piece]:
    if outfit.hair == "bald":
        return []
    body, (x, y, z) = anatomy, anatomy.centre.T
    height = (z - body.chin) / (body.stature - body.chin)
    if outfit.hair == "long":
        # The sheet is a full shell: open it in front of the face.
        face = (y < body.joint("head")[1] - 0.02) & (height < 0.62) & (np.abs(x) < 0.085)
        long = (body.sheet == HAIR) & (z > body.neck - 0.07 * body.stature) & ~face
        return [_cut(body, long, "hair", 0.004)]
    middle = body.joint("head")[1]
    nape, temples, crown = (
        (y > middle + 0.01) & (height > 0.08),
        (y > middle - 0.055) & (height > 0.55),
        height > 0.80,
    )
    ears = (np.abs(x) > 0.042 * body.stature) & (height < 0.5)
    scalp = (body.sheet == SKIN) & body.on_head & (nape | temples | crown) & ~ears
    pieces = [_cut(body, scalp, "hair", 0.012)]
    return pieces + (MAKERS["bun"](body, 0.0) if outfit.hair == "bun" else [])


def _cut(anatomy: Anatomy, faces: Mask, material: str, offset: Floats | float) -> Piece:
    """Faces of the body, moved outwards by `offset` metres (one value, or one for each vertex)."""
    used, quads = np.unique(anatomy.body.topology.quads[faces], return_inverse=True)
    away = np.broadcast_to(np.asarray(offset, np.float64), anatomy.along_arm.shape)[used]
    return Piece(
        vertices=anatomy.body.vertices[used] + anatomy.normals[used] * away[:, None],
        weights=anatomy.body.topology.weights[used],
        quads=quads.reshape(-1, 4).astype(np.int64),
        material=material,
    )
