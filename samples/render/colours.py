"""What things are coloured like; linear RGB, as a renderer wants it."""

import numpy as np

Colour = tuple[float, float, float]

# Most clothes in a street are dark or dull.
NEUTRAL: tuple[Colour, ...] = (
    (0.012, 0.012, 0.014),
    (0.03, 0.03, 0.032),
    (0.09, 0.09, 0.095),
    (0.25, 0.25, 0.25),
    (0.68, 0.68, 0.66),
    (0.02, 0.028, 0.06),
    (0.05, 0.08, 0.16),
    (0.12, 0.085, 0.05),
    (0.30, 0.23, 0.15),
    (0.07, 0.075, 0.04),
    (0.45, 0.40, 0.32),
)
BRIGHT: tuple[Colour, ...] = (
    (0.38, 0.02, 0.03),
    (0.16, 0.012, 0.03),
    (0.60, 0.15, 0.02),
    (0.60, 0.42, 0.04),
    (0.03, 0.20, 0.06),
    (0.02, 0.12, 0.14),
    (0.03, 0.12, 0.42),
    (0.22, 0.42, 0.65),
    (0.14, 0.04, 0.22),
    (0.55, 0.22, 0.30),
    (0.62, 0.55, 0.30),
)
SHOES: tuple[Colour, ...] = (
    (0.012, 0.012, 0.012),
    (0.012, 0.012, 0.012),
    (0.06, 0.035, 0.018),
    (0.15, 0.09, 0.045),
    (0.65, 0.65, 0.63),
    (0.65, 0.65, 0.63),
    (0.10, 0.10, 0.11),
    (0.30, 0.03, 0.03),
    (0.03, 0.06, 0.18),
)
BAGS: tuple[Colour, ...] = (
    (0.012, 0.012, 0.014),
    (0.05, 0.05, 0.055),
    (0.10, 0.05, 0.02),
    (0.28, 0.14, 0.05),
    (0.02, 0.04, 0.12),
    (0.02, 0.20, 0.22),
    (0.35, 0.03, 0.03),
    (0.50, 0.42, 0.30),
)
SKINS: tuple[Colour, ...] = (
    (0.62, 0.40, 0.30),
    (0.55, 0.34, 0.24),
    (0.46, 0.28, 0.19),
    (0.36, 0.20, 0.12),
    (0.22, 0.115, 0.065),
    (0.11, 0.055, 0.032),
    (0.055, 0.028, 0.018),
)
HAIRS: tuple[Colour, ...] = (
    (0.008, 0.007, 0.007),
    (0.012, 0.009, 0.007),
    (0.03, 0.017, 0.010),
    (0.07, 0.035, 0.016),
    (0.16, 0.085, 0.035),
    (0.36, 0.24, 0.11),
    (0.16, 0.045, 0.015),
    (0.30, 0.29, 0.28),
)


def shaded(colour: Colour, rng: np.random.Generator, amount: float) -> Colour:
    """The colour, lighter or darker by up to about `amount`, and a little off in hue."""
    scale = np.exp(rng.uniform(-amount, amount)) * np.exp(rng.uniform(-amount, amount, 3) * 0.3)
    red, green, blue = np.clip(np.array(colour) * scale, 0.004, 0.85)
    return round(float(red), 6), round(float(green), 6), round(float(blue), 6)
