"""What models are exported to; each kind of model can be had in some of it."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surveil_reid.core import InputError

ExportFormat = Literal["onnx", "openvino", "torchscript", "safetensors"]
ExportPrecision = Literal["fp32", "fp16", "bf16", "int8"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Exports:
    """What one kind of model can be exported to.

    Attributes:
        models: the kind, in words.
        pictures: what int8 fits its ranges on, in words.
        naming: what a name must do, in words before its suffix.
        suffixes: how names end, by format.
        precisions: by format.
        packages: an extra that is needed, by format and precision.
    """

    models: str
    pictures: str
    naming: str
    suffixes: Mapping[str, str]
    precisions: Mapping[str, tuple[str, ...]]
    packages: Mapping[tuple[str, str], str]

    def check(self, out: Path, kind: str, precision: str, *, pictures: bool) -> None:
        """Raise InputError unless this can be had under this name, with or without pictures."""
        if kind not in self.suffixes:
            *others, last = self.suffixes
            msg = f"{self.models} are exported to {', '.join(others)} or {last}, not to {kind}"
            raise InputError(msg)
        offered = self.precisions[kind]
        if precision not in offered:
            msg = f"{self.models} in {kind} can be had in {', '.join(offered)}, not in {precision}"
            raise InputError(msg)
        suffix = self.suffixes[kind]
        if not out.name.endswith(suffix) or out.name == suffix:
            msg = f"{out} must {self.naming}{suffix} for the format {kind}"
            raise InputError(msg)
        if precision == "int8" and not pictures:
            msg = f"int8 needs pictures to fit its ranges on: some hundred {self.pictures}"
            raise InputError(msg)
        package = self.packages.get((kind, precision))
        if package is not None and importlib.util.find_spec(package) is None:
            msg = f"exporting to {kind} in {precision} needs {package}; "
            raise InputError(f"{msg}install surveil-reid[export]")
