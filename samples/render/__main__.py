"""The command line: `python -m samples.render --help`."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from samples.render.bodies import build_bodies
from samples.render.filming import film
from samples.render.site import SiteOptions, Takes, plan_site


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.run(given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m samples.render", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run, help_text in (
        ("bodies", _bodies, "build the bodies of a site's people (needs anny)"),
        ("frames", _frames, "paint a site's frames (needs bpy)"),
        ("film", _film, "film a site's frames and write its truth"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.set_defaults(run=run)
        _add_site(command)
    return parser


def _add_site(command: argparse.ArgumentParser) -> None:
    usual = SiteOptions()
    command.add_argument("--work", type=Path, required=True, help="folder for what is kept")
    command.add_argument("--out", type=Path, help="folder for the finished site")
    command.add_argument("--seed", type=int, default=usual.seed)
    command.add_argument("--people", type=int, default=usual.people)
    command.add_argument("--cameras", type=int, default=usual.cameras)
    command.add_argument("--seconds", type=float, default=usual.seconds)
    command.add_argument("--alike", type=float, default=usual.alike)
    command.add_argument("--samples", type=int, default=usual.samples)
    command.add_argument("--step", type=int, default=1, help="paint every n-th frame only")
    command.add_argument("--first", type=int, default=0, help="begin with this frame")
    command.add_argument("--threads", type=int, default=0, help="0 takes all cores")


def _options(given: argparse.Namespace) -> SiteOptions:
    return SiteOptions(
        seed=given.seed,
        people=given.people,
        cameras=given.cameras,
        seconds=given.seconds,
        alike=given.alike,
        samples=given.samples,
    )


def _bodies(given: argparse.Namespace) -> None:
    site = plan_site(_options(given))
    build_bodies({person.name: person.shape for person in site.cast}, given.work / "bodies")


def _frames(given: argparse.Namespace) -> None:
    from samples.render.shooting import Shooting  # noqa: PLC0415 - needs bpy

    site = plan_site(_options(given))
    shooting = Shooting(site, given.work / "bodies", Takes(given.work), threads=given.threads)
    shooting.shoot(range(given.first, site.options.frames, given.step))


def _film(given: argparse.Namespace) -> None:
    site = plan_site(_options(given))
    film(site, Takes(given.work), given.out)


if __name__ == "__main__":
    main()
