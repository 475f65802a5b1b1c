"""Rendering itself, on small pictures, where its packages are installed."""

from pathlib import Path

import numpy as np
import pytest

from samples.render.anatomy import measure
from samples.render.blocks import Block
from samples.render.bodies import build_bodies, load_bodies
from samples.render.camera import Camera
from samples.render.cast import draw_cast
from samples.render.clothes import clothe, join
from samples.render.gait import Walker

CAMERA = Camera(name="c", position=(0, -6, 1.5), target=(0, 0, 0.9), field=40, width=96, height=72)


def test_a_block_is_painted_where_the_camera_maps_it() -> None:
    pytest.importorskip("bpy", reason="samples/render's own environment is not installed")
    from samples.render.painter import Light, Painter  # noqa: PLC0415
    from samples.render.stage import build_site  # noqa: PLC0415

    painter = Painter(threads=2)
    painter.shine(Light())
    ground = Block(low=(-9, -9, -0.2), high=(9, 9, 0), surface="plain", colour=(0.3, 0.3, 0.3))
    red = Block(low=(0.2, -0.3, 0), high=(0.8, 0.3, 1.2), surface="plain", colour=(0.7, 0.02, 0.02))
    build_site([ground, red])
    painter.aim(CAMERA)
    picture = painter.paint(8).astype(int)
    assert picture.shape == (72, 96, 3)
    is_red = picture[:, :, 0] > 2 * picture[:, :, 1] + 20
    corners = np.array([(x, -0.3, z) for x in (0.2, 0.8) for z in (0.0, 1.2)])
    pixels, depth = CAMERA.project(corners)
    xs = np.flatnonzero(is_red.any(0))
    np.testing.assert_allclose(
        (xs.min(), xs.max() + 1), (pixels[:, 0].min(), pixels[:, 0].max()), atol=2
    )
    centre = pixels.mean(0).astype(int)
    assert painter.depth(CAMERA)[centre[1], centre[0]] == pytest.approx(depth.mean(), abs=0.1)
    part = painter.paint(8, part=(40, 20, 70, 60))
    assert part.shape == (40, 30, 3)
    assert np.abs(part - picture[20:60, 40:70]).mean() < 6


def test_bodies_are_as_tall_as_asked_for_dressed_and_walk_on_the_ground(tmp_path: Path) -> None:
    pytest.importorskip("anny", reason="the dependency group `render` is not installed")
    cast = draw_cast(3, seed=4)
    build_bodies((person.shape for person in cast), tmp_path)
    bodies = load_bodies([person.shape for person in cast], tmp_path)
    for person in cast:
        anatomy = measure(bodies[person.shape])
        assert anatomy.stature == pytest.approx(person.shape.stature, abs=1e-3)
        assert 0 < anatomy.ankle < anatomy.knee < anatomy.hip < anatomy.neck < anatomy.chin
        mesh = join(clothe(anatomy, person.outfit))
        walker = Walker(bodies[person.shape], mesh, person.manner)
        assert 0.8 < walker.stride < 2.0
        for phase in np.linspace(0, 1, 7):
            vertices = walker.pose(phase, 1.0)
            assert vertices[:, 2].min() == pytest.approx(0, abs=0.05)
            assert np.ptp(vertices[:, 2]) > 0.93 * person.shape.stature
