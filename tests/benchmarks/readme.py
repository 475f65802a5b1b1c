"""The outputs and pictures that the README shows, of the commands that stand over them.

    PYTHONPATH=tests python tests/benchmarks/readme.py DATA

runs, in an empty folder with the sample site, the README's commands whose output it shows, and
those that draw its search sheet and CMC curve; writes the outputs into the README and into
`tests/benchmarks/results/readme.json`, and the pictures into `docs/images`. DATA holds
Market-1501. `make screenshot` takes the report's picture.
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from PIL import Image

from helpers.palette import save_small
from helpers.readme import README, read_blocks, with_outputs

ROOT = README.parent
RECORD = Path(__file__).parent / "results/readme.json"
IMAGES = ROOT / "docs/images"
MARKET = "Market-1501-v15.09.15"
DRAWN = (
    "surveil-reid score features.npz --figures figures",
    "surveil-reid search --tracklet 10 --top 4 --sheet hits.png",
)
PICTURES = {"figures/cmc.png": "cmc.png", "hits.png": "search.png"}


def main() -> None:
    """Run, and write what the README shows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    given = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    shown = ["\n".join(b.commands) for b in read_blocks(text) if b.output is not None]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "samples").symlink_to(ROOT / "samples")
        (folder / "DATA").symlink_to((given.data / MARKET).resolve())
        outputs = {commands: run(commands, folder) for commands in shown}
        for command in DRAWN:
            run(command, folder)
        for made, name in PICTURES.items():
            with Image.open(folder / made) as image:
                save_small(image, IMAGES / name)
    RECORD.write_text(json.dumps(outputs, indent=2) + "\n", encoding="utf-8")
    README.write_text(with_outputs(text, outputs), encoding="utf-8")


def run(commands: str, folder: Path) -> str:
    """What commands, one a line, print; without spaces at the ends of lines and the folder."""
    variables = {
        **os.environ,
        "PATH": sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"],
    }
    variables["SURVEIL_REID_STORE"] = "sqlite:///site.db"
    sys.stderr.write(f"{commands}\n")
    done = subprocess.run(
        ["bash", "-ec", commands], cwd=folder, env=variables, stdout=subprocess.PIPE, check=True
    )
    text = done.stdout.decode().replace(f"{folder}/", "")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


if __name__ == "__main__":
    main()
