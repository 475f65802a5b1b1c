"""`surveil-reid train`: recipes to checkpoints; `python -m training` is the same without Typer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from surveil_reid.cli.console import print_json, print_table

if TYPE_CHECKING:
    from training.records import Record


def train(
    config: Annotated[
        Path | None, typer.Argument(metavar="CONFIG.yaml", help="A recipe, see configs/recipes.")
    ] = None,
    grid: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Train what is missing of a folder of grid files."),
    ] = None,
    only: Annotated[
        str, typer.Option(metavar="PATTERN", help="Of the grid, only names that fit.")
    ] = "*",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; repeatable."),
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of runs; each gets one of its name.")
    ] = Path("runs"),
    data: Annotated[
        Path,
        typer.Option(
            envvar="SURVEIL_REID_DATA", metavar="DIR", help="Data sets, or one packed into a file."
        ),
    ] = Path(),
    cache: Annotated[Path, typer.Option(metavar="DIR", help="Data sets decoded before.")] = Path(
        ".cache/pictures"
    ),
    weights: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="ImageNet weights, where they cannot be downloaded."),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where networks run.")
    ] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Of the CPU.")] = None,
    compile_network: Annotated[
        bool, typer.Option("--compile", help="Have torch compile the network.")
    ] = False,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="The same bits in every run on one device.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write what TensorBoard shows.")
    ] = False,
    save_seconds: Annotated[
        float, typer.Option(min=0, help="Time between two saves of the state.")
    ] = 120.0,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many; a smoke test.")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Save and stop after so long; the next call goes on from there."),
    ] = None,
    test: Annotated[bool, typer.Option(help="Measure on the test identities at the end.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document and nothing else.")
    ] = False,
) -> None:
    """Train a recipe, or what is missing of a grid of them; an interrupted run goes on."""
    if (config is None) == (grid is None):
        msg = "name a recipe, or a folder of grid files with --grid"
        raise typer.BadParameter(msg)
    # Torch takes seconds to import, and the other commands need none of this.
    from training.cli import choose_recipes, train_all, weights_folder  # noqa: PLC0415
    from training.run_options import RunOptions  # noqa: PLC0415
    from training.strict import plain  # noqa: PLC0415

    options = RunOptions(
        out=out,
        data=data,
        cache=cache,
        weights=weights or weights_folder(data),
        device=device,
        threads=threads,
        compile=compile_network,
        deterministic=deterministic,
        tensorboard=tensorboard,
        save_seconds=save_seconds,
        steps=steps,
        minutes=minutes,
        test=test,
    )
    recipes = choose_recipes(config, grid, only, changes or [])
    trained = train_all(recipes, options, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json(
            {
                "runs": [
                    {"folder": str(out / record.name), "record": plain(record)}
                    for record in trained.records
                ],
                "failed": [
                    {"name": name, "error": error} for name, error in trained.failed.items()
                ],
            }
        )
    else:
        print_table(["run", "state", "mAP", "rank-1"], [_row(record) for record in trained.records])
    if trained.failed:
        raise typer.Exit(1)


def _row(record: "Record") -> tuple[object, ...]:
    if record.test is None:
        return record.name, record.state, None, None
    return (
        record.name,
        record.state,
        f"{record.test.mean_ap:.4f}",
        f"{record.test.cmc[1]:.4f}",
    )
