"""Blender's path tracer, set up for small pictures on a CPU."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import cv2
import numpy as np
from mathutils import Euler, Matrix, Vector

from samples.render.bodies import Floats
from samples.render.camera import Camera
from samples.render.colours import Colour
from samples.render.film import read_picture
from samples.render.visibility import Picture, Rectangle


@dataclass(frozen=True, kw_only=True, slots=True)
class Light:
    """What lights the site from outside.

    Attributes:
        sky: strength of the sky.
        sky_colour: its colour.
        sun: strength of the sun.
        sun_turn: Blender's Euler angles of the sun, degrees.
        sun_angle: apparent size, degrees; a large one is a sun behind haze.
    """

    sky: float = 0.75
    sky_colour: Colour = (0.78, 0.87, 1.0)
    sun: float = 3.0
    sun_turn: tuple[float, float, float] = (38, 14, 25)
    sun_angle: float = 5.0

    def direction(self) -> Floats:
        """The way the sun's rays go, `(3,)`."""
        turn = Euler(np.radians(self.sun_turn)).to_matrix()
        return np.array(turn @ Vector((0, 0, -1)))


class Painter:
    """An empty stage and the means to take pictures of it.

    Args:
        threads: of the CPU; 0 takes all.
    """

    def __init__(self, *, threads: int = 0) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._scene = scene = bpy.context.scene
        scene.render.engine = "CYCLES"
        scene.render.resolution_percentage = 100
        scene.render.use_persistent_data = True
        scene.render.image_settings.file_format = "PNG"
        scene.render.image_settings.compression = 0
        scene.view_settings.view_transform = "Standard"
        if threads:
            scene.render.threads_mode, scene.render.threads = "FIXED", threads
        cycles = scene.cycles
        cycles.device, cycles.use_adaptive_sampling = "CPU", False
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 2, 1, 1
        cycles.transmission_bounces = 0
        # Light from the second bounce on is estimated: a dim corridor takes half the time.
        cycles.use_fast_gi, cycles.fast_gi_method, cycles.ao_bounces_render = True, "REPLACE", 1
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "BALANCED"
        self._camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        self._camera.data.sensor_fit = "HORIZONTAL"
        scene.collection.objects.link(self._camera)
        scene.camera = self._camera
        self._sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
        scene.collection.objects.link(self._sun)
        scene.world = bpy.data.worlds.new("sky")

    def shine(self, light: Light) -> None:
        """Set the light from outside."""
        nodes = self._scene.world.node_tree.nodes
        sky = next(node for node in nodes if node.type == "BACKGROUND")
        sky.inputs[0].default_value = (*light.sky_colour, 1)
        sky.inputs[1].default_value = light.sky
        self._sun.data.energy = light.sun
        self._sun.data.angle = np.radians(light.sun_angle)
        self._sun.data.color = (1.0, 0.94, 0.84)
        self._sun.rotation_euler = np.radians(light.sun_turn)

    def aim(self, camera: Camera, *, exposure: float = 0.0) -> None:
        """Look through a camera, this many stops brighter."""
        self._camera.data.angle = np.radians(camera.field)
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = camera.axes.T, camera.position
        self._camera.matrix_world = Matrix(pose.tolist())
        self._scene.render.resolution_x = camera.width
        self._scene.render.resolution_y = camera.height
        self._scene.view_settings.exposure = exposure
        bpy.context.view_layer.update()

    def paint(self, samples: int, *, seed: int = 0, part: Rectangle | None = None) -> Picture:
        """Take a picture, or a part of it.

        Args:
            samples: paths for each pixel, before denoising.
            seed: of the paths.
            part: left, top, right and bottom in pixels.

        Returns:
            RGB uint8 `(height, width, 3)`.
        """
        scene, render = self._scene, self._scene.render
        scene.cycles.samples, scene.cycles.seed = samples, seed
        render.use_border = render.use_crop_to_border = part is not None
        if part is not None:
            left, top, right, bottom = part
            width, height = render.resolution_x, render.resolution_y
            # Blender cuts borders down to whole pixels; a tenth more keeps rounding out of it.
            render.border_min_x, render.border_max_x = (left + 0.1) / width, (right + 0.1) / width
            render.border_min_y = (height - bottom + 0.1) / height
            render.border_max_y = (height - top + 0.1) / height
        # Blender hands a finished picture over as a file only.
        with tempfile.TemporaryDirectory() as folder:
            render.filepath = str(Path(folder) / "picture.png")
            bpy.ops.render.render(write_still=True)
            return read_picture(Path(render.filepath))

    def depth(self, camera: Camera, *, step: int = 2) -> Floats:
        """Depth of what is on the stage, `(height, width)` metres along the optical axis.

        One ray is cast for each `step` x `step` pixels; 1000 where nothing is hit.
        """
        graph = bpy.context.evaluated_depsgraph_get()
        origin, turn = Vector(camera.position), Matrix(camera.axes.T.tolist())
        focal, left, top = camera.focal, camera.width / 2, camera.height / 2
        rows, columns = camera.height // step, camera.width // step
        depth = np.full((rows, columns), 1000.0)
        for row in range(rows):
            for column in range(columns):
                x, y = (column + 0.5) * step - left, top - (row + 0.5) * step
                ray = Vector((x / focal, y / focal, -1))
                hit, place, *_ = self._scene.ray_cast(graph, origin, (turn @ ray).normalized())
                if hit:
                    depth[row, column] = (place - origin).length / ray.length
        return cv2.resize(
            depth, (camera.width, camera.height), interpolation=cv2.INTER_NEAREST
        ).astype(np.float64)
