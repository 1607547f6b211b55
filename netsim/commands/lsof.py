"""lsof -i (lsof 4.95): sockets of the Internet families, with the processes that hold them."""

from __future__ import annotations

import re

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.nettools.names import service_name
from netsim.commands.nettools.netstat_sockets import Row, address_of, rows
from netsim.machine.call import Call, Result
from netsim.machine.hostnames import in_hosts, name_in_hosts
from netsim.machine.process import Process
from netsim.programs.net.resolver import numeric, service_port

STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
)  # fmt: skip
USAGE = """lsof 4.95.0
 latest revision: https://github.com/lsof-org/lsof
 latest FAQ: https://github.com/lsof-org/lsof/blob/master/00FAQ
 latest (non-formatted) man page: https://github.com/lsof-org/lsof/blob/master/Lsof.8
 usage: [-?abhKlnNoOPRtUvVX] [+|-c c] [+|-d s] [+D D] [+|-E] [+|-e s] [+|-f[gG]]
 [-F [f]] [-g [s]] [-i [i]] [+|-L [l]] [+m [m]] [+|-M] [-o [o]] [-p s]
 [+|-r [t]] [-s [p:s]] [-S [t]] [-T [t]] [-u s] [+|-w] [-x [fl]] [--] [names]
Use the ``-h'' option to get more help information.
"""
SPEC = re.compile(r"([46]?)([A-Za-z]*)(?:@(\[[^]]*\]|[^:]*))?(?::(.*))?")
LONGEST = 9
"""Letters of a command's name."""


class Wrong(Exception):
    """What lsof says of a command line that it does not read."""


@attrs.frozen
class Address:
    """One -i: what a socket has to be."""

    family: str = ""
    protocol: str = ""
    host: IPv4 | IPv6 | None = None
    ports: tuple[range, ...] = ()

    def matches(self, socket: Socket) -> bool:
        """Whether it is that, at either end."""
        row = socket.row
        if self.family and socket.family != f"IPv{self.family}":
            return False
        if self.protocol and socket.protocol.lower() != self.protocol:
            return False
        if self.host is not None and self.host not in (address_of(row.local), address_of(row.remote)):
            return False
        return not self.ports or any(row.local_port in ports or row.remote_port in ports for ports in self.ports)


@attrs.frozen
class Socket:
    """A socket that a process holds."""

    pid: int
    process: Process
    fd: int
    family: str
    protocol: str
    row: Row


@attrs.define
class Wanted:
    """A command line."""

    given: set[str] = attrs.field(factory=set)
    addresses: list[Address] = attrs.field(factory=list)
    states: dict[str, set[str]] = attrs.field(factory=dict)
    commands: list[str] = attrs.field(factory=list)
    pids: list[int] = attrs.field(factory=list)


def _address(call: Call, text: str) -> Address:
    found = SPEC.fullmatch(text)
    family, protocol, host, ports = found.groups() if found is not None else ("", text, None, None)
    if found is None or protocol.lower() not in ("", "tcp", "udp"):
        raise Wrong(f"lsof: unknown protocol name ({protocol}) in: -i {text}\n{USAGE}")
    named: IPv4 | IPv6 | None = None
    if host:
        bare = host.strip("[]")
        named = numeric(bare) or next(iter(in_hosts(call.proc.read_text("/etc/hosts"), bare)), None)
        if named is None:
            raise Wrong(f"lsof: unknown host name ({bare}) in: -i {text}\n{USAGE}")
    ranges = []
    for part in ports.split(",") if ports else ():
        first, dash, last = part.partition("-") if part[:1].isdigit() else (part, "", "")
        low = next(
            (
                port
                for port in (service_port(call.proc, first, one) for one in ([protocol.lower()] if protocol else ["tcp", "udp"]))
                if port is not None
            ),
            None,
        )
        if low is None or (dash and not last.isdigit()):
            raise Wrong(f"lsof: unknown service {first} for {protocol.lower() or 'tcp'} in: -i {text}\n{USAGE}")
        ranges.append(range(low, (int(last) if dash else low) + 1))
    return Address(family, protocol.lower(), named, tuple(ranges))


def _read(call: Call) -> Wanted:
    wanted, waiting = Wanted(), list(call.argv[1:])
    while waiting:
        word = waiting.pop(0)
        if word[:1] != "-" or len(word) < 2:
            raise Wrong("lsof: netsim: only sockets (-i) are modelled\n")
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in "nPtaRlUObw":
                wanted.given.add(letter)
                if letter in "RlUOb":
                    call.netns.kernel.unmodelled.append(f"lsof -{letter}")
                continue
            if letter == "i":
                value = letters or (waiting.pop(0) if waiting and waiting[0][:1] not in ("-", "+") else "")
                wanted.addresses.append(_address(call, value))
            elif letter in "cps":
                if not letters and not waiting:
                    raise Wrong(f"lsof: no {'process ID' if letter == 'p' else 'command'} specified\n{USAGE}" if letter != "s" else USAGE)
                _valued(wanted, letter, letters or waiting.pop(0))
            elif letter in "hv":
                raise Wrong(USAGE)
            elif letter in "dDeEfFgLmMoSTuxrXK":
                raise Wrong(f"lsof: netsim: -{letter} is not modelled\n")
            else:
                raise Wrong(f"lsof: illegal option character: {letter}\n{USAGE}")
            letters = ""
    if not wanted.addresses or ("a" not in wanted.given and (wanted.commands or wanted.pids)):
        raise Wrong("lsof: netsim: only sockets (-i), with -a other conditions beside, are modelled\n")
    return wanted


def _valued(wanted: Wanted, letter: str, value: str) -> None:
    if letter == "c":
        wanted.commands.append(value)
    elif letter == "p":
        if not all(part.isdigit() for part in value.split(",")):
            raise Wrong(f"lsof: illegal process ID: {value}\n{USAGE}")
        wanted.pids += map(int, value.split(","))
    else:
        protocol, _, names = value.partition(":")
        for name in names.split(","):
            if name.lstrip("^").upper() not in STATES and name:
                raise Wrong(f"lsof: unknown {protocol.upper()} state name: {name}\n{USAGE}")
        wanted.states[protocol.upper()] = {name.upper() for name in names.split(",") if name}


def sockets(call: Call) -> list[Socket]:
    """Sockets of the caller's network namespace that processes it sees hold, by process and descriptor."""
    known = {
        row.inode: (f"IPv{6 if name.endswith('6') else 4}", name[:3].upper(), row)
        for name in ("tcp", "tcp6", "udp", "udp6")
        for row in rows(call, name)
        if row.inode
    }
    found = []
    for pid, process in sorted(call.proc.seen().items()):
        for fd, opened in sorted(process.fds.items()):
            inode = re.fullmatch(r"socket:\[(\d+)\]", opened.described())
            if inode and int(inode[1]) in known:
                found.append(Socket(pid, process, fd, *known[int(inode[1])]))
    return found


def lsof(call: Call) -> Result:
    """lsof -i[46][PROTOCOL][@HOST][:PORTS] [-nPta] [-s PROTOCOL:STATES] [-c COMMAND] [-p PID]"""
    try:
        wanted = _read(call)
    except Wrong as problem:
        return Result("", str(problem), 1)
    found = [one for one in sockets(call) if _is_wanted(wanted, one)]
    if "t" in wanted.given:
        return Result("".join(f"{pid}\n" for pid in dict.fromkeys(one.pid for one in found)), "", int(not found))
    lines = [
        (one.process.comm[:LONGEST], str(one.pid), "root", str(one.fd), one.family, str(one.row.inode), "0t0", one.protocol, _name(call, wanted, one))
        for one in found
    ]
    if not lines:
        return Result("", "", 1)
    wide = [
        max([len(title), *(len(line[column]) for line in lines)])
        for column, title in enumerate(("COMMAND", "PID", "USER", "", "TYPE", "DEVICE", "SIZE/OFF", "NODE"))
    ]
    text = f"{'COMMAND':<{wide[0]}} {'PID':>{wide[1]}} {'USER':>{wide[2]}}   FD   {'TYPE':>{wide[4]}} {'DEVICE':>{wide[5]}} SIZE/OFF NODE NAME\n"
    for line in lines:
        text += f"{line[0]:<{wide[0]}} {line[1]:>{wide[1]}} {line[2]:>{wide[2]}} {line[3]:>4}u  {line[4]:>{wide[4]}} {line[5]:>{wide[5]}} {line[6]:>8} {line[7]:>4} {line[8]}\n"
    return Result(text)


def _is_wanted(wanted: Wanted, one: Socket) -> bool:
    asked = wanted.states.get(one.protocol)
    state = STATES[one.row.state]
    if asked and (f"^{state}" in asked or (state not in asked and not any(name.startswith("^") for name in asked))):
        return False
    if wanted.commands and not any(one.process.comm.startswith(name) for name in wanted.commands):
        return False
    if wanted.pids and one.pid not in wanted.pids:
        return False
    return any(address.matches(one) for address in wanted.addresses)


def _name(call: Call, wanted: Wanted, one: Socket) -> str:
    row, protocol = one.row, one.protocol.lower()
    text = _end(call, wanted, row.local, row.local_port, protocol)
    if row.remote_port:
        text += f"->{_end(call, wanted, row.remote, row.remote_port, protocol)}"
    return f"{text} ({STATES[row.state]})" if one.protocol == "TCP" else f"{text} "


def _end(call: Call, wanted: Wanted, text: str, number: int, protocol: str) -> str:
    address = address_of(text)
    port = "*" if not number else str(number) if "P" in wanted.given else service_name(call, number, protocol)
    if not address:
        return f"*:{port}"
    plain = f"[{address}]" if isinstance(address, IPv6) else str(address)
    return f"{plain if 'n' in wanted.given else name_in_hosts(call.proc.read_text('/etc/hosts'), address) or plain}:{port}"
