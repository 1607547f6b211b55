"""Chance with a memory, and the shapes of delay that netem knows."""

from __future__ import annotations

import random
from functools import lru_cache

import attrs

SCALE = 8192
"""What stands for one standard deviation in a table (`NETEM_DIST_SCALE`)."""
SIZE = 4096
LARGEST = 32767
PARETO_SHAPE = 3.0


@attrs.define(eq=False)
class Correlated:
    """A number generator whose values resemble the one before by `rho` * 2**-32 (`struct crndstate`)."""

    rho: int = 0
    last: int = 0

    def draw(self, rng: random.Random) -> int:
        """The next 32 bits (`get_crandom`)."""
        value = rng.getrandbits(32)
        if not self.rho:
            return value
        rho = self.rho + 1
        self.last = (value * ((1 << 32) - rho) + self.last * rho) >> 32
        return self.last


def tabledist(mu: int, sigma: int, noise: Correlated, table: tuple[int, ...] | None, rng: random.Random) -> int:
    """A time around `mu` ns, spread by `sigma` ns: evenly, or by a table (`tabledist`)."""
    if not sigma:
        return mu
    drawn = noise.draw(rng)
    if table is None:
        return drawn % (2 * sigma) + mu - sigma
    entry = table[drawn % len(table)]
    small = (sigma % SCALE) * entry
    small += SCALE // 2 if small >= 0 else -(SCALE // 2)
    return int(small / SCALE) + (sigma // SCALE) * entry + mu


def _midpoints() -> list[float]:
    return [(place + 0.5) / SIZE for place in range(SIZE)]


def _entry(deviations: float) -> int:
    return max(-LARGEST - 1, min(LARGEST, round(deviations * SCALE)))


def _normal() -> list[float]:
    from statistics import NormalDist  # made once, and not cheap to import

    quantile = NormalDist().inv_cdf
    return [quantile(chance) for chance in _midpoints()]


def _pareto() -> list[float]:
    """Quantiles of Pareto's law (shape 3) with its mean, 1.5, taken off and spread to a scale like the normal one's."""
    return [((1.0 - chance) ** (-1.0 / PARETO_SHAPE) - 1.5) * 4.0 / 3.0 for chance in _midpoints()]


@lru_cache
def distribution(name: str) -> tuple[int, ...] | None:
    """A table of inverse cumulative values by the name tc gives it, in 1/8192 standard deviations; None for an unknown one.

    Computed from the laws that man tc-netem(8) names, not read from iproute2's files.
    """
    if name == "normal":
        return tuple(_entry(value) for value in _normal())
    if name == "pareto":
        return tuple(_entry(value) for value in _pareto())
    if name == "paretonormal":
        highest = LARGEST / SCALE
        return tuple(_entry(normal / 4 + min(pareto, highest) * 3 / 4) for normal, pareto in zip(_normal(), _pareto(), strict=True))
    return None
