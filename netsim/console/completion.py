"""What Tab offers: commands, the words of their grammars, names of devices and namespaces, paths."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.docker.rooms import COMMANDS as DOCKER
from netsim.commands.ip.main import OBJECTS
from netsim.errors import NetError
from netsim.machine.nodes import Directory
from netsim.shell.builtins import BUILTINS

IP_VERBS = {
    "link": ("add", "delete", "set", "show", "help"), "addr": ("add", "delete", "flush", "show", "change", "replace", "help"),
    "route": ("add", "delete", "replace", "change", "append", "flush", "get", "show", "help"), "rule": ("add", "delete", "flush", "show", "help"),
    "neigh": ("add", "delete", "replace", "change", "flush", "show", "get", "help"),
    "netns": ("add", "delete", "exec", "identify", "list", "pids", "set", "attach", "list-id", "help"),
}  # fmt: skip
BRIDGE_OBJECTS = ("link", "fdb", "mdb", "vlan", "monitor")
PREFIXES = ("sudo", "timeout", "nohup", "time")
NAMESPACE_AFTER = ("exec", "delete", "del", "pids", "netns", "-n", "-netns", "--netns")


@attrs.define
class Completer:
    """Candidates for the last word of a line typed into a shell."""

    shell: Any

    def candidates(self, line: str) -> list[str]:
        """Every word that could stand where the line's last (perhaps empty) word begins, sorted."""
        words = line.replace("|", " ; ").replace("&&", " ; ").split()
        if line[-1:].isspace() or not line:
            words.append("")
        while ";" in words:
            words = words[words.index(";") + 1 :]
        last = words[-1] if words else ""
        return sorted({word for word in self._offers(words) if word.startswith(last)})

    def _offers(self, words: list[str]) -> list[str]:
        before = words[:-1]
        while before and before[0] in PREFIXES:
            before = before[1:]
        if "/" in words[-1] if words else False:
            return self._paths(words[-1])
        if not before:
            return [*self.shell.proc.machine.exec_table, *BUILTINS, *self.shell.functions]
        if before[0] == "ip":
            return self._ip(before[1:])
        if before[0] == "docker":
            depth = len(before) - 1
            return [path.split()[depth] for path in DOCKER if path.split()[:depth] == before[1:] and len(path.split()) > depth]
        if before[0] == "bridge" and len(before) == 1:
            return list(BRIDGE_OBJECTS)
        return [*self._devices(), *self._paths(words[-1])]

    def _ip(self, before: list[str]) -> list[str]:
        if before and before[-1] in NAMESPACE_AFTER:
            return self.shell.proc.machine.netns_names(self.shell.proc)  # type: ignore[no-any-return]
        if before[:2] == ["netns", "exec"] and len(before) >= 3:
            return self._offers([*before[3:], ""])
        while before and before[0].startswith("-"):
            before = before[2:] if before[0] in ("-n", "-netns") else before[1:]
        if not before:
            return [name for name, _ in OBJECTS]
        home = next((home for name, home in OBJECTS if name.startswith(before[0])), "")
        if len(before) == 1:
            return list(IP_VERBS.get(home, ()))
        return [*self._devices(), "dev", "up", "down", "type", "master", "netns", "via"]

    def _devices(self) -> list[str]:
        return [dev.name for dev in self.shell.proc.netns.devices.values()]

    def _paths(self, word: str) -> list[str]:
        files, proc = self.shell.proc.machine.files, self.shell.proc
        directory, slash, _ = word.rpartition("/")
        base = directory + slash
        try:
            names = files.listdir(proc, base or ".")
        except NetError:
            return []
        return [f"{base}{name}" + ("/" if isinstance(files.stat(proc, base + name), Directory) else "") for name in names]
