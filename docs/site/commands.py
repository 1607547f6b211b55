"""The page of commands and options, written from the tables that the parsers read: what is not in a grammar cannot be on the page, and the other way round."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import netsim
from netsim.commands import brctl, dockerd
from netsim.commands.busybox import table as busybox
from netsim.commands.conntrack import grammar as conntrack
from netsim.commands.docker.elsewhere import not_modelled
from netsim.commands.docker.flags import BOOL, Flag
from netsim.commands.docker.main import COMMANDS as DOCKER
from netsim.commands.ethtool import main as ethtool
from netsim.commands.ip import main as ip
from netsim.commands.ip.kinds import table as kinds
from netsim.commands.ip.kinds.grammar import Key
from netsim.commands.ipset import words as ipset
from netsim.commands.iptables import extensions
from netsim.commands.iptables.extension import Extension
from netsim.commands.nft import statements as nft
from netsim.commands.table import BOXED, EXEC_TABLE, REFUSED
from netsim.commands.tc import qdisc
from netsim.docker.profile import RELEASES
from netsim.kernel.profile import PROFILES
from netsim.machine.getopt import Grammar
from netsim.programs.curl import options as curl
from netsim.programs.process import REFUSED as WHY
from netsim.programs.traceroute import options as traceroute
from netsim.shell.builtins import BUILTINS

INTRO = """\
# Commands and options

This page is written from the tables that netsim's own parsers read, when the site is built. An option that is on it is one of three things: it does
what the real one does; it is taken and *reported as not modelled* (`netsim run --strict`, `world.unmodelled`); or it is *refused by name*. What is not on it is
refused in the real tool's words. No option is taken and then ignored: a test tries each of them.
"""
FAMILIES = (
    ("Links, addresses, routes", ("ip", "bridge", "brctl", "tc", "ethtool", "ifconfig", "route", "arp", "sysctl", "modprobe", "lsmod", "rmmod")),
    ("Packet filters", ("iptables", "ip6tables", "iptables-save", "iptables-restore", "nft", "ipset", "conntrack", "xtables-monitor")),
    ("Docker", ("docker", "dockerd")),
    (
        "Looking and trying",
        ("ping", "ping6", "arping", "traceroute", "tracepath", "tcpdump", "ss", "netstat", "nstat", "nc", "socat", "curl", "wget"),
    ),
    ("Names", ("dig", "host", "nslookup", "getent", "dnsmasq")),
    ("Servers", ("radvd", "python3")),
)


def commands_page() -> str:
    """The whole page."""
    parts = [INTRO, *_commands(), *_ip(), *_tc(), *_iptables(), *_nft(), *_docker(), *_getopt(), *_others(), *_busybox(), *_versions()]
    return "\n".join(parts) + "\n"


def coded(words: Iterable[str]) -> str:
    """Words as code, one after the other."""
    return " ".join(f"`{word}`" for word in words)


def long_names(names: Iterable[str]) -> str:
    """Long options, as code."""
    return coded(f"--{name}" for name in names)


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    grouped = {name for _, names in FAMILIES for name in names}
    for title, names in FAMILIES:
        yield f"- **{title}**: {coded(name for name in names if name in EXEC_TABLE)}"
    rest = [name for name in EXEC_TABLE if name not in grouped and name not in BOXED and name not in REFUSED]
    yield f"- **Files, text, processes**: {coded(rest)}"
    yield f"- **From the toolbox of [bashkit](https://pypi.org/project/bashkit/)** (`pip install netsim-lab[shell]`): {coded(BOXED)}"
    yield f"- **The shell's own**: {coded(BUILTINS)}"
    yield "\nRefused by name, with what to do instead:\n"
    yield from (f"- `{name}`: {WHY[name]}" for name in REFUSED)


def _ip() -> Iterator[str]:
    objects = dict(ip.OBJECTS)
    yield "\n## ip\n"
    yield f"Options: {coded(dict.fromkeys([*ip.SHORT, *(name for name, _ in ip.FLAGS)]))}\n"
    yield f"Objects: {coded(name for name, home in objects.items() if home != 'unmodelled')}\n"
    yield f"Refused by name: {coded(name for name, home in objects.items() if home == 'unmodelled')}\n"
    yield "Kinds of devices, and the words that are read behind `type KIND`:\n"
    for kind in kinds.KINDS:
        util = kinds.link_util(kind)
        if util is not None and kind not in kinds.UNMODELLED:
            words = _keys(util)
            yield f"- `{kind}`" + (f": {coded(words)}" if words else f": as `ip link help {kind}` says" if kind in kinds.HELP else "")
    yield f"\nKinds refused by name: {coded(kinds.UNMODELLED)}"


def _keys(util: Any) -> list[str]:
    """The words of a kind's grammar, where it is a table (`KEYS` of its module); its help tells the others."""
    module = inspect.getmodule(util.parse)
    utils = [kinds.link_util(kind) for kind in kinds.KINDS]
    found = [key.word for value in vars(module).values() if isinstance(value, tuple) for key in value if isinstance(key, Key)]
    return list(dict.fromkeys(found)) if len({id(one) for one in utils if one is not None and inspect.getmodule(one.parse) is module}) == 1 else []


def _tc() -> Iterator[str]:
    yield "\n## tc\n"
    yield f"`tc qdisc` with {coded(name for name, _ in qdisc.COMMANDS)} `del` `show`; disciplines: {coded(qdisc.PARSERS)} `pfifo_fast` `noqueue`.\n"
    yield f"Refused by name: {coded(sorted(qdisc.UNMODELLED))}; classes, filters and actions."


def _iptables() -> Iterator[str]:
    yield "\n## iptables and ip6tables\n"
    for title, table in (("Matches", extensions.MATCHES), ("Targets", extensions.TARGETS)):
        yield f"{title} and their options:\n"
        yield from (f"- `{name}`: {coded(_spellings(one)) or 'no options'}" for name, one in sorted(table.items()))
        yield ""
    yield f"Matches refused by name: {coded(sorted(extensions.UNMODELLED_MATCHES))}\n"
    yield f"Targets refused by name: {coded(sorted(extensions.UNMODELLED_TARGETS))}"


def _spellings(extension: Extension) -> list[str]:
    return [name if name.startswith("-") else f"--{name}" for name in extension.options]


def _nft() -> Iterator[str]:
    yield "\n## nft and ipset\n"
    yield f"Statements: {coded(nft.READERS)}; `meta` keys: {coded(nft.META)}; protocols: {coded(nft.TRANSPORTS)}.\n"
    yield f"Statements refused by name: {coded(sorted(nft.UNMODELLED))}\n"
    yield f"Set types of `ipset`: {coded(ipset.TYPES)}; refused by name: {coded(sorted(ipset.UNMODELLED))}"


def _docker() -> Iterator[str]:
    yield "\n## docker\n"
    refused = [path for path, command in DOCKER.items() if command.run is not_modelled]
    for path, command in sorted(DOCKER.items()):
        if path in refused:
            continue
        yield f"- `docker {path}`" + _flags(command.flags)
    yield f"\nRefused by name: {coded(f'docker {path}' for path in sorted(refused))}\n" if refused else ""
    yield f"\n`dockerd` takes {coded(_spelt(flag) for flag in dockerd.FLAGS)}"


def _flags(flags: Iterable[Flag]) -> str:
    known = list(dict.fromkeys(_spelt(flag) for flag in flags if not flag.unmodelled))
    reported = list(dict.fromkeys(_spelt(flag) for flag in flags if flag.unmodelled))
    text = f": {coded(known)}" if known else ""
    return text + (f"; *reported as not modelled*: {coded(reported)}" if reported else "")


def _spelt(flag: Flag) -> str:
    return f"--{flag.name}" + ("" if flag.kind == BOOL else " …")


def grammars() -> dict[str, list[Grammar]]:
    """Every getopt grammar of the tools but BusyBox's, by the name of the tool that reads it."""
    found: dict[str, list[Grammar]] = {}
    homes: dict[str, str] = {}
    for name, home in EXEC_TABLE.items():
        homes.setdefault(home.partition(":")[0], name)
    for info in pkgutil.walk_packages(netsim.__path__, "netsim."):
        if not info.name.startswith(("netsim.commands.", "netsim.programs.")) or ".busybox" in info.name:
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Grammar) and not any(value is other for known in found.values() for other in known):
                found.setdefault(_tool(info.name, homes), []).append(value)
    return found


def _tool(module: str, homes: Mapping[str, str]) -> str:
    """The command whose function lives in a module or in the package around it."""
    package = module.rpartition(".")[0]
    return homes.get(module) or next((name for home, name in homes.items() if home.rpartition(".")[0] == package), module.rpartition(".")[2])


def spelt(grammar: Grammar) -> list[str]:
    """A grammar's options: letters, then long names."""
    letters = (
        [f"-{letter}" for letter in grammar.flags] + [f"-{letter} …" for letter in grammar.valued] + [f"-{letter}[…]" for letter in grammar.optional]
    )
    return letters + [f"--{name}" + {"": "", "=": "=…", "?": "[=…]"}[takes] for name, (_, takes) in grammar.long.items()]


def _getopt() -> Iterator[str]:
    yield "\n## Tools with getopt\n"
    for tool, known in sorted(grammars().items()):
        yield f"- `{tool}`: " + "; ".join(coded(spelt(grammar)) for grammar in known)


def _others() -> Iterator[str]:
    yield "\n## Other tools\n"
    yield f"- `brctl`: {coded(name for name, _, _ in brctl.COMMANDS)}"
    yield f"- `conntrack`: commands {coded(f'-{name}' for name in conntrack.COMMANDS if len(name) == 1)}; options {long_names(conntrack.LONG)}"
    known = sorted((curl.LONG_FLAGS | curl.LONG_VALUED) - curl.REPORTED - set(curl.REFUSED))
    yield f"- `curl`: {long_names(known)}; *reported as not modelled*: {long_names(sorted(curl.REPORTED))}; refused by name: {long_names(curl.REFUSED)}"
    yield f"- `ethtool`: {coded(ethtool.BY_NAME)}; refused by name: {coded(ethtool.UNMODELLED)}"
    yield f"- `traceroute`: {coded(f'--{one.long}' if one.long else f'-{one.short}' for one in traceroute.TABLE)}"


def _busybox() -> Iterator[str]:
    yield "\n## BusyBox\n"
    yield "Images such as `busybox` and `alpine` have BusyBox 1.35's own tools, with its texts and its options:\n"
    yield coded(name for name in sorted(busybox.APPLETS) if name not in busybox.REFUSED)
    yield f"\nRefused by name: {coded(busybox.REFUSED)}"


def _versions() -> Iterator[str]:
    yield "\n## Versions\n"
    yield f"Kernels (`world.host(..., kernel=)`): {coded(PROFILES)}\n"
    yield f"Docker engines (`host.docker(...)`, `engine=`): {coded(RELEASES)}"
