"""What long work tells whoever started it."""

from typing import Protocol


class Progress(Protocol):
    """Told how far long work has come; the command line draws bars from it."""

    def begin(self, task: str, total: int | None) -> None:
        """A task starts; `total` steps are expected, None if nobody knows."""
        ...

    def advance(self, steps: int) -> None:
        """`steps` more steps are done."""
        ...

    def end(self) -> None:
        """The task is over."""
        ...

    def warn(self, message: str) -> None:
        """Something worth a line happened that is no failure."""
        ...


class Quiet:
    """Progress that nobody watches."""

    def begin(self, task: str, total: int | None) -> None:
        """Nothing to show."""

    def advance(self, steps: int) -> None:
        """Nothing to show."""

    def end(self) -> None:
        """Nothing to show."""

    def warn(self, message: str) -> None:
        """Nothing to show."""
