"""Where recordings lie now: a file is a recording by its content, never by its name alone.

Whole files are hashed to be sure. Videos of one camera are alike in length, size and rate, the
store keeps nothing else to tell them by, and a clip of the wrong one would show a box and a time
that somebody may be held to.
"""

from dataclasses import replace
from pathlib import Path

from surveil_reid.core import MediaError
from surveil_reid.pipeline.files import sha256_of
from surveil_reid.pipeline.plan import PlannedRecording
from surveil_reid.store import Recording, Store


class Footage:
    """The files of recordings, each of which is read through once to know it."""

    def __init__(self) -> None:
        self._problems: dict[int, str | None] = {}

    def file(self, recording: Recording) -> Path:
        """The file of a recording.

        Raises:
            MediaError: when it is not where it was, or something else has its name.
        """
        if recording.id not in self._problems:
            self._problems[recording.id] = _problem(recording)
        problem = self._problems[recording.id]
        if problem is not None:
            msg = (
                f"{recording.path} {problem}; `process` the recording from where it lies now, "
                "so that the store knows its place"
            )
            raise MediaError(msg)
        return Path(recording.path)


def analysed_rate(recording: Recording) -> float:
    """Frames of a recording that are looked at in a second of it."""
    asked = recording.options.get("video", {}).get("fps")
    return min(recording.fps, asked or recording.fps)


def located(planned: PlannedRecording, store: Store) -> PlannedRecording:
    """Tell the store where a recording that it knows was found, unless that was a mere copy."""
    known, place = planned.known, str(planned.path.resolve())
    if known is None or known.path == place:
        return planned
    if Path(known.path).is_absolute() and _problem(known) is None:
        return planned
    store.move_recording(known.id, place)
    return replace(planned, known=replace(known, path=place))


def _problem(recording: Recording) -> str | None:
    """Why the file at a recording's place is not the recording; None if it is."""
    try:
        same = sha256_of(Path(recording.path)) == recording.sha256
    except MediaError as error:
        gone = isinstance(error.__cause__, FileNotFoundError)
        return "does not exist" if gone else "cannot be read"
    return None if same else "is another file than the one that was processed"
