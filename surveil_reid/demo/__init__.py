"""The main job end to end on sample footage."""

from surveil_reid.demo.rooms import DemoReport, demo

__all__ = ["DemoReport", "demo"]
