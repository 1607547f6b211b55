"""`-m iprange`."""

from __future__ import annotations

from netsim.addr import IPv4, IPv6
from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.matches.iprange import IprangeMatch

Range = tuple[IPv4 | IPv6, IPv4 | IPv6]


def _range(option: Given | None, family: int) -> tuple[Range | None, bool]:
    if option is None:
        return None, False
    low, _, high = option.value.partition("-")
    kind = IPv4 if family == 2 else IPv6
    try:
        return (kind.parse(low), kind.parse(high or low)), option.inverted
    except ValueError:
        raise Problem(f"xt_iprange: Bad IP address '{low}'\n" if not _good(low, kind) else f"xt_iprange: Bad IP address '{high}'\n") from None


def _good(text: str, kind: type[IPv4] | type[IPv6]) -> bool:
    try:
        kind.parse(text)
    except ValueError:
        return False
    return True


def build(given: list[Given], context: Context) -> IprangeMatch:
    """The match from its options."""
    found = once(given, "iprange")
    if not found:
        raise Problem("iprange match: You must specify `--src-range' or `--dst-range'")
    return IprangeMatch(*_range(found.get("src-range"), context.family), *_range(found.get("dst-range"), context.family))


def save(match: IprangeMatch) -> str:
    """Words for -S."""
    text = ""
    if match.src:
        text += f"{bang(match.src_inverted)} --src-range {match.src[0]}-{match.src[1]}"
    if match.dst:
        text += f"{bang(match.dst_inverted)} --dst-range {match.dst[0]}-{match.dst[1]}"
    return text


def listing(match: IprangeMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = ""
    if match.src:
        text += f" source IP range {'! ' if match.src_inverted else ''}{match.src[0]}-{match.src[1]}"
    if match.dst:
        text += f" destination IP range {'! ' if match.dst_inverted else ''}{match.dst[0]}-{match.dst[1]}"
    return text


IPRANGE = Extension(
    "iprange",
    {"src-range": ("src-range", True), "dst-range": ("dst-range", True)},
    build,
    save,
    listing,
    IprangeMatch,
    frozenset({"src-range", "dst-range"}),
)
