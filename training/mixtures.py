"""People whom nobody photographed, each made of two pictures, for a teacher to say who they are."""

from dataclasses import dataclass

import numpy as np

from surveil_reid.core import Floats, Integers
from training.picture_files import Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Mixtures:
    """How pictures are made of two others; nothing is kept of them but that.

    By chance of one half two are blended, in any proportion (Zhang et al., "mixup",
    arXiv:1710.09412); otherwise one is above a row drawn at random and the other below, as someone
    in other trousers. Whose they are nobody knows; a teacher can still be asked about them (Beyer
    et al., "Knowledge distillation: A good teacher is patient and consistent", arXiv:2106.05237).

    Attributes:
        first: int64 `(n,)`, rows of the cache.
        second: int64 `(n,)`, likewise.
        shares: float32 `(n,)`, 0..1: of the first picture, in its height or in all of it.
        blended: bool `(n,)`; the others are cut.
    """

    first: Integers
    second: Integers
    shares: Floats
    blended: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    def __len__(self) -> int:
        return len(self.first)

    def make(self, pictures: Bytes, places: Integers) -> Bytes:
        """Make some of them.

        Args:
            pictures: uint8 `(p, height, width, 3)`, all of the cache.
            places: int64 `(k,)`, which.

        Returns:
            uint8 `(k, height, width, 3)`.
        """
        height = pictures.shape[1]
        shares = self.shares[places, np.newaxis]
        above = (np.arange(height) + 0.5 < shares * height).astype(np.float32)
        kept = np.where(self.blended[places, np.newaxis], shares, above)[
            :, :, np.newaxis, np.newaxis
        ]
        mixed = kept * pictures[self.first[places]] + (1 - kept) * pictures[self.second[places]]
        return np.rint(mixed).astype(np.uint8)

    def names(self, names: dict[int, str]) -> list[str]:
        """What each is made of, of the names of the cache's rows."""
        rows = zip(self.first, self.second, self.shares, self.blended, strict=True)
        return [
            f"{share:.6f} {'of' if blended else 'above'} {names[first]} {names[second]}"
            for first, second, share, blended in rows
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """All pictures that a network may be shown: those to learn from, and after them mixtures.

    Attributes:
        content: uint8 `(p, height, width, 3)`, all of the cache.
        rows: int64 `(n,)`, the training pictures in it.
        mixtures: of them; None for none.
    """

    content: Bytes
    rows: Integers
    mixtures: Mixtures | None = None

    def __len__(self) -> int:
        return len(self.rows) + (0 if self.mixtures is None else len(self.mixtures))

    def take(self, places: Integers) -> Bytes:
        """Pictures, uint8 `(k, height, width, 3)`; mixtures, from `n` on, come last in `places`."""
        own = places[places < len(self.rows)]
        taken: Bytes = self.content[self.rows[own]]
        if self.mixtures is None:
            return taken
        mixed = self.mixtures.make(self.content, places[len(own) :] - len(self.rows))
        return np.concatenate([taken, mixed])


def draw_mixtures(rows: Integers, count: int, seed: int) -> Mixtures:
    """Draw what to make of training pictures.

    Args:
        rows: int64 `(n,)`, of the cache.
        count: how many to make.
        seed: the same gives the same.
    """
    random = np.random.default_rng((seed, count))
    first, second = rows[random.integers(len(rows), size=(2, count))]
    shares = random.random(count, np.float32)
    return Mixtures(first, second, shares, random.random(count) < 0.5)
