"""ovs-vsctl (man ovs-vsctl(8)): commands separated by `--`, done together or not at all."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from netsim.commands.ovs.columns import Stop, change, clear, get_column, settings
from netsim.commands.ovs.database import Bridge, Database, Port, database_of, destroy, settle
from netsim.machine.call import Call, Result

VERSION = "ovs-vsctl (Open vSwitch) 3.1.0\nDB Schema 8.3.1\n"
LOGS = 'ovs-vsctl: The default log directory is "/var/log/openvswitch".\n'
FLAGS = frozenset({"--no-wait", "--oneline", "--dry-run"})
LOCAL = {"--may-exist", "--if-exists", "--with-iface", "--no-headings"}
VALUED = ("--db", "--timeout", "-t", "--format", "-f", "--columns")


@attrs.define
class Session:
    """One invocation: the database, what it prints, and its exit status."""

    call: Call
    database: Database
    options: set[str] = attrs.field(factory=set)
    out: str = ""
    status: int = 0

    def bridge(self, name: str) -> Bridge:
        """A bridge by name, the real one below a VLAN's too."""
        fake = self.database.fakes().get(name)
        found = self.database.bridges.get(name) or (fake[0] if fake else None)
        if found is None:
            raise Stop(f"no bridge named {name}")
        return found


def ovs_vsctl(call: Call) -> Result:
    """The ovs-vsctl command."""
    database = database_of(call.machine)
    session = Session(call, database)
    before = database.copied()
    words = list(call.argv[1:])
    try:
        while words and words[0].startswith("-") and words[0] != "--":
            if words[0] in ("-h", "--help"):
                return Result("", 'netsim: "ovs-vsctl --help" is not modelled\n', 1)
            if words[0] in ("-V", "--version"):
                return Result(VERSION)
            if not _is_global(words):
                break
        commands = _split(words)
        for options, name, arguments in commands:
            _check(name, len(arguments), options)
        for options, name, arguments in commands:
            session.options = options
            COMMANDS[name][2](session, arguments)
    except Stop as stop:
        database.bridges = before
        return Result("", stop.text, stop.status)
    kept = {id(bridge.switch) for bridge in database.bridges.values()}
    for bridge in before.values():
        if id(bridge.switch) not in kept:
            destroy(bridge)
    failed = settle(call.machine, database)
    err = "".join(
        f"ovs-vsctl: Error detected while setting up '{name}': {_error(database, name)}.  See ovs-vswitchd log for details.\n"
        for name in failed
        if name in _added(commands)
    )
    return Result(session.out, err + (LOGS if err else ""), session.status)


def _added(commands: list[tuple[set[str], str, list[str]]]) -> set[str]:
    return {arguments[1] for _, name, arguments in commands if name == "add-port"} | {
        arguments[0] for _, name, arguments in commands if name == "add-br"
    }


def _error(database: Database, name: str) -> str:
    found = database.port(name)
    return found[1].error if found is not None else ""


def _is_global(words: list[str]) -> bool:
    word = words[0]
    if word in FLAGS:
        words.pop(0)
        return True
    name = word.partition("=")[0]
    if name in VALUED:
        words.pop(0)
        if "=" not in word and words:
            words.pop(0)
        return True
    if name in LOCAL:
        return False
    raise Stop(f"unrecognized option '{word}'")


def _split(words: list[str]) -> list[tuple[set[str], str, list[str]]]:
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    if len(groups) > 1 and not groups[0]:
        groups.pop(0)
    commands = []
    for group in groups:
        options = set()
        while group and group[0].startswith("-"):
            options.add(group.pop(0))
        if not group:
            raise Stop("missing command name (use --help for help)")
        commands.append((options, group[0], group[1:]))
    return commands


def _check(name: str, count: int, options: set[str]) -> None:
    if name in UNMODELLED:
        raise Stop(f'netsim: "ovs-vsctl {name}" is not modelled', plain=1)
    if name not in COMMANDS:
        raise Stop(f"unknown command '{name}'; use --help for help")
    least, most, _ = COMMANDS[name]
    unknown = options - LOCAL
    if unknown:
        raise Stop(f"'{name}' command has no '{min(unknown)}' option")
    if count < least:
        raise Stop(f"'{name}' command requires at least {least} arguments")
    if count > most:
        raise Stop(f"'{name}' command takes at most {most} arguments")


# bridges ---------------------------------------------------------------------------------------------------------------


def _show(session: Session, words: list[str]) -> None:
    settle(session.call.machine, session.database)
    text = f"{session.database.uuid}\n"
    for bridge in sorted(session.database.bridges.values(), key=_name):
        text += f"    Bridge {bridge.name}\n"
        for port in bridge.ports.values():
            text += f"        Port {port.name}\n"
            text += f"            tag: {port.tag}\n" if port.tag is not None else ""
            text += f"            trunks: [{', '.join(map(str, port.trunks))}]\n" if port.trunks else ""
            text += f"            Interface {port.name}\n"
            text += f"                type: {port.kind}\n" if port.kind else ""
            text += f'                error: "{port.error}"\n' if port.error else ""
    session.out += text + '    ovs_version: "3.1.0"\n'


def _name(bridge: Bridge) -> str:
    return bridge.name


def _list_br(session: Session, words: list[str]) -> None:
    names = sorted([*session.database.bridges, *session.database.fakes()])
    session.out += "".join(f"{name}\n" for name in names)


def _add_br(session: Session, words: list[str]) -> None:
    if len(words) == 2:
        raise Stop("'add-br' command takes exactly 1 or 3 arguments")
    name = words[0]
    known = session.database.bridges.get(name)
    if known is not None or name in session.database.fakes():
        if "--may-exist" in session.options:
            return
        raise Stop(f"cannot create a bridge named {name} because a bridge named {name} already exists")
    _free(session, name, "bridge")
    if len(words) == 3:
        parent = session.bridge(words[1])
        if not words[2].isdigit() or not 0 <= int(words[2]) <= 4095:
            raise Stop(f"{words[2]}: vlan must be between 0 and 4095")
        parent.ports[name] = Port(name, int(words[2]), kind="internal", parent=parent.name)
        return
    session.database.bridges[name] = Bridge(name, {name: Port(name, kind="internal")})


def _free(session: Session, name: str, what: str) -> None:
    found = session.database.port(name)
    if found is not None:
        raise Stop(f"cannot create a {what} named {name} because a port named {name} already exists on bridge {found[0].name}")


def _del_br(session: Session, words: list[str]) -> None:
    name = words[0]
    fake = session.database.fakes().get(name)
    if fake is not None:
        del fake[0].ports[name]
        return
    bridge = session.database.bridges.get(name)
    if bridge is None:
        if "--if-exists" in session.options:
            return
        raise Stop(f"no bridge named {name}")
    del session.database.bridges[name]


def _br_exists(session: Session, words: list[str]) -> None:
    if words[0] not in session.database.bridges and words[0] not in session.database.fakes():
        session.status = 2


def _br_to_vlan(session: Session, words: list[str]) -> None:
    session.bridge(words[0])
    fake = session.database.fakes().get(words[0])
    session.out += f"{fake[1].tag if fake else 0}\n"


def _br_to_parent(session: Session, words: list[str]) -> None:
    session.out += f"{session.bridge(words[0]).name}\n"


# ports -----------------------------------------------------------------------------------------------------------------


def _ports_of(session: Session, name: str) -> list[str]:
    bridge = session.bridge(name)
    fake = session.database.fakes().get(name)
    if fake is not None:
        return sorted(port.name for port in bridge.ports.values() if port.tag == fake[1].tag and not port.parent)
    tags = {port.tag for port in bridge.ports.values() if port.parent}
    return sorted(port.name for port in bridge.ports.values() if port.name != bridge.name and not port.parent and port.tag not in tags - {None})


def _list_ports(session: Session, words: list[str]) -> None:
    session.out += "".join(f"{name}\n" for name in _ports_of(session, words[0]))


def _add_port(session: Session, words: list[str]) -> None:
    bridge, name = session.bridge(words[0]), words[1]
    found = session.database.port(name)
    if found is not None:
        if "--may-exist" in session.options and found[0] is bridge:
            return
        raise Stop(f"cannot create a port named {name} because a port named {name} already exists on bridge {found[0].name}")
    fake = session.database.fakes().get(words[0])
    port = Port(name, fake[1].tag if fake else None)
    for column, value in settings(words[2:]):
        change(session.call, "Port", port, column, value)
    bridge.ports[name] = port


def _del_port(session: Session, words: list[str]) -> None:
    name = words[-1]
    found = session.database.port(name)
    if found is None or found[0].name == name:
        if "--if-exists" in session.options:
            return
        raise Stop(f"no port named {name}")
    if len(words) == 2 and session.bridge(words[0]) is not found[0]:
        raise Stop(
            f"bridge {words[0]} does not have a port {name}"
            + (f" (although its parent bridge {found[0].name} does)" if words[0] in session.database.fakes() else "")
        )
    del found[0].ports[name]


def _to_br(session: Session, words: list[str], what: str) -> None:
    found = session.database.port(words[0])
    if found is None or found[0].name == words[0]:
        raise Stop(f"no {what} named {words[0]}")
    fakes = {port.tag: port.name for bridge, port in session.database.fakes().values() if bridge is found[0]}
    session.out += f"{fakes.get(found[1].tag, found[0].name)}\n"


def _port_to_br(session: Session, words: list[str]) -> None:
    _to_br(session, words, "port")


def _iface_to_br(session: Session, words: list[str]) -> None:
    _to_br(session, words, "interface")


# rows ------------------------------------------------------------------------------------------------------------------


def _row(session: Session, table: str, name: str) -> Port | None:
    """A row of Port or Interface; None for a Bridge, whose columns are not modelled."""
    kinds = {"bridge": "Bridge", "br": "Bridge", "port": "Port", "interface": "Interface", "iface": "Interface"}
    kind = next((kinds[known] for known in kinds if known.startswith(table.lower())), None)
    if kind is None:
        raise Stop(f'unknown table "{table}"')
    found = session.database.port(name)
    if found is None or (kind == "Bridge" and name not in session.database.bridges):
        raise Stop(f'no row "{name}" in table {kind}')
    return found[1] if kind != "Bridge" else None


def _table(table: str) -> str:
    return {"p": "Port", "i": "Interface"}.get(table[:1].lower(), "Bridge")


def _set(session: Session, words: list[str]) -> None:
    row = _row(session, words[0], words[1])
    for column, value in settings(words[2:]):
        change(session.call, _table(words[0]), row, column, value)


def _get(session: Session, words: list[str]) -> None:
    row = _row(session, words[0], words[1])
    for column in words[2:]:
        session.out += f"{get_column(_table(words[0]), row, column)}\n"


def _clear(session: Session, words: list[str]) -> None:
    row = _row(session, words[0], words[1])
    for column in words[2:]:
        clear(session.call, _table(words[0]), row, column)


def _remove(session: Session, words: list[str]) -> None:
    row = _row(session, words[0], words[1])
    if get_column(_table(words[0]), row, words[2]).strip("[]") in (*words[3:], "") or len(words) == 3:
        clear(session.call, _table(words[0]), row, words[2])


def _nothing(session: Session, words: list[str]) -> None:
    """init: the database is there already."""


MANY = 10_000
COMMANDS: dict[str, tuple[int, int, Callable[[Session, list[str]], None]]] = {
    "show": (0, 0, _show), "init": (0, 0, _nothing), "list-br": (0, 0, _list_br), "add-br": (1, 3, _add_br), "del-br": (1, 1, _del_br),
    "br-exists": (1, 1, _br_exists), "br-to-vlan": (1, 1, _br_to_vlan), "br-to-parent": (1, 1, _br_to_parent), "list-ports": (1, 1, _list_ports),
    "list-ifaces": (1, 1, _list_ports), "add-port": (2, MANY, _add_port), "del-port": (1, 2, _del_port), "port-to-br": (1, 1, _port_to_br),
    "iface-to-br": (1, 1, _iface_to_br), "set": (3, MANY, _set), "get": (3, MANY, _get), "clear": (3, MANY, _clear), "remove": (4, MANY, _remove),
}  # fmt: skip
UNMODELLED = frozenset(
    ("add-bond", "br-set-external-id", "br-get-external-id", "list", "find", "add", "create", "destroy", "wait-until", "comment", "get-controller",
     "set-controller", "del-controller", "get-fail-mode", "set-fail-mode", "del-fail-mode", "get-manager", "set-manager", "del-manager", "get-ssl",
     "set-ssl", "del-ssl", "emer-reset", "attach-if", "add-bond-iface", "del-bond-iface")
)  # fmt: skip
