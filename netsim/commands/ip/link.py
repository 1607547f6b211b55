"""ip link: making, changing, removing and showing devices (`iplink.c`)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netsim.addr import MAC
from netsim.commands.ip import link_list, link_property, link_show
from netsim.commands.ip.kinds.table import HELP, KINDS, UNMODELLED, link_util, port_parser
from netsim.commands.ip.names import number_of
from netsim.commands.ip.usage import LINK
from netsim.commands.ip.words import (
    Stop,
    Words,
    answers,
    check_altname,
    check_name,
    device,
    duparg,
    duparg2,
    invarg,
    matches,
    no_device,
    number,
    parse_address,
    unsigned,
)
from netsim.errors import EINVAL, ENODEV, ESRCH, NetError
from netsim.kernel.core.link_ops import MOST_SEGMENTS
from netsim.kernel.core.netdevice import IFF_ALLMULTI, IFF_DYNAMIC, IFF_MULTICAST, IFF_NOARP, IFF_NOTRAILERS, IFF_PROMISC, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.inet.family import AF_INET
from netsim.kernel.rtnl.link import LinkRequest, dellink, getlink, newlink, setlink

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

FLAGS = {
    "promisc": IFF_PROMISC,
    "multicast": IFF_MULTICAST,
    "allmulticast": IFF_ALLMULTI,
    "trailers": IFF_NOTRAILERS,
    "arp": IFF_NOARP,
    "dynamic": IFF_DYNAMIC,
}
PROTODOWN_KINDS = ("macvlan", "vxlan")
IFALIASZ = 256
HEXADECIMAL = re.compile(r"\s*[+-]?(?:0[xX])?[0-9a-fA-F]+")
"""As `sscanf` reads `%x`: what follows is not looked at."""
INVERTED_FLAGS = ("trailers", "arp")


def do_iplink(session: Ip, cursor: Words) -> None:
    """ip link (`do_iplink`)."""
    if not cursor.more():
        link_list.show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "add"):
        add(session, cursor)
    elif matches(word, "set") or matches(word, "change"):
        change(session, cursor)
    elif matches(word, "replace"):
        add(session, cursor)
    elif matches(word, "delete"):
        delete(session, cursor)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        link_list.show(session, cursor)
    elif matches(word, "xstats") or matches(word, "afstats"):
        raise Stop(f'netsim: "ip link {word}" is not modelled\n', 1)
    elif matches(word, "property"):
        link_property.properties(session, cursor)
    elif matches(word, "help"):
        if cursor.more():
            kind = cursor.take()
            raise Stop("", 0, HELP[kind]) if kind in HELP else Stop(LINK, 255)
        raise Stop(LINK, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip link help".\n', 255)


# parsing -----------------------------------------------------------------------------------------------------------------


def lladdr(word: str) -> MAC:
    """A hardware address of six bytes."""
    read = read_lladdr(word)
    if len(read) != 6:
        raise Stop(f"Invalid address length {len(read)} - must be 6 bytes\n", 1)
    return MAC(int.from_bytes(read, "big"))


def read_lladdr(word: str) -> bytes:
    """The bytes of a hardware address, however many (`ll_addr_a2n`); with dots it is an IPv4 address."""
    dotted = parse_address(word, AF_INET) if "." in word else None
    if dotted is not None:
        return int(dotted).to_bytes(4, "big")
    values = []
    for part in word.split(":"):
        told = HEXADECIMAL.match(part)
        value = int(told[0], 16) if told is not None else -1
        if not 0 <= value <= 255:
            raise Stop(f'"{part}" is invalid lladdr.\n', 1)
        values.append(value)
    return bytes(values)


def _on_off(key: str, word: str) -> int:
    if word not in ("on", "off"):
        raise Stop(f'Error: argument of "{key}" must be "on" or "off", not "{word}"\n', 1)
    return int(word == "on")


def netns_of(session: Ip, word: str) -> Netns:
    """A namespace by name or by the pid of a process in it; `Invalid "netns" value`."""
    machine = session.call.machine
    try:
        return machine.named_netns(session.call.proc, f"/run/netns/{word}" if "/" not in word else word)
    except NetError:
        pass
    pid = number(word, 0, 0x7FFFFFFF)
    if pid is None:
        raise invarg('Invalid "netns" value\n', word)
    process = machine.processes.get(pid)
    if process is None:
        raise answers(NetError(ESRCH))
    if process is session.call.proc:
        return session.netns  # `ip -n` has entered another by then, and a shell's last command has the shell's pid
    return process.netns


class LinkWords:
    """What `iplink_parse` gathers: the request's fields, the device's name and the kind's words."""

    def __init__(self, session: Ip, cursor: Words, netns: Netns) -> None:
        self.session, self.cursor, self.netns = session, cursor, netns
        self.fields: dict[str, Any] = {}
        self.name: str | None = None
        self.dev: str | None = None
        self.kind: str | None = None
        self.flags = self.change = 0
        self.seen: set[str] = set()

    def once(self, key: str, word: str) -> None:
        """A key that may stand only once."""
        if key in self.seen:
            raise duparg(key, word)
        self.seen.add(key)

    def parse(self) -> None:
        """All words up to the end or the kind's own."""
        cursor = self.cursor
        while cursor.more():
            word = cursor.take()
            handler = _key(word)
            if handler is not None:
                handler(self, word)
                continue
            if matches(word, "type"):
                self.kind = cursor.argument()
                break
            if matches(word, "help"):
                raise Stop(LINK, 255)
            if word == "dev":
                word = cursor.argument()
            if self.dev is not None and word != self.dev and self.dev is not self.name:
                raise duparg2("dev", word)
            if not check_altname(word):
                raise invarg('"dev" not a valid ifname', word)
            self.dev = word

    def flag(self, bit: int, value: int) -> None:
        """Set a flag on or off."""
        self.change |= bit
        self.flags = self.flags | bit if value else self.flags & ~bit


def _up(words: LinkWords, word: str) -> None:
    words.flag(IFF_UP, 1)


def _down(words: LinkWords, word: str) -> None:
    words.flag(IFF_UP, 0)


def _name(words: LinkWords, word: str) -> None:
    name = words.cursor.argument()
    words.once("name", name)
    if not check_name(name):
        raise invarg('"name" not a valid ifname', name)
    words.name = name
    if words.dev is None:
        words.dev = name


def _index(words: LinkWords, word: str) -> None:
    value = number(words.cursor.argument(), 1, 0x7FFFFFFF)
    if value is None:
        raise invarg('Invalid "index" value', words.cursor.words[words.cursor.at - 1])
    words.fields["ifindex"] = words.fields["new_ifindex"] = value


def _link(words: LinkWords, word: str) -> None:
    words.fields["link"] = words.cursor.argument()


def _address(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    read = read_lladdr(value)
    words.fields["address"] = read if words.session.is_adding and len(read) != 6 else lladdr(value)


def _broadcast(words: LinkWords, word: str) -> None:
    words.fields["broadcast"] = lladdr(words.cursor.argument())


def _txqueuelen(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    words.once("txqueuelen", value)
    parsed = number(value, -0x80000000, 0x7FFFFFFF)
    if parsed is None:
        raise invarg('Invalid "txqueuelen" value\n', value)
    words.fields["txqueuelen"] = parsed


def _mtu(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    words.once("mtu", value)
    parsed = number(value, -0x80000000, 0x7FFFFFFF)
    if parsed is None:
        raise invarg('Invalid "mtu" value\n', value)
    words.fields["mtu"] = parsed


def _netns(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    words.once("netns", value)
    words.fields["netns"] = netns_of(words.session, value)


def _switch(words: LinkWords, word: str) -> None:
    key = next(name for name in FLAGS if name.startswith(word)) if word not in FLAGS else word
    value = words.cursor.argument()
    on = _on_off(key, value)
    words.flag(FLAGS[key], int(not on) if key in INVERTED_FLAGS else on)


def _master(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    dev = getlink(words.netns, value)
    if word == "vrf" and (dev is None or not dev.l3mdev_table):
        raise invarg("Not a valid VRF name\n", value)
    if dev is None:
        raise invarg("Device does not exist\n", value)
    words.fields["master"] = dev.ifindex


def _nomaster(words: LinkWords, word: str) -> None:
    words.fields["master"] = 0


def _group(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    words.once("group", value)
    parsed = number_of(words.session, "group", value)
    if parsed is None:
        raise invarg('Invalid "group" value\n', value)
    words.fields["group"] = parsed


def _alias(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    if len(value) >= IFALIASZ:
        raise invarg("alias too long\n", value)
    words.fields["alias"] = value


def _state(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    states = [name.lower() for name in link_show.OPERSTATES]
    if value.lower() not in states:
        raise invarg("Invalid operstate\n", value)
    words.fields["operstate"] = states.index(value.lower())


def _mode(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    if value.lower() not in ("default", "dormant"):
        raise invarg("Invalid link mode\n", value)
    words.fields["linkmode"] = int(value.lower() == "dormant")


def _count(field: str) -> Any:
    def take(words: LinkWords, word: str) -> None:
        value = words.cursor.argument()
        words.once(field, value)
        words.fields[field] = unsigned(value, f'Invalid "{field}" value\n')

    return take


def _offload(words: LinkWords, word: str) -> None:
    words.fields[word] = unsigned(words.cursor.argument(), f'Invalid "{word}" value\n', MOST_SEGMENTS if word == "gso_max_segs" else 0xFFFFFFFF)


def _addrgenmode(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    modes = ("eui64", "none", "stable_secret", "random")
    if value not in modes:
        raise invarg("Invalid address generation mode\n", value)
    words.fields["addrgenmode"] = modes.index(value)


def _one_of(key: str, word: str) -> int:
    if word not in ("on", "off"):
        raise Stop(f'Error: argument of "{key}" must be one of "off", "on", not "{word}"\n', EINVAL)
    return int(word == "on")


def _carrier(words: LinkWords, word: str) -> None:
    words.fields["carrier"] = _one_of("carrier", words.cursor.argument())


def _protodown(words: LinkWords, word: str) -> None:
    words.fields["protodown"] = _one_of("protodown", words.cursor.argument())


def _protodown_reason(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    words.fields[word] = unsigned(value, "invalid protodown reason\n", 31)
    value = words.cursor.argument()
    if value not in ("on", "off"):
        raise Stop(f'Error: argument of "{word}" must be "on" or "off", not "{value}"\n', EINVAL)


def _xdp(words: LinkWords, word: str) -> None:
    if words.cursor.argument() != "off":  # there is no program to take off
        _unmodelled(words, word)


def _link_netnsid(words: LinkWords, word: str) -> None:
    value = unsigned(words.cursor.argument(), 'Invalid "link-netnsid" value\n', 0x7FFFFFFF)
    if value not in words.netns.nsids.values():
        raise answers(NetError(EINVAL, "Unknown network namespace id"))
    _unmodelled(words, word)


def _unmodelled(words: LinkWords, word: str) -> None:
    raise Stop(f'netsim: "ip link" option "{word}" is not modelled\n', 1)


_KEYS: tuple[tuple[str, Any, int], ...] = (
    ("up", _up, 1), ("down", _down, 1), ("name", _name, 1), ("index", _index, 0), ("link", _link, 0), ("address", _address, 0),
    ("broadcast", _broadcast, 0), ("brd", _broadcast, 1), ("txqueuelen", _txqueuelen, 0), ("qlen", _txqueuelen, 1), ("txqlen", _txqueuelen, 0),
    ("mtu", _mtu, 1), ("xdpgeneric", _xdp, 1), ("xdpdrv", _xdp, 1), ("xdpoffload", _unmodelled, 1), ("xdp", _xdp, 1),
    ("netns", _netns, 1), ("multicast", _switch, 1), ("allmulticast", _switch, 1), ("promisc", _switch, 1), ("trailers", _switch, 1),
    ("arp", _switch, 1), ("carrier", _carrier, 1), ("vf", _unmodelled, 1), ("master", _master, 0), ("vrf", _master, 1), ("nomaster", _nomaster, 0),
    ("dynamic", _switch, 0), ("alias", _alias, 0), ("group", _group, 1), ("mode", _mode, 1), ("state", _state, 1),
    ("numtxqueues", _count("numtxqueues"), 0), ("numrxqueues", _count("numrxqueues"), 0),
    ("addrgenmode", _addrgenmode, 0), ("link-netnsid", _link_netnsid, 1), ("protodown", _protodown, 1), ("protodown_reason", _protodown_reason, 1),
    ("gso_max_size", _offload, 1), ("gso_max_segs", _offload, 1), ("gro_max_size", _offload, 1), ("parentdev", _unmodelled, 1),
)  # fmt: skip


@lru_cache(256)
def _key(word: str) -> Any:
    """What takes a key, perhaps abbreviated, and its arguments; None: it is none."""
    return next((function for pattern, function, exact in _KEYS if (word == pattern if exact else matches(word, pattern))), None)


# commands ----------------------------------------------------------------------------------------------------------------


def parse_peer(session: Ip, cursor: Words, netns: Netns) -> LinkRequest:
    """The words after `peer`: a link of its own (`veth_parse_opt`)."""
    words = LinkWords(session, cursor, netns)
    words.parse()
    name = words.name if words.name is not None else words.dev
    words.fields.pop("new_ifindex", None)
    return LinkRequest(name=name, flags=words.flags, change=words.change, **{key: value for key, value in words.fields.items() if key != "link"})


def add(session: Ip, cursor: Words) -> None:
    """ip link add."""
    session.is_adding = True
    words = LinkWords(session, cursor, session.netns)
    words.parse()
    if words.name is not None and words.dev != words.name:
        raise Stop('both "name" and "dev" cannot be used when creating devices.\n', 255)
    if words.kind is None:
        raise Stop('Not enough information: "type" argument is required\n', 1)
    kernel = session.netns.kernel
    if words.kind not in kernel.link_kinds and UNMODELLED.get(words.kind) in kernel.profile.modules:
        raise Stop(f'netsim: device type "{words.kind}" is not modelled\n', 1)
    link = None
    if "link" in words.fields:
        name = words.fields.pop("link")
        lower = getlink(session.netns, name)
        if lower is None:
            raise no_device(name)
        link = lower.ifindex
    data: dict[str, Any] = {}
    util = link_util(words.kind)
    if util is not None and cursor.more():
        data = util.parse(session, cursor, session.netns)
    elif cursor.more() and words.kind not in UNMODELLED and words.kind not in KINDS:
        raise Stop(f'Garbage instead of arguments "{cursor.peek()} ...". Try "ip link help".\n', 1)
    words.fields.pop("new_ifindex", None)
    request = LinkRequest(
        name=words.name or words.dev,
        kind=words.kind,
        data=data,
        link=link,
        link_netns=session.netns,
        flags=words.flags,
        change=words.change,
        **words.fields,
    )
    try:
        newlink(session.netns, request)
    except NetError as error:
        raise answers(error) from None


def change(session: Ip, cursor: Words) -> None:
    """ip link set."""
    words = LinkWords(session, cursor, session.netns)
    words.parse()
    if words.dev is None and "group" in words.fields and not words.name:
        _change_group(session, words)
        return
    if words.dev is None:
        raise Stop('Not enough information: "dev" argument is required.\n', 255)
    if "ifindex" in words.fields and "netns" not in words.fields:
        raise Stop("index can be used only when creating devices or when moving device to another netns.\n", 255)
    slave_kind, slave_data, data = None, {}, {}
    dev = _find(session, words.dev)
    if words.kind is not None and words.kind.endswith("_slave"):
        slave_kind = words.kind[: -len("_slave")]
        parse_port = port_parser(slave_kind)
        if parse_port is not None:
            slave_data = parse_port(session, cursor, session.netns)
        words.kind = None
    elif words.kind is not None:
        util = link_util(words.kind)
        if util is not None and cursor.more():
            data = util.parse(session, cursor, session.netns)
        elif cursor.more():
            raise Stop(f'Garbage instead of arguments "{cursor.peek()} ...". Try "ip link help".\n', 255)
    words.fields.pop("ifindex", None)
    words.fields.pop("link", None)
    if words.fields.get("protodown") is not None and dev.kind in PROTODOWN_KINDS:
        raise Stop(f'netsim: "ip link" option "protodown" is not modelled for {dev.kind}\n', 1)
    name = words.name if words.name != dev.name else None
    request = LinkRequest(
        name=name, kind=words.kind, data=data, slave_kind=slave_kind, slave_data=slave_data, flags=words.flags, change=words.change, **words.fields
    )
    try:
        setlink(dev, request)
    except NetError as error:
        raise answers(error) from None


def _find(session: Ip, name: str) -> NetDevice:
    return device(session.netns, name)


def _change_group(session: Ip, words: LinkWords) -> None:
    group = words.fields.pop("group")
    for dev in [dev for dev in session.netns.devices.values() if dev.group == group]:
        try:
            setlink(dev, LinkRequest(flags=words.flags, change=words.change))
        except NetError as error:
            raise answers(error) from None


def delete(session: Ip, cursor: Words) -> None:
    """ip link delete."""
    words = LinkWords(session, cursor, session.netns)
    words.parse()
    if words.kind is not None and cursor.more():
        raise Stop(f'Garbage instead of arguments "{cursor.peek()} ...". Try "ip link help".\n', 255)
    if words.dev is None and "group" in words.fields:
        doomed = [dev for dev in session.netns.devices.values() if dev.group == words.fields["group"]]
        if not doomed:
            raise answers(NetError(ENODEV))
        for dev in doomed:
            if dev.registered:
                dellink(dev)
        return
    if words.dev is None:
        raise Stop('Not enough information: "dev" argument is required.\n', 255)
    dev = _find(session, words.dev)
    try:
        dellink(dev)
    except NetError as error:
        raise answers(error) from None
