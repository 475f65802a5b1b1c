"""The site and its people as Blender objects."""

from collections.abc import Iterable, Sequence
from typing import Any

import bpy
import numpy as np

from samples.render import materials
from samples.render.anatomy import measure
from samples.render.blocks import Block, Surface
from samples.render.bodies import Body, Floats, Integers
from samples.render.cast import Person
from samples.render.clothes import clothe, join
from samples.render.colours import Colour
from samples.render.gait import Walker

_FACES = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
_SIDES = 20  # of a cylinder


class Figure:
    """A person on the stage; hidden until placed."""

    def __init__(self, person: Person, body: Body) -> None:
        anatomy = measure(body)
        self.mesh = mesh = join(clothe(anatomy, person.outfit))
        self.walker = Walker(body, mesh, person.manner)
        looks = materials.dressed(anatomy, person.outfit, person.name)
        self._object = add_mesh(person.name, mesh.vertices, mesh.quads, looks, mesh.materials)
        self.show(on=False)

    def place(self, vertices: Floats) -> None:
        """Put the mesh where its vertices are in the world, and show it."""
        self._object.data.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
        self._object.data.update()
        self.show(on=True)

    def show(self, *, on: bool) -> None:
        """Show or hide."""
        self._object.hide_render = self._object.hide_viewport = not on


def build_site(blocks: Iterable[Block], *, lamps: float = 6.0) -> None:
    """Put blocks on the stage; lamps glow with this strength."""
    looks: dict[tuple[Surface, Colour], Any] = {}
    for number, block in enumerate(blocks):
        key = (block.surface, block.colour)
        if key not in looks:
            looks[key] = _look(block.surface, block.colour, lamps)
        vertices, faces = _cylinder(block) if block.round else _box(block)
        _add_faces(f"block {number}", vertices, faces, looks[key])


def add_mesh(
    name: str, vertices: Floats, quads: Integers, looks: Sequence[Any], slots: Integers
) -> Any:  # noqa: ANN401 - a Blender object
    """A smooth-shaded mesh of quads; a quad that repeats its last corner is a triangle.

    Materials find where a vertex was at first in its attribute `rest`.
    """
    mesh = bpy.data.meshes.new(name)
    sizes = 4 - (quads[:, 3] == quads[:, 2])
    corners = quads.ravel()[(np.arange(4) < sizes[:, None]).ravel()]
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
    mesh.loops.add(len(corners))
    mesh.loops.foreach_set("vertex_index", corners.astype(np.int32))
    mesh.polygons.add(len(quads))
    mesh.polygons.foreach_set("loop_start", (np.cumsum(sizes) - sizes).astype(np.int32))
    for look in looks:
        mesh.materials.append(look)
    mesh.polygons.foreach_set("material_index", slots.astype(np.int32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(quads), bool))
    rest = mesh.attributes.new("rest", "FLOAT_VECTOR", "POINT")
    rest.data.foreach_set("vector", vertices.astype(np.float32).ravel())
    mesh.update(calc_edges=True)
    return _add(name, mesh)


def _add(name: str, mesh: Any) -> Any:  # noqa: ANN401 - Blender objects
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def _add_faces(
    name: str,
    vertices: list[Any],
    faces: Sequence[Sequence[int]],
    look: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401 - Blender objects
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.materials.append(look)
    return _add(name, mesh)


def _box(block: Block) -> tuple[list[Any], Sequence[Sequence[int]]]:
    xs, ys, zs = zip(block.low, block.high, strict=True)
    return [(x, y, z) for z in zs for y in ys for x in xs], _FACES


def _cylinder(block: Block) -> tuple[list[Any], Sequence[Sequence[int]]]:
    (x0, y0, z0), (x1, y1, z1) = block.low, block.high
    angles = 2 * np.pi * np.arange(_SIDES) / _SIDES
    xs = (x0 + x1) / 2 + (x1 - x0) / 2 * np.cos(angles)
    ys = (y0 + y1) / 2 + (y1 - y0) / 2 * np.sin(angles)
    ring = [(i, (i + 1) % _SIDES, _SIDES + (i + 1) % _SIDES, _SIDES + i) for i in range(_SIDES)]
    ends = [tuple(range(_SIDES - 1, -1, -1)), tuple(range(_SIDES, 2 * _SIDES))]
    return [(x, y, z) for z in (z0, z1) for x, y in zip(xs, ys, strict=True)], [*ring, *ends]


def _look(surface: Surface, colour: Colour, lamps: float) -> Any:  # noqa: ANN401
    name = f"{surface} {colour}"
    if surface == "lamp":
        return materials.glowing(name, lamps, colour)
    if surface == "tiles":
        return materials.tiles(name, colour, size=0.7)
    if surface == "bricks":
        return materials.bricks(name, colour)
    if surface == "plain":
        return materials.plain(name, colour)
    return materials.rough(name, colour)
