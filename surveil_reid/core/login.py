"""Who runs this process."""

import functools
import getpass


@functools.cache
def login_name() -> str | None:
    """The name, None where the system does not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None
