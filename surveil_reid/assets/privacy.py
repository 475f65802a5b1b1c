"""Footage of people stays where it is, and so does the fact that somebody looks at it."""

import sys


def forbid_telemetry() -> None:
    """Keep OpenVINO from reporting its use, which it does on import; call this before that.

    A module that `sys.modules` maps to None cannot be imported, and OpenVINO then runs without its
    telemetry package, as it does where that is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
