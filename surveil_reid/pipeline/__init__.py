"""Wires the stages: process, link, search, re-embed."""

from surveil_reid.pipeline.calibrating import calibrate_on_decisions
from surveil_reid.pipeline.doctor import Check, doctor
from surveil_reid.pipeline.export import ExportReport, export_identities
from surveil_reid.pipeline.identities import Place, Sighting, sightings
from surveil_reid.pipeline.index import index_kept, index_state
from surveil_reid.pipeline.linking import LinkReport, link_store
from surveil_reid.pipeline.model_export import ModelExport, export_model, read_pictures
from surveil_reid.pipeline.plan import Failure
from surveil_reid.pipeline.process import ProcessReport, RecordingReport, process
from surveil_reid.pipeline.progress import Progress
from surveil_reid.pipeline.queries import (
    choose_person,
    describe_identity,
    describe_pictures,
    describe_tracklet,
    find_people,
    pictures_of,
)
from surveil_reid.pipeline.reembedding import ReembedReport, reembed
from surveil_reid.pipeline.review import (
    concerned_identities,
    confirm_tracklets,
    merge_identities,
    redo_decisions,
    reject_tracklets,
    split_identity,
    undo_decisions,
)
from surveil_reid.pipeline.searching import (
    Hit,
    SearchOptions,
    SearchResult,
    search,
)
from surveil_reid.pipeline.suggesting import Suggestion, answer_suggestion, is_open, suggestions
from surveil_reid.pipeline.tracks import write_box_tracks

__all__ = [
    "Check",
    "ExportReport",
    "Failure",
    "Hit",
    "LinkReport",
    "ModelExport",
    "Place",
    "ProcessReport",
    "Progress",
    "RecordingReport",
    "ReembedReport",
    "SearchOptions",
    "SearchResult",
    "Sighting",
    "Suggestion",
    "answer_suggestion",
    "calibrate_on_decisions",
    "choose_person",
    "concerned_identities",
    "confirm_tracklets",
    "describe_identity",
    "describe_pictures",
    "describe_tracklet",
    "doctor",
    "export_identities",
    "export_model",
    "find_people",
    "index_kept",
    "index_state",
    "is_open",
    "link_store",
    "merge_identities",
    "pictures_of",
    "process",
    "read_pictures",
    "redo_decisions",
    "reembed",
    "reject_tracklets",
    "search",
    "sightings",
    "split_identity",
    "suggestions",
    "undo_decisions",
    "write_box_tracks",
]
