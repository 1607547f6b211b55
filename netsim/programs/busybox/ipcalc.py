"""ipcalc of BusyBox (networking/ipcalc.c)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, mask4
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar
from netsim.machine.hostnames import inet_aton, name_in_hosts
from netsim.programs.busybox.applet import die, ended, read_options, unsigned, usage

LONG = {"netmask": ("m", ""), "broadcast": ("b", ""), "network": ("n", ""), "prefix": ("p", ""), "hostname": ("h", ""), "silent": ("s", "")}


def ipcalc(call: Call) -> Any:
    """ipcalc (BusyBox)."""
    outcome = ended(_ipcalc, call)
    is_silent = any("s" in word for word in call.argv[1:] if word.startswith("-") and not word.startswith("--")) or "--silent" in call.argv
    return attrs.evolve(outcome, stderr="") if is_silent and isinstance(outcome, Result) and outcome.stderr.startswith("ipcalc: ") else outcome


def _ipcalc(call: Call) -> Result:
    options = read_options(call, Grammar("mbnphs", long=LONG))
    if not set(options.letters) & set("mbnph") or not options.words or len(options.words) > 2:
        raise usage("ipcalc")
    body, slash, length = options.words[0].partition("/")
    address = inet_aton(body)
    if address is None:
        raise die("ipcalc", f"bad IP address: {body}")
    mask = IPv4(mask4(_by_class(address)))
    if slash:
        mask = IPv4(mask4(unsigned("ipcalc", length, 32)))
    elif len(options.words) > 1:
        given = inet_aton(options.words[1])
        if given is None:
            raise die("ipcalc", f"bad netmask: {options.words[1]}")
        mask = given
    text = f"NETMASK={mask}\n" if "m" in options else ""
    text += f"BROADCAST={IPv4(address & mask | ~mask & 0xFFFFFFFF)}\n" if "b" in options else ""
    text += f"NETWORK={IPv4(address & mask)}\n" if "n" in options else ""
    text += f"PREFIX={int(mask).bit_count()}\n" if "p" in options else ""
    if "h" in options:
        name = name_in_hosts(call.proc.read_text("/etc/hosts"), address)
        if name is None:
            raise die("ipcalc", f"can't find hostname for {body}")
        text += f"HOSTNAME={name}\n"
    return Result(text)


def _by_class(address: IPv4) -> int:
    return 8 if address >> 24 < 128 else 16 if address >> 24 < 192 else 24
