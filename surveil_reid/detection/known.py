"""Pickled detector weights that may be loaded.

A `.pt` file is a pickle, and loading a pickle can run any program. The files below are known to
hold nothing but a network.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from surveil_reid.assets import shipped_models

# Official weights, from https://github.com/ultralytics/assets/releases/tag/v8.4.0.
_OFFICIAL = {
    "f59b3d833e2ff32e194b5bb8e08d211dc7c5bdf144b90d2c8412c47ccfc83b36": "yolov8n.pt",
    "1f47a78bf100391c2a140b7ac73a1caae18c32779be7d310658112f7ac9aa78a": "yolov8s.pt",
    "5d4a90cdc7a21786cc59cd19778e9eafff836df9e2da32524737c7ee6efe4fe5": "yolov8m.pt",
    "0ebbc80d4a7680d14987a577cd21342b65ecfd94632bd9a8da63ae6417644ee1": "yolo11n.pt",
    "85a76fe86dd8afe384648546b56a7a78580c7cb7b404fc595f97969322d502d5": "yolo11s.pt",
    "d5ffc1a674953a08e11a8d21e022781b1b23a19b730afc309290bd9fb5305b95": "yolo11m.pt",
}

# Float models rebuilt from the official int8 exports, batch norm folded.
_REBUILT = {
    "2a74e28a289d6ff82e637f2087f4598cee23c31554b35950c019e0debfe0514d": "yolov8n-rebuilt.pt",
    "35909c6785d5e6b01e4ac44cf7d8f5c926afc4e14b0300f9cbaf32ff646e9285": "yolo11n-rebuilt.pt",
}


@cache
def known_weights() -> Mapping[str, str]:
    """SHA-256 in hexadecimal, and the name of the file that has it; those that ship included."""
    shipped = {
        entry.sha256: name
        for model in shipped_models()
        for name, entry in model.files.items()
        if name.endswith(".pt")
    }
    return MappingProxyType({**_OFFICIAL, **_REBUILT, **shipped})
