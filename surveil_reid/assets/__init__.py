"""The weights that ship, and descriptions of well-known models."""

from surveil_reid.assets.descriptions import (
    ModelDescription,
    NetworkInput,
    Preprocessing,
    parse_description,
    read_description,
)
from surveil_reid.assets.fingerprints import weights_sha256
from surveil_reid.assets.formats import ExportFormat, ExportPrecision, Exports
from surveil_reid.assets.known import find_description, known_descriptions
from surveil_reid.assets.openvino_library import forbid_telemetry, import_openvino
from surveil_reid.assets.shipped import (
    ShippedModel,
    check_file,
    find_shipped,
    names_shipped,
    near_names,
    shipped_models,
)

__all__ = [
    "ExportFormat",
    "ExportPrecision",
    "Exports",
    "ModelDescription",
    "NetworkInput",
    "Preprocessing",
    "ShippedModel",
    "check_file",
    "find_description",
    "find_shipped",
    "forbid_telemetry",
    "import_openvino",
    "known_descriptions",
    "names_shipped",
    "near_names",
    "parse_description",
    "read_description",
    "shipped_models",
    "weights_sha256",
]
