"""Options of the crops stage."""

from dataclasses import dataclass

from surveil_reid.core import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class CropOptions:
    """How crops are cut, encoded and chosen.

    Attributes:
        keep: how many crops a tracklet keeps at most.
        margin: added on every side of a box, as a share of its width and height; 0 or more.
        jpeg_quality: 1..100.
        min_height: boxes lower than this, in pixels, are never kept.
    """

    keep: int = 8
    margin: float = 0.0
    jpeg_quality: int = 90
    min_height: float = 16.0

    def __post_init__(self) -> None:
        if self.keep < 1:
            msg = f"keep must be 1 or more; got {self.keep}"
            raise InputError(msg)
        if not 0 <= self.margin <= 1:
            msg = f"margin must lie in 0..1; got {self.margin}"
            raise InputError(msg)
        if not 1 <= self.jpeg_quality <= 100:
            msg = f"jpeg_quality must lie in 1..100; got {self.jpeg_quality}"
            raise InputError(msg)
        if not self.min_height >= 0:
            msg = f"min_height must be 0 or more; got {self.min_height}"
            raise InputError(msg)
