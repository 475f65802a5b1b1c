"""OpenVINO without its telemetry, and ready for several threads; import it from here."""

import sys
from typing import Any


def forbid_telemetry() -> None:
    """Keep OpenVINO from reporting its use, which it does on import; call this before that.

    A module that `sys.modules` maps to None cannot be imported, and OpenVINO then runs without its
    telemetry package, as it does where that is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


def import_openvino() -> Any:  # noqa: ANN401 (it has no types)
    """The library.

    It makes its table of types when a type is first converted, which every inference does. Two
    threads that do so at the same time wait for each other forever: the first gives the interpreter
    up for a moment, the second takes it and waits for the table. So it is made here.
    """
    forbid_telemetry()
    import openvino  # noqa: PLC0415 (takes a second, and most commands run no network)

    openvino.Type.u8.to_dtype()
    return openvino
