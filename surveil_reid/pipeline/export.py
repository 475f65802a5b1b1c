"""Identities as a plain folder of pictures, to train or to measure an embedder with."""

import csv
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from surveil_reid.core import InputError
from surveil_reid.pipeline.progress import Progress, Quiet
from surveil_reid.store import Store

CAMERAS_FILE = "cameras.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportReport:
    """What was exported.

    Attributes:
        folder: where it lies.
        identities: folders.
        several_cameras: of those identities, seen by more than one camera.
        tracklets: whose crops these are.
        crops: pictures.
    """

    folder: Path
    identities: int
    several_cameras: int
    tracklets: int
    crops: int


def export_identities(
    store: Store, folder: Path, *, reviewed: bool = False, progress: Progress | None = None
) -> ExportReport:
    """Write the crops of identities as `identity/cCAMERA_tTRACKLET_NUMBER.jpg`.

    `surveil-reid evaluate folder` and training read such a folder. Cameras are numbers there, from
    1; `cameras.csv` beside the folders has their names. The export is written to the log of the
    store, which has no power over the copies: a removal does not reach them.

    Args:
        store: whose identities; they keep their numbers.
        folder: must not exist, or be empty; it appears whole or not at all.
        reviewed: only tracklets that a reviewer has put to an identity, not those of the system.
        progress: told about every identity.

    Raises:
        InputError: when there is nothing to export, or the folder is not empty or cannot be made.
        ReadOnlyError: when the store cannot note down the export.
        StoreError: when a crop is missing.
    """
    chosen = _choose(store, reviewed=reviewed)
    try:
        _check_empty(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as beside:
            draft = Path(beside) / folder.name
            crops = _write(store, chosen, draft, progress or Quiet())
            report = _report(folder, chosen, crops)
            # The log first: no copy may leave the store unrecorded.
            detail = {"identities": report.identities, "crops": crops, "reviewed": reviewed}
            store.log("export", {"folder": str(folder.absolute()), **detail})
            draft.replace(folder)
    except OSError as error:
        msg = f"{folder}: nothing was exported ({error.strerror}); free space or name another"
        raise InputError(msg) from error
    return report


class _Tracklet(NamedTuple):
    """What is to be copied of a tracklet; its embeddings would take up memory for nothing."""

    id: int
    camera: str
    files: tuple[str, ...]


_Chosen = Mapping[int, Sequence[_Tracklet]]
"""Tracklets by identity."""


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder} is there and not an empty folder; name a new one for the export"
        raise InputError(msg)


def _choose(store: Store, *, reviewed: bool) -> _Chosen:
    members = store.memberships(by="reviewer" if reviewed else None)
    chosen: dict[int, list[_Tracklet]] = {}
    for number, identity in members.items():
        state = store.tracklet(number)
        if state.crops:
            files = tuple(crop.file for crop in state.crops)
            chosen.setdefault(identity, []).append(_Tracklet(number, state.camera, files))
    if not chosen:
        msg = (
            "no tracklet with a crop has been put to an identity by a reviewer; export all "
            "identities without --reviewed, errors of the system included"
            if reviewed
            else "the store holds no identity with a crop; process recordings first, then link"
        )
        raise InputError(msg)
    return dict(sorted(chosen.items()))


def _write(store: Store, chosen: _Chosen, draft: Path, progress: Progress) -> int:
    """Write the folder and return how many pictures it holds."""
    numbers = {name: number for number, name in enumerate(store.cameras(), start=1)}
    draft.mkdir()
    with (draft / CAMERAS_FILE).open("w", encoding="utf-8", newline="") as table:
        rows = ((f"c{number}", name) for name, number in numbers.items())
        csv.writer(table, lineterminator="\n").writerows([("camera", "name"), *rows])
    crops = 0
    progress.begin("exporting", len(chosen))
    for identity, tracklets in chosen.items():
        folder = draft / f"{identity:06d}"
        folder.mkdir()
        for tracklet in tracklets:
            for number, file in enumerate(tracklet.files, start=1):
                name = f"c{numbers[tracklet.camera]}_t{tracklet.id:06d}_{number:02d}.jpg"
                (folder / name).write_bytes(store.crops.read(file))
            crops += len(tracklet.files)
        progress.advance(1)
    progress.end()
    return crops


def _report(folder: Path, chosen: _Chosen, crops: int) -> ExportReport:
    cameras = [{tracklet.camera for tracklet in tracklets} for tracklets in chosen.values()]
    return ExportReport(
        folder=folder,
        identities=len(chosen),
        several_cameras=sum(len(seen) > 1 for seen in cameras),
        tracklets=sum(map(len, chosen.values())),
        crops=crops,
    )
