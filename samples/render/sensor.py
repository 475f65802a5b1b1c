"""What a cheap camera does to a clean picture: soft lens, sharpening, colour cast and noise."""

from dataclasses import dataclass

import cv2
import numpy as np

from samples.render.visibility import Picture


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensor:
    """A camera's faults, and how hard its pictures are compressed.

    Attributes:
        exposure: stops brighter or darker than the renderer's picture.
        noise: standard deviation at middle grey, in 0..255.
        blur: of the lens, pixels.
        tint: factors of red, green and blue.
        contrast: about middle grey, 1 leaves it.
        gamma: over 1 brightens the dark parts, as cameras of wide dynamic range do.
        crf: H.264's constant rate factor; higher is worse.
    """

    exposure: float = 0.0
    noise: float = 4.0
    blur: float = 0.7
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    gamma: float = 1.0
    crf: int = 26

    def soften(self, picture: Picture) -> Picture:
        """The picture through the lens and the camera's sharpening, without noise.

        Args:
            picture: RGB uint8 `(height, width, 3)`; so is what comes back.
        """
        return _to_bytes(self._developed(picture))

    def take(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """As `soften`, with noise that is stronger in the dark, in brightness and in colour."""
        soft = self._developed(picture)
        height, width = soft.shape[:2]
        luma = rng.normal(0, self.noise, (height, width, 1)).astype(np.float32)
        coarse = rng.normal(0, 0.6 * self.noise, ((height + 1) // 2, (width + 1) // 2, 3))
        chroma = cv2.resize(coarse.astype(np.float32), (width, height))
        strength = 1.2 - soft.mean(2, keepdims=True) / 400
        return _to_bytes(soft + (luma + chroma) * strength)

    def _developed(self, picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        light = picture.astype(np.float32) * np.array(self.tint, np.float32)
        light = 128 + (light - 128) * np.float32(self.contrast)
        light = 255 * (np.clip(light, 0, 255) / np.float32(255)) ** np.float32(1 / self.gamma)
        soft = cv2.GaussianBlur(light, (0, 0), self.blur)
        return np.asarray(soft + 0.35 * (soft - cv2.GaussianBlur(soft, (0, 0), 1.6)), np.float32)


def _to_bytes(picture: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Picture:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)
