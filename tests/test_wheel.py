"""The wheel holds the weights that ship, and an installed copy opens them without a network."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from surveil_reid.assets.shipped import FOLDER, shipped_models

ROOT = Path(__file__).parents[1]
LIMIT = 40_000_000

# Looking up a name or connecting ends the process; so does finding the checkout.
OPEN_ALL = """
import sys
def refuse(event, _):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        sys.exit("network: " + event)
sys.addaudithook(refuse)
import numpy as np, surveil_reid
from surveil_reid.assets import shipped_models
assert surveil_reid.__file__.startswith(sys.argv[1]), surveil_reid.__file__
picture = np.full((128, 64, 3), 128, np.uint8)
cpu = {"detector": surveil_reid.DetectionOptions(device="cpu"),
       "embedder": surveil_reid.EmbeddingOptions(device="cpu", precision="fp32")}
for model in shipped_models():
    for name in [None] * model.default + [model.name, *(form.path for form in model.forms)]:
        if model.kind == "detector":
            surveil_reid.load_detector(name, cpu["detector"]).detect([picture])
        else:
            surveil_reid.load_embedder(name, cpu["embedder"]).embed([picture])
        print(model.kind, name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout as `make build` does, without another environment."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_holds_what_ships_in_40_megabytes_at_most(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        assets = {
            entry.filename: entry.file_size
            for entry in content.infolist()
            if entry.filename.startswith("surveil_reid/assets/")
        }
    wanted = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert {p.relative_to(ROOT).as_posix(): p.stat().st_size for p in wanted}.items() <= (
        assets.items()
    )
    assert sum(assets.values()) <= LIMIT


def test_an_installed_copy_opens_what_ships_without_a_network(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as content:
        content.extractall(installed)
    done = subprocess.run(
        [sys.executable, "-c", OPEN_ALL, str(installed)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    opened = done.stdout.split("\n")[:-1]
    assert len(opened) == sum(1 + m.default + len(m.forms) for m in shipped_models())
