"""`surveil-reid evaluate` and `score`: benchmarks, by any embedder or on anybody's features."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import Bars, print_json, print_table

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "surveil-reid/features"

Rerank = Annotated[bool, typer.Option("--rerank", help="k-reciprocal re-ranking (k1 20, k2 6).")]
Figures = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write figures and rank-list sheets there."),
]


def evaluate(
    data_set: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="market1501, cuhk03-np, combined, cuhk03-np-detected, combined-detected, folder.",
        ),
    ],
    root: Annotated[Path, typer.Option(metavar="DIR", help="Where the data set lies.")],
    embedder: options.Embedder = None,
    protocol: Annotated[
        Literal["official", "paper-50", "paper-80"], typer.Option(help="How it is split.")
    ] = "official",
    seed: Annotated[int, typer.Option(min=0, help="Of the paper-80 split.")] = 0,
    rerank: Rerank = False,
    features: Annotated[
        Path | None, typer.Option(metavar="OUT.npz", help="Keep the features there.")
    ] = None,
    figures: Figures = None,
    precision: options.Precision = "fp32",
    device: options.Device = "auto",
    cache: Annotated[Path, typer.Option(metavar="DIR", help="Features computed before.")] = CACHE,
    as_json: options.AsJson = False,
) -> None:
    """Measure an embedder on a benchmark: mAP, CMC, mINP, open set and more."""
    parts = surveil_reid.split(surveil_reid.read_data_set(data_set, root), protocol, seed)
    wanted = surveil_reid.EmbeddingOptions(device=device, precision=precision)
    loaded = surveil_reid.load_embedder(embedder, wanted)
    with Bars() as bars:
        for note in parts.notes:
            bars.warn(note)
        bars.begin("embedding", len(parts.query) + len(parts.gallery))
        extracted = surveil_reid.extract_features(
            parts,
            loaded,
            cache=cache,
            tag=f"{device} {precision}",
            advance=bars.advance,
            warn=bars.warn,
        )
        bars.end()
    if features is not None:
        surveil_reid.write_features(features, extracted)
    evaluation = _evaluated(extracted, rerank=rerank)
    if figures is not None:
        surveil_reid.write_figures(
            extracted,
            evaluation,
            figures,
            query_paths=[image.path for image in parts.query],
            gallery_paths=[image.path for image in parts.gallery],
            name=f"{data_set}, {protocol}, {loaded.info.name}",
        )
    _print(evaluation, as_json=as_json)


def score(
    features: Annotated[
        Path, typer.Argument(metavar="FEATURES.npz", help="Features of queries and gallery.")
    ],
    rerank: Rerank = False,
    figures: Figures = None,
    as_json: options.AsJson = False,
) -> None:
    """Score anybody's features: mAP, CMC, mINP, open set and more."""
    read = surveil_reid.read_features(features)
    evaluation = _evaluated(read, rerank=rerank)
    if figures is not None:
        surveil_reid.write_figures(
            read, evaluation, figures, query_paths=None, gallery_paths=None, name=features.stem
        )
    _print(evaluation, as_json=as_json)


def _evaluated(features: "surveil_reid.Features", *, rerank: bool) -> "surveil_reid.Evaluation":
    evaluation = surveil_reid.evaluate(
        features, reranking=surveil_reid.RerankOptions() if rerank else None
    )
    with Bars() as bars:
        for note in evaluation.notes:
            bars.warn(note)
    return evaluation


def _print(evaluation: "surveil_reid.Evaluation", *, as_json: bool) -> None:
    if as_json:
        print_json(evaluation.as_dict())
        return
    scores, interval = evaluation.retrieval, evaluation.mean_ap_interval
    verification, open_set = evaluation.verification, evaluation.open_set
    print_table(
        ["score", "value"],
        [
            ("mAP", f"{scores.mean_ap:.4f} (95% {interval.low:.4f} to {interval.high:.4f})"),
            ("mAP trapezoidal", f"{scores.mean_ap_trapezoidal:.4f}"),
            *((f"rank-{at}", f"{share:.4f}") for at, share in scores.cmc.items()),
            ("mINP", f"{scores.mean_inp:.4f}"),
            ("queries", f"{scores.valid_queries} valid of {scores.queries}"),
            ("gallery", scores.gallery),
            *(
                (f"TPR at FPR {point.wanted:g}", f"{point.true_positive_rate:.4f}")
                for point in (verification.points if verification else ())
            ),
            *(
                (f"open set, DIR at FAR {point.wanted:g}", f"{point.detection_rate:.4f}")
                for point in (open_set.points if open_set else ())
            ),
        ],
    )
