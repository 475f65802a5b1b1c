"""Recordings in, frames out: probing, decoding, sampling and the motion gate; and clips out."""

from surveil_reid.video.clips import write_clip
from surveil_reid.video.motion import MotionGate
from surveil_reid.video.options import VideoOptions
from surveil_reid.video.pictures import read_picture
from surveil_reid.video.probe import MediaInfo, probe
from surveil_reid.video.reader import FrameReader, read_frames
from surveil_reid.video.seeking import FrameMark
from surveil_reid.video.starts import start_from_name

__all__ = [
    "FrameMark",
    "FrameReader",
    "MediaInfo",
    "MotionGate",
    "VideoOptions",
    "probe",
    "read_frames",
    "read_picture",
    "start_from_name",
    "write_clip",
]
