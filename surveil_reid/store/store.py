"""The store as other packages see it: one class, each method one transaction."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from surveil_reid.core import (
    BoxTrack,
    Calibration,
    Floats,
    Integers,
    ModelInfo,
    ReviewDecision,
    Sights,
    Tracklet,
)
from surveil_reid.store import (
    counts,
    crop_rows,
    decisions,
    identities,
    journal,
    models,
    recordings,
    removal,
    segments,
    tracklets,
)
from surveil_reid.store import reembed as change_over
from surveil_reid.store.crop_files import CropFolder
from surveil_reid.store.decisions import Reverted
from surveil_reid.store.engine import Database
from surveil_reid.store.failures import file_failures
from surveil_reid.store.values import (
    Event,
    Identity,
    IdentityGroup,
    LinkingBasis,
    NewRecording,
    Recording,
    Removed,
    SegmentCommit,
    SegmentDetections,
    StoreCounts,
    TrackletState,
)


class Store:
    """What has been seen, in a database and a folder of crops. Made by `open_store`.

    Every method is one transaction and raises StoreError, or one of its kinds, when the database
    or the folder cannot be used: BusyError, SpaceError, ReadOnlyError.

    Attributes:
        url: the database, without its password.
        read_only: whether everything that writes is refused.
        folder: holds the crops and the index.
        crops: the pictures.
        index_path: where the search index belongs; derived, and deleted by removals.
    """

    def __init__(self, database: Database, folder: Path, file: Path | None) -> None:
        self.url = database.name
        self.read_only = database.read_only
        self.folder = folder
        self.crops = CropFolder(folder / "crops")
        self.index_path = folder / "index.faiss"
        self._database = database
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; the store can be opened again."""
        self._database.close()

    # Cameras, recordings and their segments

    def cameras(self) -> tuple[str, ...]:
        """Names, in their order."""
        with self._database.reading() as session:
            return tuple(recordings.camera_ids(session))

    def camera_numbers(self) -> dict[str, int]:
        """The number that stands for each camera in `SIGHT`, by name."""
        with self._database.reading() as session:
            return recordings.camera_ids(session)

    def undated_cameras(self) -> tuple[str, ...]:
        """Names of those with a recording of which nothing says when it was made, in order."""
        with self._database.reading() as session:
            return recordings.undated_cameras(session)

    def recordings(self, camera: str | None = None) -> tuple[Recording, ...]:
        """Recordings by their start, of one camera or of all.

        Raises:
            UnknownNameError: when there is no such camera.
        """
        with self._database.reading() as session:
            return recordings.list_recordings(session, camera)

    def recording(self, number: int) -> Recording:
        """One recording.

        Raises:
            UnknownNameError: when there is no such recording.
        """
        with self._database.reading() as session:
            return recordings.read_recording(session, number)

    def find_recording(self, sha256: str) -> Recording | None:
        """The recording whose file has this content."""
        with self._database.reading() as session:
            return recordings.find_recording(session, sha256)

    def recording_before(
        self, camera: str, start: float, number: int | None = None
    ) -> Recording | None:
        """The last complete recording of a camera that began before a moment, if there is one.

        Args:
            camera: its name; there need be none of it.
            start: UTC seconds since 1970.
            number: of a recording; none but this one is given.
        """
        with self._database.reading() as session:
            return recordings.recording_before(session, camera, start, number)

    def add_recording(self, new: NewRecording) -> Recording:
        """Add a recording with nothing processed yet, and its camera where that is new.

        Raises:
            BusyError: when the store holds the file already.
        """
        with self._database.writing() as session:
            return recordings.add_recording(session, new)

    def move_recording(self, number: int, path: str) -> None:
        """Write down that a recording lies at another place now; an absolute path."""
        with self._database.writing() as session:
            recordings.move_recording(session, number, path)

    def commit_segment(self, commit: SegmentCommit) -> tuple[int, ...]:
        """Store one segment's results, all or nothing; the tracklets' ids, parallel to updates.

        Raises:
            BusyError: when another process has committed this segment.
            UnknownNameError: when the recording or a tracklet is not there.
            ModelMismatchError: when the store's descriptors were made by another model.
            SpaceError: when the disk is full; nothing half-written remains.
        """
        return segments.commit_segment(self._database, self.crops, commit)

    def segments(self, recording_id: int, first: int = 0) -> Iterator[SegmentDetections]:
        """The committed segments from number `first` on, read one at a time."""
        return segments.read_segments(self._database, recording_id, first)

    # Tracklets

    def tracklet_states(
        self,
        *,
        camera: str,
        live: bool | None = None,
        recordings: Collection[int] | None = None,
        ended_within: Sequence[tuple[float, float]] | None = None,
    ) -> tuple[TrackletState, ...]:
        """A camera's tracklets by id.

        Args:
            camera: its name.
            live: only those in view, or only those out of it.
            recordings: only those that began in one of these.
            ended_within: only those that ended in one of these spans, UTC seconds since 1970, the
                first and the last moment of each in it.

        Raises:
            UnknownNameError: when there is no such camera.
        """
        with self._database.reading() as session:
            return tracklets.find_states(
                session, camera, live=live, recordings=recordings, ended_within=ended_within
            )

    def leaves_unfinished(self, recordings: Collection[int]) -> bool:
        """Whether somebody in view has crops of these recordings that are not embedded yet."""
        with self._database.reading() as session:
            return tracklets.leaves_unfinished(session, recordings)

    def tracklet(self, number: int) -> TrackletState:
        """One tracklet with its crops.

        Raises:
            UnknownNameError: when there is no such tracklet.
        """
        with self._database.reading() as session:
            return tracklets.read_state(session, number)

    def tracklet_count(self, recording_id: int, *, doubtful: bool = False) -> int:
        """How many tracklets began in a recording: the doubtful ones, or the others."""
        with self._database.reading() as session:
            return tracklets.count_begun(session, recording_id, doubtful=doubtful)

    def box_track(self, tracklet_id: int) -> BoxTrack:
        """A tracklet's boxes in order of time; frame numbers are those of each recording.

        Raises:
            UnknownNameError: when there is no such tracklet.
        """
        with self._database.reading() as session:
            return tracklets.read_track(session, tracklet_id)

    def box_tracks(self, recording_id: int, *, doubtful: bool = True) -> dict[int, BoxTrack]:
        """Every tracklet's boxes within one recording, by tracklet.

        Args:
            recording_id: the recording.
            doubtful: whether to give those of the doubtful tracklets too.
        """
        with self._database.reading() as session:
            return tracklets.read_tracks(session, recording_id, doubtful=doubtful)

    def tracklets(
        self,
        *,
        doubtful: bool = False,
        cameras: Sequence[str] = (),
        after: float | None = None,
        before: float | None = None,
    ) -> tuple[Tracklet, ...]:
        """Tracklets that have a descriptor, by id.

        Args:
            doubtful: whether to give the doubtful ones too.
            cameras: only of these; of none named, all.
            after: only those in view at this moment or later, UTC seconds since 1970.
            before: only those in view at this moment or earlier.

        Raises:
            UnknownNameError: when there is no such camera.
        """
        with self._database.reading() as session:
            return tracklets.find_tracklets(
                session, tracklets.Filters(doubtful, cameras, after, before)
            )

    def chosen_tracklets(self, ids: Collection[int]) -> tuple[Tracklet, ...]:
        """Those of these tracklets that have a descriptor, doubtful or not, by id."""
        with self._database.reading() as session:
            return tracklets.chosen_tracklets(session, ids)

    def descriptors(self, *, doubtful: bool = False) -> tuple[Integers, Floats]:
        """Ids, int64 `(n,)` rising, and descriptors, float32 `(n, dim)`, both of `tracklets`."""
        with self._database.reading() as session:
            return tracklets.read_descriptors(session, doubtful=doubtful)

    def chosen_descriptors(self, ids: Integers) -> tuple[Integers, Floats]:
        """As `descriptors`, of those of these tracklets that have one, doubtful or not."""
        with self._database.reading() as session:
            return tracklets.read_chosen_descriptors(session, ids)

    def search_rows(self, ids: Integers) -> tuple[Integers, Floats, Sights]:
        """As `chosen_descriptors`, and what a search chooses by, `SIGHT` `(n,)`, of the same."""
        with self._database.reading() as session:
            return tracklets.read_search_rows(session, ids)

    def changed_tracklets(self, revision: int) -> Integers:
        """All that changed or went after a revision, described or not, int64 `(n,)` rising."""
        with self._database.reading() as session:
            return tracklets.find_changed(session, revision)

    # Models

    def model(self) -> ModelInfo | None:
        """The model of the descriptors in the store; None while there are none."""
        with self._database.reading() as session:
            return models.current_model(session)

    def check_model(self, info: ModelInfo) -> None:
        """Raise ModelMismatchError when the descriptors in the store are another model's."""
        with self._database.reading() as session:
            models.require_model(session, info)

    def calibrate(self, calibration: Calibration, *, model: ModelInfo | None = None) -> None:
        """Give the store's model other probabilities, kept until the next call or another model.

        Args:
            calibration: how similarities become probabilities.
            model: whose similarities it was fitted to; None for the store's.

        Raises:
            ModelMismatchError: when the store's descriptors are another model's.
            StoreError: when the store holds no descriptors.
        """
        with self._database.writing() as session:
            if model is not None:
                models.require_model(session, model)
            models.save_calibration(session, calibration)
            journal.log(session, "calibrate", {"fitted_on": calibration.fitted_on})

    def reembed(self, model: ModelInfo, compute: Callable[[Sequence[bytes]], Floats]) -> int:
        """Change all embeddings and descriptors over to `model`; identities are dropped.

        Args:
            model: the new embedder.
            compute: from JPEGs to float32 `(n, dim)`, L2-normalised.

        Returns:
            How many tracklets have a new descriptor.
        """
        return change_over.reembed(self._database, self.crops, model, compute)

    # Identities

    def memberships(self, by: Literal["system", "reviewer"] | None = None) -> dict[int, int]:
        """The identity of each tracklet that has one, from whoever says so, or from `by` alone."""
        with self._database.reading() as session:
            return identities.read_memberships(session, by)

    def identities_of(self, tracklets: Collection[int]) -> dict[int, int]:
        """The identity of each of these tracklets that has one."""
        with self._database.reading() as session:
            return identities.read_identities_of(session, tracklets)

    def identities(self, *, cameras: Collection[str] = ()) -> tuple[Identity, ...]:
        """All identities by id, or those that each of these cameras saw.

        Raises:
            UnknownNameError: when there is no such camera.
        """
        with self._database.reading() as session:
            for camera in cameras:
                recordings.camera_id(session, camera)
            found = identities.list_identities(session)
        return tuple(i for i in found if set(cameras) <= set(i.cameras))

    def identity(self, number: int) -> Identity:
        """One identity.

        Raises:
            UnknownNameError: when there is no such identity.
        """
        with self._database.reading() as session:
            return identities.read_identity(session, number)

    def linking_basis(self) -> LinkingBasis:
        """What linking goes by beside the tracklets, which are to be read after it."""
        with self._database.reading() as session:
            return identities.read_basis(session)

    def set_identities(
        self,
        groups: Sequence[IdentityGroup],
        *,
        basis: LinkingBasis | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[int, ...]:
        """Replace the whole assignment; the identities' ids, parallel to `groups`.

        Args:
            groups: all of it. Who a reviewer put to an identity is marked so.
            basis: what the groups were worked out from; None checks nothing.
            options: what linking was told, plain JSON values, for the next basis; None leaves what
                stands there.

        Raises:
            UnknownNameError: when an identity or tracklet is not there.
            ArrayError: when a tracklet or an identity comes twice.
            BusyError: when the basis is no longer what the store holds.
        """
        with self._database.writing() as session:
            return identities.set_identities(session, groups, basis, options)

    # Reviewers' decisions

    def decisions(self) -> tuple[ReviewDecision, ...]:
        """The decisions that stand, the oldest first."""
        with self._database.reading() as session:
            return decisions.standing(session)

    def decide(
        self,
        decision: ReviewDecision,
        groups: Sequence[IdentityGroup],
        *,
        seen: Mapping[int, int],
        obeying: Sequence[ReviewDecision],
    ) -> ReviewDecision:
        """Store a decision together with what it changes; it ends what could be redone.

        The decision that was undone last is made again instead where it is the same, so that it
        gives the same numbers.

        Args:
            decision: what was decided.
            groups: the identities that change, with all their members.
            seen: identity by tracklet, of those in the groups that had one.
            obeying: the decisions that stood when this was worked out.

        Returns:
            The decision with its number.

        Raises:
            BusyError: when identities or decisions have changed meanwhile.
        """
        with self._database.writing() as session:
            decisions.require_standing(
                decisions.standing(session), [earlier.id for earlier in obeying]
            )
            return decisions.decide(session, decision, groups, seen)

    def undo(self, steps: int = 1, *, who: str | None = None) -> Reverted:
        """Take back the last decisions, the latest first.

        Raises:
            InputError: when there are not so many.
        """
        with self._database.writing() as session:
            return decisions.undo(session, steps, who)

    def redo(self, steps: int = 1, *, who: str | None = None) -> Reverted:
        """Make decisions again that were undone, the last undone first.

        Raises:
            InputError: when there are not so many.
        """
        with self._database.writing() as session:
            return decisions.redo(session, steps, who)

    # Removal

    def remove_camera(self, name: str) -> Removed:
        """Remove a camera with its recordings, tracklets, crops, memberships and the index.

        Raises:
            UnknownNameError: when there is no such camera.
        """
        with self._database.writing() as session:
            removed, files = removal.remove_camera(session, name)
        return self._delete_files(removed, files)

    def remove_recording(self, path_or_sha256: str) -> Removed:
        """Remove a recording, named by its path or content, with what was drawn from it.

        A tracklet that crosses into another recording keeps what lies there.

        Raises:
            UnknownNameError: when there is no such recording.
            InputError: when several have this path.
        """
        with self._database.writing() as session:
            removed, files = removal.remove_recording(session, path_or_sha256)
        return self._delete_files(removed, files)

    def remove_identity(self, number: int) -> Removed:
        """Remove one person: all tracklets of an identity, and with them the identity.

        Recordings stay processed, so the person does not come back; what is left of one that was
        interrupted brings back whoever is seen in it.

        Raises:
            UnknownNameError: when there is no such identity.
        """
        with self._database.writing() as session:
            found = identities.read_identity(session, number)
            what = {"identity": number}
            removed, files = removal.remove_tracklets(session, what, found.tracklet_ids)
        return self._delete_files(removed, files)

    def remove_tracklet(self, number: int) -> Removed:
        """Remove one tracklet, as `remove_identity` removes those of a person.

        Raises:
            UnknownNameError: when there is no such tracklet.
        """
        with self._database.writing() as session:
            tracklets.read_state(session, number)
            removed, files = removal.remove_tracklets(session, {"tracklet": number}, [number])
        return self._delete_files(removed, files)

    def _delete_files(self, removed: Removed, files: set[str]) -> Removed:
        crop_rows.delete_unreferred(self._database, self.crops, files)
        with file_failures(self.folder):
            # The index holds descriptors of people who are to be forgotten.
            for path in self.folder.glob(f"{self.index_path.name}*"):
                path.unlink(missing_ok=True)
        return removed

    def sweep_crops(self, older_than_s: float) -> int:
        """Delete files that no row refers to, left by a killed run; return how many.

        Args:
            older_than_s: spare younger files: another process may be about to refer to them.
        """
        return crop_rows.sweep(self._database, self.crops, time.time() - older_than_s)

    # The log and the numbers

    def revision(self) -> int:
        """Grows whenever tracklets, descriptors or doubtful flags change."""
        with self._database.reading() as session:
            return journal.read_revision(session)

    def key(self) -> str:
        """A random name, no other store's: for what is derived from its rows."""
        with self._database.reading() as session:
            return journal.read_key(session)

    def log(self, kind: str, detail: dict[str, Any], who: str | None = None) -> None:
        """Add a line to the log; `detail` is plain JSON values, `who` the login name if None."""
        with self._database.writing() as session:
            journal.log(session, kind, detail, who)

    def events(
        self, limit: int, *, kinds: Collection[str] = (), without: Collection[str] = ()
    ) -> tuple[Event, ...]:
        """The newest lines of the log, newest first.

        Args:
            limit: how many at most.
            kinds: only these; empty for all.
            without: none of these.
        """
        with self._database.reading() as session:
            return journal.list_events(session, limit, kinds, without)

    def counts(self) -> StoreCounts:
        """What the store holds."""
        file = self._file
        rows = [] if file is None else [file, file.with_name(f"{file.name}-wal")]
        size = counts.size_on_disk([*rows, self.folder])
        with self._database.reading() as session:
            return counts.count_rows(session, size)
