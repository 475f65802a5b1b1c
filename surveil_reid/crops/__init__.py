"""Crops: cutting people out of frames, scoring the pictures, keeping a tracklet's best."""

from surveil_reid.crops.keeper import CropKeeper, merge_kept
from surveil_reid.crops.options import CropOptions
from surveil_reid.crops.pictures import cut_crop, decode_jpeg, encode_jpeg
from surveil_reid.crops.quality import crop_quality

__all__ = [
    "CropKeeper",
    "CropOptions",
    "crop_quality",
    "cut_crop",
    "decode_jpeg",
    "encode_jpeg",
    "merge_kept",
]
