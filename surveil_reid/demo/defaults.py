"""What the demonstration takes where nobody says otherwise."""

from pathlib import Path

from surveil_reid.core import InputError

_SITE = Path(__file__).parents[2] / "samples" / "site" / "site.yaml"


def sample_site() -> Path:
    """The sample site's file, which is part of the source.

    Raises:
        InputError: when only the package is installed.
    """
    if not _SITE.is_file():
        msg = (
            "the sample site comes with the source, not with the installed package: name a site "
            "with --site FILE, such as samples/site/site.yaml of a checkout"
        )
        raise InputError(msg)
    return _SITE
