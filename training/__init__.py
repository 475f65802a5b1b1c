"""Train-time code: it stands on the library and is never imported by it."""
