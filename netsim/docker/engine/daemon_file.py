"""/etc/docker/daemon.json: the daemon's options in a file (`cmd/dockerd/daemon.go`, `daemon/config.getConflictFreeConfiguration`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.docker.errors import Refusal
from netsim.docker.settings import DaemonOptions
from netsim.errors import NetError
from netsim.machine.machine import Machine

PATH = "/etc/docker/daemon.json"
TEXTS = ("bip", "bip6", "bridge", "bridge-accept-fwmark", "default-gateway", "default-gateway-v6", "default-runtime", "firewall-backend", "fixed-cidr",
         "fixed-cidr-v6", "host-gateway-ip", "ip", "swarm-default-advertise-addr")  # fmt: skip
SWITCHES = ("allow-direct-routing", "experimental", "icc", "ip-forward", "ip-forward-no-drop", "ip-masq", "ip6tables", "iptables", "ipv6", "live-restore",
            "userland-proxy")  # fmt: skip
LISTS = {"host-gateway-ips": "host_gateway_ips", "dns": "dns", "dns-opts": "dns_options", "dns-search": "dns_search"}
WITHOUT_EFFECT = frozenset(
    [
        "allow-nondistributable-artifacts",
        "api-cors-header",
        "authorization-plugins",
        "builder",
        "cdi-spec-dirs",
        "cgroup-parent",
        "cluster-advertise",
        "cluster-store",
        "cluster-store-opts",
        "containerd",
        "containerd-namespace",
        "containerd-plugins-namespace",
        "cpu-rt-period",
        "cpu-rt-runtime",
        "cri-containerd",
        "data-root",
        "debug",
        "default-cgroupns-mode",
        "default-ipc-mode",
        "default-shm-size",
        "default-ulimits",
        "deprecated-key-path",
        "exec-opts",
        "exec-root",
        "features",
        "graph",
        "group",
        "hosts",
        "http-proxy",
        "https-proxy",
        "init",
        "init-path",
        "insecure-registries",
        "labels",
        "log-driver",
        "log-format",
        "log-level",
        "log-opts",
        "max-concurrent-downloads",
        "max-concurrent-uploads",
        "max-download-attempts",
        "metrics-addr",
        "min-api-version",
        "network-control-plane-mtu",
        "network-diagnostic-port",
        "no-new-privileges",
        "no-proxy",
        "node-generic-resources",
        "oom-score-adjust",
        "pidfile",
        "proxies",
        "raw-logs",
        "registry-mirrors",
        "rootless",
        "runtimes",
        "seccomp-profile",
        "selinux-enabled",
        "shutdown-timeout",
        "storage-driver",
        "storage-opts",
        "tls",
        "tlscacert",
        "tlscert",
        "tlskey",
        "tlsverify",
        "userland-proxy-path",
        "userns-remap",
        "validate",
    ]
)
"""Keys that say nothing about networks: they are known, and that is all."""
KINDS = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def read_daemon_file(machine: Machine) -> dict[str, Any]:
    """The file's options by their fields of `DaemonOptions`; nothing when there is no file. Refusal with the daemon's words for a bad one."""
    try:
        text = machine.files.read(None, PATH).decode("utf-8", "replace")
    except NetError:
        return {}
    return fields_of(text)


def options_of(machine: Machine) -> DaemonOptions:
    """The options of a daemon that is started without any."""
    return DaemonOptions(**read_daemon_file(machine))


def fields_of(text: str) -> dict[str, Any]:
    """The options that a file's text gives, by their fields of `DaemonOptions`."""
    try:
        said = json.loads(text)
    except ValueError as problem:
        raise _bad(_scanned(text, problem)) from None
    if not isinstance(said, dict):
        raise _bad(f"json: cannot unmarshal {KINDS.get(type(said), 'null')} into Go value of type map[string]interface {{}}")
    known = {*TEXTS, *SWITCHES, *LISTS, "mtu", "default-address-pools", "default-network-opts", *WITHOUT_EFFECT}
    unknown = [key for key in said if key not in known]
    if unknown:
        raise _bad(f"the following directives don't match any configuration option: {', '.join(unknown)}")
    return {name: value for key, given in said.items() if given is not None for name, value in _field(key, given)}


def _field(key: str, given: Any) -> list[tuple[str, Any]]:
    name = key.replace("-", "_")
    if key in TEXTS:
        value = _typed(key, given, str, "string")
        if key == "ip" and not _is_address(value):
            raise _bad(f"invalid IP address: {value}")
        return [(name, value)]
    if key in SWITCHES:
        return [(name, int(_typed(key, given, bool, "bool")))]
    if key in LISTS:
        values = tuple(_typed(key, given, list, "[]string"))
        wrong = next((one for one in values if key in ("dns", "host-gateway-ips") and not _is_address(one)), None)
        if wrong is not None:
            raise _bad(f"configuration validation from file failed: {wrong} is not an ip address")
        return [(LISTS[key], values)]
    if key == "mtu":
        return [("mtu", _typed(key, given, int, "int"))]
    if key == "default-address-pools":
        return [
            ("default_address_pools", tuple(f"base={pool.get('base', '')},size={pool.get('size', 0)}" for pool in _typed(key, given, list, "[]")))
        ]
    if key == "default-network-opts":
        by_driver = _typed(key, given, dict, "map[string]map[string]string")
        return [
            ("default_network_opts", tuple(f"{driver}={name}={value}" for driver, options in by_driver.items() for name, value in options.items()))
        ]
    return []


def _is_address(text: Any) -> bool:
    try:
        (IPv6 if ":" in str(text) else IPv4).parse(str(text))
    except ValueError:
        return False
    return True


def _typed(key: str, given: Any, kind: type, go_type: str) -> Any:
    if type(given) is not kind:
        raise _bad(f"json: cannot unmarshal {KINDS[type(given)]} into Go struct field Config.{key} of type {go_type}")
    return given


def conflicts(flags: Mapping[str, Any], file: Mapping[str, Any]) -> None:
    """An option may be given once: as a flag or in the file."""
    twice = [(name, name.replace("_", "-")) for name in flags if name in file]
    if twice:
        told = ", ".join(f"{key}: (from flag: {_go(key, flags[name])}, from file: {_go(key, file[name])})" for name, key in sorted(twice))
        raise _bad(f"the following directives are specified both as a flag and in the configuration file: {told}")


def _go(key: str, value: Any) -> str:
    if key in SWITCHES:
        return str(bool(value)).lower()
    return f"[{' '.join(value)}]" if isinstance(value, tuple) else str(value)


def _bad(text: str) -> Refusal:
    return Refusal(0, f"unable to configure the Docker daemon with file {PATH}: {text}")


PLACES = {
    "Expecting property name": "looking for beginning of object key string",
    "Expecting value": "looking for beginning of value",
    "Expecting ':'": "after object key",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Invalid control character": "in string literal",
}


def _scanned(text: str, problem: ValueError) -> str:
    """What Go's scanner says where Python's stumbles."""
    if not text.strip():
        return "EOF"
    at, words = getattr(problem, "pos", 0), str(problem)
    if words.startswith("Illegal trailing comma"):
        at += 1 + len(text[at + 1 :]) - len(text[at + 1 :].lstrip())
    if at >= len(text.rstrip()) or words.startswith("Unterminated"):
        return "unexpected EOF"
    char = "'\\''" if text[at] == "'" else f"'{text[at]}'"
    place = next((place for begin, place in PLACES.items() if words.startswith(begin)), "")
    if words.startswith("Expecting ','"):
        place = "after object key:value pair" if _innermost(text[:at]) == "{" else "after array element"
    return f"invalid character {char} {place or 'after top-level value'}"


def _innermost(text: str) -> str:
    """The bracket that is open at the end of a text."""
    is_open: list[str] = []
    quoted = escaped = 0
    for char in text:
        if quoted:
            quoted, escaped = int(escaped or char != '"'), int(char == "\\" and not escaped)
        elif char == '"':
            quoted = 1
        elif char in "[{":
            is_open.append(char)
        elif char in "]}" and is_open:
            is_open.pop()
    return is_open[-1] if is_open else ""
