"""The page about a store: who was seen where and when, in one file that needs nothing else."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote

from surveil_reid.core import Image, InputError, make_folder, write_whole
from surveil_reid.evaluation import CrossCameraScores
from surveil_reid.pipeline import Hit, Progress, SearchResult
from surveil_reid.pipeline.progress import Quiet
from surveil_reid.report.canvas import writing
from surveil_reid.report.overview import Overview
from surveil_reid.report.people import TALLEST, Card, make_card
from surveil_reid.report.pictures import Picture, Pictures, data_uri
from surveil_reid.report.rendering import render_page
from surveil_reid.report.scenes import Scene, write_scenes
from surveil_reid.report.site_map import draw_map
from surveil_reid.report.timeline import draw_timeline
from surveil_reid.store import Store

INLINE: Final = 750_000
"""Bytes of a clip that is still part of the page; a larger one lies beside it."""

MOST_INLINE: Final = 6
"""Clips that are part of the page."""

_POSTER = 480  # pixels of height
_QUERIES = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportOptions:
    """What a page shows.

    Attributes:
        title: its heading.
        most: identities at most; those of the most cameras come first.
        clips: cameras at most of which a clip is cut; 0 for no clips.
        positions: where cameras hang, x to the right and y up in any unit; where one is not known,
            all lie on a circle.

    Raises:
        InputError: when a number is negative.
    """

    title: str = "Who was seen where and when"
    most: int = 100
    clips: int = MOST_INLINE
    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.most < 0 or self.clips < 0:
            msg = f"a page cannot show {min(self.most, self.clips)} identities or clips"
            raise InputError(msg)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FoundPerson:
    """A search to show.

    Attributes:
        query: RGB uint8 `(height, width, 3)` each, what was searched by.
        words: where the query is from, and where it was searched for.
        result: what was found.
    """

    query: Sequence[Image]
    words: str
    result: SearchResult


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportPage:
    """What was written.

    Attributes:
        path: the page.
        identities: in the store.
        shown: of those, how many are on the page.
        clips: how many there are.
        notes: a line for everything that could not be shown.
    """

    path: Path
    identities: int
    shown: int
    clips: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Clip:
    """A scene as the page has it: `source` is its address."""

    scene: Scene
    source: str
    poster: Picture | None


@dataclass(frozen=True, slots=True)
class _Search:
    """A search as the page has it."""

    words: str
    result: SearchResult
    query: tuple[Picture | None, ...]
    hits: tuple[tuple[Hit, Picture | None], ...]


def write_report(
    store: Store,
    folder: Path,
    options: ReportOptions | None = None,
    *,
    found: FoundPerson | None = None,
    scores: CrossCameraScores | None = None,
    progress: Progress | None = None,
) -> ReportPage:
    """Write `index.html` about a store, with pictures and style in it, and log that it was made.

    Whoever has the page sees the people on it: a folder that is made for it can be entered by its
    owner alone. Clips that are large lie beside the page, in `clips`.

    Args:
        store: what the page is about.
        folder: made if need be; an earlier page there is replaced.
        options: what it shows.
        found: a search to show.
        scores: how well the identities agree with the truth, where that is known.
        progress: told how far the work has come.

    Raises:
        InputError: when the folder cannot be written.
    """
    options = options or ReportOptions()
    watcher = progress or Quiet()
    overview = Overview.of(store, options.most)
    if not store.read_only:
        shown = [identity.id for identity in overview.shown]
        store.log("report", {"identities": shown, "clips": options.clips})
    make_folder(folder, mode=0o700)
    path = folder / "index.html"
    with ExitStack() as stack:
        with writing(folder):
            draft = Path(stack.enter_context(TemporaryDirectory(dir=folder, prefix=".clips.")))
        scenes = write_scenes(store, draft, most=options.clips, progress=watcher)
        pictures = Pictures()
        search = None if found is None else _search(found, pictures)
        clips = [_clip(scene, place, pictures) for place, scene in enumerate(scenes.scenes)]
        cards = _cards(store, overview, pictures, watcher)
        notes = (*scenes.failed, *_notes(pictures))
        page = render_page(
            title=options.title,
            made=time.time(),
            overview=overview,
            colour_of={camera: number for number, camera in enumerate(overview.cameras)},
            timeline=draw_timeline(overview.placed),
            search=search,
            scores=None if scores is None else scores.as_dict(),
            clips=clips,
            cards=cards,
            map=draw_map(overview.cameras, overview.transitions, options.positions),
            notes=notes,
        )
        with writing(folder):
            kept = _move(draft, folder / "clips")
            write_whole(path, page)
            _drop_others(folder / "clips", kept)
    return ReportPage(
        path=path,
        identities=len(overview.identities),
        shown=len(overview.shown),
        clips=len(clips),
        notes=notes,
    )


def _search(found: FoundPerson, pictures: Pictures) -> _Search:
    return _Search(
        found.words,
        found.result,
        tuple(pictures.of(image, TALLEST) for image in found.query[:_QUERIES]),
        tuple(
            (hit, None if hit.crop is None else pictures.of_file(Path(hit.crop), TALLEST))
            for hit in found.result.hits
        ),
    )


def _clip(scene: Scene, place: int, pictures: Pictures) -> _Clip:
    poster = pictures.of(scene.poster, _POSTER)
    if place >= MOST_INLINE or scene.path.stat().st_size > INLINE:
        return _Clip(scene, quote(f"clips/{scene.path.name}"), poster)
    source = data_uri("video/mp4", scene.path.read_bytes())
    scene.path.unlink()
    return _Clip(scene, source, poster)


def _move(draft: Path, folder: Path) -> set[str]:
    """Put the clips that lie beside the page where they belong; their names."""
    names = {path.name for path in draft.iterdir()}
    if names:
        folder.mkdir(exist_ok=True)
    for name in names:
        (draft / name).replace(folder / name)
    return names


def _drop_others(folder: Path, kept: set[str]) -> None:
    """Delete an earlier page's clips, now that the page is another."""
    for path in folder.glob("scene_*.mp4"):
        if path.name not in kept:
            path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _cards(store: Store, overview: Overview, pictures: Pictures, progress: Progress) -> list[Card]:
    progress.begin("drawing the page", len(overview.shown))
    cards = []
    for identity in overview.shown:
        cards.append(make_card(store, identity, overview, pictures))
        progress.advance(1)
    progress.end()
    return cards


def _notes(pictures: Pictures) -> list[str]:
    notes = []
    if pictures.left_out:
        notes.append(f"{pictures.left_out:,} pictures are left out, so that the page stays small")
    if pictures.missing:
        notes.append(
            f"{pictures.missing:,} pictures are missing: the files of their crops are gone"
        )
    return notes
