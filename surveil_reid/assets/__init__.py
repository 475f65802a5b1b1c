"""The weights that ship, and descriptions of well-known models."""

from surveil_reid.assets.descriptions import (
    ModelDescription,
    NetworkInput,
    Preprocessing,
    parse_description,
    read_description,
)
from surveil_reid.assets.fingerprints import weights_sha256
from surveil_reid.assets.known import find_description, known_descriptions
from surveil_reid.assets.privacy import forbid_telemetry

__all__ = [
    "ModelDescription",
    "NetworkInput",
    "Preprocessing",
    "find_description",
    "forbid_telemetry",
    "known_descriptions",
    "parse_description",
    "read_description",
    "weights_sha256",
]
