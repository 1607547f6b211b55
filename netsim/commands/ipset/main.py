"""ipset: create, add, del, test, list, save, restore, flush, destroy, rename, swap (man ipset(8))."""

from __future__ import annotations

from collections.abc import Callable

from netsim.commands.ipset.changing import add, delete, test
from netsim.commands.ipset.listing import saved, shown
from netsim.commands.ipset.making import create
from netsim.commands.ipset.session import Session
from netsim.commands.ipset.words import Stop
from netsim.errors import NetError, strerror
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.ipset import lists_last
from netsim.machine.call import Call, ReadInput, Result

VERSION = "ipset v7.17"
HELP = "Try `ipset help' for more information.\n"
IN_USE = "Set cannot be destroyed: it is in use by a kernel component"
COMMANDS = {
    "create": ("create", 2), "-N": ("create", 2), "--create": ("create", 2), "n": ("create", 2), "add": ("add", 2), "-A": ("add", 2),
    "--add": ("add", 2), "del": ("del", 2), "-D": ("del", 2), "--del": ("del", 2), "test": ("test", 2), "-T": ("test", 2), "--test": ("test", 2),
    "destroy": ("destroy", 0), "-X": ("destroy", 0), "--destroy": ("destroy", 0), "x": ("destroy", 0), "list": ("list", 0), "-L": ("list", 0),
    "--list": ("list", 0), "save": ("save", 0), "-S": ("save", 0), "--save": ("save", 0), "restore": ("restore", 0), "-R": ("restore", 0),
    "--restore": ("restore", 0), "flush": ("flush", 0), "-F": ("flush", 0), "--flush": ("flush", 0), "rename": ("rename", 2), "-E": ("rename", 2),
    "--rename": ("rename", 2), "swap": ("swap", 2), "-W": ("swap", 2), "--swap": ("swap", 2), "help": ("help", 0), "-H": ("help", 0),
    "--help": ("help", 0), "-h": ("help", 0), "version": ("version", 0), "-v": ("version", 0), "--version": ("version", 0), "-V": ("version", 0),
}  # fmt: skip
FLAGS = {
    "-exist": "exist", "-!": "exist", "--exist": "exist", "-q": "quiet", "-quiet": "quiet", "--quiet": "quiet", "-s": "sorted", "-sorted": "sorted",
    "--sorted": "sorted", "-n": "name", "-name": "name", "--name": "name", "-t": "terse", "-terse": "terse", "--terse": "terse", "-r": "resolve",
    "-resolve": "resolve", "--resolve": "resolve",
}  # fmt: skip


def ipset(call: Call) -> Result | ReadInput:
    """The ipset command."""
    if not call.netns.kernel.is_admin():
        return Result("", f"{VERSION}: Kernel error received: Operation not permitted\n", 1)
    session = Session(call, state_of(call.netns).sets)
    try:
        words = _take_flags(session, call.argv[1:])
        if words and COMMANDS.get(words[0], ("", 0))[0] == "restore" and not session.file:
            return ReadInput(_restore_input)
        if words and COMMANDS.get(words[0], ("", 0))[0] == "restore":
            _restore(session, call.machine.files.read(call.proc, session.file).decode(errors="replace"))
        else:
            _run(session, words)
    except Stop as stop:
        return _failed(session, stop)
    except NetError as error:
        return Result("", f"{VERSION}: Cannot open {session.file} for reading: {strerror(error.errno)}\n", 1)
    return _finished(session)


def _finished(session: Session) -> Result:
    if session.file and session.out:
        opened = session.call.proc.open(session.file, "w")
        session.call.proc.write(opened, session.out)
        session.call.proc.close(opened)
        return Result("", session.err)
    return Result(session.out, session.err)


def _failed(session: Session, stop: Stop, where: str = "") -> Result:
    if "quiet" in session.flags:
        return Result(session.out, "", stop.status)
    if " is NOT in set " in stop.message:
        return Result(session.out, f"{stop.message}\n", stop.status)
    return Result(session.out, f"{session.err}{VERSION}: {where}{stop.message}\n" + (HELP if stop.status == 2 else ""), stop.status)


def _take_flags(session: Session, argv: tuple[str, ...] | list[str]) -> list[str]:
    rest: list[str] = []
    queue = iter(argv)
    for word in queue:
        if word in FLAGS:
            session.flags.add(FLAGS[word])
        elif word in ("-o", "-output", "--output"):
            session.format = next(queue, "")
            if session.format not in ("plain", "save", "xml"):
                raise Stop(f"Syntax error: unknown output mode '{session.format}'")
            if session.format == "xml":
                raise Stop("output mode xml is not modelled by netsim")
        elif word in ("-f", "-file", "--file"):
            session.file = next(queue, "")
        else:
            rest.append(word)
    return rest


def _run(session: Session, words: list[str]) -> None:
    if not words:
        raise Stop("No command specified.", 2)
    known = COMMANDS.get(words[0])
    if known is None:
        raise Stop(f"No command specified: unknown argument {words[0]}", 2)
    name, needed = known
    arguments = words[1:]
    if len(arguments) < needed:
        raise Stop(f"Missing {('', 'second ')[len(arguments)]}mandatory argument to command {name}", 2)
    ACTIONS[name](session, arguments)


def _restore_input(call: Call, data: bytes) -> Result:
    session = Session(call, state_of(call.netns).sets)
    _take_flags(session, call.argv[1:])
    try:
        _restore(session, data.decode(errors="replace"))
    except Stop as stop:
        return _failed(session, stop)
    return _finished(session)


def _restore(session: Session, text: str) -> None:
    for place, line in enumerate(text.splitlines(), 1):
        words = _split(line)
        if not words or words[0].startswith("#"):
            continue
        try:
            _run(session, _take_flags(session, words))
        except Stop as stop:
            if stop.status == 1 and not stop.message.startswith("Syntax"):
                raise Stop(f"Error in line {place}: {stop.message}") from None
            raise


def _split(line: str) -> list[str]:
    """Words of a line of -restore; double quotes keep a comment together."""
    words: list[str] = []
    for number_, part in enumerate(line.split('"')):
        words += [part] if number_ % 2 else part.split()
    return words


# commands ------------------------------------------------------------------------------------------------------------


def _destroy(session: Session, words: list[str]) -> None:
    names = [session.named(words[0]).name] if words else list(session.sets)
    if any(session.references(name) for name in names):
        raise Stop(IN_USE)
    for name in names:
        del session.sets[name]


def _flush(session: Session, words: list[str]) -> None:
    for known in [session.named(words[0])] if words else session.sets.values():
        known.clear()


def _rename(session: Session, words: list[str]) -> None:
    known = session.named(words[0])
    if words[1] in session.sets:
        raise Stop("Set cannot be renamed: a set with the new name already exists")
    if session.references(known.name):
        raise Stop("Set cannot be renamed: it is in use by another system")
    known.name = words[1]
    renamed = {known_set.name: known_set for known_set in session.sets.values()}
    session.sets.clear()
    session.sets.update(renamed)


def _swap(session: Session, words: list[str]) -> None:
    one, other = session.named(words[0]), session.sets.get(words[1])
    if other is None:
        raise Stop("Sets cannot be swapped: the second set does not exist")
    if (one.kind, one.family) != (other.kind, other.family):
        raise Stop("The sets cannot be swapped: their type does not match")
    one.name, other.name = other.name, one.name
    session.sets[one.name], session.sets[other.name] = one, other


def _list(session: Session, words: list[str]) -> None:
    sets = [session.named(words[0])] if words else lists_last(session.sets)
    if "name" in session.flags:
        session.out += "".join(f"{known.name}\n" for known in sets)
    elif session.format == "save":
        session.out += "".join(saved(session, known) for known in sets)
    else:
        session.out += "\n".join(shown(session, known) for known in sets)


def _save(session: Session, words: list[str]) -> None:
    sets = [session.named(words[0])] if words else lists_last(session.sets)
    if session.format == "plain":
        session.out += "\n".join(shown(session, known) for known in sets)
    else:
        session.out += "".join(saved(session, known) for known in sets)


def _help(session: Session, words: list[str]) -> None:
    names = dict.fromkeys(name for name, _ in COMMANDS.values())
    session.out += f"{VERSION}\n\nUsage: ipset [options] COMMAND\n\nCommands:\n" + "".join(f"{name}\n" for name in names)


def _version(session: Session, words: list[str]) -> None:
    session.out += f"{VERSION}, protocol version: 7\n"


ACTIONS: dict[str, Callable[[Session, list[str]], None]] = {
    "create": create, "add": add, "del": delete, "test": test, "destroy": _destroy, "flush": _flush, "rename": _rename, "swap": _swap,
    "list": _list, "save": _save, "help": _help, "version": _version,
}  # fmt: skip
