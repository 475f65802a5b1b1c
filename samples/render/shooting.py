"""Painting the frames of a planned site (needs bpy)."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from samples.render.bodies import Floats, load_bodies
from samples.render.camera import Camera
from samples.render.film import read_picture, write_picture
from samples.render.painter import Light, Painter
from samples.render.posing import pose
from samples.render.site import Site, Takes, sensors
from samples.render.stage import Figure, build_site
from samples.render.visibility import Picture, Rectangle, changed, merge, see

_LOG = logging.getLogger(__name__)
_SEAM = 8  # pixels over which a painted part fades into the plate
_FAR = 45.0  # metres beyond which nobody is looked for


class Shooting:
    """Paints what is missing of a site's frames.

    Args:
        site: planned.
        bodies: folder of `build_bodies`.
        takes: working folder.
        threads: of the CPU; 0 takes all.
    """

    def __init__(self, site: Site, bodies: Path, takes: Takes, *, threads: int = 0) -> None:
        self._site, self._takes, self._light = site, takes, Light()
        self._painter = Painter(threads=threads)
        self._painter.shine(self._light)
        build_site(site.layout.blocks)
        shapes = load_bodies([person.shape for person in site.cast], bodies)
        self._figures = {p.number: Figure(p, shapes[p.shape]) for p in site.cast}

    def shoot(self, frames: Sequence[int]) -> None:
        """Paint these frames (counted from 0) of all cameras, those that exist excepted."""
        for camera in self._site.layout.cameras:
            todo = [f for f in frames if not self._takes.picture(camera.name, f).exists()]
            if not todo:
                continue
            self._painter.aim(camera, exposure=sensors(self._site.layout)[camera.name].exposure)
            self._hide()
            depth, plate = self._painter.depth(camera), self._plate(camera)
            began = time.monotonic()
            for count, frame in enumerate(todo, start=1):
                self._shoot_frame(camera, frame, depth, plate)
                if count % 20 == 0 or count == len(todo):
                    pace = (time.monotonic() - began) / count
                    _LOG.info("%s: %d of %d, %.2f s each", camera.name, count, len(todo), pace)

    def _hide(self) -> None:
        for figure in self._figures.values():
            figure.show(on=False)

    def _plate(self, camera: Camera) -> Picture:
        path = self._takes.plate(camera.name)
        if not path.exists():
            write_picture(path, self._painter.paint(self._site.options.plate_samples))
        return read_picture(path)

    def _shoot_frame(self, camera: Camera, frame: int, depth: Floats, plate: Picture) -> None:
        people = self._pose(camera, frame)
        sights = see(camera, depth, {n: (self._figures[n].mesh, v) for n, v in people.items()})
        parts = []
        self._hide()
        for number, vertices in people.items():
            part = changed(camera, vertices, self._light.direction())
            hidden = number not in sights and _in_picture(camera, vertices)
            if part is not None and not hidden:
                self._figures[number].place(vertices)
                parts.append(part)
        picture = plate
        for count, part in enumerate(merge(parts)):
            painted = self._painter.paint(
                self._site.options.samples, seed=8 * frame + count + 1, part=part
            )
            picture = blend(picture, painted, part)
        self._takes.keep_sights(camera.name, frame, sights)
        write_picture(self._takes.picture(camera.name, frame), picture)

    def _pose(self, camera: Camera, frame: int) -> dict[int, Floats]:
        """Vertices of everybody near enough, by number."""
        site, people = self._site, {}
        for person in site.cast:
            motion = site.motions[person.number]
            away = np.linalg.norm(motion.places[frame] - camera.position[:2])
            if away < _FAR:  # which is false of NaN
                walker = self._figures[person.number].walker
                people[person.number] = pose(walker, person, motion, frame, site.options.fps)
        return people


def _in_picture(camera: Camera, vertices: Floats) -> bool:
    pixels, depth = camera.project(vertices[::5])
    ahead = pixels[depth > 0]
    return bool(((ahead >= 0) & (ahead < (camera.width, camera.height))).all(1).any())


def blend(picture: Picture, painted: Picture, part: Rectangle) -> Picture:
    """Put a painted part into a picture, fading at its edges but not at the picture's own."""
    left, top, right, bottom = part
    height, width = picture.shape[:2]
    across = _distances(left, right, width)[None, :]
    share = np.clip(np.minimum(across, _distances(top, bottom, height)[:, None]) / _SEAM, 0, 1)
    under = picture[top:bottom, left:right].astype(np.float32)
    blended = picture.copy()
    blended[top:bottom, left:right] = np.round(under + share[:, :, None] * (painted - under))
    return blended


def _distances(begin: int, end: int, size: int) -> Floats:
    """How far each of `begin` … `end - 1` is from the nearer end; an end of the picture is none."""
    at = np.arange(begin, end, dtype=np.float64)
    from_begin = at - begin if begin > 0 else np.full_like(at, np.inf)
    return np.minimum(from_begin, end - 1 - at if end < size else np.inf)
