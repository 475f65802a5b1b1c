"""Sites as the demonstration takes them: with a site file, and the truth beside."""

from pathlib import Path

import av
import numpy as np
import yaml

import surveil_reid
from helpers.scenes import FPS, GATE, YARD, write_site

SECONDS = 20


def write_demo_site(folder: Path) -> Path:
    """The generated site of two cameras with a site file and the truth; colours are identities."""
    paths = write_site(folder / "footage", seconds=SECONDS)
    colours = sorted({walk.colour for walk in (*GATE, *YARD)})
    (folder / "truth").mkdir()
    for camera, walks in (("gate", GATE), ("yard", YARD)):
        rows = []
        for frame in range(SECONDS * FPS):
            time = frame / FPS
            for walk in walks:
                if walk.start <= time < walk.end:
                    share = (time - walk.start) / (walk.end - walk.start)
                    left = round(walk.x[0] + share * (walk.x[1] - walk.x[0]))
                    who = colours.index(walk.colour) + 1
                    rows.append(f"{frame + 1},{who},{left},{walk.y},16,44,1,1,1.0\n")
        (folder / "truth" / f"{camera}.txt").write_text("".join(rows))
    return write_site_file(folder, {camera: str(path) for camera, path in paths.items()})


def write_site_file(folder: Path, recordings: dict[str, str]) -> Path:
    """A site file of cameras with a recording each, which begin 20 s after one another."""
    cameras = [
        {"name": name, "recordings": [path], "start": f"2026-03-01T08:00:{20 * place:02d}Z"}
        for place, (name, path) in enumerate(recordings.items())
    ]
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump({"cameras": cameras}))
    return path


def cut_sample_site(folder: Path, *, seconds: int) -> Path:
    """The beginning of each recording of the sample site, as encoded, with truth and site file."""
    sample = surveil_reid.sample_site()
    document = yaml.safe_load(sample.read_text())
    for camera in document["cameras"]:
        name = camera["recordings"][0]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _copy_beginning(sample.parent / name, folder / name, frames=10 * seconds)
        truth = folder / "truth" / f"{camera['name']}.txt"
        truth.parent.mkdir(exist_ok=True)
        rows = (sample.parent / "truth" / truth.name).read_text().splitlines(keepends=True)
        truth.write_text("".join(r for r in rows if int(r.split(",")[0]) <= 10 * seconds))
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def _copy_beginning(source: Path, target: Path, *, frames: int) -> None:
    with av.open(str(source)) as read, av.open(str(target), "w") as write:
        (stream,) = read.streams.video
        copied = write.add_stream_from_template(stream)
        packets = [packet for packet in read.demux(stream) if packet.size]
        last = np.sort([packet.pts for packet in packets])[frames]
        for packet in packets:
            if packet.pts < last:
                packet.stream = copied
                write.mux(packet)
