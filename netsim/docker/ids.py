"""Names that the daemon draws."""

from __future__ import annotations

from random import Random

from netsim.addr import MAC, IPv4


def new_id(rng: Random) -> str:
    """64 hexadecimal digits, the first twelve of which are not all decimal (`stringid.GenerateRandomID`)."""
    while True:
        made = f"{rng.getrandbits(256):064x}"
        if not made[:12].isdigit():
            return made


def new_veth(rng: Random) -> str:
    """`veth` and seven hexadecimal digits (`netutils.GenerateIfaceName`)."""
    return f"veth{rng.getrandbits(28):07x}"


def mac_of(address: IPv4) -> MAC:
    """02:42 and the address (`netutils.GenerateMACFromIP`)."""
    return MAC(0x0242_0000_0000 | int(address))


def random_mac(rng: Random) -> MAC:
    """02:42 and four random bytes (`netutils.GenerateRandomMAC`)."""
    return MAC(0x0242_0000_0000 | rng.getrandbits(32))


ADJECTIVES = (
    "bold",
    "brave",
    "calm",
    "clever",
    "eager",
    "gentle",
    "happy",
    "jolly",
    "keen",
    "quiet",
    "quick",
    "proud",
    "sharp",
    "sleepy",
    "stoic",
    "vivid",
)
NOUNS = (
    "bell",
    "bohr",
    "curie",
    "darwin",
    "euler",
    "fermi",
    "gauss",
    "hopper",
    "kepler",
    "lamarr",
    "lovelace",
    "noether",
    "pascal",
    "tesla",
    "turing",
    "volta",
)


def pet_name(rng: Random, taken: set[str]) -> str:
    """A name for a container that was given none; `taken` are those in use."""
    while True:
        name = f"{rng.choice(ADJECTIVES)}_{rng.choice(NOUNS)}"
        if name in taken:
            name += str(rng.randrange(10))
        if name not in taken:
            return name
