"""Fill the figures of `docs/performance.md` in, from the records in `tests/benchmarks/results`.

    python -m training.performance     after a record has changed

Whatever stands between `<!-- NAME -->` and `<!-- end -->` is written anew.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from surveil_reid.core import InputError
from training.paper_layout import markdown_table
from training.paper_pages import BENCHMARKS, ROOT, exit_status, write_page
from training.processing_blocks import PROCESSING
from training.records import read_json

PAGE = ROOT / "docs/performance.md"


def make_blocks() -> dict[str, str]:
    """Every part of the page that holds figures, by name.

    Raises:
        InputError: when a record is missing.
    """
    return {name: block(_record(record)) for name, (record, block) in BLOCKS.items()}


def _record(name: str) -> Any:  # noqa: ANN401 - JSON is anything
    path = BENCHMARKS / f"{name}.json"
    if not path.is_file():
        msg = f"there is no record {path}; a script in tests/benchmarks makes it"
        raise InputError(msg)
    return read_json(path)


def embedding_runtimes(record: Mapping[str, Any]) -> str:
    """Images/s of every backbone and runtime, and mAP where there are weights."""
    first = next(iter(record["backbones"][0]["runtimes"].values()))
    times = next(key for key in first if key.startswith("times_"))
    rows = [
        (
            row["backbone"],
            "{} by {}".format(*row["size"]),
            runtime,
            f"{one['images_per_second']} ({one['least']} to {one['most']})",
            f"{one[times]:.2f}",
            f"{one['mAP']:.4f}" if "mAP" in one else "",
        )
        for row in record["backbones"]
        for runtime, one in row["runtimes"].items()
    ]
    header = ("backbone", "input", "runtime", "images/s", times.replace("_", " "), "mAP")
    return markdown_table(header, rows)


def search_latency(record: Mapping[str, Any]) -> str:
    """Latency and recall of single searches without a filter."""
    rows = []
    for run in record["runs"]:
        found = run["search"]["none"]
        exact = f"{run['exact']['p50_ms']:.1f} ms" if "exact" in run else "not measured"
        for top in ("top_10", "top_100"):
            one = found[top]
            rows.append(
                (
                    f"{run['descriptors']:,}",
                    top.removeprefix("top_"),
                    f"{one['p50_ms']:.1f} ms",
                    f"{one['p99_ms']:.1f} ms",
                    f"{one['recall']:.4f}",
                    exact if top == "top_10" else "",
                )
            )
    header = ("descriptors", "nearest", "p50", "p99", "recall", "p50 of an exact scan")
    return markdown_table(header, rows)


def search_filters(record: Mapping[str, Any]) -> str:
    """Recall of the ten nearest under each filter, against the exact search under it."""
    rows = []
    for run in record["runs"]:
        for name, found in run["search"].items():
            if isinstance(found, dict) and "share" in found:
                ten = found["top_10"]
                values = (
                    f"{found['share']:.2%}",
                    f"{found['filter_ms']:.1f} ms" if "filter_ms" in found else "",
                    f"{ten['p50_ms']:.1f} ms",
                    f"{ten['recall']:.4f}",
                )
                rows.append((f"{run['descriptors']:,}", name, *values))
    header = ("descriptors", "filter", "lets through", "choosing", "p50", "recall")
    return markdown_table(header, rows)


def search_cost(record: Mapping[str, Any]) -> str:
    """Building, opening and holding an index."""
    rows = [
        (
            f"{run['descriptors']:,}",
            run["kept_in"],
            f"{run['build']['seconds']:.1f} s",
            f"{run['build']['file_mb']:,.0f} MB",
            f"{run['search']['open_seconds']:.2f} s",
            f"{run['search']['open_mb']:,.0f} MB",
            f"{run['search']['rss_mb']:,.0f} MB",
        )
        for run in record["runs"]
    ]
    header = (
        "descriptors", "vectors in", "built in", "file", "opened in", "memory when open",
        "memory after searching",
    )  # fmt: skip
    return markdown_table(header, rows)


def search_changes(record: Mapping[str, Any]) -> str:
    """A whole search, and the one right after an insert and after a removal."""
    rows = [
        (
            f"{run['descriptors']:,}",
            f"{changes['search_seconds']:.2f} s",
            f"{changes['insert']['seconds']:.2f} s",
            f"{changes['removing_seconds']:.2f} s",
            f"{changes['removal']['seconds']:.2f} s",
            "yes" if all(changes[name]["shows"] for name in ("insert", "removal")) else "no",
        )
        for run in record["runs"]
        if (changes := run["search"].get("changes"))
    ]
    header = ("descriptors", "search", "after an insert", "a removal", "after it", "both show")
    return markdown_table(header, rows)


def search_likeness(record: Mapping[str, Any]) -> str:
    """How similar sights of the same and of different people are, real and made up."""
    rows = [("real", *_likeness(record["likeness_real"]))]
    rows += [(f"{run['descriptors']:,}", *_likeness(run["likeness"])) for run in record["runs"]]
    header = ("descriptors", "same person", "different people", "1 of 10,000 strangers is over")
    return markdown_table(header, rows)


def _likeness(found: Mapping[str, Any]) -> Sequence[str]:
    both = (f"{found[kind][0]:.2f} ± {found[kind][1]:.2f}" for kind in ("same", "different"))
    return (*both, f"{found['different_99.99']:.2f}")


def memory_loops(record: Mapping[str, Any]) -> str:
    """Peak memory of recordings and of their loops."""
    rows = [
        (
            run["video"],
            f"{run['times']}",
            f"{run['peak_mb']['once']:,.0f} MB",
            f"{run['peak_mb']['looped']:,.0f} MB",
            f"{run['ratio']:.3f}",
        )
        for run in record["memory"]
    ]
    return markdown_table(("recording", "looped", "peak, once", "peak, looped", "ratio"), rows)


def memory_day(record: Mapping[str, Any]) -> str:
    """Memory over a long recording."""
    least, middle, most = record["settled_mb"]
    settled = record["settled_after_hours"]
    row = (
        f"{record['hours']:.1f} of {record['hours_of_recording']}",
        f"{record['frames_analysed']:,}",
        f"{record['tracklets']:,}",
        f"{record['peak_mb']:,.0f} MB",
        f"{middle:,.0f} MB ({least:,.0f} to {most:,.0f})",
        f"{record['slope_mb_per_hour']:+.2f} MB",
    )
    header = (
        "hours", "frames analysed", "tracklets", "peak", f"after {settled} hours", "each hour after"
    )  # fmt: skip
    return markdown_table(header, [row])


BLOCKS: dict[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    **PROCESSING,
    "embedding-runtimes": ("embedding-runtimes", embedding_runtimes),
    "embedding-runtimes-avx2": ("embedding-runtimes-avx2", embedding_runtimes),
    "search-likeness": ("search-scale", search_likeness),
    "search-likeness-avx2": ("search-scale-avx2", search_likeness),
    "search-latency": ("search-scale", search_latency),
    "search-latency-avx2": ("search-scale-avx2", search_latency),
    "search-filters": ("search-scale-avx2", search_filters),
    "search-cost": ("search-scale-avx2", search_cost),
    "search-changes": ("search-scale-avx2", search_changes),
    "memory-loops": ("memory", memory_loops),
    "memory-day": ("memory-day", memory_day),
}


def main() -> int:
    """Write the page anew; returns the exit status."""
    return exit_status(lambda: write_page(PAGE, make_blocks()))


if __name__ == "__main__":
    sys.exit(main())
