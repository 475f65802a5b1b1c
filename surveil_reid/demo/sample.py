"""A site from its recordings to a page: process, link, search, score, report."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from surveil_reid.config import Site, load_site
from surveil_reid.core import InputError, Tracklet, make_folder
from surveil_reid.detection import Detector
from surveil_reid.embedding import Embedder
from surveil_reid.evaluation import CrossCameraScores, read_cameras, score_cameras
from surveil_reid.pipeline import (
    ProcessReport,
    Progress,
    SearchOptions,
    SearchResult,
    describe_pictures,
    link_store,
    pictures_of,
    process,
    search,
    write_box_tracks,
)
from surveil_reid.pipeline.progress import Quiet
from surveil_reid.report import FoundPerson, ReportOptions, ReportPage, write_report
from surveil_reid.store import Identity, Store, open_store

TITLE: Final = "Demonstration: who was seen where and when"

_HITS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoReport:
    """What the demonstration saw.

    Attributes:
        seconds: wall time.
        store: URL of the store that it made.
        processed: what became of the recordings.
        identities: everybody seen.
        asked: the tracklet whose best crop was searched by.
        found: what the search in the other cameras gave.
        scores: against the truth, None where there is none.
        page: the page about all of it.
    """

    seconds: float
    store: str
    processed: ProcessReport
    identities: tuple[Identity, ...]
    asked: Tracklet
    found: SearchResult
    scores: CrossCameraScores | None
    page: ReportPage


def demonstrate(
    out: Path,
    site_file: Path,
    *,
    detector: Detector,
    embedder: Embedder,
    progress: Progress | None = None,
) -> DemoReport:
    """Run the main job on a site and keep everything in a folder.

    Somebody of the first camera is searched for in the others, by a picture: of those whom most
    cameras saw, who stayed longest. Identities are scored where MOT text `truth/CAMERA.txt` lies
    beside the site file.

    Args:
        out: made if need be; what an earlier demonstration left there is replaced.
        site_file: which cameras and recordings; `sample_site` gives the one of the source.
        detector: finds people.
        embedder: turns their crops into vectors.
        progress: told how far the work has come.

    Raises:
        SiteError: when the site file is missing or wrong.
        InputError: when nobody was seen, the truth is not of the site's cameras, or `out` cannot be
            a folder.
    """
    began = time.perf_counter()
    watcher = progress or Quiet()
    site = load_site(site_file)
    url = f"sqlite:///{_fresh(out) / 'demo.db'}"
    with open_store(url) as store:
        processed = process(site, store, detector=detector, embedder=embedder, progress=watcher)
        if not store.tracklets():
            raise InputError(_nobody(site, processed, detector))
        link_store(store, travel=site.travel)
        asked = _somebody(store, [camera.name for camera in site.cameras])
        found = _find(store, asked, embedder)
        scores = None
        if processed.failed:
            watcher.warn("not all recordings could be used, so there are no scores")
        else:
            scores = _score(store, site_file.parent / "truth", out / "demo.tracks", watcher)
        page = write_report(
            store,
            out,
            ReportOptions(title=TITLE, positions=site.positions),
            found=found,
            scores=scores,
            progress=watcher,
        )
        identities = store.identities()
    return DemoReport(
        seconds=time.perf_counter() - began,
        store=url,
        processed=processed,
        identities=identities,
        asked=asked,
        found=found.result,
        scores=scores,
        page=page,
    )


def _fresh(out: Path) -> Path:
    """The folder, without an earlier demonstration's store; nothing else in it is touched."""
    make_folder(out, mode=0o700)
    for leftover in out.glob("demo.db*"):
        leftover.unlink()
    for folder in ("demo.files", "demo.tracks"):
        shutil.rmtree(out / folder, ignore_errors=True)
    return out


def _nobody(site: Site, processed: ProcessReport, detector: Detector) -> str:
    if processed.failed and not processed.recordings:
        first = processed.failed[0]
        return f"no recording could be used; camera {first.camera}: {first.error}"
    names = ", ".join(camera.name for camera in site.cameras)
    return (
        f"nobody was seen by {names}, so there is nobody to search for; name other footage with "
        f"--site, or a detector other than {detector.name} with --detector"
    )


def _somebody(store: Store, cameras: Sequence[str]) -> Tracklet:
    """Of the first camera that saw anybody: whom most cameras saw, then who stayed longest."""
    breadth = {n: len(i.cameras) for i in store.identities() for n in i.tracklet_ids}
    tracklets = store.tracklets()
    first = min((t.camera for t in tracklets), key=cameras.index)
    return max(
        (t for t in tracklets if t.camera == first),
        key=lambda t: (breadth.get(t.id, 0), t.end - t.start, -t.id),
    )


def _find(store: Store, asked: Tracklet, embedder: Embedder) -> FoundPerson:
    others = tuple(camera for camera in store.cameras() if camera != asked.camera)
    query = pictures_of(store, [asked.id])
    result = search(
        store,
        describe_pictures(query, embedder),
        SearchOptions(top=_HITS, cameras=others),
        leave_out=[asked.id],
    )
    where = f"in {' and '.join(others)}" if others else "in the same camera"
    words = f"A person from {asked.camera}, searched for {where} by this one picture."
    return FoundPerson(query=query, words=words, result=result)


def _score(store: Store, truth: Path, folder: Path, progress: Progress) -> CrossCameraScores | None:
    recordings = store.recordings()
    if not truth.is_dir():
        return None
    if len(recordings) > len(store.cameras()):
        progress.warn("a camera has several recordings, so there are no scores")
        return None
    write_box_tracks(store, recordings, folder, identities=True)
    return score_cameras(read_cameras(truth, truth=True), read_cameras(folder))
