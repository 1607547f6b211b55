"""ip link: making, changing, removing and showing devices (`iplink.c`)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netsim.addr import MAC
from netsim.commands.ip import link_property, link_show
from netsim.commands.ip.kinds.table import HELP, UNMODELLED, link_util, port_parser
from netsim.commands.ip.names import number_of
from netsim.commands.ip.output import to_json
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
    unsigned,
)
from netsim.errors import ENODEV, ESRCH, NetError
from netsim.kernel.core.netdevice import IFF_ALLMULTI, IFF_DYNAMIC, IFF_MULTICAST, IFF_NOARP, IFF_NOTRAILERS, IFF_PROMISC, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.link import LinkRequest, dellink, dumped, getlink, newlink, setlink

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
INVERTED_FLAGS = ("trailers", "arp")


def do_iplink(session: Ip, cursor: Words) -> None:
    """ip link (`do_iplink`)."""
    if not cursor.more():
        show(session, cursor)
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
        show(session, cursor)
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
    """A hardware address (`ll_addr_a2n`, `rtnl_talk`'s length check)."""
    parts = word.split(":")
    values = []
    for part in parts:
        try:
            value = int(part, 16)
        except ValueError:
            value = -1
        if not 0 <= value <= 255 or not part:
            if len(parts) == 1 and "." not in word and "-" in word:
                raise Stop(f"Invalid address length {1} - must be 6 bytes\n", 1)
            raise Stop(f'"{part}" is invalid lladdr.\n', 1)
        values.append(value)
    if len(values) != 6:
        raise Stop(f"Invalid address length {len(values)} - must be 6 bytes\n", 1)
    return MAC(int.from_bytes(bytes(values), "big"))


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
            if self.dev is not None and word != self.dev:
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
        raise invarg('Invalid "index" value\n', words.cursor.words[words.cursor.at - 1])
    words.fields["ifindex"] = words.fields["new_ifindex"] = value


def _link(words: LinkWords, word: str) -> None:
    words.fields["link"] = words.cursor.argument()


def _address(words: LinkWords, word: str) -> None:
    words.fields["address"] = lladdr(words.cursor.argument())


def _broadcast(words: LinkWords, word: str) -> None:
    words.fields["broadcast"] = lladdr(words.cursor.argument())


def _txqueuelen(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    words.once("txqueuelen", value)
    words.fields["txqueuelen"] = unsigned(value, 'Invalid "txqueuelen" value\n', 0x7FFFFFFF)


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
    words.fields["alias"] = words.cursor.argument()


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


def _count(field: str, what: str) -> Any:
    def take(words: LinkWords, word: str) -> None:
        value = words.cursor.argument()
        words.once(what, value)
        words.fields[field] = unsigned(value, f'Invalid "{what}" value\n')

    return take


def _addrgenmode(words: LinkWords, word: str) -> None:
    value = words.cursor.argument()
    modes = ("eui64", "none", "stable_secret", "random")
    if value not in modes:
        raise invarg("Invalid address generation mode\n", value)
    words.fields["addrgenmode"] = modes.index(value)


def _carrier(words: LinkWords, word: str) -> None:
    words.fields["carrier"] = _on_off("carrier", words.cursor.argument())


def _unmodelled(words: LinkWords, word: str) -> None:
    raise Stop(f'netsim: "ip link" option "{word}" is not modelled\n', 1)


_KEYS: tuple[tuple[str, Any, int], ...] = (
    ("up", _up, 1), ("down", _down, 1), ("name", _name, 1), ("index", _index, 0), ("link", _link, 0), ("address", _address, 0),
    ("broadcast", _broadcast, 0), ("brd", _broadcast, 1), ("txqueuelen", _txqueuelen, 0), ("qlen", _txqueuelen, 1), ("txqlen", _txqueuelen, 0),
    ("mtu", _mtu, 1), ("xdpgeneric", _unmodelled, 1), ("xdpdrv", _unmodelled, 1), ("xdpoffload", _unmodelled, 1), ("xdp", _unmodelled, 1),
    ("netns", _netns, 1), ("multicast", _switch, 1), ("allmulticast", _switch, 1), ("promisc", _switch, 1), ("trailers", _switch, 1),
    ("arp", _switch, 1), ("carrier", _carrier, 1), ("vf", _unmodelled, 1), ("master", _master, 0), ("vrf", _master, 1), ("nomaster", _nomaster, 0),
    ("dynamic", _switch, 0), ("alias", _alias, 0), ("group", _group, 1), ("mode", _mode, 1), ("state", _state, 1),
    ("numtxqueues", _count("numtxqueues", "numtxqueues"), 0), ("numrxqueues", _count("numrxqueues", "numrxqueues"), 0),
    ("addrgenmode", _addrgenmode, 0), ("link-netnsid", _unmodelled, 1), ("protodown", _unmodelled, 1), ("protodown_reason", _unmodelled, 1),
    ("gso_max_size", _unmodelled, 1), ("gso_max_segs", _unmodelled, 1), ("gro_max_size", _unmodelled, 1), ("parentdev", _unmodelled, 1),
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
    words = LinkWords(session, cursor, session.netns)
    words.parse()
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
    session.is_adding = True
    util = link_util(words.kind)
    if util is not None:
        data = util.parse(session, cursor, session.netns)
    elif cursor.more() and words.kind not in UNMODELLED:
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
        data = util.parse(session, cursor, session.netns) if util is not None else {}
    words.fields.pop("ifindex", None)
    words.fields.pop("link", None)
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


def show(session: Ip, cursor: Words) -> None:
    """ip link show, with its filters."""
    name = kind = None
    up = group = None
    master: NetDevice | None = None
    while cursor.more():
        word = cursor.take()
        if word == "up":
            up = True
        elif matches(word, "master") or word == "vrf":
            value = cursor.argument()
            master = getlink(session.netns, value)
            if master is None:
                raise invarg("Device does not exist\n", value)
        elif word == "type":
            kind = cursor.argument()
        elif word == "group":
            value = cursor.argument()
            group = number_of(session, "group", value)
            if group is None:
                raise invarg('Invalid "group" value', value)
        else:
            if word == "dev":
                word = cursor.argument()
            elif matches(word, "help"):
                raise Stop(LINK, 255)
            if name is not None:
                raise duparg2("dev", word)
            name = word
    devices = dumped(session.netns)
    if name is not None:
        found = getlink(session.netns, name)
        if found is None:
            raise Stop(f'Device "{name}" does not exist.\n', 1)
        devices = [found]
    if kind is not None and kind.endswith("_slave"):
        devices = [dev for dev in devices if dev.master is not None and dev.master.kind == kind[: -len("_slave")]]
    elif kind is not None:
        devices = [dev for dev in devices if dev.kind == kind]
    devices = [
        dev
        for dev in devices
        if (not up or dev.flags & IFF_UP) and (group is None or dev.group == group) and (master is None or dev.master is master)
    ]
    if session.style.json:
        session.print(to_json([link_show.to_dict(session, dev) for dev in devices], session.style))
        return
    for dev in devices:
        session.print(link_show.show(session, dev))
