"""Who is who: linking tracklets into identities, and deciding whether a search found anybody."""

from surveil_reid.identity.constraints import NO_CONSTRAINTS, Constraints
from surveil_reid.identity.decision import Decision, decide, threshold_at
from surveil_reid.identity.linking import Group, LinkOptions, extend, link

__all__ = [
    "NO_CONSTRAINTS",
    "Constraints",
    "Decision",
    "Group",
    "LinkOptions",
    "decide",
    "extend",
    "link",
    "threshold_at",
]
