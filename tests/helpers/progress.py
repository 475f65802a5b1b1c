"""Progress that tests can look at."""

from surveil_reid.pipeline.progress import Quiet


class Warnings(Quiet):
    """Keeps what it is warned of."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, message: str) -> None:
        self.said.append(message)
