"""ip tunnel: IPv4 tunnels by the old ioctls (`iptunnel.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4
from netsim.commands.ip.kinds.tunnels import DSFIELDS, tunnel_key
from netsim.commands.ip.output import scalar_json
from netsim.commands.ip.words import Stop, Words, invarg, matches, no_device, number, parse4
from netsim.errors import NetError, strerror
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.rtnl import ioctl_tunnel
from netsim.packet.numbers import GRE_CSUM, GRE_KEY, GRE_SEQ

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

USAGE = """\
Usage: ip tunnel { add | change | del | show | prl | 6rd } [ NAME ]
        [ mode { gre | ipip | isatap | sit | vti } ]
        [ remote ADDR ] [ local ADDR ]
        [ [i|o]seq ] [ [i|o]key KEY ] [ [i|o]csum ]
        [ prl-default ADDR ] [ prl-nodefault ADDR ] [ prl-delete ADDR ]
        [ 6rd-prefix ADDR ] [ 6rd-relay_prefix ADDR ] [ 6rd-reset ]
        [ ttl TTL ] [ tos TOS ] [ [no]pmtudisc ] [ dev PHYS_DEV ]

Where: NAME := STRING
       ADDR := { IP_ADDRESS | any }
       TOS  := { STRING | 00..ff | inherit | inherit/STRING | inherit/00..ff }
       TTL  := { 1..255 | inherit }
       KEY  := { DOTTED_QUAD | NUMBER }
"""
MODES = {"ipip": "ipip", "ip/ip": "ipip", "gre": "gre", "gre/ip": "gre", "sit": "sit", "ipv6/ip": "sit", "isatap": "isatap", "vti": "vti"}
FALLBACK = {"ipip": "tunl0", "gre": "gre0", "sit": "sit0"}
TITLES = {"ipip": "ip/ip", "gre": "gre/ip", "sit": "ipv6/ip"}
FLAG_TEXTS = (
    ("iflags", GRE_SEQ, "  Drop packets out of sequence.", "rx_drop_ooseq"), ("iflags", GRE_CSUM, "  Checksum in received packet is required.", "rx_csum"),
    ("oflags", GRE_SEQ, "  Sequence packets on output.", "tx_seq"), ("oflags", GRE_CSUM, "  Checksum output packets.", "tx_csum"),
)  # fmt: skip


def do_tunnel(session: Ip, cursor: Words) -> None:
    """ip tunnel."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    if matches(word, "add"):
        modify(session, cursor, "add")
    elif matches(word, "change"):
        modify(session, cursor, "change")
    elif matches(word, "delete"):
        delete(session, cursor)
    elif matches(word, "show") or matches(word, "lst") or matches(word, "list"):
        show(session, cursor)
    elif matches(word, "prl") or matches(word, "6rd"):
        raise Stop(f'netsim: "ip tunnel {word}" is not modelled\n', 1)
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip tunnel help".\n', 255)


def _ip(word: str) -> IPv4:
    value = IPv4(0) if word == "any" else parse4(word)
    if value is None:
        raise Stop(f'Error: an IP address is expected rather than "{word}"\n', 1)
    return value


def parse(session: Ip, cursor: Words) -> dict[str, Any]:
    """The words of add, change, del and show (`parse_args`)."""
    data: dict[str, Any] = {}
    while cursor.more():
        word = cursor.take()
        if word == "mode":
            data["mode"] = _mode(cursor.argument(), data)
        elif word in ("key", "ikey", "okey"):
            value = tunnel_key(word, cursor.argument())
            for way in "io" if word == "key" else word[0]:
                data[f"{way}flags"] = data.get(f"{way}flags", 0) | GRE_KEY
                data[f"{way}key"] = value
        elif word in ("seq", "iseq", "oseq", "csum", "icsum", "ocsum"):
            bit = GRE_SEQ if word.endswith("seq") else GRE_CSUM
            for way in "io" if word in ("seq", "csum") else word[0]:
                data[f"{way}flags"] = data.get(f"{way}flags", 0) | bit
        elif word == "nopmtudisc":
            data["df"] = 0
        elif word == "pmtudisc":
            data["df"] = 1
        elif word in ("remote", "local"):
            data[word] = _ip(cursor.argument())
        elif word == "dev":
            name = cursor.argument()
            dev = session.netns.device(name)
            if dev is None:
                raise no_device(name)
            data["link"] = dev.ifindex
        elif word in ("ttl", "hoplimit", "hlim"):
            data["ttl"] = _ttl(cursor.argument())
        elif word in ("tos", "tclass") or matches(word, "dsfield"):
            data["tos"] = _tos(cursor.argument())
        else:
            _name(data, cursor, word)
    return data


def _name(data: dict[str, Any], cursor: Words, word: str) -> None:
    if word == "name":
        word = cursor.argument()
    elif matches(word, "help"):
        raise Stop(USAGE, 255)
    if "name" in data:
        raise Stop(f'Error: either "name" is duplicate, or "{word}" is a garbage.\n', 255)
    data["name"] = word


def _mode(word: str, data: dict[str, Any]) -> str:
    if "mode" in data:
        raise Stop("You managed to ask for more than one tunnel mode.\n", 255)
    if word not in MODES:
        raise Stop(f'Unknown tunnel mode "{word}"\n', 255)
    mode = MODES[word]
    if mode in ("isatap", "vti"):
        raise Stop(f'netsim: tunnel mode "{mode}" is not modelled\n', 1)
    return mode


def _ttl(word: str) -> int:
    if word == "inherit":
        return 0
    value = number(word, 0, 255)
    if value is None:
        raise invarg("invalid TTL\n", word)
    return value


def _tos(word: str) -> int:
    if word == "inherit":
        return 1
    kept = 1 if word.startswith("inherit/") else 0
    word = word.removeprefix("inherit/")
    value = DSFIELDS.get(word, number("0x" + word.removeprefix("0x"), 0, 255))
    if value is None:
        raise invarg("bad TOS value", word)
    return value | kept


def modify(session: Ip, cursor: Words, action: str) -> None:
    """add and change (`do_add`)."""
    data = parse(session, cursor)
    name, mode = data.pop("name", ""), data.pop("mode", None)
    if action == "change" and mode is None:
        known = session.netns.device(name)
        mode = known.family if isinstance(known, IpTunnel) and known.family in FALLBACK else None
    if (data.get("iflags", 0) | data.get("oflags", 0)) and mode != "gre":
        raise Stop("Keys are not allowed with ipip and sit tunnels\n", 1)
    if data.get("ttl") and data.get("df") == 0:
        raise Stop("ttl != 0 and nopmtudisc are incompatible\n", 1)
    if mode is None:
        raise Stop("cannot determine tunnel mode (ipip, gre, vti or sit)\n", 1)
    if data.get("remote", IPv4(0)).is_multicast and not (data.get("iflags", 0) | data.get("oflags", 0)) & GRE_KEY:
        data.update(ikey=int(data["remote"]), okey=int(data["remote"]), iflags=GRE_KEY, oflags=GRE_KEY)
    if data.get("local", IPv4(0)).is_multicast:
        raise Stop("A broadcast tunnel requires a source address\n", 1)
    _talk(session, action, mode, name, data)


def _talk(session: Ip, action: str, mode: str, name: str, data: dict[str, Any]) -> None:
    try:
        if action == "add":
            ioctl_tunnel.add(session.netns, mode, name, data)
        else:
            ioctl_tunnel.change(session.netns, mode, name, data)
    except NetError as error:
        asked = FALLBACK[mode] if action == "add" else name
        raise Stop(f'{action} tunnel "{asked}" failed: {strerror(error.errno)}\n', 1) from None


def delete(session: Ip, cursor: Words) -> None:
    """del (`do_del`)."""
    data = parse(session, cursor)
    name, mode = data.get("name", ""), data.get("mode")
    asked = name or FALLBACK.get(mode or "", "tunl0")
    try:
        ioctl_tunnel.delete(session.netns, asked, data)
    except NetError as error:
        raise Stop(f'delete tunnel "{asked}" failed: {strerror(error.errno)}\n', 1) from None


# showing ---------------------------------------------------------------------------------------------------------------


def show(session: Ip, cursor: Words) -> None:
    """show (`do_show`): one tunnel by name or mode, or all that fit."""
    data = parse(session, cursor)
    name, mode = data.get("name"), data.get("mode")
    if mode is not None:
        asked = name or FALLBACK[mode or "ipip"]
        dev = session.netns.device(asked)
        if not isinstance(dev, IpTunnel) or dev.family not in FALLBACK:
            reason = "Invalid argument" if dev is not None else "No such device"
            raise Stop(f'get tunnel "{asked}" failed: {reason}\n', 1)
        tunnels = [dev]
    else:
        known = [dev for dev in session.netns.devices.values() if isinstance(dev, IpTunnel) and dev.family in FALLBACK]
        tunnels = [dev for dev in known if name in (None, dev.name) and _fits(dev, data)]
    if session.style.json:
        session.print("[" + "\n,".join(_json(session, dev) for dev in tunnels) + ("\n" if tunnels else "") + "]\n")
        return
    for dev in tunnels:
        session.print(_text(session, dev))


def _fits(dev: IpTunnel, data: dict[str, Any]) -> bool:
    return all(not data.get(key) or getattr(dev.parms, key) == data[key] for key in ("remote", "local", "link", "ikey"))


def _title(dev: IpTunnel) -> str:
    if (dev.family == "ipip" and dev.parms.protocol == 0) or (dev.family == "sit" and dev.parms.protocol == 0):
        return "any/ip"
    return TITLES[dev.family]


def _tos_text(tos: int) -> str:
    names = {value: name for name, value in DSFIELDS.items() if value and name != "default"}
    return names.get(tos & ~1, f"{tos & ~1:#04x}")


def _text(session: Ip, dev: IpTunnel) -> str:
    parms = dev.parms
    remote, local = (str(end) if end else "any" for end in (parms.remote, parms.local))
    text = f"{dev.name}: {_title(dev)} remote {remote} local {local}"
    lower = dev.lower()
    if lower is not None:
        text += f" dev {lower.name}"
    text += f" ttl {parms.ttl or 'inherit'}"
    if parms.tos:
        text += " tos" + (" inherit" if parms.tos & 1 else "") + ("/" if parms.tos & 1 and parms.tos & ~1 else " " if parms.tos & ~1 else "")
        text += _tos_text(parms.tos) if parms.tos & ~1 else ""
    if not parms.df:
        text += " nopmtudisc"
    if parms.iflags & GRE_KEY and parms.oflags & GRE_KEY and parms.ikey == parms.okey:
        text += f" key {parms.ikey}"
    else:
        text += f" ikey {parms.ikey}" if parms.iflags & GRE_KEY else ""
        text += f" okey {parms.okey}" if parms.oflags & GRE_KEY else ""
    for field, bit, line, _ in FLAG_TEXTS:
        if getattr(parms, field) & bit:
            text += session.style.newline + line
    if session.style.statistics:
        text += session.style.newline + _statistics(session, dev)
    return text + "\n"


def _statistics(session: Ip, dev: IpTunnel) -> str:
    """Counters in fixed columns (`tnl_print_stats`)."""
    s, newline = dev.stats, session.style.newline
    return (
        f"RX: Packets    Bytes        Errors CsumErrs OutOfSeq Mcasts{newline}"
        f"    {s.rx_packets:<10d} {s.rx_bytes:<12d} {s.rx_errors:<6d} {dev.csum_errors:<8d} {dev.order_errors:<8d} {s.multicast:<8d}{newline}"
        f"TX: Packets    Bytes        Errors DeadLoop NoRoute  NoBufs{newline}"
        f"    {s.tx_packets:<10d} {s.tx_bytes:<12d} {s.tx_errors:<6d} {s.collisions:<8d} {s.tx_carrier_errors:<8d} {s.tx_dropped:<6d}"
    )


def _json(session: Ip, dev: IpTunnel) -> str:
    parms = dev.parms
    item: dict[str, Any] = {"ifname": dev.name, "mode": _title(dev), "remote": str(parms.remote), "local": str(parms.local)}
    lower = dev.lower()
    if lower is not None:
        item["dev"] = lower.name
    if parms.ttl:
        item["ttl"] = parms.ttl
    if parms.tos & ~1:
        item["tos"] = _tos_text(parms.tos)
    if not parms.df:
        item["nopmtudisc"] = None
    if parms.iflags & GRE_KEY and parms.oflags & GRE_KEY and parms.ikey == parms.okey:
        item["key"] = parms.ikey
    else:
        item.update({"ikey": parms.ikey} if parms.iflags & GRE_KEY else {})
        item.update({"okey": parms.okey} if parms.oflags & GRE_KEY else {})
    members = [f'"{key}":{scalar_json(value)}' for key, value in item.items()]
    if dev.family == "gre":
        flags = ",".join(f'"{name}"' for field, bit, _, name in FLAG_TEXTS if getattr(parms, field) & bit)
        members.append(f'"flags":[{flags}]')
    return "{" + ",".join(members) + "}"
