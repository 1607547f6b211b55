"""vxlan (`iplink_vxlan.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Reader, Setting, Shown, Unmodelled, read
from netsim.commands.ip.kinds.help import KIND_HELP
from netsim.commands.ip.kinds.tunnels import tos_value
from netsim.commands.ip.words import Stop, Words, address, answers, duparg2, invarg, number
from netsim.errors import EOPNOTSUPP, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.kernel.inet.family import AF_INET, AF_INET6

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

NO_PORT = (
    "vxlan: destination port not specified\n"
    "Will use Linux kernel default (non-standard value)\n"
    "Use 'dstport 4789' to get the IANA assigned value\n"
    "Use 'dstport 0' to get default and quiet this message\n"
)
DFS = ("unset", "set", "inherit")


def _id(reader: Reader) -> None:
    word = reader.argument()
    if "id" in reader.data:
        raise duparg2("id", word)
    value = number(word, 0, 0xFFFFFF)
    if value is None:
        raise invarg("invalid id", word)
    reader.data["id"] = value


def _end(reader: Reader, what: str) -> IPv4 | IPv6:
    """An address of the family that the first one has."""
    word = reader.argument()
    if word == "any":
        raise invarg(f"invalid {what} address", word)
    value = address(word, reader.data.get("family", 0))
    reader.data["family"] = AF_INET6 if isinstance(value, IPv6) else AF_INET
    if value.is_multicast == (what != "group"):
        raise invarg(f"invalid {what} address", word)
    return value


def _group(reader: Reader) -> None:
    if reader.data.get("way") == "remote":
        reader.argument()
        raise Stop("vxlan: both group and remote cannot be specified\n", 1)
    reader.data.update(way="group", remote=_end(reader, "group"))


def _remote(reader: Reader) -> None:
    if reader.data.get("way") == "group":
        reader.argument()
        raise Stop("vxlan: both group and remote cannot be specified\n", 1)
    reader.data.update(way="remote", remote=_end(reader, "remote"))


def _local(reader: Reader) -> None:
    reader.data["local"] = _end(reader, "local")


def _dev(reader: Reader) -> None:
    reader.data["link"] = reader.ifindex()


def _ttl(reader: Reader) -> None:
    word = reader.argument()
    if word == "inherit":
        reader.data["ttl_inherit"] = 1
        return
    value = 0 if word == "auto" else number(word, 0, 0xFFFFFFFF)
    if value is None:
        raise invarg("invalid TTL", word)
    if value > 255:
        raise invarg("TTL must be <= 255", word)
    reader.data["ttl"] = value


def _tos(reader: Reader) -> None:
    reader.data["tos"] = tos_value(reader.argument())


def _df(reader: Reader) -> None:
    word = reader.argument()
    if word not in DFS:
        raise invarg("DF must be 'unset', 'set' or 'inherit'", word)
    reader.data["df"] = DFS.index(word)


def _srcport(reader: Reader) -> None:
    low = reader.number("min port", 0xFFFF)
    reader.data["srcport"] = (low, reader.number("max port", 0xFFFF))


def _dstport(reader: Reader) -> None:
    value = reader.number("dst port", 0xFFFF)
    reader.data["has_port"] = 1
    if value or not reader.session.is_adding:
        reader.data["dstport"] = value


def _flowlabel(reader: Reader) -> None:
    reader.data["label"] = reader.number("invalid flowlabel", 0xFFFFF)


def _external(reader: Reader) -> None:
    if not reader.session.is_adding:
        reader.data["external"] = 1
        return
    if "id" in reader.data or "id" in reader.cursor.words[reader.cursor.at :]:
        raise Stop("vxlan: both 'external' and vni cannot be specified\n", 1)
    raise Stop('netsim: option "external" of type vxlan is not modelled\n', 1)


@attrs.frozen
class Never:
    """What no device here does. To ask for it is not modelled, to ask that it be off says nothing; of a device that is there the kernel refuses both."""

    name: str

    def __call__(self, reader: Reader) -> None:
        """Refuse, or leave it to the kernel."""
        if not reader.session.is_adding:
            reader.data[self.name] = 1
        elif not reader.word.startswith("no"):
            raise Stop(f'netsim: option "{reader.word}" of type vxlan is not modelled\n', 1)


@attrs.frozen
class Limit:
    """A number, or a word that means none."""

    name: str
    what: str
    none: str

    def __call__(self, reader: Reader) -> None:
        """Read it."""
        if reader.cursor.more() and reader.cursor.peek() == self.none:
            reader.argument()
            reader.data[self.name] = 0
        else:
            reader.data[self.name] = reader.number(self.what)


def _gpe(reader: Reader) -> None:
    Never("gpe")(reader)
    reader.data["dstport"] = 4790  # the port of VXLAN-GPE


def _help(reader: Reader) -> None:
    raise Stop(KIND_HELP["vxlan"], 1)


def _unknown(word: str) -> Stop:
    return Stop(f'vxlan: unknown command "{word}"?\n{KIND_HELP["vxlan"]}', 1)


def _switches(*names: str) -> tuple[Key, ...]:
    return tuple(key for name in names for key in (Key(name, Setting(name, 1)), Key(f"no{name}", Setting(name, 0))))


KEYS = (
    Key("id", _id), Key("vni", _id), Key("group", _group), Key("remote", _remote), Key("local", _local), Key("dev", _dev), Key("ttl", _ttl),
    Key("hoplimit", _ttl), Key("tos", _tos), Key("dsfield", _tos), Key("df", _df, exact=1), Key("label", _flowlabel), Key("flowlabel", _flowlabel),
    Key("ageing", Limit("ageing", "ageing timer", "none")), Key("maxaddress", Limit("maxaddress", "max addresses", "unlimited")), Key("port", _srcport),
    Key("srcport", _srcport), Key("dstport", _dstport), *_switches("proxy", "rsc", "l2miss", "l3miss"),
    Key("udpcsum", Setting("udpcsum", 1)), Key("noudpcsum", Setting("udpcsum", 0)), *_switches("udp6zerocsumtx", "udp6zerocsumrx"),
    Key("remcsumtx", Never("remcsumtx")), Key("noremcsumtx", Never("remcsumtx")), Key("remcsumrx", Never("remcsumrx")),
    Key("noremcsumrx", Never("remcsumrx")), Key("external", _external), Key("noexternal", Never("external")), Key("gbp", Never("gbp")), Key("gpe", _gpe),
    Key("learning", Setting("learning", 1)), Key("nolearning", Setting("learning", 0)), Key("vnifilter", Unmodelled("vxlan")),
    Key("novnifilter", Never("vnifilter")), Key("help", _help),
)  # fmt: skip


def _parse(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    data = read(KEYS, Reader(session, cursor, netns), _unknown)
    way, has_port, family = data.pop("way", None), data.pop("has_port", 0), data.pop("family", AF_INET)
    if way == "group" and "link" not in data:
        raise Stop("vxlan: 'group' requires 'dev' to be specified\n", 1)
    if not session.is_adding:
        if family == AF_INET6:
            what = "New group address family does not match old group" if way else "New local address family does not match old"
            raise answers(NetError(EOPNOTSUPP, what))
        return data
    if family == AF_INET6:
        raise Stop("netsim: VXLAN over IPv6 is not modelled\n", 1)
    if "id" not in data:
        raise Stop("vxlan: missing virtual network identifier\n", 1)
    if not has_port:
        session.err.append(NO_PORT)
    return data


def _show(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, VxlanDevice)
    c = dev.config
    shown = [Shown(f"id {c.id} ", "id", c.id)]
    if c.remote:
        way = "group" if c.remote.is_multicast else "remote"
        shown.append(Shown(f"{way} {c.remote} ", way, str(c.remote)))
    if c.local:
        shown.append(Shown(f"local {c.local} ", "local", str(c.local)))
    if c.link:
        lower = dev.home.devices.get(c.link)
        name = lower.name if lower is not None and dev.home is dev.netns else f"if{c.link}"
        shown.append(Shown(f"dev {name} ", "link", name))
    low, high = c.srcport
    shown.append(Shown(f"srcport {low} {high} ", "port_range", {"low": low, "high": high}))
    shown.append(Shown(f"dstport {c.dstport} ", "port", c.dstport))
    if not c.learning:
        shown.append(Shown("nolearning ", "learning", False))
    else:
        shown.append(Shown("", "learning", True))
    shown += [Shown(f"{name} ", name, True) for name in ("proxy", "rsc", "l2miss", "l3miss") if getattr(c, name)]
    if c.tos:
        shown.append(Shown("tos inherit " if c.tos == 1 else f"tos {c.tos:#x} ", "tos", f"{c.tos:#x}"))
    if c.ttl_inherit:
        shown.append(Shown("ttl inherit "))
    elif c.ttl:
        shown.append(Shown(f"ttl {c.ttl} ", "ttl", c.ttl))
    else:
        shown.append(Shown("ttl auto ", "ttl", 0))
    shown.append(Shown(f"df {DFS[c.df]} " if c.df else "", "df", DFS[c.df]))
    shown.append(Shown(f"ageing {c.ageing} " if c.ageing else "ageing none ", "ageing", c.ageing))
    if c.maxaddress:
        shown.append(Shown(f"maxaddr {c.maxaddress} ", "limit", c.maxaddress))
    for name, key in (("udpcsum", "udp_csum"), ("udp6zerocsumtx", "udp_zero_csum6_tx"), ("udp6zerocsumrx", "udp_zero_csum6_rx")):
        value = getattr(c, name)
        shown.append(Shown(f"{'' if value else 'no'}{name} ", key, bool(value)))
    return shown


VXLAN = LinkUtil(_parse, _show)
