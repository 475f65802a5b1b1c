"""Where a person's vertices are in the world."""

import numpy as np

from samples.render.bodies import Floats
from samples.render.cast import Person
from samples.render.gait import Walker, cycle
from samples.render.schedule import Motion


def pose(walker: Walker, person: Person, motion: Motion, frame: int, fps: int) -> Floats:
    """A person's vertices at a frame in which it is present, `(v, 3)`."""
    phases, amounts = cycle(motion.speeds, fps, walker.stride)
    phase = phases[frame] + person.manner.phase
    head = 12 * np.sin(0.7 * frame / fps + 9 * person.manner.phase)
    vertices = walker.pose(phase, amounts[frame], head)
    return place(vertices, motion.places[frame], motion.headings[frame])


def place(vertices: Floats, at: Floats, heading: float) -> Floats:
    """Turn somebody who looks to -y to a heading (radians, 0 towards +x) and move it there."""
    turn = heading + np.pi / 2
    cos, sin = np.cos(turn), np.sin(turn)
    moved = vertices @ np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    moved[:, :2] += at
    return np.asarray(moved, np.float64)
