"""Peak memory of processing a recording, and of the same recording looped to many times its length.

    python tests/benchmarks/memory.py VIDEO --detector D --embedder E [--times 20]

Each run is a process of its own; what counts is the largest resident set that the operating system
saw. Prints one JSON document, which belongs into `tests/benchmarks/results`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av


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


def main() -> None:
    """Measure each recording given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--detector", required=True)
    parser.add_argument("--embedder", required=True)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--fps", default="5")
    given = parser.parse_args()
    results = [measure(video, given) for video in given.videos]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"memory": results, "benchmark_itself_mb": round(own, 1)}, indent=2))


if __name__ == "__main__":
    main()
