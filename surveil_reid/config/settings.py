"""One frozen options type per stage, composed."""

from dataclasses import asdict, dataclass, field
from typing import Any

from surveil_reid.crops import CropOptions
from surveil_reid.detection import DetectionOptions
from surveil_reid.embedding import EmbeddingOptions
from surveil_reid.tracking import DoubtOptions, RejoinOptions, TrackingOptions
from surveil_reid.video import VideoOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How footage is processed, stage by stage."""

    video: VideoOptions = field(default_factory=VideoOptions)
    detection: DetectionOptions = field(default_factory=DetectionOptions)
    tracking: TrackingOptions = field(default_factory=TrackingOptions)
    doubt: DoubtOptions = field(default_factory=DoubtOptions)
    rejoin: RejoinOptions = field(default_factory=RejoinOptions)
    crops: CropOptions = field(default_factory=CropOptions)
    embedding: EmbeddingOptions = field(default_factory=EmbeddingOptions)

    def stored(self) -> dict[str, Any]:
        """What the rows of a recording depend on, as plain JSON: not devices and batch sizes."""
        stages = {name: getattr(self, name) for name in self.__slots__ if name != "embedding"}
        kept = {name: asdict(options) for name, options in stages.items()}
        for stage, key in (
            ("detection", "device"),
            ("detection", "batch_size"),
            ("video", "threads"),
        ):
            kept[stage].pop(key, None)
        return kept
