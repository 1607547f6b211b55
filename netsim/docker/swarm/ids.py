"""Names that swarm mode draws (`swarmkit/identity`, `swarmkit/ca`)."""

from __future__ import annotations

from random import Random

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
ID_LENGTH, DIGEST_LENGTH = 25, 50


def base36(number: int, length: int) -> str:
    """A number in base 36, with zeros in front up to a length."""
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits.rjust(length, "0")


def new_id(rng: Random) -> str:
    """An object's 25 digits (`identity.NewID`)."""
    return base36(rng.getrandbits(128) % 36**ID_LENGTH, ID_LENGTH)


def new_digest(rng: Random) -> str:
    """The digest of a root certificate, as tokens carry it."""
    return base36(rng.getrandbits(256), DIGEST_LENGTH)


def new_token(digest: str, rng: Random) -> str:
    """A join token: version, digest of the root certificate, secret (`ca.GenerateJoinToken`)."""
    return f"SWMTKN-1-{digest}-{new_id(rng)}"


def is_token(text: str) -> int:
    """Whether a text is built as a token is (`ca.ParseJoinToken`)."""
    parts = text.split("-")
    return int(len(parts) == 4 and parts[0] == "SWMTKN" and parts[1] == "1" and len(parts[2]) == DIGEST_LENGTH and len(parts[3]) == ID_LENGTH)
