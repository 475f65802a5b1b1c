"""`surveil-reid log`: who did what with a store, and when."""

import json
from typing import Annotated, Final

import typer

from surveil_reid.cli import options
from surveil_reid.cli.console import print_json, print_table
from surveil_reid.core import iso, moment

OF_PROCESSING: Final = "segment"
"""Lines of which every half minute of footage makes one."""


def log(
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", metavar="KIND", help="Only lines of this kind (search, remove …); repeatable."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Lines at most, the newest.")] = 50,
    store: options.StoreUrl = options.DEFAULT_STORE,
    store_folder: options.StoreFolder = None,
    as_json: options.AsJson = False,
) -> None:
    """Show who searched, reviewed, removed, exported and processed, newest first.

    Lines of kind `segment`, of which processing writes many, are shown when asked for alone.
    """
    with options.open_to_read(store, store_folder) as opened:
        without = () if kind else (OF_PROCESSING,)
        events = opened.events(limit, kinds=kind or (), without=without)
    if as_json:
        lines = [
            {"id": e.id, "at": iso(e.at), "who": e.who, "kind": e.kind, "detail": e.detail}
            for e in events
        ]
        print_json({"events": lines})
        return
    print_table(
        ["at", "who", "kind", "detail"],
        [(moment(e.at), e.who, e.kind, json.dumps(e.detail, ensure_ascii=False)) for e in events],
    )
