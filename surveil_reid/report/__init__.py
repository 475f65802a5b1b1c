"""Pages, sheets and clips drawn from a store."""

from surveil_reid.report.clips import ClipReport, write_clips
from surveil_reid.report.page import FoundPerson, ReportOptions, ReportPage, write_report
from surveil_reid.report.review_sheet import write_review_sheet
from surveil_reid.report.search_sheet import write_search_sheet

__all__ = [
    "ClipReport",
    "FoundPerson",
    "ReportOptions",
    "ReportPage",
    "write_clips",
    "write_report",
    "write_review_sheet",
    "write_search_sheet",
]
