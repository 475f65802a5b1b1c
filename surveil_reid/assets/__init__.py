"""The weights that ship, and descriptions of well-known models."""
