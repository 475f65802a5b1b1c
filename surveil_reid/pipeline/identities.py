"""What is known of an identity, with everything a person needs to check it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from surveil_reid.store import Identity, Store, TrackletState


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tracklet begins in the footage.

    Attributes:
        recording: path of the file as it was processed.
        offset: seconds after the file's first frame.
        dated: whether anything says when the file was recorded; else the times of the tracklet are
            an assumption, as `process` warned.
    """

    recording: str
    offset: float
    dated: bool

    def __str__(self) -> str:
        """The file's name, and hours, minutes and seconds in it."""
        return f"{Path(self.recording).name} at {timedelta(seconds=int(self.offset))}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """One tracklet of an identity.

    Attributes:
        tracklet: the store's id.
        camera: name.
        start: UTC seconds since 1970.
        end: UTC seconds since 1970.
        score: mean cosine similarity to the identity's other tracklets; 1 for a single one.
        probability: that it is the same person as those, as a search of the whole store would
            say; None for a single one, or where the model's scores are not calibrated.
        crop: path of the best crop.
        place: where in the footage.
    """

    tracklet: int
    camera: str
    start: float
    end: float
    score: float
    probability: float | None
    crop: str | None
    place: Place


def best_crop(store: Store, *tracklets: TrackletState) -> str | None:
    """Path of the picture that shows tracklets best, None where no crop of any was kept."""
    crops = [crop for tracklet in tracklets for crop in tracklet.crops]
    best = max(crops, key=lambda crop: crop.quality, default=None)
    return None if best is None else str(store.crops.path(best.file))


def places_of(store: Store, tracklets: Sequence[TrackletState]) -> list[Place]:
    """Where tracklets begin in the footage; each recording is read once."""
    recordings = {n: store.recording(n) for n in {t.recording_id for t in tracklets}}
    begun_in = [(t, recordings[t.recording_id]) for t in tracklets]
    return [Place(r.path, t.start - r.start, r.start_known) for t, r in begun_in]


def sightings(store: Store, identity: Identity) -> tuple[Sighting, ...]:
    """The tracklets of an identity, in order of time."""
    model = store.model()
    alone = len(identity.tracklet_ids) == 1
    calibration = None if model is None or alone else model.calibration
    recordings = () if calibration is None else store.recordings()
    among = sum(store.tracklet_count(recording.id) for recording in recordings)
    tracklets = [store.tracklet(number) for number in identity.tracklet_ids]
    places = places_of(store, tracklets)
    found = []
    for tracklet, place, score in zip(tracklets, places, identity.scores, strict=True):
        found.append(
            Sighting(
                tracklet=tracklet.id,
                camera=tracklet.camera,
                start=tracklet.start,
                end=tracklet.end,
                score=score,
                probability=None
                if calibration is None
                else float(calibration.probability(np.array(score), gallery_size=among)),
                crop=best_crop(store, tracklet),
                place=place,
            )
        )
    return tuple(sorted(found, key=lambda sighting: (sighting.start, sighting.tracklet)))
