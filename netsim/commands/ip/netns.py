"""ip netns: named namespaces (`ipnetns.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.commands.ip.output import to_json
from netsim.commands.ip.usage import NETNS
from netsim.commands.ip.words import Stop, Words, answers, invarg, matches, number
from netsim.errors import EEXIST, EINVAL, ENOENT, NetError, strerror
from netsim.kernel.boot import new_netns
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.netns import put, set_id
from netsim.machine.call import Exec, Result
from netsim.machine.nodes import Directory, File

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

RUN_DIR = "/var/run/netns"


def path_of(name: str) -> str:
    """Where a name lives."""
    return f"{RUN_DIR}/{name}"


def do_netns(session: Ip, cursor: Words) -> Result | Exec | None:
    """ip netns (`do_netns`)."""
    if not cursor.more():
        list_names(session)
        return None
    word = cursor.take()
    if matches(word, "help"):
        raise Stop(NETNS, 255)
    for pattern, function in COMMANDS:
        if matches(word, pattern):
            return function(session, cursor)
    raise Stop(f'Command "{word}" is unknown, try "ip netns help".\n', 255)


def _valid_name(name: str) -> bool:
    return "/" not in name and len(name) < 256 and name not in ("", ".", "..")


def switch(session: Ip, name: str) -> Netns:
    """The namespace -n asks for; `Cannot open network namespace`."""
    return open_named(session, name)


def open_named(session: Ip, name: str) -> Netns:
    """A namespace by name (`netns_get_fd`)."""
    machine = session.call.machine
    path = name if "/" in name else path_of(name)
    try:
        return machine.named_netns(session.call.proc, path)
    except NetError as error:
        if error.errno == ENOENT:
            raise Stop(f'Cannot open network namespace "{name}": {strerror(ENOENT)}\n', 255) from None
        raise Stop(f'setting the network namespace "{name}" failed: {strerror(error.errno)}\n', 255) from None


def names(session: Ip) -> list[str]:
    """All names, in the directory's order."""
    return session.call.machine.netns_names(session.call.proc)


def _bound(session: Ip, name: str) -> Netns | None:
    node = session.call.machine.files.stat(session.call.proc, path_of(name))
    bound = getattr(node, "bound", None)
    return bound if isinstance(bound, Netns) else None


def list_names(session: Ip) -> None:
    """ip netns list."""
    items = []
    _ask_all(session)
    for name in names(session):
        netns = _bound(session, name)
        if netns is None and _is_junk(session, name):
            session.err.append(NO_NAMESPACE)
        number_here = session.netns.id_of(netns) if netns is not None else None
        if session.style.json:
            items.append({"name": name} if number_here is None else {"name": name, "id": number_here})
        else:
            session.print(name + ("" if number_here is None else f" (id: {number_here})") + "\n")
    if session.style.json:
        session.print(to_json(items, session.style) if items else "")


NO_NAMESPACE = "Error: Peer netns reference is invalid.\n"


def _ask_all(session: Ip) -> None:
    """What has a name but is no namespace, the kernel refuses to number (`netns_map_init`)."""
    session.err += [NO_NAMESPACE for name in names(session) if _bound(session, name) is None and _is_junk(session, name)]


def _is_junk(session: Ip, name: str) -> bool:
    """Whether something that is no namespace can be opened there: of a link to a process that is gone nobody is asked."""
    return session.call.machine.files.stat(session.call.proc, path_of(name)) is not None


def _list(session: Ip, cursor: Words) -> None:
    list_names(session)


def add(session: Ip, cursor: Words) -> None:
    """ip netns add NAME."""
    if not cursor.more():
        raise Stop("No netns name specified\n", 1)
    _create(session, cursor.take(), None)


def _create(session: Ip, name: str, netns: Netns | None) -> None:
    if not _valid_name(name):
        raise Stop(f'Invalid netns name "{name}"\n', 255)
    machine, proc = session.call.machine, session.call.proc
    if machine.files.lstat(proc, path_of(name)) is not None:
        raise Stop(f'Cannot create namespace file "/run/netns/{name}": {strerror(EEXIST)}\n', 1)
    machine.bind_netns(proc, name, netns if netns is not None else new_netns(session.netns.kernel))


def attach(session: Ip, cursor: Words) -> None:
    """ip netns attach NAME PID."""
    if not cursor.more():
        raise Stop("No netns name and PID specified\n", 1)
    name = cursor.take()
    if not cursor.more():
        raise Stop("No netns name and PID specified\n", 1)
    word = cursor.take()
    pid = number(word, 1, 0x7FFFFFFF)
    if pid is None:
        raise Stop(f"Invalid PID: {word}\n", 1)
    process = session.call.machine.processes.get(pid)
    if process is None:
        raise Stop(f"Bind /proc/{pid}/ns/net -> /run/netns/{name} failed: {strerror(ENOENT)}\n", 1)
    _create(session, name, process.netns)


def delete(session: Ip, cursor: Words) -> None:
    """ip netns delete NAME, or all of them with -all."""
    if session.all_netns:
        for name in names(session):
            _delete(session, name)
        return
    if not cursor.more():
        raise Stop("No netns name specified\n", 1)
    _delete(session, cursor.take())


def _delete(session: Ip, name: str) -> None:
    machine, proc = session.call.machine, session.call.proc
    path = path_of(name)
    node = machine.files.lstat(proc, path)
    if isinstance(node, File) and node.bound is not None:
        netns, node.bound = node.bound, None
        put(netns)
    try:
        machine.files.unlink(proc, path)
    except NetError as error:
        raise Stop(f'Cannot remove namespace file "/run/netns/{name}": {strerror(error.errno)}\n', 1) from None


def execute(session: Ip, cursor: Words) -> Result | Exec | None:
    """ip netns exec NAME COMMAND ..."""
    if session.all_netns:
        return _execute_all(session, cursor)
    if not cursor.more():
        raise Stop("No netns name specified\n", 1)
    name = cursor.take()
    if not cursor.more():
        raise Stop("No command specified\n", 1)
    netns = open_named(session, name)
    _bind_etc(session, name)
    return Exec(tuple(cursor.words[cursor.at :]), netns, None, _exec_failed)


def _bind_etc(session: Ip, name: str) -> None:
    """Mount what stands in /etc/netns/NAME over the entries of /etc of the same names, for the command alone (`bind_etc`)."""
    files, proc = session.call.machine.files, session.call.proc
    folder = files.stat(proc, f"/etc/netns/{name}")
    if not isinstance(folder, Directory):
        return
    over = dict(proc.etc or {})
    for entry in folder.names(proc):
        path = f"/etc/netns/{name}/{entry}"
        if files.stat(proc, f"/etc/{entry}") is None:
            proc.write(2, f"Bind {path} -> /etc/{entry} failed: {strerror(ENOENT)}\n")
        else:
            over[entry] = path
    proc.etc = over


def _exec_failed(name: str) -> Result:
    return Result("", f'exec of "{name}" failed: {strerror(ENOENT)}\n', 1)


def _execute_all(session: Ip, cursor: Words) -> Result | None:
    """Run the command in each namespace; failures do not matter."""
    if not cursor.more():
        raise Stop("No command specified\n", 1)
    machine, proc = session.call.machine, session.call.proc
    from netsim.machine.fds import Capture, Null

    argv = tuple(cursor.words[cursor.at :])
    for name in names(session):
        session.print(f"\nnetns: {name}\n")
        out, err = Capture(), Capture()
        child = machine.spawn(proc, ("ip", "netns", "exec", name, *argv), None, None, {0: Null(), 1: out, 2: err})
        machine.wait(child)
        session.print(out.text())
        session.err.append(err.text())
    return None


def identify(session: Ip, cursor: Words) -> None:
    """ip netns identify [PID]."""
    if not cursor.more():
        netns = session.call.netns
    else:
        word = cursor.take()
        if cursor.more():
            raise Stop("extra arguments specified\n", 1)
        if not word.isdigit():
            raise Stop(f"Specified string '{word}' is not a pid\n", 1)
        process = session.call.machine.processes.get(int(word))
        if process is None:
            raise Stop(f"Cannot open network namespace: {strerror(ENOENT)}\n", 1)
        netns = process.netns
    found = [name for name in names(session) if _bound(session, name) is netns]
    session.print("".join(f"{name}\n" for name in found) or "\n")


def pids(session: Ip, cursor: Words) -> None:
    """ip netns pids NAME."""
    if not cursor.more():
        raise Stop("No netns name specified\n", 1)
    name = cursor.take()
    if cursor.more():
        raise Stop("extra arguments specified\n", 1)
    node = session.call.machine.files.stat(session.call.proc, path_of(name))
    if node is None:
        raise Stop(f"Cannot open network namespace: {strerror(ENOENT)}\n", 1)
    netns = getattr(node, "bound", None)
    for pid, process in sorted(session.call.machine.processes.items()):
        if process.netns is netns:
            session.print(f"{pid}\n")


def set_number(session: Ip, cursor: Words) -> None:
    """ip netns set NAME NETNSID."""
    if not cursor.more():
        raise Stop("No netns name specified\n", 1)
    name = cursor.take()
    if not cursor.more():
        raise Stop("No nsid specified\n", 1)
    word = cursor.take()
    value = -1 if word == "auto" else number(word, -0x80000000, 0x7FFFFFFF)
    if value is None:
        raise invarg('Invalid "netnsid" value', word)
    if value < 0 and word != "auto":
        raise invarg('"netnsid" value should be >= 0', word)
    if "/" in name:
        raise Stop(f'"{name}" is not valid netns name\n', 255)
    try:
        netns = open_named(session, name)
    except Stop as stop:
        raise Stop(stop.stderr, 1) from None
    try:
        set_id(session.netns, netns, value)
    except NetError as error:
        raise answers(error) from None


def list_ids(session: Ip, cursor: Words) -> None:
    """ip netns list-id."""
    _ask_all(session)
    target = None
    while cursor.more():
        word = cursor.take()
        if word == "nsid":
            value = cursor.argument()
            target = number(value, 0, 0x7FFFFFFF)
            if target is None:
                raise invarg('"nsid" value is invalid\n', value)
        elif word == "target-nsid":
            raise Stop('netsim: "target-nsid" is not modelled\n', 1)
        else:
            raise Stop(NETNS, 255)
    if target is not None and target not in session.netns.nsids.values():
        raise answers(NetError(EINVAL, "Peer netns reference is invalid"))
    by_number = sorted((value, cookie) for cookie, value in session.netns.nsids.items())
    named = {netns.cookie: name for name in reversed(names(session)) if (netns := _bound(session, name)) is not None}
    for value, cookie in by_number:  # type: ignore[assignment]
        if target is None or value == target:  # type: ignore[comparison-overlap]
            session.print(f"nsid {value} " + (f"(iproute2 netns name: {named[cookie]})" if cookie in named else "") + "\n")


def monitor(session: Ip, cursor: Words) -> None:
    """ip netns monitor."""
    raise Stop('netsim: "ip netns monitor" is not modelled; list the names instead\n', 1)


COMMANDS = (
    ("list", _list), ("show", _list), ("list-id", list_ids), ("lst", _list), ("add", add), ("set", set_number), ("delete", delete),
    ("identify", identify), ("pids", pids), ("exec", execute), ("monitor", monitor), ("attach", attach),
)  # fmt: skip
