"""How long rendering takes: frames of a site, crops of people, pictures for detectors.

    uv run --group render python -m samples.render bodies --work WORK
    uv run --group render python -m samples.render crop-bodies --work WORK
    uv run --group render python -m samples.render scene-bodies --work WORK
    uv run --project samples/render python -m tests.benchmarks.rendering WORK RECORD.json

Seconds are those of the processor, which a busy machine does not change much: on two idle cores the
clock shows fewer. The record belongs into `tests/benchmarks/results`.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samples.render.crops import CropOptions
from samples.render.portraits import render_crops
from samples.render.rooms import render_scenes
from samples.render.scenes import SceneOptions
from samples.render.shooting import Shooting
from samples.render.site import SiteOptions, Takes, plan_site


def pace(make: Callable[[], object], folder: Path, pattern: str) -> dict[str, Any]:
    """Processor seconds for each picture that `make` adds to a folder, those found not counted."""
    before = len(list(folder.rglob(pattern)))
    began = time.process_time()
    make()
    seconds, made = time.process_time() - began, len(list(folder.rglob(pattern))) - before
    return {"pictures": made, "seconds_each": round(seconds / made, 3)}


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("work", type=Path)
    parser.add_argument("record", type=Path)
    given = parser.parse_args()
    bodies = given.work / "bodies"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = SiteOptions()
        shooting = Shooting(plan_site(options), bodies, Takes(folder, options))
        shooting.shoot([0])  # paints the empty plates too
        frames = pace(lambda: shooting.shoot(range(15, 600, 45)), folder, "0*.png")
        crops = CropOptions(identities=10, images=80)
        scenes = SceneOptions(images=8)
        document = {
            "frame": frames,
            "crop": pace(lambda: render_crops(crops, bodies, folder / "c"), folder, "*_c*.jpg"),
            "scene": pace(lambda: render_scenes(scenes, bodies, folder / "s"), folder, "0*.jpg"),
        }
    # Blender talks on standard output, so the record goes to a file.
    given.record.write_text(json.dumps(document, indent=2) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
