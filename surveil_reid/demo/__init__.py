"""The main job end to end on sample footage."""

from surveil_reid.demo.defaults import sample_site
from surveil_reid.demo.sample import DemoReport, demonstrate

__all__ = ["DemoReport", "demonstrate", "sample_site"]
