"""What a camera sees of whom, and which part of its picture people change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.render.bodies import Floats
from samples.render.camera import Camera
from samples.render.clothes import MATERIALS, Mesh

Picture = NDArray[np.uint8]
Window = tuple[slice, slice]
Rectangle = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; the last two are the first that lie outside."""

_FINE = np.array([0.125, 0.375, 0.625, 0.875])
_TOLERANCE = 0.08  # metres by which the site must be nearer than a body to hide it
_CLOSE = 0.3  # what is nearer to the camera than this many metres is not seen


@dataclass(frozen=True, slots=True)
class Sight:
    """Somebody in a picture.

    Attributes:
        box: left, top, right and bottom in pixels, around the whole body, hidden parts too, cut to
            the picture.
        seen: around the seen pixels alone.
        visibility: seen pixels over all pixels of the body, those outside the picture included.
        inside: share of the uncut box that lies in the picture.
    """

    box: Rectangle
    seen: Rectangle
    visibility: float
    inside: float


def see(
    camera: Camera,
    site: Floats,
    people: Mapping[int, tuple[Mesh, Floats]],
) -> dict[int, Sight]:
    """Who is seen, of those who have a pixel in the picture that nothing hides.

    Args:
        camera: whose picture.
        site: depth of the empty site, `(height, width)`.
        people: by number, the mesh of each and its vertices in the world.
    """
    shapes = {
        number: _silhouette(camera, mesh, vertices)
        for number, (mesh, vertices) in people.items()
        if _may_be_seen(camera, site, vertices)
    }
    front = (site + _TOLERANCE).astype(np.float32)
    for shape in shapes.values():
        window, inner = shape.overlap(camera)
        front[window] = np.minimum(front[window], shape.depth[inner])
    sights = {number: _sight(camera, shape, front) for number, shape in shapes.items()}
    return {number: sight for number, sight in sights.items() if sight is not None}


def _may_be_seen(camera: Camera, site: Floats, vertices: Floats) -> bool:
    """Whether any of some points of a body is in the picture and before the site."""
    pixels, depth = camera.project(vertices[::5])
    x, y = np.floor(pixels[depth > _CLOSE]).astype(np.int64).T
    depth = depth[depth > _CLOSE]
    inside = (x >= 0) & (y >= 0) & (x < camera.width) & (y < camera.height)
    return bool((depth[inside] < site[y[inside], x[inside]] + _TOLERANCE).any())


@dataclass(frozen=True, slots=True, eq=False)
class _Silhouette:
    """A body's depth, infinite off it, in the rectangle around it, which may leave the picture."""

    left: int
    top: int
    depth: NDArray[np.float32]

    def overlap(self, camera: Camera) -> tuple[Window, Window]:
        """Where rectangle and picture meet: in the picture, and in the rectangle."""
        rows, columns = self.depth.shape
        left, top, right, bottom = cut(
            (self.left, self.top, self.left + columns, self.top + rows), camera
        )
        outer = slice(top, bottom), slice(left, right)
        inner = (
            slice(top - self.top, bottom - self.top),
            slice(left - self.left, right - self.left),
        )
        return outer, inner


def cut(part: Rectangle, camera: Camera) -> Rectangle:
    """What of a rectangle lies in the picture; without area where nothing does."""
    left, right = (min(max(x, 0), camera.width) for x in (part[0], part[2]))
    top, bottom = (min(max(y, 0), camera.height) for y in (part[1], part[3]))
    return left, top, right, bottom


def _sight(camera: Camera, shape: _Silhouette, front: NDArray[np.float32]) -> Sight | None:
    body = np.isfinite(shape.depth)
    window, inner = shape.overlap(camera)
    seen = body[inner] & (shape.depth[inner] <= front[window])
    if not seen.any():
        return None
    whole = _bounds(body, shape.left, shape.top)
    box = cut(whole, camera)
    return Sight(
        box=box,
        seen=_bounds(seen, window[1].start, window[0].start),
        visibility=int(seen.sum()) / int(body.sum()),
        inside=_area(box) / _area(whole),
    )


def _bounds(mask: NDArray[np.bool_], left: int, top: int) -> Rectangle:
    """The rectangle around what is set, if the mask lies at `left`, `top`."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (
        left + int(columns[0]),
        top + int(rows[0]),
        left + int(columns[-1]) + 1,
        top + int(rows[-1]) + 1,
    )


def _silhouette(camera: Camera, mesh: Mesh, vertices: Floats) -> _Silhouette:
    pixels, depth = camera.project(surface_points(mesh, vertices))
    pixels, depth = pixels[depth > _CLOSE], depth[depth > _CLOSE]
    # Who stands right under a camera fills much more than the picture.
    pixels = np.clip(pixels, -2 * camera.width, 3 * camera.width)
    (left, top), (right, bottom) = np.floor(pixels.min(0)), np.floor(pixels.max(0))
    size = int(bottom - top) + 3, int(right - left) + 3  # a margin for closing gaps
    x, y = (np.floor(pixels) - (left - 1, top - 1)).astype(np.int64).T
    canvas = np.full(size[0] * size[1], np.inf, np.float32)
    np.minimum.at(canvas, y * size[1] + x, depth.astype(np.float32))
    return _Silhouette(int(left) - 1, int(top) - 1, _closed(canvas.reshape(size)))


def _closed(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill gaps of a pixel or two with the nearest depth beside them."""
    hit, window = np.isfinite(depth), np.ones((3, 3), np.uint8)
    closed = cv2.morphologyEx(hit.astype(np.uint8), cv2.MORPH_CLOSE, window) > 0
    nearest = cv2.erode(np.where(hit, depth, np.float32(1e6)), window)
    return np.where(hit, depth, np.where(closed, nearest, np.float32(np.inf)))


def surface_points(mesh: Mesh, vertices: Floats) -> Floats:
    """Points all over the surface, `(n, 3)`, close enough to leave few pixels of it empty."""
    corners = vertices[mesh.quads]
    coarse = mesh.materials >= MATERIALS.index("top")  # what is not of the body's own fine skin
    u, v = (side.ravel()[:, None, None] for side in np.meshgrid(_FINE, _FINE))
    a, b, c, d = corners[coarse].swapaxes(0, 1)
    grid = (a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v
    return np.concatenate([vertices, corners[~coarse].mean(1), grid.reshape(-1, 3)])


def changed(camera: Camera, vertices: Floats, sun: Floats, *, margin: int = 10) -> Rectangle | None:
    """The part of the picture that a person and its shadow on the ground change.

    Args:
        camera: whose picture.
        vertices: of the person, in the world.
        sun: the way its rays go, `(3,)`.
        margin: pixels on each side, for soft shadows.
    """
    body = vertices[::7]
    shadow = body - sun * (body[:, 2:] / sun[2])
    pixels, depth = camera.project(np.concatenate([body, shadow]))
    if not (depth[: len(body)] > _CLOSE).any():
        return None
    pixels = pixels[depth > _CLOSE]
    left, top = (int(edge) - margin for edge in np.floor(pixels.min(0)))
    right, bottom = (int(edge) + margin for edge in np.ceil(pixels.max(0)))
    part = cut((left, top, right, bottom), camera)
    return part if part[2] - part[0] >= 4 and part[3] - part[1] >= 4 else None


def merge(parts: Sequence[Rectangle], *, cost: int = 12_000) -> list[Rectangle]:
    """Join rectangles where one picture is cheaper than two.

    Args:
        parts: rectangles.
        cost: what a picture costs besides its pixels, in pixels.
    """
    merged = list(parts)
    pairs = [(i, j) for j in range(len(merged)) for i in range(j)]
    while pairs:
        i, j = pairs.pop()
        both = _around(merged[i], merged[j])
        if _area(both) < _area(merged[i]) + _area(merged[j]) + cost:
            merged[i] = both
            del merged[j]
            pairs = [(i, j) for j in range(len(merged)) for i in range(j)]
    return merged


def _around(a: Rectangle, b: Rectangle) -> Rectangle:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _area(part: Rectangle) -> int:
    return (part[2] - part[0]) * (part[3] - part[1])
