"""gre, gretap, ipip and sit (`link_gre.c`, `link_iptnl.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4
from netsim.commands.ip.kinds.grammar import Key, LinkUtil, Reader, Setting, Shown, Unmodelled, read
from netsim.commands.ip.kinds.help import KIND_HELP
from netsim.commands.ip.words import Stop, Words, invarg, number, parse4
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.packet.numbers import GRE_CSUM, GRE_KEY, GRE_SEQ

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

PROTOCOLS = {4: "ipip", 41: "ip6ip", 137: "mplsip", 0: "any"}
MODES = {"ipip": 4, "ip4ip4": 4, "ipip4": 4, "ip4ip": 4, "any": 0}
SIT_MODES = {"ipv6/ipv4": 41, "ip6ip": 41, "ip6ip4": 41, "ipip": 4, "ipv4/ipv4": 4, "ip4ip4": 4, "any/ipv4": 0, "any": 0}
DSFIELDS = {
    "default": 0, "AF11": 0x28, "AF12": 0x30, "AF13": 0x38, "AF21": 0x48, "AF22": 0x50, "AF23": 0x58, "AF31": 0x68, "AF32": 0x70, "AF33": 0x78,
    "AF41": 0x88, "AF42": 0x90, "AF43": 0x98, "EF": 0xB8, "CS0": 0, "CS1": 0x20, "CS2": 0x40, "CS3": 0x60, "CS4": 0x80, "CS5": 0xA0, "CS6": 0xC0,
    "CS7": 0xE0,
}  # fmt: skip
"""Names of /etc/iproute2/rt_dsfield."""


def tunnel_key(name: str, word: str) -> int:
    """A key as a number or in dotted form (`tnl_parse_key`)."""
    if "." in word:
        dotted = parse4(word)
        if dotted is None:
            raise Stop(f'Error: an IP address is expected rather than "{word}"\n', 1)
        return int(dotted)
    value = number(word, 0, 0xFFFFFFFF)
    if value is None:
        raise Stop(f'invalid value for "{name}": "{word}"; it should be an unsigned integer\n', 255)
    return value


def tos_value(word: str) -> int:
    """A TOS octet in hexadecimal or by name; `inherit` is 1 (`rtnl_dsfield_a2n`)."""
    if word == "inherit":
        return 1
    value = DSFIELDS.get(word, number("0x" + word.removeprefix("0x"), 0, 255))
    if value is None:
        raise invarg("bad TOS value", word)
    return value


def ttl_value(word: str, complaint: str) -> int:
    """1 to 255; `inherit` is 0."""
    if word == "inherit":
        return 0
    value = number(word, 0, 255)
    if value is None:
        raise invarg(complaint, word)
    return value


@attrs.frozen
class GreFlag:
    """`key`, `seq`, `csum` for both directions (`io`), or for one."""

    bit: int
    ways: str
    is_on: int = 1

    def __call__(self, reader: Reader) -> None:
        """Read it; keys have an argument."""
        data = reader.data
        value = tunnel_key(reader.word if self.ways != "io" else "key", reader.argument()) if self.bit == GRE_KEY and self.is_on else 0
        for way in self.ways:
            on, off = data.get(f"{way}flags", 0), data.get(f"{way}flags_off", 0)
            data[f"{way}flags"] = on | self.bit if self.is_on else on & ~self.bit
            data[f"{way}flags_off"] = off & ~self.bit if self.is_on else off | self.bit
            if self.bit == GRE_KEY:
                data[f"{way}key"] = value


def _remote(reader: Reader) -> None:
    reader.data["remote"] = IPv4(reader.ip())


def _local(reader: Reader) -> None:
    reader.data["local"] = IPv4(reader.ip())


def _dev(reader: Reader) -> None:
    reader.data["link"] = reader.ifindex()


def _ttl(reader: Reader) -> None:
    reader.data["ttl"] = ttl_value(reader.argument(), "invalid TTL\n")


def _tos(reader: Reader) -> None:
    reader.data["tos"] = tos_value(reader.argument())


def _fwmark(reader: Reader) -> None:
    reader.data["fwmark"] = reader.number("invalid fwmark\n")


def _mode(reader: Reader) -> None:
    word = reader.argument()
    modes = SIT_MODES if reader.data.get("is_sit") else MODES
    if word in ("mplsip", "mpls/ipv4"):
        raise Stop(f'netsim: tunnel mode "{word}" is not modelled\n', 1)
    if word not in modes:
        raise invarg("Cannot guess tunnel mode.", word)
    reader.data["protocol"] = modes[word]


def _encap(reader: Reader) -> None:
    word = reader.argument()
    if word not in ("fou", "gue", "none"):
        raise invarg("Invalid encap type.", word)
    if word != "none":
        raise Stop(f'netsim: tunnel option "encap {word}" is not modelled\n', 1)


def _skip(reader: Reader) -> None:
    """`noencap` and switches of an encapsulation that is not there."""


ENDS = (Key("remote", _remote), Key("local", _local), Key("dev", _dev))
OUTER = (
    Key("ttl", _ttl), Key("hoplimit", _ttl), Key("hlim", _ttl), Key("tos", _tos), Key("tclass", _tos), Key("dsfield", _tos),
    Key("noencap", _skip), Key("encap", _encap, exact=1), Key("encap-sport", Unmodelled("tunnel")), Key("encap-dport", Unmodelled("tunnel")),
    Key("encap-csum", Unmodelled("tunnel")), Key("noencap-csum", _skip), Key("encap-udp6-csum", Unmodelled("tunnel")),
    Key("noencap-udp6-csum", _skip), Key("encap-remcsum", Unmodelled("tunnel")), Key("noencap-remcsum", _skip), Key("external", Unmodelled("tunnel")),
    Key("fwmark", _fwmark),
)  # fmt: skip
GRE_KEYS = (
    Key("key", GreFlag(GRE_KEY, "io")), Key("nokey", GreFlag(GRE_KEY, "io", 0)), Key("ikey", GreFlag(GRE_KEY, "i")),
    Key("noikey", GreFlag(GRE_KEY, "i", 0)), Key("okey", GreFlag(GRE_KEY, "o")), Key("nookey", GreFlag(GRE_KEY, "o", 0)),
    Key("seq", GreFlag(GRE_SEQ, "io")), Key("noseq", GreFlag(GRE_SEQ, "io", 0)), Key("iseq", GreFlag(GRE_SEQ, "i")),
    Key("noiseq", GreFlag(GRE_SEQ, "i", 0)), Key("oseq", GreFlag(GRE_SEQ, "o")), Key("nooseq", GreFlag(GRE_SEQ, "o", 0)),
    Key("csum", GreFlag(GRE_CSUM, "io")), Key("nocsum", GreFlag(GRE_CSUM, "io", 0)), Key("icsum", GreFlag(GRE_CSUM, "i")),
    Key("noicsum", GreFlag(GRE_CSUM, "i", 0)), Key("ocsum", GreFlag(GRE_CSUM, "o")), Key("noocsum", GreFlag(GRE_CSUM, "o", 0)),
    Key("nopmtudisc", Setting("df", 0)), Key("pmtudisc", Setting("df", 1)), *ENDS, *OUTER,
    Key("ignore-df", Setting("ignore_df", 1), exact=1), Key("noignore-df", Setting("ignore_df", 0), exact=1),
)  # fmt: skip
IPTNL_KEYS = (
    *ENDS, *OUTER, Key("nopmtudisc", Setting("df", 0)), Key("pmtudisc", Setting("df", 1)), Key("mode", _mode, exact=1),
    Key("isatap", Unmodelled("sit"), exact=1), Key("6rd-prefix", Unmodelled("sit"), exact=1), Key("6rd-relay_prefix", Unmodelled("sit"), exact=1),
    Key("6rd-reset", Unmodelled("sit"), exact=1),
)  # fmt: skip


def _usage_of(kind: str) -> Any:
    def usage(word: str) -> Stop:
        return Stop(KIND_HELP[kind], 1)

    return usage


_GRE_USAGE, _GRETAP_USAGE, _IPIP_USAGE, _SIT_USAGE = (_usage_of(kind) for kind in ("gre", "gretap", "ipip", "sit"))


def _gre(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    return read(GRE_KEYS, Reader(session, cursor, netns), _GRE_USAGE)


def _gretap(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    return read(GRE_KEYS, Reader(session, cursor, netns), _GRETAP_USAGE)


def _ipip(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    return _compatible(read(IPTNL_KEYS, Reader(session, cursor, netns), _IPIP_USAGE))


def _sit(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    data = read(IPTNL_KEYS, Reader(session, cursor, netns, {"is_sit": 1}), _SIT_USAGE)
    del data["is_sit"]
    return _compatible(data)


def _compatible(data: dict[str, Any]) -> dict[str, Any]:
    """What is told to be cut on the way needs the inner packet's time to live."""
    if data.get("ttl") and data.get("df") == 0:
        raise Stop("ttl != 0 and nopmtudisc are incompatible\n", 255)
    return data


# showing ---------------------------------------------------------------------------------------------------------------


def _ends(dev: IpTunnel) -> list[Shown]:
    parms = dev.parms
    remote, local = (str(end) if end else "any" for end in (parms.remote, parms.local))
    shown = [Shown(f"remote {remote} ", "remote", remote), Shown(f"local {local} ", "local", local)]
    if parms.link:
        lower = dev.lower()
        name = lower.name if lower is not None else f"if{parms.link}"
        shown.append(Shown(f"dev {name} ", "link", name))
    shown.append(Shown(f"ttl {parms.ttl or 'inherit'} ", "ttl", parms.ttl))
    if parms.tos:
        shown.append(Shown("tos inherit " if parms.tos == 1 else f"tos {parms.tos:#x} ", "tos", f"{parms.tos:#x}"))
    return shown


def dotted(key: int) -> str:
    """A key as listings show it."""
    return str(IPv4(key))


def _show_gre(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, IpTunnel)
    parms = dev.parms
    shown = _ends(dev)
    shown.append(Shown("" if parms.df else "nopmtudisc ", "pmtudisc", bool(parms.df)))
    if parms.ignore_df:
        shown.append(Shown("ignore-df ", "ignore_df", True))
    for way, flags, key in (("i", parms.iflags, parms.ikey), ("o", parms.oflags, parms.okey)):
        if flags & GRE_KEY:
            shown.append(Shown(f"{way}key {dotted(key)} ", f"{way}key", dotted(key)))
    for bit, name in ((GRE_SEQ, "seq"), (GRE_CSUM, "csum")):
        shown += [Shown(f"{way}{name} ", f"{way}{name}", True) for way, flags in (("i", parms.iflags), ("o", parms.oflags)) if flags & bit]
    if parms.fwmark:
        shown.append(Shown(f"fwmark {parms.fwmark:#x} ", "fwmark", f"{parms.fwmark:#x}"))
    if dev.kind == "erspan":
        shown.append(Shown("okey 0.0.0.0 ", "okey", "0.0.0.0"))
        shown += [Shown("erspan_index 0 ", "erspan_index", 0), Shown("erspan_ver 1 ", "erspan_ver", 1)]
    return shown


def _show_iptnl(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, IpTunnel)
    parms = dev.parms
    protocol = PROTOCOLS.get(parms.protocol, "any")
    shown = [Shown(f"{protocol} ", "proto", protocol), *_ends(dev), Shown("pmtudisc " if parms.df else "nopmtudisc ", "pmtudisc", bool(parms.df))]
    if parms.fwmark:
        shown.append(Shown(f"fwmark {parms.fwmark:#x} ", "fwmark", f"{parms.fwmark:#x}"))
    return shown


GRE = LinkUtil(_gre, _show_gre)
GRETAP = LinkUtil(_gretap, _show_gre)
IPIP = LinkUtil(_ipip, _show_iptnl)
SIT = LinkUtil(_sit, _show_iptnl)
