"""Memory of processing a recording, the same one looped, and a recording of many hours.

    python tests/benchmarks/memory.py VIDEO --detector D --embedder E [--times 20]
    python tests/benchmarks/memory.py VIDEO --detector D --embedder E --hours 24 [--figure FILE.png]

Each run is a process of its own. Of a recording and its loop, what counts is the largest resident
set that the operating system saw. With `--hours` the recording is made of one hour, over and over:
VIDEO's first minute at 5 frames/s, 320 pixels wide, then its first frame until the hour is over,
with a little noise as cameras have it; all frames are analysed and the motion gate is on, as it is
by default. The resident set is then sampled while the recording is processed, once a second, beside
how many of its segments are in the store. Prints one JSON document, which belongs into
`tests/benchmarks/results`.
"""

import argparse
import itertools
import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import matplotlib as mpl
import numpy as np

DAY_FPS = 5
WIDTH = 320
BUSY_SECONDS = 60
SETTLED_HOURS = 2


def loop(source: Path, target: Path, times: int) -> None:
    """Write a recording `times` times over, its packets copied, one after the other."""
    with av.open(str(target), "w") as out:
        stream = None
        offset = 0
        for _ in range(times):
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                stream = stream or out.add_stream_from_template(video)
                step = round(1 / (Fraction(video.average_rate or 25) * Fraction(video.time_base)))
                end = offset
                for packet in container.demux(video):
                    if packet.dts is None or packet.pts is None:
                        continue
                    packet.pts += offset
                    packet.dts += offset
                    end = max(end, packet.pts + step)
                    packet.stream = stream
                    out.mux(packet)
                offset = end


def peak_megabytes(arguments: list[str]) -> float:
    """The largest resident set of a command, in MB."""
    code = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    return int(done.stdout) / 1024


def measure(video: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Process the recording once and looped, and compare."""
    with tempfile.TemporaryDirectory() as folder:
        looped = Path(folder) / f"looped{video.suffix}"
        loop(video, looped, given.times)
        peaks = {}
        for name, path in (("once", video), ("looped", looped)):
            store = f"sqlite:///{Path(folder) / f'{name}.db'}"
            command = [sys.executable, "-m", "surveil_reid", "process"]
            weights = ["--detector", given.detector, "--embedder", given.embedder]
            camera = f"camera={path}@2026-03-01T08:00:00Z"
            peaks[name] = peak_megabytes(
                [*command, "--camera", camera, "--store", store, "--fps", given.fps, *weights]
            )
    return {
        "video": video.parent.name + "/" + video.name,
        "times": given.times,
        "fps": given.fps,
        "peak_mb": {name: round(peak, 1) for name, peak in peaks.items()},
        "ratio": round(peaks["looped"] / peaks["once"], 4),
    }


def make_hour(source: Path, target: Path) -> None:
    """Write an hour at 5 frames/s: a minute of a recording, then nobody."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        rate = round(float(container.streams.video[0].average_rate or 25))
        stream = out.add_stream("libx264", rate=DAY_FPS, options={"preset": "ultrafast"})
        frames = (
            frame.to_ndarray(width=WIDTH, height=round(WIDTH * frame.height / frame.width / 2) * 2,
                             format="rgb24")
            for frame in container.decode(video=0)
        )  # fmt: skip
        busy = list(itertools.islice(frames, 0, BUSY_SECONDS * rate, rate // DAY_FPS))
        stream.height, stream.width = busy[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        noise = np.random.default_rng(0)
        for number in range(3600 * DAY_FPS):
            picture = busy[number] if number < len(busy) else busy[0]
            grain = noise.integers(-1, 2, picture.shape, np.int16)
            shown = np.clip(picture + grain, 0, 255).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        out.mux(stream.encode())


def resident(pid: int) -> float | None:
    """Memory of a process now, in MB; None where it is ending."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    found = (int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    return next(found, None)


def analysed(path: Path) -> int:
    """Frames that are in the store so far."""
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as rows:
            return int(
                rows.execute("SELECT coalesce(sum(analysed), 0) FROM recording").fetchone()[0]
            )
    except sqlite3.OperationalError:  # the tables are being made
        return 0


def sampled(command: list[str], store: Path, at_most: float) -> list[dict[str, float]]:
    """Run a command, for so many seconds at most; hours in the store and MB at each second."""
    samples = []
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            megabytes = resident(process.pid)
            if megabytes is not None:
                samples.append(
                    {
                        "seconds": round(time.perf_counter() - began, 1),
                        "hours": round(analysed(store) / DAY_FPS / 3600, 3),
                        "mb": round(megabytes, 1),
                    }
                )
            if time.perf_counter() - began > at_most:
                process.terminate()
                process.wait()
                return samples
            time.sleep(1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return samples


def long_recording(video: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Process a recording of many hours and sample its memory."""
    with tempfile.TemporaryDirectory() as folder:
        hour, whole = Path(folder) / "hour.mp4", Path(folder) / "whole.mp4"
        make_hour(video, hour)
        loop(hour, whole, given.hours)
        store = Path(folder) / "store.db"
        command = [sys.executable, "-m", "surveil_reid", "process"]
        weights = ["--detector", given.detector, "--embedder", given.embedder]
        camera = f"camera={whole}@2026-03-01T00:00:00Z"
        samples = sampled(
            [
                *command,
                "--camera",
                camera,
                "--store",
                f"sqlite:///{store}",
                "--fps",
                "full",
                *weights,
            ],
            store,
            given.at_most,
        )
        with sqlite3.connect(store) as rows:
            tracklets = rows.execute("SELECT count(*) FROM tracklet").fetchone()[0]
            frames = rows.execute("SELECT analysed FROM recording").fetchone()[0]
    settled = [one for one in samples if one["hours"] >= SETTLED_HOURS]
    slope = np.polyfit([one["hours"] for one in settled], [one["mb"] for one in settled], 1)[0]
    step = max(1, len(samples) // 300)
    return {
        "video": video.parent.name + "/" + video.name,
        "hours": round(frames / DAY_FPS / 3600, 2),
        "hours_of_recording": given.hours,
        "frames_analysed": frames,
        "tracklets": tracklets,
        "seconds": samples[-1]["seconds"],
        "peak_mb": max(one["mb"] for one in samples),
        "settled_after_hours": SETTLED_HOURS,
        "settled_mb": [f([one["mb"] for one in settled]) for f in (min, statistics.median, max)],
        "slope_mb_per_hour": round(float(slope), 3),
        "samples": samples[::step],
    }


def draw(result: dict[str, Any], path: Path) -> None:
    """Memory over the hours of the recording."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - after the choice of how to draw

    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    samples = result["samples"]
    axes.plot([one["hours"] for one in samples], [one["mb"] for one in samples], ".-", lw=0.8)
    axes.set(xlabel="hours of the recording in the store", ylabel="resident MB", ylim=(0, None))
    axes.set_title("Memory while a long recording is processed")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure each recording given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--detector", required=True)
    parser.add_argument("--embedder", required=True)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--fps", default="5")
    parser.add_argument("--hours", type=int)
    parser.add_argument("--at-most", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    if given.hours:
        (video,) = given.videos
        result = long_recording(video, given)
        if given.figure:
            draw(result, given.figure)
        print(json.dumps(result, indent=2))
        return
    results = [measure(video, given) for video in given.videos]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"memory": results, "benchmark_itself_mb": round(own, 1)}, indent=2))


if __name__ == "__main__":
    main()
