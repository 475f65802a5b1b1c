"""The page's template, filled in; whatever it is given is escaped."""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from surveil_reid.core import moment
from surveil_reid.evaluation.drawing import shortened
from surveil_reid.report.times import length

COLOURS: Final = 8
"""Colours of cameras; the ninth camera has the first one's again."""


def render_page(**content: object) -> bytes:
    """Fill in the page and give it as UTF-8.

    Args:
        content: what `templates/page.html` speaks of.
    """
    environment = Environment(
        loader=PackageLoader("surveil_reid.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": lambda number: f"{number:,}",
        "percent": lambda share: f"{100 * share:.3g} %",
        "moment": moment,
        "place": lambda number: f"{number:.2f}".rstrip("0").rstrip("."),
        "score": lambda value: "-" if value is None else f"{value:.3f}",
        "shortened": shortened,
        "travel": lambda seconds: "at once" if seconds < 0 else length(seconds),
    }
    page = environment.get_template("page.html").render(content, colours=COLOURS)
    return page.encode("utf-8", errors="replace")
