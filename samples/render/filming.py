"""From a site's frames to its finished folder: recordings, plates and truth."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from samples.render.film import read_picture, write_film, write_picture
from samples.render.sensor import Sensor
from samples.render.site import Site, Takes, sensors
from samples.render.truth import (
    Sights,
    find_visits,
    write_boxes,
    write_calibrations,
    write_people,
    write_site,
    write_visits,
)
from samples.render.visibility import Picture

START = datetime.fromisoformat("2026-03-01T08:00:00+07:00")
"""When all recordings of a site begin."""


def film(site: Site, takes: Takes, out: Path) -> None:
    """Write a site's folder from frames that are all painted."""
    for name in ("footage", "truth", "plates"):
        (out / name).mkdir(parents=True, exist_ok=True)
    seen: dict[str, Sights] = {}
    for camera in site.layout.cameras:
        sensor = sensors(site.layout)[camera.name]
        write_film(
            out / "footage" / f"{camera.name}.mp4",
            exposed(site, takes, camera.name, sensor),
            fps=site.options.fps,
            crf=sensor.crf,
        )
        plate = sensor.soften(read_picture(takes.plate(camera.name)))
        write_picture(out / "plates" / f"{camera.name}.jpg", plate)
        seen[camera.name] = [takes.sights(camera.name, f) for f in range(site.options.frames)]
        write_boxes(out / "truth" / f"{camera.name}.txt", seen[camera.name])
    visits = find_visits(seen, site.options.fps)
    write_visits(out / "visits.csv", visits, START)
    write_people(out / "people.csv", site.cast)
    write_calibrations(out / "cameras.json", site.layout.cameras)
    places = {camera.name: camera.position[:2] for camera in site.layout.cameras}
    write_site(out / "site.yaml", places, visits, START)


def exposed(site: Site, takes: Takes, camera: str, sensor: Sensor) -> Iterator[Picture]:
    """A camera's frames as its sensor gives them."""
    number = int.from_bytes(hashlib.sha256(camera.encode()).digest()[:4])
    for frame in range(site.options.frames):
        rng = np.random.default_rng((site.options.seed, number, frame))
        yield sensor.take(read_picture(takes.picture(camera, frame)), rng)
