"""Process recorded footage: every recording of every camera, then identities over all of them."""

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from surveil_reid.config import CameraSource, Settings, Site
from surveil_reid.core import (
    BusyError,
    InputError,
    SurveilReidError,
    UnknownNameError,
    WeightsError,
)
from surveil_reid.detection import Detector
from surveil_reid.embedding import Embedder
from surveil_reid.pipeline.footage import located
from surveil_reid.pipeline.linking import link_new
from surveil_reid.pipeline.plan import Failure, PlannedRecording, follows, plan_camera
from surveil_reid.pipeline.progress import Progress, Quiet
from surveil_reid.pipeline.stretch import Stretch, Workers
from surveil_reid.store import Recording, Store

# Crop files that no row refers to are swept when they are this old: nobody is still writing them.
STRAY_CROPS_AGE_S = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingReport:
    """What became of one recording.

    Attributes:
        id: the store's number for it.
        camera: whose recording it is.
        path: the file.
        frames: decoded frames.
        analysed: frames looked at, or known not to have changed.
        tracklets: tracklets that began in it, without doubtful ones.
        doubtful: tracklets that never moved and never convinced, or were seen only once.
        seconds: wall time spent on it now.
        skipped: why nothing had to be done, None if something was.
        note: what the recording did not give (it ends early, broken frames), None if nothing.
    """

    id: int
    camera: str
    path: str
    frames: int
    analysed: int
    tracklets: int
    doubtful: int
    seconds: float
    skipped: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """What became of everything that was to be processed."""

    recordings: tuple[RecordingReport, ...]
    failed: tuple[Failure, ...]


def process(
    site: Site,
    store: Store,
    *,
    detector: Detector,
    embedder: Embedder,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> ProcessReport:
    """Process a site's recordings into tracklets, and link those into identities.

    A recording that was processed before (its content is recognised, wherever it lies) is left
    alone, and where it was moved the store notes its new place; one that was interrupted goes on
    where it stood. One that cannot be used is reported, and the others are processed all the same.

    Args:
        site: cameras and their recordings.
        store: where everything goes.
        detector: finds people.
        embedder: turns their crops into vectors; the same model as the store's, if it has one.
        settings: options of every stage.
        progress: told how far the work has come.

    Raises:
        ModelMismatchError: when the store holds descriptors of another model.
        ReadOnlyError: when the store cannot be written.
    """
    store.check_model(embedder.info)
    workers = Workers(
        store=store,
        detector=detector,
        embedder=embedder,
        settings=settings or Settings(),
        progress=progress or Quiet(),
    )
    reports: list[RecordingReport] = []
    failures: list[Failure] = []
    for camera in site.cameras:
        stretches, unusable = plan_camera(camera, store, workers.progress)
        failures += unusable
        for planned in stretches:
            stretch = [located(recording, store) for recording in planned]
            done, failed = _process_stretch(stretch, camera, workers)
            reports += done
            failures += failed
    try:
        link_new(store, travel=site.travel or None)
    except (InputError, WeightsError) as error:
        workers.progress.warn(f"not linked into identities: {error}")
    store.sweep_crops(STRAY_CROPS_AGE_S)
    return ProcessReport(tuple(reports), tuple(failures))


def _process_stretch(
    stretch: Sequence[PlannedRecording], camera: CameraSource, workers: Workers
) -> tuple[list[RecordingReport], list[Failure]]:
    reports = [_skipped(recording, camera, workers) for recording in stretch if _done(recording)]
    failures: list[Failure] = []
    for pending in _pending(stretch):
        run: Stretch | None = None
        for place, planned in enumerate(pending, start=1):
            run = run or Stretch(workers, camera, _history(planned, camera, workers.store))
            try:
                reports.append(_timed(run, planned, workers, last=planned is pending[-1]))
            except (BusyError, UnknownNameError) as error:
                # Another process was at it. Whoever crosses into what follows would be cut in two
                # for good, were that begun before this one is finished.
                failures.append(Failure(camera.name, str(planned.path), str(error)))
                failures += [_put_off(later, planned, camera) for later in pending[place:]]
                break
            except SurveilReidError as error:
                failures.append(Failure(camera.name, str(planned.path), str(error)))
                run = None
    # What cannot be finished now, on a full disk say, is finished by the next run.
    with contextlib.suppress(SurveilReidError):
        _finish(stretch, camera, workers)
    return reports, failures


def _put_off(later: PlannedRecording, before: PlannedRecording, camera: CameraSource) -> Failure:
    said = f"{later.path} is left for the next run, which has to finish {before.path} first"
    return Failure(camera.name, str(later.path), said)


def _pending(stretch: Sequence[PlannedRecording]) -> list[list[PlannedRecording]]:
    """What is left to process, each list carried on from file to file.

    A recording that was begun, let alone done, before the one before it came carries on whatever it
    began with: nobody who is in view at the end of a late file can be followed into it.
    """
    lists: list[list[PlannedRecording]] = [[]]
    for planned in stretch:
        if planned.known is not None and planned.known.progress > 0:
            lists.append([])
        if not _done(planned):
            lists[-1].append(planned)
    return [pending for pending in lists if pending]


def _finish(stretch: Sequence[PlannedRecording], camera: CameraSource, workers: Workers) -> None:
    """Finish whoever a failure or a kill at a file border left in view for a file to come."""
    store = workers.store
    found = [store.find_recording(planned.sha256) for planned in stretch]
    known = [recording for recording in found if recording is not None]
    if not store.leaves_unfinished([recording.id for recording in known]):
        return  # as nearly always, and there may be thousands of stretches
    carried_on = {r.state.get("after", before.id) for before, r in pairwise(known) if r.state}
    for last in known:
        if last.complete and last.id not in carried_on:
            source = replace(camera, name=last.camera)  # the site may call it otherwise by now
            history = [*_before(last.start, last.state, source, store), last]
            if _unfinished(history, store):
                Stretch(workers, source, history).finish()


def _unfinished(history: Sequence[Recording], store: Store) -> bool:
    """Whether somebody who was left in view has crops that do not count yet."""
    past = [recording.id for recording in history]
    in_view = store.tracklet_states(camera=history[-1].camera, live=True, recordings=past)
    return any(crop.embedding is None for person in in_view for crop in person.crops)


def _timed(
    run: Stretch, planned: PlannedRecording, workers: Workers, *, last: bool
) -> RecordingReport:
    began = time.perf_counter()
    frames = planned.media.frames
    workers.progress.begin(f"{run.camera.name}: {planned.path.name}", frames)
    try:
        recording = run.process(planned, last=last)
    finally:
        workers.progress.end()
    if recording.note:
        workers.progress.warn(f"{planned.path}: {recording.note}")
    return _report(recording, workers.store, planned.path, time.perf_counter() - began, None)


def _done(planned: PlannedRecording) -> bool:
    return planned.known is not None and planned.known.complete


def _skipped(planned: PlannedRecording, camera: CameraSource, workers: Workers) -> RecordingReport:
    known = planned.known
    if known is None:
        msg = f"{planned.path} was never processed"
        raise ValueError(msg)
    skipped = "already processed"
    if known.camera != camera.name:
        skipped += f" as a recording of camera {known.camera}"
        workers.progress.warn(
            f"{planned.path}: {skipped}; to have it as one of {camera.name}, "
            f"`surveil-reid remove --recording {known.sha256}` first"
        )
    return _report(known, workers.store, planned.path, 0.0, skipped)


def _report(
    recording: Recording, store: Store, path: Path, seconds: float, skipped: str | None
) -> RecordingReport:
    return RecordingReport(
        id=recording.id,
        camera=recording.camera,
        path=str(path),
        frames=recording.frames,
        analysed=recording.analysed,
        tracklets=store.tracklet_count(recording.id),
        doubtful=store.tracklet_count(recording.id, doubtful=True),
        seconds=seconds,
        skipped=skipped,
        note=recording.note,
    )


def _history(planned: PlannedRecording, camera: CameraSource, store: Store) -> list[Recording]:
    """The processed recordings that one to process carries on, in order of time."""
    known = planned.known
    if known is None:
        return _before(planned.start, {}, camera, store)
    return _before(known.start, known.state, camera, store)


def _before(
    start: float, state: Mapping[str, Any], camera: CameraSource, store: Store
) -> list[Recording]:
    """The processed recordings that one carries on, in order of time.

    Args:
        start: UTC seconds since 1970, of the one.
        state: of the one, empty where nothing of it was processed; what was begun carries on what
            was there then, though another file before it may have come since.
        camera: whose recordings these are.
        store: where they are.
    """
    chain: list[Recording] = []
    while "after" not in state or state["after"] is not None:
        recording = store.recording_before(camera.name, start, state.get("after"))
        if recording is None or not follows(recording.end, start):
            break
        chain.insert(0, recording)
        start, state = recording.start, recording.state
    return chain
