"""Who there is: people drawn from a seed, some of them dressed much like others."""

from dataclasses import dataclass, replace

import numpy as np

from samples.render.bodies import Shape
from samples.render.colours import BAGS, BRIGHT, HAIRS, NEUTRAL, SHOES, SKINS, Colour, shaded

Generator = np.random.Generator


@dataclass(frozen=True, kw_only=True, slots=True)
class Garment:
    """A top or what is worn below it.

    Attributes:
        kind: a key of `clothes.TOPS` or of `clothes.BOTTOMS`.
        colour: of the cloth.
        second: of the pattern.
        pattern: plain, stripes, checks, twotone, print, open or vest.
    """

    kind: str
    colour: Colour
    second: Colour = (0.5, 0.5, 0.5)
    pattern: str = "plain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outfit:
    """All that covers a person; `extras` are keys of `accessories.MAKERS`."""

    top: Garment
    bottom: Garment
    shoes: Colour
    skin: Colour
    hair: str
    hair_colour: Colour
    extras: tuple[str, ...] = ()
    bag: Colour = (0.02, 0.02, 0.02)
    hat: Colour = (0.02, 0.02, 0.02)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How somebody walks.

    Attributes:
        speed: usual walking speed, m/s.
        stride: length of steps, 1 is the mean.
        swing: of the arms, 1 is the mean.
        stoop: how far the back leans forward, degrees.
        phase: where in the gait cycle the first step is, 0..1.
    """

    speed: float
    stride: float
    swing: float
    stoop: float
    phase: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody of the cast; `number` counts from 1 and is the identity in the truth."""

    number: int
    shape: Shape
    outfit: Outfit
    manner: Manner

    @property
    def name(self) -> str:
        """How the person's things are called in Blender."""
        return f"{self.number:05d}"


_JEANS, _BLACK, _NAVY = (0.035, 0.055, 0.11), (0.012, 0.012, 0.014), (0.02, 0.028, 0.06)
_WHITE, _GREY = (0.72, 0.72, 0.70), (0.20, 0.20, 0.21)
# What many people wear: whoever is drawn from one of these looks like the others who are.
COMMON: tuple[tuple[Garment, Garment, Colour], ...] = (
    (Garment(kind="jacket", colour=_BLACK), Garment(kind="trousers", colour=_JEANS), _WHITE),
    (Garment(kind="jacket", colour=_NAVY), Garment(kind="trousers", colour=_JEANS), _BLACK),
    (Garment(kind="shirt", colour=_GREY), Garment(kind="trousers", colour=_BLACK), _BLACK),
    (Garment(kind="coat", colour=_BLACK), Garment(kind="trousers", colour=_BLACK), _BLACK),
    (Garment(kind="tshirt", colour=_WHITE), Garment(kind="trousers", colour=_JEANS), _WHITE),
)


def draw_cast(count: int, *, seed: int, alike: float = 0.0, first: int = 1) -> tuple[Person, ...]:
    """Draw people; each depends on the seed and on its own number alone.

    Args:
        count: how many.
        seed: of the whole site.
        alike: share of people in one of the `COMMON` outfits, 0..1.
        first: number of the first.
    """
    return tuple(_draw_person(number, seed, alike) for number in range(first, first + count))


def _draw_person(number: int, seed: int, alike: float) -> Person:
    rng = np.random.default_rng((seed, number, 1))
    shape = _draw_shape(rng)
    # Evenly spread rather than drawn, so that a small cast has its share of look-alikes too.
    common = (number * 0.618034) % 1 < alike
    outfit = _draw_outfit(rng, woman=shape.gender > 0.5)
    if common:
        outfit = _common_outfit(rng, outfit, COMMON[number % len(COMMON)])
    manner = Manner(
        speed=float(np.clip(rng.normal(1.3, 0.16), 0.9, 1.7)),
        stride=float(rng.uniform(0.88, 1.08)),
        swing=float(rng.uniform(0.6, 1.25)),
        stoop=float(rng.uniform(-1, 6)),
        phase=float(rng.random()),
    )
    return Person(number=number, shape=shape, outfit=outfit, manner=manner)


def _draw_shape(rng: Generator) -> Shape:
    woman = rng.random() < 0.5
    faces = rng.dirichlet((0.35, 0.35, 0.6))
    return Shape(
        stature=float(np.clip(rng.normal(1.65 if woman else 1.78, 0.065), 1.5, 1.98)),
        gender=float(rng.uniform(0.85, 1) if woman else rng.uniform(0, 0.15)),
        age=float(rng.choice([rng.uniform(0.62, 0.75), rng.uniform(0.75, 0.95)], p=[0.75, 0.25])),
        muscle=float(rng.uniform(0.3, 0.75)),
        weight=float(np.clip(rng.normal(0.5, 0.17), 0.15, 0.95)),
        proportions=float(rng.uniform(0.3, 0.7)),
        african=float(faces[0]),
        asian=float(faces[1]),
        caucasian=float(faces[2]),
    )


def _draw_outfit(rng: Generator, *, woman: bool) -> Outfit:
    extras = tuple(
        name
        for name, chance in (
            ("backpack", 0.25),
            ("handbag", 0.35 if woman else 0.1),
            ("satchel", 0.15),
            ("cap", 0.06 if woman else 0.2),
        )
        if rng.random() < chance
    )
    if "backpack" in extras:
        extras = tuple(name for name in extras if name in ("backpack", "cap"))
    return Outfit(
        top=_draw_top(rng, woman=woman),
        bottom=_draw_bottom(rng, woman=woman),
        shoes=_pick(rng, SHOES),
        skin=shaded(SKINS[rng.integers(len(SKINS))], rng, 0.1),
        hair=str(rng.choice(["long", "short", "bun"], p=[0.55, 0.15, 0.3]))
        if woman
        else str(rng.choice(["short", "bald", "long"], p=[0.82, 0.12, 0.06])),
        hair_colour=shaded(HAIRS[rng.integers(len(HAIRS))], rng, 0.2),
        extras=extras,
        bag=_pick(rng, BAGS),
        hat=_pick(rng, NEUTRAL + BRIGHT),
    )


def _draw_top(rng: Generator, *, woman: bool) -> Garment:
    kinds = ["tshirt", "shirt", "jacket", "coat", "blouse"]
    odds = [0.22, 0.25, 0.28, 0.15, 0.1] if woman else [0.27, 0.27, 0.34, 0.1, 0.02]
    patterns = ["plain", "stripes", "checks", "twotone", "print", "open", "vest"]
    kind = str(rng.choice(kinds, p=odds))
    chances = [0.5, 0.0, 0.0, 0.12, 0.04, 0.3, 0.04]
    if kind not in ("jacket", "coat"):
        chances = [0.5, 0.16, 0.14, 0.06, 0.14, 0.0, 0.0]
    return Garment(
        kind=kind,
        colour=_pick(rng, NEUTRAL if rng.random() < 0.6 else BRIGHT),
        second=_pick(rng, NEUTRAL + BRIGHT),
        pattern=str(rng.choice(patterns, p=chances)),
    )


def _draw_bottom(rng: Generator, *, woman: bool) -> Garment:
    kinds = ["trousers", "leggings", "shorts", "skirt", "longskirt"]
    odds = [0.5, 0.18, 0.08, 0.14, 0.1] if woman else [0.85, 0.0, 0.15, 0.0, 0.0]
    kind = str(rng.choice(kinds, p=odds))
    colour = _pick(rng, NEUTRAL if rng.random() < 0.85 else BRIGHT)
    if kind == "trousers" and rng.random() < 0.4:
        colour = shaded(_JEANS, rng, 0.5)
    return Garment(kind=kind, colour=colour)


def _common_outfit(
    rng: Generator, outfit: Outfit, common: tuple[Garment, Garment, Colour]
) -> Outfit:
    top, bottom, shoes = common
    return replace(
        outfit,
        top=replace(top, colour=shaded(top.colour, rng, 0.15)),
        bottom=replace(bottom, colour=shaded(bottom.colour, rng, 0.15)),
        shoes=shaded(shoes, rng, 0.1),
        extras=tuple(e for e in outfit.extras if e == "backpack"),
        bag=(0.015, 0.015, 0.018),
    )


def _pick(rng: Generator, colours: tuple[Colour, ...]) -> Colour:
    return shaded(colours[rng.integers(len(colours))], rng, 0.25)
