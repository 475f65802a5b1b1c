"""The command line: `python -m samples.render --help`."""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

from samples.render.bodies import build_bodies
from samples.render.crops import CropOptions, crop_cast
from samples.render.film import write_picture
from samples.render.filming import film
from samples.render.scenes import SceneOptions, scene_cast
from samples.render.sheets import cast_sheet, moments_sheet
from samples.render.site import SiteOptions, Takes, plan_site

_Options = TypeVar("_Options", SiteOptions, CropOptions, SceneOptions)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.run(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m samples.render", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run, options, text in (
        ("bodies", _bodies, SiteOptions(), "build the bodies of a site's people (needs anny)"),
        ("frames", _frames, SiteOptions(), "paint a site's frames (needs bpy)"),
        ("film", _film, SiteOptions(), "film a site's frames and write its truth"),
        ("crop-bodies", _crop_bodies, CropOptions(), "build the bodies of crops (needs anny)"),
        ("crops", _crops, CropOptions(), "render crops of many people (needs bpy)"),
        ("scene-bodies", _scene_bodies, SceneOptions(), "build the bodies of scenes (needs anny)"),
        ("scenes", _scenes, SceneOptions(), "render pictures to train detectors on (needs bpy)"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        command.add_argument("--work", type=Path, required=True, help="folder for what is kept")
        command.add_argument("--out", type=Path, help="folder for what is made")
        command.add_argument("--threads", type=int, default=0, help="of the CPU; 0 takes all")
        _add_options(command, options)
    sheets = commands.add_parser("sheets", help="draw a finished site's contact sheets")
    sheets.set_defaults(run=_sheets)
    sheets.add_argument("site", type=Path, help="the site's folder")
    sheets.add_argument("--out", type=Path, required=True, help="folder for the sheets")
    frames = commands.choices["frames"]
    frames.add_argument("--first", type=int, default=0, help="begin with this frame")
    frames.add_argument("--step", type=int, default=1, help="paint every n-th frame only")
    return parser


def _add_options(
    command: argparse.ArgumentParser, options: SiteOptions | CropOptions | SceneOptions
) -> None:
    """An argument for each field that is a number, and for pairs of them."""
    for name, value in asdict(options).items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, tuple):
            command.add_argument(flag, type=type(value[0]), nargs=len(value), default=value)
        else:
            command.add_argument(flag, type=type(value), default=value)


def _read(kind: type[_Options], given: argparse.Namespace) -> _Options:
    values: dict[str, Any] = {f.name: getattr(given, f.name) for f in fields(kind)}
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    return kind(**values)


def _bodies(given: argparse.Namespace) -> None:
    site = plan_site(_read(SiteOptions, given))
    build_bodies((person.shape for person in site.cast), given.work / "bodies")


def _frames(given: argparse.Namespace) -> None:
    from samples.render.shooting import Shooting  # noqa: PLC0415 - needs bpy

    site = plan_site(_read(SiteOptions, given))
    takes = Takes(given.work, site.options)
    shooting = Shooting(site, given.work / "bodies", takes, threads=given.threads)
    shooting.shoot(range(given.first, site.options.frames, given.step))


def _film(given: argparse.Namespace) -> None:
    site = plan_site(_read(SiteOptions, given))
    film(site, Takes(given.work, site.options), given.out)


def _crop_bodies(given: argparse.Namespace) -> None:
    cast = crop_cast(_read(CropOptions, given))
    build_bodies((person.shape for person in cast), given.work / "bodies")


def _crops(given: argparse.Namespace) -> None:
    from samples.render.portraits import render_crops  # noqa: PLC0415 - needs bpy

    options = _read(CropOptions, given)
    render_crops(options, given.work / "bodies", given.out, threads=given.threads)


def _scene_bodies(given: argparse.Namespace) -> None:
    cast = scene_cast(_read(SceneOptions, given))
    build_bodies((person.shape for person in cast), given.work / "bodies")


def _scenes(given: argparse.Namespace) -> None:
    from samples.render.rooms import render_scenes  # noqa: PLC0415 - needs bpy

    options = _read(SceneOptions, given)
    render_scenes(options, given.work / "bodies", given.out, threads=given.threads)


def _sheets(given: argparse.Namespace) -> None:
    given.out.mkdir(parents=True, exist_ok=True)
    write_picture(given.out / "moments.jpg", moments_sheet(given.site, range(50, 600, 100)))
    write_picture(given.out / "cast.jpg", cast_sheet(given.site))


if __name__ == "__main__":
    main()
