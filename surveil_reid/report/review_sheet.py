"""The sheet of a review: both sides of each question beside one another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from surveil_reid.pipeline import Suggestion
from surveil_reid.report.canvas import BLUE, GREY, Canvas

PAIRS: Final = 4
"""Questions in a row."""


def write_review_sheet(suggestions: Sequence[Suggestion], path: Path) -> Path:
    """Draw the best picture of either side of each question.

    Args:
        suggestions: the questions, in their order; they are numbered from 1.
        path: a PNG file, replaced if it is there; its folder is made if need be.

    Returns:
        The path.

    Raises:
        InputError: when it cannot be written.
    """
    canvas = Canvas(max(1, -(-len(suggestions) // PAIRS)), 2 * PAIRS, lines=3)
    canvas.head(
        f"{len(suggestions)} questions: the same person?",
        "Blue: two identities that may be one. Grey: a part of an identity, and its rest.",
    )
    for place, suggestion in enumerate(suggestions):
        row, pair = divmod(place, PAIRS)
        colour = BLUE if suggestion.kind == "merge" else GREY
        for side, words in enumerate(_words(place + 1, suggestion)):
            canvas.put((row, 2 * pair + side), suggestion.crops[side], colour, words)
    return canvas.save(path)


def _words(number: int, suggestion: Suggestion) -> tuple[list[str], list[str]]:
    sizes = [f"{len(side)} tracklet{'s' * (len(side) > 1)}" for side in suggestion.sides]
    first, last = suggestion.identities[0], suggestion.identities[-1]
    sure = (
        f"similarity {suggestion.similarity:.3f}"
        if suggestion.probability is None
        else f"probability {suggestion.probability:.3f}"
    )
    if suggestion.kind == "merge":
        return [f"{number}. identity {first}", sizes[0], sure], [f"identity {last}", sizes[1]]
    return [f"{number}. part of identity {first}", sizes[0], sure], ["the rest of it", sizes[1]]
