"""Firewall marks as `--bridge-accept-fwmark` gives them: a number, or a number and a mask."""

from __future__ import annotations

from netsim.docker.errors import invalid

RANGE = 1 << 32


def read_mark(text: str) -> tuple[int, int | None]:
    """`MARK[/MASK]`, in any base that Go reads; refused as the daemon words it."""
    mark, slash, mask = text.partition("/")
    return _number(mark, "mark", text), _number(mask, "mask", text) if slash else None


def _number(text: str, what: str, whole: str) -> int:
    try:
        number = int(text, 8 if len(text) > 1 and text[0] == "0" and text.isdigit() else 0)
        if number < 0 or text[:1] in "+-":
            raise ValueError
    except ValueError:
        raise invalid(f'invalid firewall {what} "{whole}": strconv.ParseUint: parsing "{text}": invalid syntax') from None
    if number >= RANGE:
        raise invalid(f'invalid firewall {what} "{whole}": strconv.ParseUint: parsing "{text}": value out of range')
    return number


def for_iptables(text: str) -> str:
    """What stands behind `--mark` (`iptablesFwMark`)."""
    mark, mask = read_mark(text)
    return f"{mark:#x}" if mask is None else f"{mark:#x}/{mask:#x}"


def for_nftables(text: str) -> str:
    """What stands behind `meta mark` (`nftFwMark`)."""
    mark, mask = read_mark(text)
    return str(mark) if mask is None else f"and {mask} == {mark}"
