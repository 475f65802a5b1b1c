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


# What needs files beside the code: migrations, templates, the paper's figures, entry points.
USE = """
import sys
from pathlib import Path
import surveil_reid
from surveil_reid.cli import main
assert surveil_reid.__file__.startswith(sys.argv[1]), surveil_reid.__file__
with surveil_reid.open_store("sqlite:///site.db") as store:
    surveil_reid.write_report(store, Path("page"))
assert Path("page/index.html").is_file()
Path("runs").mkdir()
for command in (["train", "--help"], ["paper-tables", "runs"], ["doctor", "--help"]):
    try:
        main(command)
    except SystemExit as ended:
        assert not ended.code, command
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


def run_installed(wheel: Path, folder: Path, code: str) -> str:
    """What code prints that runs on an installed copy, away from the checkout."""
    installed = folder / "site-packages"
    with zipfile.ZipFile(wheel) as content:
        content.extractall(installed)
    done = subprocess.run(
        [sys.executable, "-c", code, str(installed)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_an_installed_copy_has_what_its_commands_need(wheel: Path, tmp_path: Path) -> None:
    printed = run_installed(wheel, tmp_path, USE)
    assert "Table V" in printed


def test_an_installed_copy_opens_what_ships_without_a_network(wheel: Path, tmp_path: Path) -> None:
    opened = run_installed(wheel, tmp_path, OPEN_ALL).split("\n")[:-1]
    assert len(opened) == sum(1 + m.default + len(m.forms) for m in shipped_models())
