"""Crops of many people, each in several views, as data sets for re-identification have them.

People come in sessions of ten. A session has a site of its own; in each of its views some of them
stand or walk before one of the site's cameras, which is moved, lit and spoilt anew, and are cut
out. A session is drawn from the seed and its number alone, so a run that is killed does the
unfinished one again, with the same bytes.
"""

import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from samples.render.bodies import load_bodies
from samples.render.camera import Camera
from samples.render.cast import Person
from samples.render.crops import SEEN, CropOptions, crop_cast, cut_out, draw_sensor
from samples.render.film import write_picture
from samples.render.layout import Layout, draw_layout
from samples.render.painter import Light, Painter
from samples.render.scatter import scatter, stand
from samples.render.scenery import Area
from samples.render.site import claim, write_text
from samples.render.stage import Figure, build_site
from samples.render.visibility import Picture, Sight, cut, merge, see

Generator = np.random.Generator

TOGETHER = 10
"""People in a session."""

_CAMERAS = 6  # as in Market-1501
_HEIGHTS = (70.0, 190.0)  # of people in the pictures that they are cut from, pixels
_AT_ONCE = 7  # people in a view
_MARGIN = 16  # pixels painted around a box
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture of a view: what the camera gave, and who is where in it."""

    picture: Picture
    sights: Mapping[int, Sight]


def render_crops(options: CropOptions, bodies: Path, out: Path, *, threads: int = 0) -> None:
    """Render all sessions that are not done yet.

    Raises:
        WorkError: when `out` holds crops made with other options.
    """
    done = out / ".done"
    done.mkdir(parents=True, exist_ok=True)
    claim(done / "options.json", asdict(options))
    cast = crop_cast(options)
    for number in range(-(-len(cast) // TOGETHER)):
        mark = done / f"{number:04d}"
        if mark.exists():
            continue
        began = time.monotonic()
        people = cast[number * TOGETHER : (number + 1) * TOGETHER]
        made = _render_session(options, number, people, bodies, out, threads)
        write_text(mark, "")
        pace = made / (time.monotonic() - began)
        _LOG.info("session %d: %d crops, %.1f a second", number, made, pace)


def _render_session(
    options: CropOptions,
    number: int,
    people: tuple[Person, ...],
    bodies: Path,
    out: Path,
    threads: int,
) -> int:
    rng = np.random.default_rng((options.seed, number, 4))
    layout = draw_layout(_CAMERAS, seed=int(rng.integers(2**31)))
    painter = Painter(threads=threads)
    build_site(layout.blocks, lamps=float(rng.uniform(5, 12)))
    shapes = load_bodies([person.shape for person in people], bodies)
    figures = {person.number: Figure(person, shapes[person.shape]) for person in people}
    made: Counter[int] = Counter()
    most = 3 * max(options.quota(person.number) for person in people) + 3
    for view in range(most):
        if all(made[n] >= options.quota(n) for n in figures):
            break
        wanting = sorted(figures, key=lambda n: (made[n] - options.quota(n), rng.random()))
        people_here = {n: figures[n] for n in wanting[:_AT_ONCE]}
        shot = _take(painter, layout, view % _CAMERAS, people_here, rng, options.samples)
        for identity, sight in sorted(shot.sights.items()):
            crop = cut_out(shot.picture, sight, options.size, rng)
            if crop is None or made[identity] >= options.quota(identity):
                continue
            made[identity] += 1
            path = out / _name(options, identity, view, made[identity])
            path.parent.mkdir(parents=True, exist_ok=True)
            write_picture(path, crop, quality=int(rng.integers(60, 96)))
    return made.total()


def _name(options: CropOptions, identity: int, view: int, count: int) -> str:
    camera = view % _CAMERAS + 1
    if options.names == "folder":
        return f"{identity:04d}/c{camera}_{count:06d}.jpg"
    return f"{identity:04d}_c{camera}s{view // _CAMERAS + 1}_{view + 1:06d}_{count:02d}.jpg"


def _take(
    painter: Painter,
    layout: Layout,
    number: int,
    figures: Mapping[int, Figure],
    rng: Generator,
    samples: int,
) -> Shot:
    """Everybody before a camera in a new place, in new light."""
    area = layout.areas[number]
    camera = moved(layout.cameras[number], area, rng)
    painter.shine(draw_light(rng))
    sensor = draw_sensor(rng, roofed=area.roofed)
    painter.aim(camera, exposure=sensor.exposure)
    site = painter.depth(camera, step=8)
    spots = scatter(camera, layout.blocks, len(figures), _HEIGHTS, rng)
    placed = {}
    for identity, spot in zip(figures, spots, strict=False):
        vertices = stand(figures[identity].walker, spot, rng)
        figures[identity].place(vertices)
        placed[int(identity)] = (figures[identity].mesh, vertices)
    sights = see(camera, site, placed)
    clean = _paint_around(painter, camera, sights, samples, int(rng.integers(2**31)))
    for figure in figures.values():
        figure.show(on=False)
    return Shot(sensor.take(clean, rng), sights)


def _paint_around(
    painter: Painter, camera: Camera, sights: Mapping[int, Sight], samples: int, seed: int
) -> Picture:
    """Only what is cut out later is painted, the rest stays black."""
    picture = np.zeros((camera.height, camera.width, 3), np.uint8)
    wide = [
        cut((left - _MARGIN, top - _MARGIN, right + _MARGIN, bottom + _MARGIN), camera)
        for left, top, right, bottom in (s.box for s in sights.values() if s.visibility >= SEEN)
    ]
    for part in merge(wide):
        left, top, right, bottom = part
        picture[top:bottom, left:right] = painter.paint(samples, seed=seed, part=part)
    return picture


def moved(camera: Camera, area: Area, rng: Generator) -> Camera:
    """The camera of an area at another height and place, with another lens."""
    x, y, _ = camera.position
    reach = 0.3 if area.roofed else 1.5
    low, high = (2.1, 3.0) if area.roofed else (2.2, 4.6)
    shift = rng.uniform(-reach, reach, 2)
    x = float(np.clip(x + shift[0], area.west + 0.4, area.east - 0.4))
    y = float(
        np.clip(y + min(shift[1], 0) if area.roofed else y + shift[1], None, area.north - 0.4)
    )
    aim = rng.uniform(-0.8, 0.8, 2)
    tx, ty, tz = camera.target
    return replace(
        camera,
        position=(x, y, float(rng.uniform(low, high))),
        target=(tx + float(aim[0]), ty + float(aim[1]), tz + 0.3),
        field=float(rng.uniform(48, 68)),
    )


def draw_light(rng: Generator) -> Light:
    """Any hour of a day with any weather."""
    return Light(
        sky=float(rng.uniform(0.4, 1.1)),
        sun=float(rng.choice([0.0, rng.uniform(1.0, 4.5)], p=[0.35, 0.65])),
        sun_turn=(float(rng.uniform(15, 65)), 0.0, float(rng.uniform(0, 360))),
        sun_angle=float(rng.uniform(2, 15)),
    )
