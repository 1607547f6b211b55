"""dockerd: options, start and refusals (dockerd(8))."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, FlagError, parse
from netsim.commands.docker.values import address_20_10 as address
from netsim.commands.docker.values import search_domain
from netsim.docker.engine.boot import Dockerd
from netsim.docker.engine.daemon_file import conflicts, read_daemon_file
from netsim.docker.errors import Refusal
from netsim.docker.ipam.space import base_of
from netsim.docker.profile import RELEASES
from netsim.docker.settings import DaemonOptions
from netsim.machine.call import Call, Program, Result
from netsim.machine.machine import Machine


def pool(text: str) -> str:
    """`base=NET,size=BITS`, as far as the command line itself looks at it (`opts.PoolsOpt`)."""
    for field in text.split(","):
        key, equals, value = field.partition("=")
        if not equals:
            raise ValueError(f"invalid field '{field}' must be a key=value pair")
        if key.lower() not in ("base", "size"):
            raise ValueError(f"unexpected key '{key.lower()}' in '{field}'")
        if key.lower() == "size" and not value.lstrip("+-").isdigit():
            raise ValueError(f'invalid size value: "{value}" (must be integer): strconv.Atoi: parsing "{value}": invalid syntax')
    return text


FLAGS = (
    Flag("add-runtime", "", LIST), Flag("allow-direct-routing", "", BOOL), Flag("bip"), Flag("bip6"), Flag("bridge", "b"), Flag("bridge-accept-fwmark"),
    Flag("debug", "D", BOOL), Flag("default-address-pool", "", LIST, pool), Flag("default-gateway", check=address), Flag("default-gateway-v6", check=address),
    Flag("default-network-opt", "", LIST), Flag("default-runtime"), Flag("dns", "", LIST, address), Flag("dns-opt", "", LIST), Flag("dns-search", "", LIST, search_domain), Flag("experimental", "", BOOL),
    Flag("firewall-backend"), Flag("fixed-cidr"), Flag("fixed-cidr-v6"), Flag("host-gateway-ip", "", LIST, address), Flag("icc", "", BOOL), Flag("ip", check=address),
    Flag("ip-forward", "", BOOL), Flag("ip-forward-no-drop", "", BOOL), Flag("ip-masq", "", BOOL), Flag("ip6tables", "", BOOL), Flag("iptables", "", BOOL),
    Flag("ipv6", "", BOOL), Flag("live-restore", "", BOOL), Flag("mtu", "", INT), Flag("swarm-default-advertise-addr"), Flag("userland-proxy", "", BOOL),
)  # fmt: skip
"""Options that are about networks, and those that start-up scripts usually have beside them."""
BESIDE = (
    Flag("cgroup-parent"), Flag("config-file"), Flag("containerd"), Flag("data-root"), Flag("exec-opt", "", LIST), Flag("exec-root"), Flag("group", "G"), Flag("host", "H", LIST),
    Flag("insecure-registry", "", LIST), Flag("label", "", LIST), Flag("log-driver"), Flag("log-level", "l"), Flag("log-opt", "", LIST), Flag("pidfile", "p"),
    Flag("registry-mirror", "", LIST), Flag("shutdown-timeout", "", INT), Flag("storage-driver", "s"), Flag("storage-opt", "", LIST),
)  # fmt: skip
"""Options that no network knows of, as those of daemon.json that have no effect here."""
LEVELS = ("debug", "info", "warn", "error", "fatal")
NAMES = {
    "add-runtime": "add_runtimes",
    "default-address-pool": "default_address_pools",
    "default-network-opt": "default_network_opts",
    "dns-opt": "dns_options",
    "host-gateway-ip": "host_gateway_ips",
}


def _value(flag: Flag, value: Any) -> Any:
    if flag.kind == LIST:
        return tuple(value)
    return int(value) if flag.kind == BOOL else value


def read_flags(words: Sequence[str]) -> dict[str, Any]:
    """The daemon's options as given, by their fields of `DaemonOptions`; Refusal with its words for what it does not take."""
    try:
        parsed = parse(words, (*FLAGS, *BESIDE), interspersed=True)
    except FlagError as problem:
        raise Refusal(0, f"Status: {problem}\nSee 'dockerd --help'., Code: 125") from None
    if parsed.words:
        raise Refusal(
            0, "\"dockerd\" accepts no argument(s).\nSee 'dockerd --help'.\n\nUsage:  dockerd [OPTIONS]\n\nA self-sufficient runtime for containers."
        )
    if parsed.text("log-level").lower() not in ("", *LEVELS):
        raise Refusal(0, f"unable to parse logging level: {parsed.text('log-level')}")
    fields: dict[str, Any] = {}
    for flag in FLAGS:
        if parsed.given(flag.name) and flag.name != "debug":
            fields[NAMES.get(flag.name, flag.name.replace("-", "_"))] = _value(flag, parsed.values[flag.name])
    return fields


def read_options(machine: Machine, words: Sequence[str]) -> DaemonOptions:
    """The options of a daemon that is started with these words on a machine: what its /etc/docker/daemon.json says beside them."""
    flags, file = read_flags(words), read_daemon_file(machine)
    if not RELEASES[machine.docker_release].takes_subnets_in_turn:
        for text in flags.get("default_address_pools", ()):
            try:
                base_of(text)
            except Refusal as problem:
                raise Refusal(0, f"Status: {problem.text}\nSee 'dockerd --help'., Code: 125") from None
    conflicts(flags, file)
    return DaemonOptions(**{**file, **flags})


def dockerd(call: Call) -> Result | Program:
    """Run the daemon in the foreground, as the command does, with what /etc/docker/daemon.json says beside its flags; `&` puts it where it belongs."""
    try:
        options = read_options(call.machine, call.argv[1:])
    except Refusal as problem:
        return Result("", problem.text + "\n", 1)
    return Dockerd(None, RELEASES[call.machine.docker_release], options)
