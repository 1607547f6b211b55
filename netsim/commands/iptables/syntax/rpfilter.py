"""`-m rpfilter`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.kernel.netfilter.matches.rpfilter import RpfilterMatch

FLAGS = ("loose", "validmark", "accept-local", "invert")


def build(given: list[Given], context: Context) -> RpfilterMatch:
    """The match from its options."""
    found = once(given, "rpfilter")
    return RpfilterMatch(*(name in found for name in FLAGS))


def _words(match: RpfilterMatch, before: str) -> str:
    said = (match.loose, match.valid_mark, match.accept_local, match.inverted)
    return "".join(f"{before}{name}" for name, holds in zip(FLAGS, said, strict=True) if holds)


def save(match: RpfilterMatch) -> str:
    """Words for -S."""
    return _words(match, " --")


def listing(match: RpfilterMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return " rpfilter" + _words(match, " ")


RPFILTER = Extension(
    "rpfilter", {name: (name, False) for name in FLAGS}, build, save, listing, RpfilterMatch, tables=frozenset({"raw", "mangle"}),
)  # fmt: skip
