"""Boxes and cylinders, of which sites and rooms are built."""

from dataclasses import dataclass
from typing import Literal

from samples.render.colours import Colour

Surface = Literal["rough", "tiles", "bricks", "plain", "lamp"]
Look = tuple[Surface, Colour]


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A box or an upright cylinder of the site.

    Attributes:
        low: corner with the least x, y and z.
        high: the opposite corner.
        surface: how its material is made.
        colour: of the material.
        round: a cylinder as wide as the box.
    """

    low: tuple[float, float, float]
    high: tuple[float, float, float]
    surface: Surface
    colour: Colour
    round: bool = False


def box(
    x: tuple[float, float],
    y: tuple[float, float],
    z: tuple[float, float],
    look: Look,
    *,
    rounded: bool = False,
) -> Block:
    """A box from its extent along each axis and its (surface, colour)."""
    (x0, x1), (y0, y1), (z0, z1) = x, y, z
    return Block(
        low=(x0, y0, z0),
        high=(x1, y1, z1),
        surface=look[0],
        colour=look[1],
        round=rounded,
    )


def build_wall(
    along: str,
    place: float,
    span: tuple[float, float],
    gaps: tuple[tuple[float, float], ...],
    look: Look,
    height: float = 3.4,
) -> list[Block]:
    """A wall at y (along "x") or x (along "y") = `place`, with gaps as (centre, half width)."""
    blocks, begin = [], span[0]
    for centre, half in (*sorted(gaps), (span[1], 0.0)):
        across = (place - 0.15, place + 0.15)
        x, y = (
            ((begin, centre - half), across) if along == "x" else (across, (begin, centre - half))
        )
        blocks.append(box(x, y, (0, height), look))
        begin = centre + half
    return blocks
