"""Connections as conntrack prints them (`nfct_snprintf`)."""

from __future__ import annotations

from datetime import UTC, datetime

from netsim.clock import SECOND
from netsim.commands.conntrack.filters import connection_id
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.tables.conntrack import IPS_ASSURED, IPS_DST_NAT_DONE, IPS_SEEN_REPLY, IPS_SRC_NAT_DONE, ORIGINAL, REPLY, Connection, Tuple
from netsim.machine.procnet_conntrack import L4_NAMES, address_text, ends_text, seconds_left, state_text, zone_text

XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<conntrack>\n'
XML_TAIL = "</conntrack>\n"


def flow(connection: Connection, now: int, output: set[str], *, uses: int, wall: int) -> str:
    """One line of a listing; `wall` is the time of day at clock 0 (ns)."""
    if "xml" in output:
        return xml(connection, now, uses)
    if "save" in output:
        return save(connection, now)
    original = connection.original
    text = f"{_family(original):<8s} {original.family} " if "extended" in output else ""
    text += f"{L4_NAMES.get(original.protocol, 'unknown'):<8s} {original.protocol} {seconds_left(connection, now)} "
    text += f"{state_text(connection)}{ends_text(connection, address_text)}mark={connection.mark} {zone_text(connection, 3)}"
    if connection.began:
        text += f"delta-time={(now - connection.began) // SECOND} "
        if "ktimestamp" in output:
            text += f"[start={datetime.fromtimestamp((wall + connection.began) // SECOND, UTC):%a %b %e %H:%M:%S %Y}] "
    text += f"use={uses}"
    return text + (f" id={connection_id(connection)}" if "id" in output else "") + "\n"


def event(connection: Connection, now: int, output: set[str]) -> str:
    """The part of an event line that describes the connection."""
    original = connection.original
    text = f"{_family(original):<8s} {original.family} " if "extended" in output else ""
    text += f"{L4_NAMES.get(original.protocol, 'unknown'):<8s} {original.protocol} {seconds_left(connection, now)} "
    text += f"{state_text(connection)}{ends_text(connection, address_text)}"
    text += (f"mark={connection.mark} " if connection.mark else "") + zone_text(connection, 3)
    return (text + (f"id={connection_id(connection)} " if "id" in output else "")).rstrip()


def _family(tuple_: Tuple) -> str:
    return "ipv4" if tuple_.family == PF_INET else "ipv6"


# XML -------------------------------------------------------------------------------------------------------------------


def xml(connection: Connection, now: int, uses: int) -> str:
    """One `<flow>`; ICMP's type, code and id have no place in it."""
    text = f"<flow>{_meta(connection, ORIGINAL)}{_meta(connection, REPLY)}"
    text += '<meta direction="independent">'
    if connection.tcp is not None:
        text += f"<state>{state_text(connection).strip()}</state>"
    text += f"<timeout>{seconds_left(connection, now)}</timeout><mark>{connection.mark}</mark>"
    if connection.zone and connection.zone_directions == 3:
        text += f"<zone>{connection.zone}</zone>"
    text += f"<use>{uses}</use><id>{connection_id(connection)}</id>"
    text += "<assured/>" if connection.status & IPS_ASSURED else ""
    text += "<unreplied/>" if not connection.status & IPS_SEEN_REPLY else ""
    text += f"<deltatime>{(now - connection.began) // SECOND}</deltatime>" if connection.began else ""
    return text + "</meta></flow>\n"


def _meta(connection: Connection, direction: int) -> str:
    tuple_ = connection.tuples[direction]
    text = f'<meta direction="{"reply" if direction else "original"}"><layer3 protonum="{tuple_.family}" protoname="{_family(tuple_)}">'
    text += f"<src>{address_text(tuple_, tuple_.src)}</src><dst>{address_text(tuple_, tuple_.dst)}</dst></layer3>"
    name = L4_NAMES.get(tuple_.protocol, "unknown")
    inner = ""
    if tuple_.protocol == 47:
        inner = "<srckey>0x0</srckey><dstkey>0x0</dstkey>"
    elif tuple_.sport or name in ("tcp", "udp", "udplite", "sctp", "dccp"):
        inner = f"<sport>{tuple_.sport}</sport><dport>{tuple_.dport}</dport>" if tuple_.protocol not in (1, 58) else ""
    text += f'<layer4 protonum="{tuple_.protocol}" protoname="{name}">{inner}</layer4>'
    if connection.zone and connection.zone_directions == direction + 1:
        text += f"<zone>{connection.zone}</zone>"
    if connection.packets is not None and connection.bytes is not None:
        text += f"<counters><packets>{connection.packets[direction]}</packets><bytes>{connection.bytes[direction]}</bytes></counters>"
    return text + "</meta>"


# -o save ---------------------------------------------------------------------------------------------------------------


def save(connection: Connection, now: int) -> str:
    """The options that make such a connection again."""
    original, reply = connection.tuples
    status = [name for name, bit in (("SEEN_REPLY", IPS_SEEN_REPLY), ("ASSURED", IPS_ASSURED)) if connection.status & bit]
    text = f"-A -t {seconds_left(connection, now)} -u {','.join(status) or 'UNSET'} "
    if connection.zone:
        text += f"{ {1: '--orig-zone', 2: '--reply-zone', 3: '-w'}[connection.zone_directions] } {connection.zone} "
    text += f"-s {address_text(original, original.src)} -d {address_text(original, original.dst)} "
    text += f"{'-g' if connection.status & IPS_DST_NAT_DONE and reply.src != original.dst else '-r'} {address_text(reply, reply.src)} "
    text += f"{'-n' if connection.status & IPS_SRC_NAT_DONE and reply.dst != original.src else '-q'} {address_text(reply, reply.dst)} "
    return f"{text}-p {L4_NAMES.get(original.protocol, original.protocol)}{_own(connection)}\n"


def _own(connection: Connection) -> str:
    original, reply = connection.tuples
    if original.protocol in (1, 58):
        name = L4_NAMES[original.protocol]
        return f" --{name}-type {original.dport >> 8} --{name}-code {original.dport & 255} --{name}-id {original.sport}"
    if original.protocol == 47:
        return " --srckey 0 --dstkey 0 --reply-key-src 0 --reply-key-dst 0"
    if original.protocol not in (6, 17, 33, 132, 136):
        return ""
    text = f" --sport {original.sport} --dport {original.dport} --reply-port-src {reply.sport} --reply-port-dst {reply.dport}"
    return text + (f" --state {state_text(connection).strip()}" if connection.tcp is not None else "")
