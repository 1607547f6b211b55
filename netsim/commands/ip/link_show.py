"""ip link show: what a device looks like in words (`ipaddress.c:print_linkinfo`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.commands.ip.kinds.table import kind_options, port_options
from netsim.commands.ip.names import name_of
from netsim.commands.ip.output import Style
from netsim.kernel.core.device_life import dev_get_flags
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    ARPHRD_IPGRE,
    ARPHRD_LOOPBACK,
    ARPHRD_SIT,
    ARPHRD_TUNNEL,
    IFF_POINTOPOINT,
    IFF_RUNNING,
    IFF_UP,
    NetDevice,
    dev_get_stats,
)
from netsim.kernel.core.netns import Netns

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

FLAG_NAMES = (
    (0x8, "LOOPBACK"), (0x2, "BROADCAST"), (0x10, "POINTOPOINT"), (0x1000, "MULTICAST"), (0x80, "NOARP"), (0x200, "ALLMULTI"), (0x100, "PROMISC"),
    (0x400, "MASTER"), (0x800, "SLAVE"), (0x4, "DEBUG"), (0x8000, "DYNAMIC"), (0x4000, "AUTOMEDIA"), (0x2000, "PORTSEL"), (0x20, "NOTRAILERS"),
    (0x1, "UP"), (0x10000, "LOWER_UP"), (0x20000, "DORMANT"), (0x40000, "ECHO"),
)  # fmt: skip


def operstate(dev: NetDevice) -> str:
    """The state's name; a device that is down has no other (`rtnl_fill_ifinfo`)."""
    return OPERSTATES[dev.operstate] if dev.flags & IFF_UP else "DOWN"


OPERSTATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
LINK_TYPES = {ARPHRD_ETHER: "ether", ARPHRD_LOOPBACK: "loopback", ARPHRD_TUNNEL: "ipip", ARPHRD_SIT: "sit", ARPHRD_IPGRE: "gre", 0xFFFE: "none"}
PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
LINK_MODES = {0: "DEFAULT", 1: "DORMANT"}


def flag_names(dev: NetDevice) -> list[str]:
    """The flags in angle brackets (`print_link_flags`), NO-CARRIER first."""
    flags = dev_get_flags(dev)
    names = []
    if flags & IFF_UP and not flags & IFF_RUNNING:
        names.append("NO-CARRIER")
    rest = flags & ~IFF_RUNNING
    for bit, name in FLAG_NAMES:
        if rest & bit:
            names.append(name)
            rest &= ~bit
    lower = dev.lower()
    if lower is not None and lower.netns is dev.netns and not lower.flags & IFF_UP:
        names.append("M-DOWN")
    return names


ADDRESS_MODES = ("eui64", "none", "stable_secret", "random")


def link_of(dev: NetDevice) -> tuple[str, Any]:
    """("", None), ("link", name) or ("link_index", number): the lower device as the listing names it."""
    lower = dev.lower()
    if lower is None:
        if dev.link_netns() not in (None, dev.netns) and not dev.is_tunnel:
            return "link_index", dev.ifindex  # its own, told because somebody there might look for it
        if not dev.is_tunnel:
            return "", None
        return ("link_index", dev.iflink()) if dev.iflink() else ("link", None)
    if lower.netns is dev.netns:
        return "link", lower.name
    return "link_index", lower.ifindex


def at_link(dev: NetDevice) -> str:
    """`@name` or `@ifN` behind the device's name."""
    kind, value = link_of(dev)
    return "" if not kind else f"@{value or 'NONE'}" if kind == "link" else f"@if{value}"


def netns_note(session: Ip, dev: NetDevice) -> str:
    """`link-netns NAME` or `link-netnsid N` for a lower device that lives elsewhere."""
    home = dev.link_netns()
    if home is None or home is dev.netns:
        return ""
    if home.dead:
        return " link-netnsid unknown"
    name = _name_of(session, home)
    if name is not None:
        dev.netns.id_for(home)
        return f" link-netns {name}"
    return f" link-netnsid {dev.netns.id_for(home)}"


def _name_of(session: Ip, netns: Netns) -> str | None:
    machine = session.call.machine
    for name in machine.netns_names(session.call.proc):
        node = machine.files.stat(session.call.proc, f"/run/netns/{name}")
        if getattr(node, "bound", None) is netns:
            return name
    return None


def qdisc_name(dev: NetDevice) -> str:
    """The root queueing discipline."""
    return dev.qdisc


def show(session: Ip, dev: NetDevice) -> str:
    """One device as `ip link show` prints it."""
    style = session.style
    if style.brief:
        return brief(session, dev)
    text = head(session, dev)
    if dev.link_mode in LINK_MODES:
        text += f"mode {LINK_MODES[dev.link_mode]} "
    text += tail(session, dev)
    return text + extras(session, dev) + "\n"


def show_without_mode(session: Ip, dev: NetDevice) -> str:
    """One device as `ip -0 address` prints it."""
    return head(session, dev) + tail(session, dev) + extras(session, dev) + "\n"


def head(session: Ip, dev: NetDevice) -> str:
    """Index, name, flags, mtu, qdisc, master and state."""
    style = session.style
    name = style.paint("ifname", f"{dev.name}{at_link(dev)}: ")
    text = f"{dev.ifindex}: {name}<{','.join(flag_names(dev))}> mtu {dev.mtu} qdisc {qdisc_name(dev)} "
    if dev.master is not None:
        text += f"master {dev.master.name} "
    return text + f"state {painted_state(style, dev, f'{operstate(dev)} ')}"


def inet6_link(session: Ip, dev: NetDevice) -> tuple[str, str]:
    """What a dump of the IPv6 side of devices says of the lower one: its index, looked up here whatever namespace it is in (`inet6_fill_ifinfo`)."""
    lower = dev.lower()
    if lower is None or lower.ifindex == dev.ifindex:
        return "", ""
    here = session.netns.devices.get(lower.ifindex)
    return "link", here.name if here is not None else f"if{lower.ifindex}"


def inet6_flags(session: Ip, dev: NetDevice) -> list[str]:
    """The flags, with iproute2's mark for a lower device that is down here."""
    lower = dev.lower()
    here = session.netns.devices.get(lower.ifindex) if lower is not None and lower.ifindex != dev.ifindex else None
    return [*flag_names(dev), "M-DOWN"] if here is not None and not here.flags & IFF_UP else flag_names(dev)


def inet6_head(session: Ip, dev: NetDevice) -> str:
    """The first line as a dump of the IPv6 side of devices has it, which knows no queue, group or master."""
    style = session.style
    _, link = inet6_link(session, dev)
    name = style.paint("ifname", f"{dev.name}{'@' if link else ''}{link}: ")
    text = f"{dev.ifindex}: {name}<{','.join(inet6_flags(session, dev))}> mtu {dev.mtu} "
    text += f"state {painted_state(style, dev, f'{operstate(dev)} ')}"
    return text + (f"qlen {dev.tx_queue_len}" if dev.tx_queue_len else "")


def painted_state(style: Style, dev: NetDevice, text: str) -> str:
    """The operational state in green, red or no colour (`oper_state_color`)."""
    state = operstate(dev)
    return style.paint("up", text) if state == "UP" else style.paint("down", text) if state == "DOWN" else text


def tail(session: Ip, dev: NetDevice) -> str:
    """Group, queue length and the link-layer line."""
    style = session.style
    text = f"group {name_of(session, 'group', dev.group)} "
    if dev.tx_queue_len:
        text += f"qlen {dev.tx_queue_len}"
    text += style.newline
    text += f"    link/{f'[{dev.type}]' if style.numeric else LINK_TYPES.get(dev.type, f'[{dev.type}]')}"
    address = dev.link_address()
    if address:
        text += f" {style.paint('mac', address)}"
        text += f" {'peer' if dev.flags & IFF_POINTOPOINT else 'brd'} {style.paint('mac', dev.link_broadcast())}"
        permanent = dev.permanent_address()
        if permanent and permanent != dev.address:
            text += f" permaddr {style.paint('mac', str(permanent))}"
    else:
        text += " "
    return text + netns_note(session, dev)


def extras(session: Ip, dev: NetDevice) -> str:
    """What -d and -s add, the alias and alternative names."""
    style = session.style
    text = ""
    if style.details:
        text += details(session, dev, f"addrgenmode {ADDRESS_MODES[dev.addr_gen_mode]} ")
    if style.statistics:
        text += style.newline + statistics(dev, style)
    return text + other_names(session, dev)


def address_extras(session: Ip, dev: NetDevice) -> str:
    """The same between a device and its addresses: `ip address` does not ask for addrgenmode, and statistics follow the addresses."""
    return details(session, dev, "") + other_names(session, dev) if session.style.details else _altnames(session, dev)


def other_names(session: Ip, dev: NetDevice) -> str:
    """The alias and alternative names."""
    style = session.style
    text = f"{style.newline}    alias {dev.alias}" if dev.alias else ""
    return text + _altnames(session, dev)


def _altnames(session: Ip, dev: NetDevice) -> str:
    return "".join(f"{session.style.newline}    altname {name}" for name in dev.altnames)


def brief(session: Ip, dev: NetDevice) -> str:
    """One line of -br link."""
    style = session.style
    name = style.paint("ifname", f"{dev.name + at_link(dev):<16s} ")
    state = painted_state(style, dev, f"{operstate(dev):<14s} ")
    mac = dev.link_address()
    return f"{name}{state}{style.paint('mac', f'{mac} ') if mac else ''}<{','.join(flag_names(dev))}> \n"


# details -----------------------------------------------------------------------------------------------------------------


def details(session: Ip, dev: NetDevice, addrgenmode: str) -> str:
    """-d: promiscuity, limits, the kind and its options, the port's options."""
    style = session.style
    text = f" promiscuity {dev.promiscuity} "
    text += f" allmulti {dev.allmulti} "
    text += f"minmtu {dev.min_mtu} maxmtu {dev.max_mtu} "
    if dev.kind:
        text += f"{style.newline}    {dev.kind} " + "".join(item.text for item in kind_options(session, dev))
    port = port_options(session, dev)
    if port and dev.master is not None:
        text += f"{style.newline}    {dev.master.kind}_slave " + "".join(item.text for item in port)
    if dev.inet6 is None:
        addrgenmode = ""
    text += f"{addrgenmode}numtxqueues {dev.num_tx_queues} {_rx_queues(dev)}gso_max_size {dev.gso_max_size} gso_max_segs {dev.gso_max_segs} "
    return (
        text
        + f"tso_max_size {dev.tso_max_size} tso_max_segs 65535 gro_max_size {dev.gro_max_size} "
        + (f"parentbus {dev.parent[0]} parentdev {dev.parent[1]} " if dev.parent[0] else "")
    )


def _rx_queues(dev: NetDevice) -> str:
    """Only kernels that steer packets over processors show these."""
    return f"numrxqueues {dev.num_rx_queues} " if dev.netns.kernel.profile.cpus > 1 else ""


# statistics --------------------------------------------------------------------------------------------------------------


def statistics(dev: NetDevice, style: Style) -> str:
    """-s: counters in columns as wide as the widest number (`print_stats64`)."""
    s = dev_get_stats(dev)
    rx = [s.rx_bytes, s.rx_packets, s.rx_errors, s.rx_dropped, 0, s.multicast]
    tx = [s.tx_bytes, s.tx_packets, s.tx_errors, s.tx_dropped, s.tx_carrier_errors, s.collisions]
    widths = [
        max(len(head), len(style.count(a)), len(style.count(b)))
        for head, a, b in zip(("bytes123", "packets", "errors", "dropped", "missed1", "collsns"), rx, tx, strict=True)
    ]
    newline = style.newline
    rx_head = f"    RX: {'bytes':>{widths[0] - 2}} {'packets':>{widths[1]}} {'errors':>{widths[2]}} {'dropped':>{widths[3]}} {'missed':>{widths[4]}} {'mcast':>{widths[5]}} "
    tx_head = f"    TX: {'bytes':>{widths[0] - 2}} {'packets':>{widths[1]}} {'errors':>{widths[2]}} {'dropped':>{widths[3]}} {'carrier':>{widths[4]}} {'collsns':>{widths[5]}} "
    indent = "    "

    def row(numbers: list[int]) -> str:
        return (
            indent
            + f"{style.count(numbers[0]):>{widths[0] + 2}} "
            + " ".join(f"{style.count(value):>{width}}" for value, width in zip(numbers[1:], widths[1:], strict=True))
            + " "
        )

    text = rx_head + " " * 10 + newline + row(rx)
    if style.statistics > 1:
        text += newline + "    RX errors: " + f"{'length':>7} {'crc':>6} {'frame':>7} {'fifo':>7} {'overrun':>7}" + newline
        text += " " * 15 + f"{0:>7} {0:>6} {0:>7} {0:>7} {0:>7} "
    text += newline + tx_head + " " * 10 + newline + row(tx)
    if style.statistics > 1:
        text += newline + "    TX errors: " + f"{'aborted':>7} {'fifo':>6} {'window':>7} {'heartbt':>7} {'transns':>7}" + newline
        text += " " * 15 + f"{0:>7} {0:>6} {0:>7} {0:>7} {dev.carrier_changes:>7} "
    return text


# JSON --------------------------------------------------------------------------------------------------------------------


def to_dict(session: Ip, dev: NetDevice) -> dict[str, Any]:
    """One device as -j prints it."""
    style = session.style
    item: dict[str, Any] = {}
    kind, value = link_of(dev)
    if style.brief:
        if kind:
            item[kind] = value
        item.update(ifname=dev.name, operstate=operstate(dev), address=dev.link_address(), flags=flag_names(dev))
        return item
    item["ifindex"] = dev.ifindex
    if kind:
        item[kind] = value
    item.update(ifname=dev.name, flags=flag_names(dev), mtu=dev.mtu, qdisc=qdisc_name(dev))
    if dev.master is not None:
        item["master"] = dev.master.name
    item.update(operstate=operstate(dev), linkmode=LINK_MODES[dev.link_mode], group=name_of(session, "group", dev.group))
    if dev.tx_queue_len:
        item["txqlen"] = dev.tx_queue_len
    item["link_type"] = LINK_TYPES.get(dev.type, f"[{dev.type}]")
    if dev.link_address():
        item["address"] = dev.link_address()
        if dev.flags & IFF_POINTOPOINT:
            item["link_pointtopoint"] = True
        item["broadcast"] = dev.link_broadcast()
        permanent = dev.permanent_address()
        if permanent and permanent != dev.address:
            item["permaddr"] = str(permanent)
    home = dev.link_netns()
    if home is not None and home is not dev.netns:
        item["link_netnsid"] = dev.netns.id_for(home)
    if style.details:
        item.update(details_dict(session, dev))
    if style.statistics:
        item["stats64"] = stats_dict(dev, style)
    if dev.alias:
        item["ifalias"] = dev.alias
    if dev.altnames:
        item["altnames"] = list(dev.altnames)
    return item


def details_dict(session: Ip, dev: NetDevice) -> dict[str, Any]:
    """What -d adds to JSON."""
    item: dict[str, Any] = {"promiscuity": dev.promiscuity, "allmulti": dev.allmulti, "min_mtu": dev.min_mtu, "max_mtu": dev.max_mtu}
    info: dict[str, Any] = {}
    if dev.kind:
        info["info_kind"] = dev.kind
        data = {item.key: item.value for item in kind_options(session, dev) if item.key}
        if data:
            info["info_data"] = data
    port = port_options(session, dev)
    if port and dev.master is not None:
        info["info_slave_kind"] = dev.master.kind
        info["info_slave_data"] = {item.key: item.value for item in port if item.key}
    if info:
        item["linkinfo"] = info
    if dev.inet6 is not None:
        item["inet6_addr_gen_mode"] = ADDRESS_MODES[dev.addr_gen_mode]
    item["num_tx_queues"] = dev.num_tx_queues
    if dev.netns.kernel.profile.cpus > 1:
        item["num_rx_queues"] = dev.num_rx_queues
    item.update(gso_max_size=dev.gso_max_size, gso_max_segs=dev.gso_max_segs, tso_max_size=dev.tso_max_size, tso_max_segs=65535)
    item["gro_max_size"] = dev.gro_max_size
    if dev.parent[0]:
        item["parentbus"], item["parentdev"] = dev.parent
    return item


def stats_dict(dev: NetDevice, style: Style) -> dict[str, Any]:
    """What -s (and -s -s) adds to JSON."""
    s = dev_get_stats(dev)
    rx = {
        "bytes": s.rx_bytes, "packets": s.rx_packets, "errors": s.rx_errors, "dropped": s.rx_dropped, "over_errors": 0, "multicast": s.multicast,
    }  # fmt: skip
    tx = {
        "bytes": s.tx_bytes, "packets": s.tx_packets, "errors": s.tx_errors, "dropped": s.tx_dropped, "carrier_errors": s.tx_carrier_errors, "collisions": s.collisions,
    }  # fmt: skip
    if style.statistics > 1:
        rx.update(length_errors=0, crc_errors=0, frame_errors=0, fifo_errors=0, missed_errors=0)
        tx.update(aborted_errors=0, fifo_errors=0, window_errors=0, heartbeat_errors=0, carrier_changes=dev.carrier_changes)
    return {"rx": rx, "tx": tx}
