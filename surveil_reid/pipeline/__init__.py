"""Wires the stages: process, link, search, re-embed."""

from surveil_reid.pipeline.doctor import Check, doctor
from surveil_reid.pipeline.export import ExportReport, export_identities
from surveil_reid.pipeline.identities import Sighting, sightings
from surveil_reid.pipeline.index import index_state
from surveil_reid.pipeline.linking import LinkReport, link_store
from surveil_reid.pipeline.plan import Failure
from surveil_reid.pipeline.process import ProcessReport, RecordingReport, process
from surveil_reid.pipeline.progress import Progress
from surveil_reid.pipeline.queries import (
    describe_identity,
    describe_pictures,
    describe_tracklet,
)
from surveil_reid.pipeline.reembedding import ReembedReport, reembed
from surveil_reid.pipeline.review import confirm, merge, redo, reject, split, undo
from surveil_reid.pipeline.searching import (
    Hit,
    SearchOptions,
    SearchResult,
    search,
)
from surveil_reid.pipeline.tracks import write_box_tracks

__all__ = [
    "Check",
    "ExportReport",
    "Failure",
    "Hit",
    "LinkReport",
    "ProcessReport",
    "Progress",
    "RecordingReport",
    "ReembedReport",
    "SearchOptions",
    "SearchResult",
    "Sighting",
    "confirm",
    "describe_identity",
    "describe_pictures",
    "describe_tracklet",
    "doctor",
    "export_identities",
    "index_state",
    "link_store",
    "merge",
    "process",
    "redo",
    "reembed",
    "reject",
    "search",
    "sightings",
    "split",
    "undo",
    "write_box_tracks",
]
