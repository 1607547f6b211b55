"""ip address: adding, changing and removing addresses (`ipaddr_modify`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv6, mask4
from netsim.commands.ip.addr_show import FLAGS, FLAGS_OF_IPV6, FOREVER, READ_ONLY_FLAGS, flush, scope_number, show
from netsim.commands.ip.usage import ADDRESS
from netsim.commands.ip.words import Prefix, Stop, Words, address, answers, device, duparg, duparg2, invarg, matches, number, prefix
from netsim.errors import NetError
from netsim.kernel.rtnl.addr import AddrRequest, deladdr, newaddr
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip


def do_ipaddr(session: Ip, cursor: Words) -> None:
    """ip address (`do_ipaddr`)."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "add"):
        modify(session, cursor, NLM_F_CREATE | NLM_F_EXCL)
    elif matches(word, "change") or matches(word, "chg"):
        modify(session, cursor, NLM_F_REPLACE)
    elif matches(word, "replace"):
        modify(session, cursor, NLM_F_CREATE | NLM_F_REPLACE)
    elif matches(word, "delete"):
        modify(session, cursor, 0)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session, cursor)
    elif matches(word, "flush"):
        flush(session, cursor)
    elif word in ("save", "showdump", "restore"):
        raise Stop(f'netsim: "ip address {word}" is not modelled\n', 1)
    elif matches(word, "help"):
        raise Stop(ADDRESS, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip address help".\n', 255)


def _valid(word: str) -> int | None:
    lasts = _lifetime(word, "valid_lft")
    if lasts == 0:
        raise Stop("valid_lft is zero\n", 1)
    return lasts


def _lifetime(word: str, key: str) -> int | None:
    if word == "forever":
        return None
    value = number(word, 0, FOREVER)
    if value is None:
        raise invarg(f"{key} value", word)
    return None if value == FOREVER else value


class AddrWords:
    """What an address command names."""

    def __init__(self, session: Ip) -> None:
        self.session = session
        self.local: Prefix | None = None
        self.peer: Prefix | None = None
        self.broadcast: IPv4 | str | None = None
        self.label: str | None = None
        self.scope: int | None = None
        self.dev: str | None = None
        self.flags = 0
        self.valid: int | None = None
        self.preferred: int | None = None
        self.metric = 0
        self.seen: set[str] = set()
        self.typed = ""


def _once(words: AddrWords, key: str, word: str) -> None:
    if key in words.seen:
        raise duparg(key, word)
    words.seen.add(key)


def modify(session: Ip, cursor: Words, flags: int) -> None:
    """ip address add, change, replace and delete (`ipaddr_modify`)."""
    words = AddrWords(session)
    family = session.style.family if session.style.family in (2, 10) else 0
    while cursor.more():
        word = cursor.take()
        if word in ("peer", "remote"):
            value = cursor.argument()
            _once(words, "peer", value)
            words.peer = prefix(value, family)
        elif matches(word, "broadcast") or word == "brd":
            value = cursor.argument()
            _once(words, "broadcast", value)
            if value in ("+", "-"):
                words.broadcast = value
            else:
                found = address(value, words.local.family if words.local is not None else family)
                words.broadcast = IPv4(found) if isinstance(found, IPv4) else None  # IPv6 has none, whatever is told
        elif word == "scope":
            words.scope = scope_number(cursor.argument())
        elif word == "dev":
            words.dev = cursor.argument()
        elif word == "label":
            words.label = cursor.argument()
        elif matches(word, "metric") or matches(word, "priority") or matches(word, "preference"):
            value = cursor.argument()
            parsed = number(value, 0, FOREVER)
            if parsed is None:
                raise invarg('"metric" value is invalid\n', value)
            words.metric = parsed
        elif word == "valid_lft":
            words.valid = _valid(cursor.argument())
        elif word == "preferred_lft":
            words.preferred = _lifetime(cursor.argument(), "preferred_lft")
        elif word in READ_ONLY_FLAGS:
            session.err.append(f"Warning: {word} option is not mutable from userspace\n")
        elif word in FLAGS_OF_IPV6 and family != 10:
            session.err.append(f"Warning: {word} option can be set only for IPv6 addresses\n")
        elif word in FLAGS:
            words.flags |= FLAGS[word]
        elif word == "anycast":
            value = cursor.argument()  # the kernel keeps none of IPv4 and takes those of IPv6 elsewhere
            _once(words, "anycast", value)
            address(value, words.local.family if words.local is not None else family)
        else:
            if word == "local":
                word = cursor.argument()
            if matches(word, "help"):
                raise Stop(ADDRESS, 255)
            _once(words, "local", word) if words.local is None else _second(word)
            words.local = prefix(word, family)
            words.typed = word
            family = family or words.local.family
    _carry_out(session, words, flags)


def _second(word: str) -> None:
    raise duparg2("local", word)


def _carry_out(session: Ip, words: AddrWords, flags: int) -> None:
    if words.dev is None:
        raise Stop('Not enough information: "dev" argument is required.\n', 1)
    if not flags and words.local is not None and words.local.is_bare and words.peer is None and words.local.family == 2:
        session.err.append(
            f"Warning: Executing wildcard deletion to stay compatible with old scripts.\n         Explicitly specify the prefix length ({words.typed}/32) to avoid this warning.\n"
            "         This special behaviour is likely to disappear in further releases,\n         fix your scripts!\n"
        )
    dev = device(session.netns, words.dev)
    if words.local is None:
        if words.peer is not None:
            raise Stop("netsim: an address without a local part is not modelled\n", 1)
        raise Stop("RTNETLINK answers: Operation not supported\n", 2)
    if words.local.address is None:
        raise Stop("RTNETLINK answers: Operation not supported\n" if words.local.family == 0 else "RTNETLINK answers: Invalid argument\n", 2)
    local = words.local.address
    if words.valid == 0:
        raise Stop("valid_lft is zero\n", 1)
    if words.valid is not None and (words.preferred is None or words.preferred > words.valid):
        raise Stop("preferred_lft is greater than valid_lft\n", 1)
    if words.flags & FLAGS["autojoin"] and not local.is_multicast:
        raise Stop("autojoin needs multicast address\n", 1)
    if words.peer is not None and words.peer.address is not None and words.peer.family != words.local.family:
        raise Stop(f'Error: {"inet" if words.local.family == 2 else "inet6"} prefix is expected rather than "{words.peer.address}".\n', 1)
    if isinstance(words.broadcast, str) and not isinstance(local, IPv4):
        raise Stop("Broadcast can be set only for IPv4 addresses\n", 1)
    length = words.local.length if words.peer is None else words.peer.length
    broadcast = _broadcast(words, local, length)
    scope = words.scope
    if scope is None and flags:
        scope = _default_scope(local)
    request = AddrRequest(
        local, length, None if words.peer is None else words.peer.address, broadcast, words.label, scope, words.flags, words.valid, words.preferred,
        words.metric, 0, words.local.is_bare and words.peer is None,
    )  # fmt: skip
    try:
        if flags:
            newaddr(dev, request, flags)
        else:
            deladdr(dev, request)
    except NetError as error:
        raise answers(error) from None


def _broadcast(words: AddrWords, local: IPv4 | IPv6, length: int) -> IPv4 | None:
    if isinstance(words.broadcast, IPv4):
        return words.broadcast
    if words.broadcast is None or not isinstance(local, IPv4) or length > 30:
        return None
    mask = mask4(length)
    return IPv4(local & mask if words.broadcast == "-" else local & mask | ~mask & 0xFFFFFFFF)


def _default_scope(local: IPv4 | IPv6) -> int:
    if isinstance(local, IPv4):
        return 254 if local.is_loopback else 0
    return 0
