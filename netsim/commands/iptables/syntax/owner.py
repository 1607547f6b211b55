"""`-m owner`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.matches.owner import OwnerMatch

MOST = 0xFFFFFFFE
_BOTH = {
    "root": 0, "daemon": 1, "bin": 2, "sys": 3, "lp": 7, "mail": 8, "news": 9, "uucp": 10, "proxy": 13, "www-data": 33, "backup": 34, "list": 38,
    "irc": 39,
}  # fmt: skip
USERS = {**_BOTH, "sync": 4, "games": 5, "man": 6, "_apt": 42, "nobody": 65534}
GROUPS = {
    **_BOTH, "adm": 4, "tty": 5, "disk": 6, "man": 12, "kmem": 15, "dialout": 20, "fax": 21, "voice": 22, "cdrom": 24, "floppy": 25, "tape": 26,
    "sudo": 27, "audio": 29, "dip": 30, "operator": 37, "src": 40, "shadow": 42, "utmp": 43, "video": 44, "sasl": 45, "plugdev": 46, "staff": 50,
    "games": 60, "users": 100, "nogroup": 65534,
}  # fmt: skip
"""The accounts a Debian has from the start (base-passwd)."""


def _ids(option: Given | None, names: dict[str, int]) -> tuple[tuple[int, int] | None, bool]:
    if option is None:
        return None, False
    if option.value in names:
        return (names[option.value], names[option.value]), option.inverted
    low, dash, high = option.value.partition("-")
    last = high if dash else low
    if not (low.isdigit() and last.isdigit() and int(low) <= int(last) <= MOST):
        raise Problem(f'owner: Bad value for "--{option.name}" option: "{option.value}"')
    return (int(low), int(last)), option.inverted


def build(given: list[Given], context: Context) -> OwnerMatch:
    """The match from its options."""
    found = once(given, "owner")
    if not found:
        raise Problem("owner: At least one of --uid-owner, --gid-owner or --socket-exists is required")
    socket = found.get("socket-exists")
    return OwnerMatch(
        *_ids(found.get("uid-owner"), USERS), *_ids(found.get("gid-owner"), GROUPS), socket is not None, bool(socket and socket.inverted)
    )


def _range(ids: tuple[int, int]) -> str:
    return str(ids[0]) if ids[0] == ids[1] else f"{ids[0]}-{ids[1]}"


def save(match: OwnerMatch) -> str:
    """Words for -S."""
    text = f"{bang(match.socket_inverted)} --socket-exists" if match.socket else ""
    if match.uids:
        text += f"{bang(match.uids_inverted)} --uid-owner {_range(match.uids)}"
    return text + (f"{bang(match.gids_inverted)} --gid-owner {_range(match.gids)}" if match.gids else "")


def listing(match: OwnerMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = f"{bang(match.socket_inverted)} owner socket exists" if match.socket else ""
    for word, ids, inverted, names in (("UID", match.uids, match.uids_inverted, USERS), ("GID", match.gids, match.gids_inverted, GROUPS)):
        if ids:
            name = next((name for name, number in names.items() if (number, number) == ids), "") if not numeric else ""
            text += f"{bang(inverted)} owner {word} match {name or _range(ids)}"
    return text


OWNER = Extension(
    "owner", {"uid-owner": ("uid-owner", True), "gid-owner": ("gid-owner", True), "socket-exists": ("socket-exists", False)},
    build, save, listing, OwnerMatch, frozenset({"uid-owner", "gid-owner", "socket-exists"}),
)  # fmt: skip
