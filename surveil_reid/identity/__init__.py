"""Who is who: linking tracklets into identities, and deciding whether a search found anybody."""

from surveil_reid.identity.constraints import NO_CONSTRAINTS, Constraints
from surveil_reid.identity.decision import Decision, decide, threshold_at
from surveil_reid.identity.linking import Group, LinkOptions, extend, link
from surveil_reid.identity.reviewing import check, constraints_of, held_together

__all__ = [
    "NO_CONSTRAINTS",
    "Constraints",
    "Decision",
    "Group",
    "LinkOptions",
    "check",
    "constraints_of",
    "decide",
    "extend",
    "held_together",
    "link",
    "threshold_at",
]
