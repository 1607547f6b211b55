"""Names that the daemon draws."""

from __future__ import annotations

from base64 import b32encode
from random import Random

from netsim.addr import MAC, IPv4


def new_id(rng: Random) -> str:
    """64 hexadecimal digits, the first twelve of which are not all decimal (`stringid.GenerateRandomID`)."""
    while True:
        made = rng.getrandbits(256).to_bytes(32).hex()
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


def daemon_id(drawn: str, groups: int) -> str:
    """How a daemon's identity is shown, of 64 hexadecimal digits: twelve groups of letters, a key's fingerprint (before 23), or a UUID."""
    if groups:
        text = b32encode(bytes.fromhex(drawn[:60])).decode()
        return ":".join(text[at : at + 4] for at in range(0, 48, 4))
    variant = "89ab"[int(drawn[16], 16) % 4]
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{variant}{drawn[17:20]}-{drawn[20:32]}"
