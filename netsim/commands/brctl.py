"""brctl (bridge-utils 1.7.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from netsim.clock import MS, SECOND
from netsim.errors import EBUSY, EEXIST, EINVAL, ELOOP, ENODEV, ENOENT, EOPNOTSUPP, EPERM, NetError, strerror
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge import stp_settings
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.bridge.stp import gc_left
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.rtnl.link import LinkRequest, dellink, newlink
from netsim.machine.call import Call, Result

NAME = 15
COMMANDS = (
    ("addbr", 1, "<bridge>\t\tadd bridge"), ("delbr", 1, "<bridge>\t\tdelete bridge"), ("addif", 2, "<bridge> <device>\tadd interface to bridge"),
    ("delif", 2, "<bridge> <device>\tdelete interface from bridge"), ("hairpin", 3, "<bridge> <port> {on|off}\tturn hairpin on/off"),
    ("setageing", 2, "<bridge> <time>\t\tset ageing time"), ("setbridgeprio", 2, "<bridge> <prio>\t\tset bridge priority"),
    ("setfd", 2, "<bridge> <time>\t\tset bridge forward delay"), ("sethello", 2, "<bridge> <time>\t\tset hello time"),
    ("setmaxage", 2, "<bridge> <time>\t\tset max message age"), ("setpathcost", 3, "<bridge> <port> <cost>\tset path cost"),
    ("setportprio", 3, "<bridge> <port> <prio>\tset port priority"), ("show", 0, "[ <bridge> ]\t\tshow a list of bridges"),
    ("showmacs", 1, "<bridge>\t\tshow a list of mac addrs"), ("showstp", 1, "<bridge>\t\tshow bridge stp info"),
    ("stp", 2, "<bridge> {on|off}\tturn stp on/off"),
)  # fmt: skip
STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


def usage() -> str:
    """All commands."""
    return "Usage: brctl [commands]\ncommands:\n" + "".join(f"\t{name:<10s}\t{text}\n" for name, _, text in COMMANDS)


def brctl(call: Call) -> Result:
    """The brctl command (man brctl(8))."""
    words, answer = _options(call.argv[1:])
    if answer is not None:
        return answer
    if not words:
        return Result(usage(), "", 1)
    known = next(((name, count, text) for name, count, text in COMMANDS if name == words[0]), None)
    if known is None:
        return Result(usage(), f"never heard of command [{words[0]}]\n", 1)
    name, count, text = known
    if len(words) < count + 1:
        return Result(f"Incorrect number of arguments for command\nUsage: brctl {name} {text}\n", "", 1)
    return FUNCTIONS[name](call, list(words[1:]))


def _options(argv: Sequence[str]) -> tuple[list[str], Result | None]:
    """The words that are no options, wherever these stand (getopt_long(3)), and what an option answers."""
    words: list[str] = []
    for place, word in enumerate(argv):
        if word == "--":
            return words + list(argv[place + 1 :]), None
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        name = next((name for name in ("help", "version") if word.startswith("--") and name.startswith(word[2:])), "")
        if name == "help" or word.startswith("-h"):
            return words, Result(usage())
        if name == "version" or word.startswith("-V"):
            return words, Result("bridge-utils, 1.7\n")
        what = f"unrecognized option '{word}'" if word.startswith("--") else f"invalid option -- '{word[1]}'"
        return words, Result(usage(), f"brctl: {what}\nUnknown option '?'\n", 1)
    return words, None


def _whole(word: str) -> int | None:
    """The number a word begins with in any of C's notations (strtoul(3) with base 0), None without one."""
    told = re.match(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", word)
    if told is None:
        return None
    digits = told[2]
    value = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)
    return LARGEST_ULONG if value > LARGEST_ULONG else -value % (LARGEST_ULONG + 1) if told[1] == "-" else value


def _bridge(call: Call, name: str) -> Bridge | None:
    dev = call.netns.device(name[:NAME])
    return dev if isinstance(dev, Bridge) else None


def _addbr(call: Call, words: list[str]) -> Result:
    name = words[0][:NAME]
    try:
        if not name:
            raise NetError(EINVAL)
        newlink(call.netns, LinkRequest(name=name, kind="bridge"))
    except NetError as error:
        if error.errno == EEXIST:
            return Result("", f"device {words[0]} already exists; can't create bridge with the same name\n", 1)
        return Result("", f"add bridge failed: {strerror(error.errno)}\n", 1)
    return Result()


def _delbr(call: Call, words: list[str]) -> Result:
    dev = call.netns.device(words[0][:NAME])
    if dev is None:
        return Result("", f"bridge {words[0]} doesn't exist; can't delete it\n", 1)
    if not isinstance(dev, Bridge):
        return Result("", f"can't delete bridge {words[0]}: {strerror(EPERM)}\n", 1)
    if dev.flags & IFF_UP:
        return Result("", f"bridge {words[0]} is still up; can't delete it\n", 1)
    dellink(dev)
    return Result()


def _addif(call: Call, words: list[str]) -> Result:
    bridge = _bridge(call, words[0])
    status, err = 0, ""
    for name in words[1:]:
        dev = call.netns.device(name[:NAME])
        if dev is None:
            return Result("", err + f"interface {name} does not exist!\n", 1)
        if call.netns.device(words[0][:NAME]) is None:
            return Result("", err + f"bridge {words[0]} does not exist!\n", 1)
        try:
            if bridge is None:
                raise NetError(95)
            bridge.add_port(dev)
        except NetError as error:
            if error.errno == EBUSY:
                return Result("", err + f"device {name} is already a member of a bridge; can't add it to bridge {words[0]}.\n", 1)
            if error.errno == ELOOP:
                return Result("", err + f"device {name} is a bridge device itself; can't add a bridge device to a bridge device.\n", 1)
            return Result("", err + f"can't add {name} to bridge {words[0]}: {strerror(error.errno)}\n", 1)
    return Result("", err, status)


def _delif(call: Call, words: list[str]) -> Result:
    bridge = _bridge(call, words[0])
    for name in words[1:]:
        dev = call.netns.device(name[:NAME])
        if dev is None:
            return Result("", f"interface {name} does not exist!\n", 1)
        if call.netns.device(words[0][:NAME]) is None:
            return Result("", f"bridge {words[0]} does not exist!\n", 1)
        try:
            if bridge is None:
                raise NetError(95)
            bridge.del_port(dev)
        except NetError as error:
            if error.errno == EINVAL:
                return Result("", f"device {name} is not a port of {words[0]}\n", 1)
            return Result("", f"can't delete {name} from {words[0]}: {strerror(error.errno)}\n", 1)
    return Result()


def _port(call: Call, words: list[str]) -> BridgePort | None:
    bridge = _bridge(call, words[0])
    dev = call.netns.device(words[1][:NAME])
    port = dev.slave_data if dev is not None else None
    return port if bridge is not None and isinstance(port, BridgePort) and port.bridge is bridge else None


def _on_off(word: str) -> int | None:
    if word in ("on", "yes", "1"):
        return 1
    return 0 if word in ("off", "no", "0") else None


def _hairpin(call: Call, words: list[str]) -> Result:
    value = _on_off(words[2])
    if value is None:
        return Result("", "expect on/off for argument\n", 1)
    dev = call.netns.device(words[1][:NAME])
    if call.netns.device(words[0]) is None:
        return Result("", f"bridge {words[0]} does not exist!\n", 1)
    if dev is None:
        return Result("", f"interface {words[1]} does not exist!\n", 1)
    port = dev.slave_data
    if not isinstance(port, BridgePort):
        return Result("", f"can't set {words[1]} to hairpin on bridge {words[0]}: {strerror(ENOENT)}\n", 1)
    port.options["hairpin"] = value
    return Result()


REAL = re.compile(r"\s*([+-]?(?:0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan))", re.I)
LARGEST_ULONG = (1 << 64) - 1
NS_PER_TICK = 10_000_000
MOST_SECONDS, MOST_TICKS = 1 << 63, (1 << 64) // NS_PER_TICK
"""Longer times come out of C's conversions as the longest of all; others wrap around at 64 bits of ns."""


def _seconds(word: str) -> int | None:
    told = REAL.match(word)
    if told is None:
        return None
    value = float.fromhex(told[1]) if "x" in told[1].lower() else float(told[1])
    if not value < MOST_SECONDS:  # nor is "nan"
        return MOST_TICKS
    nanoseconds = int(value) * SECOND + int((value - int(value)) * SECOND)  # each part is cut off by itself
    return nanoseconds % (1 << 64) // NS_PER_TICK if value >= 0 else None


def _timer(option: str, what: str) -> Callable[[Call, list[str]], Result]:
    def change(call: Call, words: list[str]) -> Result:
        value = _seconds(words[1])
        if value is None:
            return Result("", "bad ageing time value\n" if option == "ageing_time" else f"bad {what} value\n", 1)
        bridge = _bridge(call, words[0])
        if bridge is None:
            return Result("", f"set {what} failed: {strerror(ENODEV)}\n", 1)
        try:
            stp_settings.BRIDGE_SETTERS[option](bridge, value)
        except NetError as error:
            return Result("", f"set {what} failed: {strerror(error.errno)}\n", 1)
        return Result()

    return change


def _setbridgeprio(call: Call, words: list[str]) -> Result:
    value = _whole(words[1])
    if value is None:
        return Result("", "bad priority\n", 1)
    bridge = _bridge(call, words[0])
    if bridge is None:
        return Result("", f"set bridge priority failed: {strerror(ENODEV)}\n", 1)
    try:
        stp_settings.set_priority(bridge, value & 0xFFFF)
    except NetError as error:
        return Result("", f"set bridge priority failed: {strerror(error.errno)}\n", 1)
    return Result()


def _port_number(setter: Callable[[BridgePort, int], None], what: str, bad: str) -> Callable[[Call, list[str]], Result]:
    def change(call: Call, words: list[str]) -> Result:
        value = _whole(words[2])
        if value is None:
            return Result("", f"bad {bad} value\n", 1)
        dev = call.netns.device(words[1][:NAME])
        port = dev.slave_data if dev is not None else None  # brctl writes below the port's own directory, whatever bridge was named
        if not isinstance(port, BridgePort):
            return Result("", f"set {what} failed: {strerror(ENOENT if dev is not None else ENODEV)}\n", 1)
        try:
            setter(port, value & 0xFFFFFFFF)
        except NetError as error:
            return Result("", f"set {what} failed: {strerror(error.errno)}\n", 1)
        return Result()

    return change


def _stp(call: Call, words: list[str]) -> Result:
    value = _on_off(words[1])
    if value is None:
        return Result("", "expect on/off for argument\n", 1)
    bridge = _bridge(call, words[0])
    if bridge is None:
        return Result("", f"set stp status failed: {strerror(ENODEV)}\n", 1)
    stp_settings.set_stp(bridge, value)
    return Result()


# showing -----------------------------------------------------------------------------------------------------------------


def _id_text(value: int) -> str:
    return f"{value >> 48:04x}.{value & 0xFFFFFFFFFFFF:012x}"


def _show(call: Call, words: list[str]) -> Result:
    head = "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n"
    if words:
        out, err, status = "", "", 0
        for name in words:
            dev = call.netns.device(name[:NAME])
            if dev is None:
                err += f"bridge {name} does not exist!\n"
                status = 1
            elif not isinstance(dev, Bridge):
                err += f"device {name} is not a bridge!\n"
                status = 1
            else:
                out += _row(dev)
        return Result(head + out if out else "", err, status)
    bridges = sorted((dev for dev in call.netns.devices.values() if isinstance(dev, Bridge)), key=_name)
    return Result(head + "".join(map(_row, bridges)) if bridges else "")


def _name(dev: NetDevice) -> str:
    return dev.name


def _row(bridge: Bridge) -> str:
    ports = sorted(port.dev.name for port in bridge.ports)
    text = f"{bridge.name}\t\t{_id_text(bridge.bridge_id)}\t{'yes' if bridge.stp_enabled else 'no'}\t\t{ports[0] if ports else ''}\n"
    return text + "".join(f"\t\t\t\t\t\t\t{name}\n" for name in ports[1:])


def _left(timer: object, now: int) -> str:
    remaining = max(0, timer.when - now) if timer is not None and timer.pending else 0  # type: ignore[attr-defined]
    return f"{remaining // SECOND:4d}.{remaining // (10 * MS) % 100:02d}"


def _showmacs(call: Call, words: list[str]) -> Result:
    bridge = _bridge(call, words[0])
    if bridge is None:
        error = ENODEV if call.netns.device(words[0][:NAME]) is None else EOPNOTSUPP
        return Result("", f"read of forward table failed: {strerror(error)}\n", 1)
    now = call.netns.kernel.clock.now
    rows = []
    for entry in br_fdb.listed(bridge):
        port = entry.port
        if port is None:
            continue
        age = 0 if entry.is_static else max(0, now - entry.updated)
        rows.append(
            (
                int(entry.address),
                f"{port.number:3d}\t{entry.address}\t{'yes' if entry.is_local else 'no'}\t\t{age // SECOND:4d}.{age // (10 * MS) % 100:02d}\n",
            )
        )
    return Result("port no\tmac addr\t\tis local?\tageing timer\n" + "".join(text for _, text in sorted(rows)))


def _showstp(call: Call, words: list[str]) -> Result:
    bridge = _bridge(call, words[0])
    if bridge is None:
        what = "bridge {} does not exist" if call.netns.device(words[0][:NAME]) is None else "device {} is not a bridge"
        return Result("", f"{what.format(words[0])}!\n", 1)
    now = call.netns.kernel.clock.now
    text = f"{bridge.name}\n bridge id\t\t{_id_text(bridge.bridge_id)}\n designated root\t{_id_text(bridge.designated_root)}\n"
    text += f" root port\t\t{bridge.root_port:4d}\t\t\tpath cost\t\t{bridge.root_path_cost:4d}\n"
    text += f" max age\t\t{_plain(bridge.max_age)}\t\t\tbridge max age\t\t{_plain(bridge.max_age)}\n"
    text += f" hello time\t\t{_plain(bridge.hello_time)}\t\t\tbridge hello time\t{_plain(bridge.hello_time)}\n"
    text += f" forward delay\t\t{_plain(bridge.forward_delay)}\t\t\tbridge forward delay\t{_plain(bridge.forward_delay)}\n"
    text += f" ageing time\t\t{_plain(bridge.ageing_time)}\n"
    text += f" hello timer\t\t{_left(bridge.hello_timer, now)}\t\t\ttcn timer\t\t{_left(bridge.tcn_timer, now)}\n"
    text += f" topology change timer\t{_left(bridge.topology_change_timer, now)}\t\t\tgc timer\t\t{_plain(gc_left(bridge))}\n"
    flags = ("TOPOLOGY_CHANGE " if bridge.topology_change else "") + ("TOPOLOGY_CHANGE_DETECTED " if bridge.topology_change_detected else "")
    text += f" flags\t\t\t{flags}\n\n\n"
    for port in sorted(bridge.ports, key=_port_name):
        text += f"{port.dev.name} ({port.number})\n port id\t\t{port.port_id:04x}\t\t\tstate\t\t{STATES[port.state]:>15s}\n"
        text += f" designated root\t{_id_text(port.designated_root)}\tpath cost\t\t{port.cost:4d}\n"
        text += f" designated bridge\t{_id_text(port.designated_bridge)}\tmessage age timer\t{_left(port.message_age_timer, now)}\n"
        text += f" designated port\t{port.designated_port:04x}\t\t\tforward delay timer\t{_left(port.forward_delay_timer, now)}\n"
        text += f" designated cost\t{port.designated_cost:4d}\t\t\thold timer\t\t{_left(port.hold_timer, now)}\n"
        flags = ("CONFIG_PENDING " if port.config_pending else "") + ("TOPOLOGY_CHANGE_ACK " if port.topology_change_ack else "")
        text += f" flags\t\t\t{flags}\n"
        if port.options["hairpin"]:
            text += " hairpin mode\t\t   1\n"
        text += "\n"
    return Result(text)


def _port_name(port: BridgePort) -> str:
    return port.dev.name


def _plain(duration: int) -> str:
    return f"{duration // SECOND:4d}.{duration // (10 * MS) % 100:02d}"


FUNCTIONS: dict[str, Callable[[Call, list[str]], Result]] = {
    "addbr": _addbr, "delbr": _delbr, "addif": _addif, "delif": _delif, "hairpin": _hairpin, "setageing": _timer("ageing_time", "ageing time"),
    "setbridgeprio": _setbridgeprio, "setfd": _timer("forward_delay", "forward delay"), "sethello": _timer("hello_time", "hello timer"),
    "setmaxage": _timer("max_age", "max age"), "setpathcost": _port_number(stp_settings.set_path_cost, "path cost", "path cost"),
    "setportprio": _port_number(stp_settings.set_port_priority, "port priority", "path priority"), "show": _show, "showmacs": _showmacs, "showstp": _showstp, "stp": _stp,
}  # fmt: skip
