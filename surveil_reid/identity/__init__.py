"""Who is who: linking tracklets into identities, and deciding whether a search found anybody."""

from surveil_reid.identity.calibrating import KnownHits, best_hits, fit_calibration
from surveil_reid.identity.constraints import NO_CONSTRAINTS, Constraints
from surveil_reid.identity.decision import Decision, decide, threshold_at
from surveil_reid.identity.groups import Group, name_groups
from surveil_reid.identity.linking import LinkOptions, extend, link
from surveil_reid.identity.reviewing import check, constraints_of, held_together, parted_from
from surveil_reid.identity.travel import TravelTime

__all__ = [
    "NO_CONSTRAINTS",
    "Constraints",
    "Decision",
    "Group",
    "KnownHits",
    "LinkOptions",
    "TravelTime",
    "best_hits",
    "check",
    "constraints_of",
    "decide",
    "extend",
    "fit_calibration",
    "held_together",
    "link",
    "name_groups",
    "parted_from",
    "threshold_at",
]
