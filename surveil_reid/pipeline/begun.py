"""What a recording is begun with, and has to be finished with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from surveil_reid.config import CameraSource, Settings
from surveil_reid.core import InputError
from surveil_reid.detection import Detector
from surveil_reid.store import Recording


def options_key(detector: Detector, settings: Settings, camera: CameraSource) -> dict[str, Any]:
    """What the rows of a recording depend on beside its content and the embedder; plain JSON.

    The embedder is the whole store's: none but the one of its descriptors is let in, and the store
    may be changed over to another one while a recording is interrupted.
    """
    return {
        "detector": detector.sha256,
        "ignore": [[list(point) for point in polygon] for polygon in camera.ignore],
        "moving": camera.moving,
        **settings.stored(),
    }


def require_same(begun: Recording, camera: str, options: Mapping[str, Any], *, path: Path) -> None:
    """Refuse to go on with a recording otherwise than it was begun.

    Args:
        begun: the recording.
        camera: whose recording it is said to be now.
        options: of now, from `options_key`.
        path: where its file lies now.

    Raises:
        InputError: saying what differs.
    """
    remove = f"or `surveil-reid remove --recording {begun.path}` first"
    if begun.camera != camera:
        msg = (
            f"{path}: begun as a recording of camera {begun.camera}; finish it under that name, "
            f"{remove}"
        )
        raise InputError(msg)
    changed = sorted(k for k in options if begun.options.get(k) != options[k])
    if changed:
        msg = (
            f"{path}: begun with other options ({', '.join(changed)}); finish it with those, "
            f"{remove}"
        )
        raise InputError(msg)
