"""The command line: prints, never computes."""

from surveil_reid.cli.app import main

__all__ = ["main"]
