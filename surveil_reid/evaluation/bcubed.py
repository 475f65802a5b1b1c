"""BCubed scores of a grouping, such as tracklets by identity, against the truth."""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from surveil_reid.core import ArrayError


@dataclass(frozen=True, slots=True)
class BCubed:
    """How well a grouping agrees with the truth, averaged over the things that are grouped.

    Bagga and Baldwin, "Entity-Based Cross-Document Coreferencing Using the Vector Space Model",
    COLING-ACL 1998.

    Attributes:
        precision: share of a thing's group that is the same person, itself included.
        recall: share of a person's things that are in a thing's group, itself included.
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def bcubed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> BCubed:
    """Score a grouping against the truth; both name a group for each of n things.

    The order of the things and the names of the groups change nothing, not even the last bit.

    Raises:
        ArrayError: when there are no things, or more on one side than on the other.
    """
    if not len(truth) == len(found) > 0:
        msg = f"{len(truth)} true and {len(found)} found groups; give one of each for every thing"
        raise ArrayError(msg)
    both = Counter(zip(truth, found, strict=True))
    true_sizes, found_sizes = Counter(truth), Counter(found)
    # An exact sum does not depend on the order of its terms.
    precision = math.fsum(count * count / found_sizes[group] for (_, group), count in both.items())
    recall = math.fsum(count * count / true_sizes[person] for (person, _), count in both.items())
    return BCubed(precision / len(truth), recall / len(truth))
