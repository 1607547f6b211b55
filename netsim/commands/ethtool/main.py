"""The ethtool command (man ethtool(8))."""

from __future__ import annotations

from collections.abc import Callable

from netsim.commands.ethtool.features import FEATURES, GROUPS, active, is_fixed, wanted
from netsim.kernel.core import link_watch
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.drivers.link_settings import DUPLEX_NAMES, PORT_TP, SPEED_UNKNOWN, link_settings
from netsim.machine.call import Call, Result

BAD = Result("", "ethtool: bad command line argument(s)\nFor more information run ethtool -h\n", 1)
NO_DEVICE = "netlink error: no device matches name (offset 24)\nnetlink error: No such device\n"
NOT_SUPPORTED = "Operation not supported"
LONGEST_NAME = 15
DRIVERS = {"veth": ("veth", "1.0", "", ""), "bridge": ("bridge", "2.3", "N/A", "N/A"), "ifb": ("ifb", "", "", ""), "dummy": ("dummy", "", "", "")}
"""Kind -> driver, version (none: the kernel's), firmware, bus."""
WITH_STATISTICS = ("veth", "ifb")
TRANSMIT_STAMPS = ("veth", "", "dummy")
RX_COUNTERS = ("xdp_packets", "xdp_bytes", "drops", "xdp_redirect", "xdp_drops", "xdp_tx", "xdp_tx_errors")
TX_COUNTERS = ("xdp_xmit", "xdp_xmit_errors")
LAYOUT = (
    ("rx-checksumming", ("rx-checksum",), False), ("tx-checksumming", GROUPS["tx"], True), ("scatter-gather", GROUPS["sg"], True),
    ("tcp-segmentation-offload", GROUPS["tso"], True), ("generic-segmentation-offload", GROUPS["gso"], False),
    ("generic-receive-offload", GROUPS["gro"], False), ("large-receive-offload", GROUPS["lro"], False),
    ("rx-vlan-offload", GROUPS["rxvlan"], False), ("tx-vlan-offload", GROUPS["txvlan"], False), ("ntuple-filters", GROUPS["ntuple"], False),
    ("receive-hashing", GROUPS["rxhash"], False),
)  # fmt: skip
"""Lines of -k under their old names, and whether the single features follow."""
REST = (
    "highdma", "rx-vlan-filter", "vlan-challenged", "tx-gso-robust", "tx-fcoe-segmentation", "tx-gre-segmentation", "tx-gre-csum-segmentation",
    "tx-ipxip4-segmentation", "tx-ipxip6-segmentation", "tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation", "tx-gso-partial",
    "tx-tunnel-remcsum-segmentation", "tx-sctp-segmentation", "tx-esp-segmentation", "tx-udp-segmentation", "tx-gso-list", "tx-nocache-copy",
    "loopback", "rx-fcs", "rx-all", "tx-vlan-stag-hw-insert", "rx-vlan-stag-hw-parse", "rx-vlan-stag-filter", "l2-fwd-offload", "hw-tc-offload",
    "esp-hw-offload", "esp-tx-csum-hw-offload", "rx-udp_tunnel-port-offload", "tls-hw-tx-offload", "tls-hw-rx-offload", "rx-gro-hw",
    "tls-hw-record", "rx-gro-list", "macsec-hw-offload", "rx-udp-gro-forwarding", "hsr-tag-ins-offload", "hsr-tag-rm-offload", "hsr-fwd-offload",
    "hsr-dup-offload",
)  # fmt: skip


def _word(value: int) -> str:
    return "on" if value else "off"


def settings(call: Call, dev: NetDevice | None) -> Result:
    """Without an option: what is known of the link."""
    if dev is None:
        return Result("No data available\n", NO_DEVICE * 5, 75)
    link_watch.sync(dev)
    link = f"\tLink detected: {'yes' if dev.flags & IFF_UP and dev.carrier else 'no'}\n"
    known = link_settings(dev)
    if known is None:
        return Result(f"Settings for {dev.name}:\n{link}") if not dev.kind else Result("No data available\n", "", 75)
    text = f"Settings for {dev.name}:\n\tSupported ports: [  ]\n"
    for what in ("Supported", "Advertised"):
        text += f"\t{what} link modes:{'  ' if what == 'Advertised' else '   '}Not reported\n\t{what} pause frame use: No\n"
        text += "\tSupports auto-negotiation: No\n" if what == "Supported" else "\tAdvertised auto-negotiation: No\n"
        text += f"\t{what} FEC modes: Not reported\n"
    text += f"\tSpeed: {'Unknown!' if known.speed == SPEED_UNKNOWN else f'{known.speed}Mb/s'}\n"
    text += f"\tDuplex: {DUPLEX_NAMES.get(known.duplex, f'Unknown! ({known.duplex})')}\n\tAuto-negotiation: off\n"
    text += f"\tPort: {'Twisted Pair' if known.port == PORT_TP else 'Other'}\n\tPHYAD: 0\n\tTransceiver: internal\n"
    text += "\tMDI-X: Unknown\n" if known.port == PORT_TP else ""
    return Result(text + link)


def driver(call: Call, dev: NetDevice | None) -> Result:
    """-i."""
    if dev is None:
        return Result("", "Cannot get driver information: No such device\n", 71)
    if dev.kind not in DRIVERS:
        return Result("", f"Cannot get driver information: {NOT_SUPPORTED}\n", 71)
    name, version, firmware, bus = DRIVERS[dev.kind]
    text = f"driver: {name}\nversion: {version or call.machine.kernel.profile.release}\nfirmware-version: {firmware}\n"
    text += f"expansion-rom-version: \nbus-info: {bus}\nsupports-statistics: {'yes' if dev.kind in WITH_STATISTICS else 'no'}\n"
    return Result(text + "supports-test: no\nsupports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n")


def statistics(call: Call, dev: NetDevice | None) -> Result:
    """-S: counters of the driver's own."""
    if dev is None:
        return Result("", "Cannot get stats strings information: No such device\n", 96)
    if dev.kind not in WITH_STATISTICS:
        return Result("", "no stats available\n", 94)
    rows: list[tuple[str, int]]
    if dev.kind == "veth":
        peer = dev.lower()
        rows = [("peer_ifindex", peer.ifindex if peer is not None else 0)]
        rows += [(f"rx_queue_0_{name}", 0) for name in RX_COUNTERS] + [(f"tx_queue_0_{name}", 0) for name in TX_COUNTERS]
    else:
        rows = [(f"{way}_queue_0_{what}", 0) for way in ("rx", "tx") for what in ("packets", "bytes")]
    return Result("NIC statistics:\n" + "".join(f"     {name}: {value}\n" for name, value in rows))


def show_features(call: Call, dev: NetDevice | None) -> Result:
    """-k."""
    if dev is None:
        return Result("", NO_DEVICE, 1)
    wishes, state = wanted(dev, _changed(dev)), active(dev, _changed(dev))

    def line(shown: str, name: str) -> str:
        note = " [fixed]" if is_fixed(dev, name) else "" if wishes[name] == state[name] else f" [requested {_word(wishes[name])}]"
        return f"{shown}: {_word(state[name])}{note}\n"

    text = f"Features for {dev.name}:\n"
    for shown, names, is_group in LAYOUT:
        if is_group:
            text += f"{shown}: {_word(int(any(state[name] for name in names)))}\n"
            text += "".join("\t" + line(name, name) for name in _ordered(shown, names))
        else:
            text += line(shown, names[0])
    return Result(text + "".join(line(name, name) for name in REST))


def _ordered(shown: str, names: tuple[str, ...]) -> list[str]:
    return sorted(names, key=list(FEATURES).index)


def _changed(dev: NetDevice) -> dict[str, int]:
    return dev.features or {}


def set_features(call: Call, dev: NetDevice | None, name: str, words: tuple[str, ...]) -> Result:
    """-K: FEATURE on|off ... (`ethnl_set_features`); features change nothing but what -k shows."""
    asked: dict[str, int] = {}
    offset = 48 + (len(name) + 4) // 4 * 4
    unknown = 0
    for at in range(0, len(words), 2):
        value = words[at + 1] if at + 1 < len(words) else "(null)"
        if value not in ("on", "off"):
            return Result("", f"ethtool (-K): flag '{value}' for parameter '(null)' is not followed by 'on' or 'off'\n", 1)
        names = GROUPS.get(words[at], (words[at],))
        for feature in names:
            if feature not in FEATURES and not unknown:
                unknown = offset
            asked[feature] = int(value == "on")
            offset += 8 + (len(feature) + 4) // 4 * 4 + (4 if value == "on" else 0)
    if not asked and not (words and dev is None):
        return Result("", "Could not change any device features\n", 1)
    if dev is None:
        return Result("", NO_DEVICE, 92)
    if unknown:
        return Result("", f"netlink error: bit name not found (offset {unknown})\nnetlink error: {NOT_SUPPORTED}\n", 92)
    before = active(dev, _changed(dev))
    wishes = {**wanted(dev, _changed(dev)), **asked}
    for feature, flag in asked.items():
        if not is_fixed(dev, feature):
            dev.features = {**_changed(dev), feature: flag}
            call.machine.kernel.unmodelled.append(f"ethtool -K {dev.name} {feature} {_word(flag)}")
    return _reported(asked, wishes, before, active(dev, _changed(dev)))


def _reported(asked: dict[str, int], wishes: dict[str, int], before: dict[str, int], after: dict[str, int]) -> Result:
    """What came of it: nothing is said when it is just what was asked for."""
    missed = {feature for feature in asked if wishes[feature] != after[feature]}
    moved = {feature for feature in FEATURES if before[feature] != after[feature]}
    text = ""
    for feature in FEATURES:
        if feature in missed:
            text += f"{feature}: {_word(after[feature])} [requested {_word(wishes[feature])}]\n"
        elif feature in moved:
            text += f"{feature}: {_word(after[feature])}{'' if feature in asked else ' [not requested]'}\n"
    out = f"Actual changes:\n{text}" if missed or moved - set(asked) else ""
    return Result(out, "Could not change any device features\n", 1) if missed == set(asked) else Result(out)


def permanent_address(call: Call, dev: NetDevice | None) -> Result:
    """-P: virtual devices have none."""
    return Result("", "netlink error: No such device\n", 1) if dev is None else Result("Permanent address: not set\n")


def time_stamping(call: Call, dev: NetDevice | None) -> Result:
    """-T."""
    if dev is None:
        return Result("", NO_DEVICE, 1)
    sent = "\tsoftware-transmit\n" if dev.kind in TRANSMIT_STAMPS else ""
    text = f"Time stamping parameters for {dev.name}:\nCapabilities:\n{sent}\tsoftware-receive\n\tsoftware-system-clock\n"
    return Result(text + "PTP Hardware Clock: none\nHardware Transmit Timestamp Modes: none\nHardware Receive Filter Modes: none\n")


def channels(call: Call, dev: NetDevice | None) -> Result:
    """-l: veth has a queue for each processor, and uses one."""
    if dev is None:
        return Result("", NO_DEVICE, 1)
    if dev.kind != "veth":
        return Result("", f"netlink error: {NOT_SUPPORTED}\n", 1)
    most = "".join(f"{way}:\t\t{count}\n" for way, count in (("RX", dev.num_rx_queues), ("TX", dev.num_tx_queues)))
    none = "Other:\t\tn/a\nCombined:\tn/a\n"
    return Result(f"Channel parameters for {dev.name}:\nPre-set maximums:\n{most}{none}Current hardware settings:\nRX:\t\t1\nTX:\t\t1\n{none}")


def _unsupported(status: int) -> Callable[[Call, NetDevice | None], Result]:
    def refuse(call: Call, dev: NetDevice | None) -> Result:
        return Result("", NO_DEVICE if dev is None else f"netlink error: {NOT_SUPPORTED}\n", status)

    return refuse


def _cannot(what: str, status: int) -> Callable[[Call, NetDevice | None], Result]:
    def refuse(call: Call, dev: NetDevice | None) -> Result:
        return Result("", f"Cannot {what}: {'No such device' if dev is None else NOT_SUPPORTED}\n", status)

    return refuse


def register_dump(call: Call, dev: NetDevice | None) -> Result:
    """-d: the driver is asked who it is first."""
    if dev is not None and dev.kind in DRIVERS:
        return _cannot("get register dump", 74)(call, dev)
    return _cannot("get driver information", 72)(call, dev)


OPTIONS: dict[tuple[str, ...], Callable[[Call, NetDevice | None], Result]] = {
    ("-i", "--driver"): driver, ("-S", "--statistics"): statistics, ("-k", "--show-features", "--show-offload"): show_features,
    ("-P", "--show-permaddr"): permanent_address, ("-T", "--show-time-stamping"): time_stamping, ("-l", "--show-channels"): channels,
    ("-a", "--show-pause"): _unsupported(1), ("-c", "--show-coalesce"): _unsupported(1), ("-g", "--show-ring"): _unsupported(1),
    ("--show-priv-flags",): _unsupported(1), ("--show-fec",): _unsupported(1), ("--show-eee",): _unsupported(1),
    ("-m", "--dump-module-eeprom", "--module-info"): _unsupported(1), ("-A", "--pause"): _unsupported(76), ("-G", "--set-ring"): _unsupported(81),
    ("-C", "--coalesce"): _unsupported(1), ("--set-eee",): _unsupported(76), ("-p", "--identify"): _cannot("identify NIC", 255),
    ("-r", "--negotiate"): _cannot("restart autonegotiation", 255), ("-t", "--test"): _cannot("test", 74),
    ("-d", "--register-dump"): register_dump, ("-e", "--eeprom-dump"): _cannot("get EEPROM data", 74),
    ("-x", "--show-rxfh-indir", "--show-rxfh"): _cannot("get RX ring count", 1), ("-X", "--set-rxfh-indir", "--rxfh"): _cannot("get RX ring count", 1),
}  # fmt: skip
"""Options that need no more than the device; the others are taken apart in `ethtool`."""
BY_NAME = {name: function for names, function in OPTIONS.items() for name in names}
UNMODELLED = (
    "-h", "--help", "-L", "--set-channels", "-n", "-u", "--show-nfc", "--show-ntuple", "-N", "-U", "--config-nfc", "--config-ntuple", "-w",
    "--get-dump", "-W", "--set-dump", "-f", "--flash", "-E", "--change-eeprom", "--phy-statistics", "--monitor", "--set-priv-flags", "--set-fec",
    "-Q", "--per-queue", "--cable-test", "--cable-test-tdr", "--show-tunnels", "--show-module", "--set-module", "--reset", "--get-tunable",
    "--set-tunable", "--get-phy-tunable", "--set-phy-tunable", "--json", "--debug", "-I", "--include-statistics",
)  # fmt: skip


def ethtool(call: Call) -> Result:
    """The ethtool command."""
    words = call.argv[1:]
    if not words:
        return BAD
    option, rest = (words[0], words[1:]) if words[0].startswith("-") else ("", words)
    if option == "--version":
        return Result("ethtool version 6.1\n")
    if option in UNMODELLED:
        return Result("", f'netsim: "ethtool {option}" is not modelled\n', 1)
    is_known = not option or option in BY_NAME or option in ("-K", "--features", "--offload", "-s", "--change")
    if not is_known or not rest:
        return BAD
    name, more = rest[0], rest[1:]
    if len(name) > LONGEST_NAME and option:
        return Result("", "ethtool netlink support for subcommand missing, device name longer than 15 not supported\n", 1)
    dev = call.netns.device(name)
    if option in ("-K", "--features", "--offload"):
        return set_features(call, dev, name, more)
    if option in ("-s", "--change"):
        return Result() if not more else _unsupported(75)(call, dev)
    if not option:
        return settings(call, dev)
    function = BY_NAME[option]
    if more and function is show_features:
        return Result("", f"ethtool: unexpected parameter '{more[0]}'\n", 1)
    if more and function is statistics:
        return Result("", f"ethtool (-S): unknown parameter '{more[0]}'\n", 1)
    if more and function is driver:
        return BAD
    return function(call, dev)
