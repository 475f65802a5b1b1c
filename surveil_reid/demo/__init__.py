"""The main job end to end on sample footage."""

from surveil_reid.demo.defaults import default_weights, sample_site
from surveil_reid.demo.sample import DemoReport, demonstrate

__all__ = ["DemoReport", "default_weights", "demonstrate", "sample_site"]
