"""How netem loses frames: by chance, in four states, or in two (`loss_4state`, `loss_gilb_ell`)."""

from __future__ import annotations

import random
from typing import Protocol

import attrs

from netsim.kernel.sched.noise import Correlated

GAP, BURST, BURST_LOSS, GAP_LOSS = 1, 2, 3, 4
GOOD, BAD = 1, 2


@attrs.frozen
class LossModel:
    """Chances of a model with states, in units of 2**-32.

    Five (p13, p31, p32, p23, p14) make four states, four (p, r, h, 1-k) make two.
    """

    chances: tuple[int, ...]


class Loss(Protocol):
    """Decides which frames are lost."""

    def strikes(self, rng: random.Random, noise: Correlated) -> bool:
        """Whether the next frame is lost (`loss_event`)."""


@attrs.define(eq=False)
class RandomLoss:
    """Each frame by itself, or correlated with the one before."""

    chance: int = 0

    def strikes(self, rng: random.Random, noise: Correlated) -> bool:
        """Whether the next frame is lost."""
        return bool(self.chance) and self.chance >= noise.draw(rng)


@attrs.define(eq=False)
class FourStates:
    """A Markov chain: received or lost, each within gaps or bursts."""

    model: LossModel
    state: int = GAP

    def strikes(self, rng: random.Random, noise: Correlated) -> bool:
        """Go on to the next state and say whether it loses (`loss_4state`)."""
        p13, p31, p32, p23, p14 = self.model.chances
        drawn = rng.getrandbits(32)
        if self.state == GAP:
            if drawn < p14:
                self.state = GAP_LOSS
                return True
            if p14 < drawn < p13 + p14:
                self.state = BURST_LOSS
                return True
        elif self.state == BURST:
            if drawn < p23:
                self.state = BURST_LOSS
                return True
        elif self.state == BURST_LOSS:
            if drawn < p32:
                self.state = BURST
            elif p32 < drawn < p31 + p32:
                self.state = GAP
            elif p31 + p32 < drawn:
                return True
        else:
            self.state = GAP
        return False


@attrs.define(eq=False)
class GilbertElliot:
    """Good and bad times, each with its own chance."""

    model: LossModel
    state: int = GOOD

    def strikes(self, rng: random.Random, noise: Correlated) -> bool:
        """Maybe turn, and say whether the frame is lost (`loss_gilb_ell`)."""
        to_bad, to_good, kept_in_bad, lost_in_good = self.model.chances
        if self.state == GOOD:
            if rng.getrandbits(32) < to_bad:
                self.state = BAD
            return rng.getrandbits(32) < lost_in_good
        if rng.getrandbits(32) < to_good:
            self.state = GOOD
        return rng.getrandbits(32) > kept_in_bad
