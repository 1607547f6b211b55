"""`-m owner`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.matches.owner import OwnerMatch

MOST = 0xFFFFFFFE


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
        *_ids(found.get("uid-owner"), {"root": 0}), *_ids(found.get("gid-owner"), {"root": 0}), socket is not None, bool(socket and socket.inverted)
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
    for word, ids, inverted in (("UID", match.uids, match.uids_inverted), ("GID", match.gids, match.gids_inverted)):
        if ids:
            text += f"{bang(inverted)} owner {word} match {'root' if ids == (0, 0) and not numeric else _range(ids)}"
    return text


OWNER = Extension(
    "owner", {"uid-owner": ("uid-owner", True), "gid-owner": ("gid-owner", True), "socket-exists": ("socket-exists", False)},
    build, save, listing, OwnerMatch, frozenset({"uid-owner", "gid-owner", "socket-exists"}),
)  # fmt: skip
