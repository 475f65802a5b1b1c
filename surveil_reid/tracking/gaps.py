"""Filling the short gaps of a finished box track."""

import numpy as np

from surveil_reid.core import ArrayError, BoxTrack, Doubles, Integers


def fill_gaps(track: BoxTrack, frames: Integers, times: Doubles, *, max_gap: float) -> BoxTrack:
    """Put boxes where a track was interrupted briefly, on a straight line in time.

    Args:
        track: a finished track within one recording.
        frames: int64 `(m,)`, every analysed frame of the recording, increasing.
        times: float64 `(m,)`, UTC seconds since 1970 of those frames.
        max_gap: seconds between two boxes up to which what lies between is filled.

    Returns:
        The track with its own boxes untouched and the filled ones at confidence 0.

    Raises:
        ArrayError: when frames do not increase or have not as many times.
    """
    if frames.shape != times.shape or (np.diff(frames) <= 0).any():
        msg = f"{frames.shape} analysed frames must increase and have as many times: {times.shape}"
        raise ArrayError(msg)
    if (np.diff(track.frames) <= 0).any():
        msg = "gaps can be filled within one recording only: the track's frames must increase"
        raise ArrayError(msg)
    if len(track) < 2:
        return track
    before = np.searchsorted(track.frames, frames, side="right") - 1
    inside = (before >= 0) & (before < len(track) - 1) & ~np.isin(frames, track.frames)
    short = np.append(np.diff(track.times) <= max_gap, False)
    missing = inside & short[before]
    return _merged(track, frames[missing], times[missing])


def _merged(track: BoxTrack, frames: Integers, times: Doubles) -> BoxTrack:
    filled = np.stack([np.interp(times, track.times, side) for side in track.boxes.T], axis=1)
    order = np.argsort(np.concatenate([track.frames, frames]), kind="stable")
    return BoxTrack(
        frames=np.concatenate([track.frames, frames])[order],
        times=np.concatenate([track.times, times])[order],
        boxes=np.concatenate([track.boxes, filled.astype(np.float32)])[order],
        confidences=np.concatenate([track.confidences, np.zeros(len(frames), np.float32)])[order],
    )
