"""`surveil-reid doctor`: what works here."""

import typer

import surveil_reid
from surveil_reid.cli import options
from surveil_reid.cli.console import print_json, print_table


def doctor(as_json: options.AsJson = False) -> None:
    """Check versions, devices, codecs, store and shipped weights; status 1 if anything fails."""
    checks = surveil_reid.doctor()
    ok = all(check.ok for check in checks)
    if as_json:
        print_json(
            {
                "ok": ok,
                "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks],
            }
        )
    else:
        print_table(
            ["", "what", "detail"], [("ok" if c.ok else "FAILED", c.name, c.detail) for c in checks]
        )
    if not ok:
        raise typer.Exit(1)
