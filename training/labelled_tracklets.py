"""Tracklets of people whose identity is known, of the pictures of Market-1501 or of a folder."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from surveil_reid.core import Floats, InputError, Tracklet, describe
from surveil_reid.evaluation import LabelledImage

FRAMES_PER_SECOND = 25
LONGEST_GAP = 200
"""Frames without a picture of a person within one tracklet, at most."""

SEQUENCE_SECONDS = 1e6
"""Sequences of a camera were shot one after another; this far apart they never overlap."""

SAME_PERSON = {224: 115}
"""Labelled as two people, but one: he comes by again with a shopping bag, in the same clothes,
glasses and rucksack. Left apart, the pair alone decides how alike strangers get at worst."""

NAME = re.compile(r"(-?\d+)_c(\d+)s(\d+)_(\d+)_(\d+)")
TRACKLET = re.compile(r"_t(\d+)_")
"""In the name of a picture that `identities export` wrote."""


class Labelled(NamedTuple):
    """A tracklet, and whose it is."""

    tracklet: Tracklet
    person: int


def cut_tracklets(names: Sequence[str], features: Floats) -> list[Labelled]:
    """Cut pictures into tracklets: one person, camera and sequence, without long gaps.

    Args:
        names: file names, as `0002_c1s1_000451_03.jpg`; distractors and junk are left out.
        features: float32 `(n, dim)`, L2-normalised, of the pictures in the order of `names`.

    Returns:
        Tracklets numbered from 0, described by the mean of their pictures' features; of people as
        they are labelled, save `SAME_PERSON`.

    Raises:
        InputError: when a name is not one of Market-1501.
    """
    pictures = sorted((*_parse(name), row) for row, name in enumerate(names))
    pieces: list[list[tuple[int, ...]]] = []
    for picture in pictures:
        last = pieces[-1][-1] if pieces else None
        if last is None or last[:3] != picture[:3] or picture[3] - last[3] > LONGEST_GAP:
            pieces.append([])
        pieces[-1].append(picture)
    people = [piece for piece in pieces if piece[0][0] > 0]
    return [_labelled(number, piece, features) for number, piece in enumerate(people)]


def tracklets_of_pictures(images: Sequence[LabelledImage], features: Floats) -> list[Labelled]:
    """The tracklets that labelled pictures are of, as their names tell.

    Args:
        images: of a folder such as `identities export` writes; one whose name tells of no tracklet
            is one by itself.
        features: float32 `(n, dim)`, L2-normalised, parallel to them.

    Returns:
        Tracklets numbered from 0, each described by the mean of its pictures' features. When they
        were seen is not known; no two of them overlap.

    Raises:
        InputError: when a picture's name tells of no camera.
    """
    rows: dict[tuple[str, str, str], list[int]] = {}
    for row, image in enumerate(images):
        if image.camera is None:
            msg = (
                f"{image.path}: the name tells of no camera, and thresholds are fitted across "
                "cameras; call it as `identities export` does, c1_t000007_01.jpg"
            )
            raise InputError(msg)
        told = TRACKLET.search(image.path.name)
        piece = told[1] if told else image.path.name
        rows.setdefault((image.identity, image.camera, piece), []).append(row)
    people = {name: number for number, name in enumerate(sorted({key[0] for key in rows}))}
    return [
        Labelled(
            Tracklet(
                id=number,
                camera=camera,
                start=number * SEQUENCE_SECONDS,
                end=number * SEQUENCE_SECONDS,
                descriptor=describe(features[mine], np.ones(len(mine), np.float32)),
            ),
            people[name],
        )
        for number, ((name, camera, _), mine) in enumerate(sorted(rows.items()))
    ]


def _parse(name: str) -> tuple[int, int, int, int]:
    """Person, camera, sequence and frame."""
    match = NAME.match(name)
    if match is None:
        msg = f"{name} is no file name of Market-1501, such as 0002_c1s1_000451_03.jpg"
        raise InputError(msg)
    person, camera, sequence, frame, _ = map(int, match.groups())
    return person, camera, sequence, frame


def _labelled(number: int, piece: Sequence[tuple[int, ...]], features: Floats) -> Labelled:
    person, camera, sequence, first, _ = piece[0]
    rows = [row for *_, row in piece]
    tracklet = Tracklet(
        id=number,
        camera=f"c{camera}",
        start=sequence * SEQUENCE_SECONDS + first / FRAMES_PER_SECOND,
        end=sequence * SEQUENCE_SECONDS + piece[-1][3] / FRAMES_PER_SECOND,
        descriptor=describe(features[rows], np.ones(len(rows), np.float32)),
    )
    return Labelled(tracklet, SAME_PERSON.get(person, person))
