"""Resuming a recording behind a frame, as if reading had never stopped.

A seek is trusted only if it is proven to change nothing: the keyframe landed on decodes whole on
its own, and on the way from there the frame resumed from turns up at its time (by the time stamps)
and with its number (by the container's list of packets), with no damage or repair in between. The
proof fails for files that keep no such list or use open groups of pictures; those have to be
decoded from the beginning.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from surveil_reid.core import MediaError
from surveil_reid.video.decoding import Decoder, stamp
from surveil_reid.video.recording import STRICT, Recording, open_recording

OpenDecoder = tuple[Recording, Decoder]


@dataclass(frozen=True, slots=True)
class FrameMark:
    """The last frame that was analysed, from which reading can resume.

    Attributes:
        number: as of the frame.
        time: as of the frame, to the last bit.
    """

    number: int
    time: float


def open_by_seeking(path: Path, mark: FrameMark, *, threads: int) -> OpenDecoder | None:
    """Open a recording so that the next frame is the one behind the mark, without reading it all.

    The decoder is strict: damage that others patch up without a word, with what they have seen
    before, counts as corrupt here. What comes is exact until then.

    Returns:
        The recording and its decoder, or None where the seek cannot be proven exact.

    Raises:
        MediaError: when the file cannot be read.
    """
    recording = open_recording(path, threads=threads, strict=True)
    decoder = _landed(recording, mark)
    if decoder is None:
        recording.close()
        return None
    return recording, decoder


def open_from_beginning(path: Path, mark: FrameMark, *, threads: int) -> OpenDecoder:
    """Open a recording and decode it up to the mark, so that the next frame is the one behind it.

    Raises:
        MediaError: when the file cannot be read, or its frame of that number has another time.
    """
    recording = open_recording(path, threads=threads)
    decoder = Decoder(recording)
    if not _reaches(decoder, mark):
        recording.close()
        msg = (
            f"{path} has no frame {mark.number} at {mark.time:.3f} s, so it is not the file that "
            "was read before; process it anew"
        )
        raise MediaError(msg)
    return recording, decoder


def _reaches(decoder: Decoder, mark: FrameMark) -> bool:
    """Consume frames up to the mark; False when number and time do not meet there."""
    for frame in decoder:
        if frame.number >= mark.number:
            return (frame.number, frame.time) == (mark.number, mark.time)
    return False


def _landed(recording: Recording, mark: FrameMark) -> Decoder | None:
    """Stand behind the mark, coming from a keyframe nearby; None where that is not proven."""
    origin = _first_stamp(recording)
    tick = recording.stream.time_base
    if origin is None or tick is None:
        return None
    number = _lands(recording, round((origin + Fraction(mark.time)) / tick))
    if number is None:
        return None
    decoder = Decoder(recording, number=number, origin=origin)
    sound = _reaches(decoder, mark) and not decoder.corrupt and not decoder.clock.adjusted
    return decoder if sound else None


def _first_stamp(recording: Recording) -> Fraction | None:
    first = next(Decoder(recording), None)
    return stamp(first.raw, recording) if first else None


def _lands(recording: Recording, pts: int) -> int | None:
    """Stand on a keyframe before `pts`; count of frames before it, or None without proof."""
    container, stream = recording.container, recording.stream
    try:
        container.seek(pts, stream=stream)
        packet = next(container.demux(stream))
        listed = [e.timestamp for e in stream.index_entries if not e.is_discard]
        if packet.dts is None or listed.count(packet.dts) != 1 or not _stands_alone(packet):
            return None
        container.seek(pts, stream=stream)
    except av.FFmpegError:
        return None
    return listed.index(packet.dts)


def _stands_alone(packet: "Packet[VideoStream]") -> bool:
    """Whether a packet is one whole intra-coded frame to a decoder that knows nothing else."""
    declared = packet.stream.codec_context
    strict = cast("VideoCodecContext", av.CodecContext.create(declared.name, "r"))
    strict.extradata = declared.extradata
    strict.width, strict.height = declared.width, declared.height
    strict.options = STRICT
    strict.thread_count = 1
    frames = strict.decode(packet) + strict.decode(None)
    return [frame.pict_type for frame in frames] == [PictureType.I]
