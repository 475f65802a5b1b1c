"""Pictures for the training of detectors: rooms and sites, with people or without, and their boxes.

A picture is drawn from the seed and its number alone, so a run that is killed goes on where it
stood. A picture is there only after its labels.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from samples.render import materials
from samples.render.anatomy import measure
from samples.render.blocks import Block
from samples.render.bodies import Body, Floats, Shape, load_bodies
from samples.render.camera import Camera
from samples.render.cast import Garment, Person
from samples.render.clothes import Mesh, cut_top, join
from samples.render.crops import draw_sensor
from samples.render.film import write_picture
from samples.render.furniture import draw_room
from samples.render.gait import Walker
from samples.render.layout import draw_layout
from samples.render.painter import Painter
from samples.render.portraits import draw_light, moved
from samples.render.posing import place
from samples.render.scatter import scatter, stand
from samples.render.scenes import SceneOptions, scene_cast, write_index, yolo_labels
from samples.render.site import claim, write_text
from samples.render.stage import Figure, add_mesh, build_site
from samples.render.visibility import see

Generator = np.random.Generator

_HEIGHTS = (40.0, 330.0)  # of people, pixels
_AREAS = 6
_LOG = logging.getLogger(__name__)


def render_scenes(options: SceneOptions, bodies: Path, out: Path, *, threads: int = 0) -> None:
    """Render the pictures that are missing.

    Raises:
        WorkError: when `out` holds pictures made with other options.
    """
    for name in ("images", "labels"):
        (out / name).mkdir(parents=True, exist_ok=True)
    claim(out / "options.json", asdict(options))
    write_index(out)
    cast = scene_cast(options)
    shapes = load_bodies([person.shape for person in cast], bodies)
    began, made = time.monotonic(), 0
    for number in range(options.images):
        if not (out / "images" / f"{number:06d}.jpg").exists():
            _render_scene(options, number, cast, shapes, out, threads)
            made += 1
            _LOG.info("picture %d, %.1f s each", number, (time.monotonic() - began) / made)


def _render_scene(
    options: SceneOptions,
    number: int,
    cast: Sequence[Person],
    shapes: dict[Shape, Body],
    out: Path,
    threads: int,
) -> None:
    rng = np.random.default_rng((options.seed, number, 5))
    painter = Painter(threads=threads)
    painter.shine(draw_light(rng))
    outside = rng.random() < options.outside
    draw = _site if outside else _room
    camera, blocks = draw(options, cast, shapes, rng)
    sensor = draw_sensor(rng, roofed=not outside)
    painter.aim(camera, exposure=sensor.exposure)
    site = painter.depth(camera)
    count = 0 if rng.random() < options.empty else int(rng.integers(1, 7))
    placed: dict[int, tuple[Mesh, Floats]] = {}
    for spot in scatter(camera, blocks, count, _HEIGHTS, rng):
        person = cast[int(rng.integers(len(cast)))]
        figure = Figure(person, shapes[person.shape])
        vertices = stand(figure.walker, spot, rng)
        figure.place(vertices)
        placed[len(placed)] = (figure.mesh, vertices)
    sights = see(camera, site, placed)
    picture = sensor.take(painter.paint(options.samples, seed=number), rng)
    write_text(out / "labels" / f"{number:06d}.txt", yolo_labels(sights.values(), options.size))
    write_picture(out / "images" / f"{number:06d}.jpg", picture, quality=int(rng.integers(60, 96)))


def _site(
    options: SceneOptions, cast: Sequence[Person], shapes: dict[Shape, Body], rng: Generator
) -> tuple[Camera, Sequence[Block]]:
    """An area of a site drawn anew."""
    del cast, shapes  # coats hang in rooms only
    layout = draw_layout(_AREAS, seed=int(rng.integers(2**31)), size=options.size)
    number = int(rng.integers(_AREAS))
    build_site(layout.blocks, lamps=float(rng.uniform(5, 12)))
    return moved(layout.cameras[number], layout.areas[number], rng), layout.blocks


def _room(
    options: SceneOptions, cast: Sequence[Person], shapes: dict[Shape, Body], rng: Generator
) -> tuple[Camera, Sequence[Block]]:
    """A furnished room with coats on its stands."""
    room = draw_room(rng, options.size)
    build_site(room.blocks, lamps=float(rng.uniform(6, 20)))
    for number, spot in enumerate(room.stands):
        owner = cast[int(rng.integers(len(cast)))]
        _hang_coat(f"coat {number}", owner, shapes[owner.shape], np.array(spot), rng)
    return room.camera, room.blocks


def _hang_coat(name: str, owner: Person, body: Body, spot: Floats, rng: Generator) -> None:
    """Somebody's coat or jacket, empty, where it would be if they stood there."""
    anatomy = measure(body)
    coat = Garment(kind=str(rng.choice(["coat", "jacket"])), colour=owner.outfit.top.colour)
    mesh = join(cut_top(anatomy, coat))
    vertices = place(Walker(body, mesh, owner.manner).pose(0, 0), spot, rng.uniform(-np.pi, np.pi))
    cloth = materials.cloth(name, coat, anatomy)
    add_mesh(name, vertices, mesh.quads, [cloth], np.zeros(len(mesh.quads), np.int64))
