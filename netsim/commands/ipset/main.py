"""ipset: create, add, del, test, list, save, restore, flush, destroy, rename, swap (man ipset(8))."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from netsim.clock import SECOND
from netsim.commands.ipset.words import LONGEST_NAME, TYPES, UNMODELLED, Stop, elements, number, options, text_of
from netsim.errors import NetError, strerror
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.netfilter.matches.set import SetMatch
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.ipset import HASH_IP, HASH_NET, Entry, IpSet, Key
from netsim.machine.call import Call, ReadInput, Result

VERSION = "ipset v7.17"
HELP = "Try `ipset help' for more information.\n"
NOT_THERE = "The set with the given name does not exist"
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
SIZES = {(HASH_IP, PF_INET): (216, 4), (HASH_IP, PF_INET6): (224, 16), (HASH_NET, PF_INET): (456, 8), (HASH_NET, PF_INET6): (1240, 20)}
"""Bytes of an empty set and of one entry without extensions."""
ENTRY_VALUES = ("timeout", "comment", "packets", "bytes", "skbmark", "skbprio", "skbqueue")
SUPPORTS = {"timeout": "Timeout", "comment": "Comment", "packets": "Counters", "bytes": "Counters"}


@attrs.define(eq=False)
class Session:
    """One run of the command: the namespace's sets and what was printed."""

    call: Call
    sets: dict[str, IpSet]
    flags: set[str] = attrs.field(factory=set)
    out: str = ""
    err: str = ""
    format: str = ""
    file: str = ""

    @property
    def now(self) -> int:
        """Virtual time in ns."""
        return self.call.netns.kernel.clock.now

    @property
    def hosts(self) -> str:
        """The text of /etc/hosts."""
        return self.call.proc.read_text("/etc/hosts")

    def named(self, name: str) -> IpSet:
        """A set by name."""
        known = self.sets.get(name)
        if known is None:
            raise Stop(NOT_THERE)
        known.expire(self.now)
        return known

    def references(self, name: str) -> int:
        """How many rules look into a set."""
        state = state_of(self.call.netns)
        tables = [*state.tables.values(), *state.legacy.values()]
        rules = (rule for table in tables for chain in table.chains.values() for rule in chain.rules)
        return sum(isinstance(match, SetMatch) and match.name == name for rule in rules for match in rule.spec.matches)


def ipset(call: Call) -> Result | ReadInput:
    """The ipset command."""
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
    if stop.message.startswith(f"{stop.message.split()[0]} is NOT"):
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


def _create(session: Session, words: list[str]) -> None:
    name, kind, *rest = words
    if len(name) > LONGEST_NAME:
        raise Stop(f"Syntax error: setname '{name}' is longer than {LONGEST_NAME} characters")
    if kind not in TYPES:
        raise Stop(f"set type '{kind}' is not modelled by netsim" if kind in UNMODELLED else f"Syntax error: typename '{kind}' is unknown")
    valued = ("timeout", "family", "hashsize", "maxelem", "bucketsize", "initval", "netmask", "bitmask")
    given = options(rest, valued, ("counters", "comment", "skbinfo", "forceadd"))
    for option in ("netmask", "bitmask", "skbinfo", "forceadd"):
        if option in given:
            raise Stop(f"option '{option}' of {kind} is not modelled by netsim")
    families = {"inet": PF_INET, "ipv4": PF_INET, "-4": PF_INET, "inet6": PF_INET6, "ipv6": PF_INET6, "-6": PF_INET6}
    if given.get("family", "inet") not in families:
        raise Stop(f"Syntax error: unknown INET family {given['family']}")
    hashsize = number(given.get("hashsize", "1024"))
    made = IpSet(
        name, TYPES[kind], families[given.get("family", "inet")], max(64, 1 << (hashsize - 1).bit_length()), number(given.get("maxelem", "65536")),
        number(given["initval"]) if "initval" in given else session.call.netns.kernel.rng.getrandbits(32),
        number(given["timeout"], 2147483) if "timeout" in given else None, "counters" in given, "comment" in given,
    )  # fmt: skip
    old = session.sets.get(name)
    if old is not None:
        same = (old.kind, old.family, old.timeout, old.maxelem) == (made.kind, made.family, made.timeout, made.maxelem)
        if "exist" in session.flags and same:
            return
        raise Stop("Set cannot be created: set with the same name already exists")
    session.sets[name] = made


def _entry(session: Session, known: IpSet, words: list[str]) -> Entry:
    given = options(words, ENTRY_VALUES, ("nomatch",))
    has = {"timeout": known.timeout is not None, "comment": known.has_comments, "packets": known.has_counters, "bytes": known.has_counters}
    for option in given:
        if option.startswith("skb"):
            raise Stop(f"option '{option}' is not modelled by netsim")
        if not has.get(option, True):
            raise Stop(f"{SUPPORTS[option]} cannot be used: set was created without {SUPPORTS[option].lower().removesuffix('s')} support")
    if '"' in given.get("comment", ""):
        raise Stop('Syntax error: " character is not permitted in comments')
    seconds = number(given["timeout"], 2147483) if "timeout" in given else known.timeout or 0
    expires = session.now + seconds * SECOND if seconds else 0
    return Entry(expires, number(given.get("packets", "0")), number(given.get("bytes", "0")), given.get("comment", ""), "nomatch" in given)


def _add(session: Session, words: list[str]) -> None:
    known = session.named(words[0])
    entry = _entry(session, known, words[2:])
    for key in elements(words[1], known, session.hosts):
        old = known.entries.get(key)
        if old is not None and "exist" not in session.flags:
            raise Stop("Element cannot be added to the set: it's already added")
        if old is None and len(known.entries) >= known.maxelem:
            raise Stop("Hash is full, cannot add more elements")
        known.entries[key] = attrs.evolve(entry)


def _delete(session: Session, words: list[str]) -> None:
    known = session.named(words[0])
    for key in elements(words[1], known, session.hosts):
        if known.entries.pop(key, None) is None and "exist" not in session.flags:
            raise Stop("Element cannot be deleted from the set: it's not added")


def _test(session: Session, words: list[str]) -> None:
    known = session.named(words[0])
    value, length = next(iter(elements(words[1], known, session.hosts)))
    if known.kind == HASH_IP or length == known.width:
        found = known.find(value, session.now) is not None
    else:
        entry = known.entries.get((value, length))
        found = entry is not None and not entry.nomatch
    if not found:
        raise Stop(f"{words[1]} is NOT in set {words[0]}.")
    if "quiet" not in session.flags:
        session.err += f"Warning: {words[1]} is in set {words[0]}.\n"


def _destroy(session: Session, words: list[str]) -> None:
    names = [session.named(words[0]).name] if words else list(session.sets)
    if any(session.references(name) for name in names):
        raise Stop(IN_USE)
    for name in names:
        del session.sets[name]


def _flush(session: Session, words: list[str]) -> None:
    for known in [session.named(words[0])] if words else session.sets.values():
        known.entries.clear()


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
    sets = [session.named(words[0])] if words else list(session.sets.values())
    if "name" in session.flags:
        session.out += "".join(f"{known.name}\n" for known in sets)
    elif session.format == "save":
        session.out += "".join(_saved(session, known) for known in sets)
    else:
        session.out += "\n".join(_shown(session, known) for known in sets)


def _save(session: Session, words: list[str]) -> None:
    sets = [session.named(words[0])] if words else list(session.sets.values())
    if session.format == "plain":
        session.out += "\n".join(_shown(session, known) for known in sets)
    else:
        session.out += "".join(_saved(session, known) for known in sets)


def _help(session: Session, words: list[str]) -> None:
    names = dict.fromkeys(name for name, _ in COMMANDS.values())
    session.out += f"{VERSION}\n\nUsage: ipset [options] COMMAND\n\nCommands:\n" + "".join(f"{name}\n" for name in names)


def _version(session: Session, words: list[str]) -> None:
    session.out += f"{VERSION}, protocol version: 7\n"


ACTIONS: dict[str, Callable[[Session, list[str]], None]] = {
    "create": _create, "add": _add, "del": _delete, "test": _test, "destroy": _destroy, "flush": _flush, "rename": _rename, "swap": _swap,
    "list": _list, "save": _save, "help": _help, "version": _version,
}  # fmt: skip


# listings ------------------------------------------------------------------------------------------------------------


def _header(known: IpSet) -> str:
    text = f"family {'inet' if known.family == PF_INET else 'inet6'} hashsize {known.hashsize} maxelem {known.maxelem}"
    if known.timeout is not None:
        text += f" timeout {known.timeout}"
    text += " counters" if known.has_counters else ""
    text += " comment" if known.has_comments else ""
    return f"{text} bucketsize 12 initval 0x{known.initval:08x}"


def _members(session: Session, known: IpSet) -> list[str]:
    lines = []
    keys = sorted(known.entries, key=_order) if "sorted" in session.flags else known.entries
    for key in keys:
        entry = known.entries[key]
        text = text_of(key, known)
        if known.timeout is not None:
            text += f" timeout {known.left(entry, session.now)}"
        if known.has_counters:
            text += f" packets {entry.packets} bytes {entry.bytes}"
        if entry.comment:
            text += f' comment "{entry.comment}"'
        lines.append(text + (" nomatch" if entry.nomatch else ""))
    return lines


def _order(key: Key) -> tuple[int, int]:
    return key[0], -key[1]


def _size(known: IpSet) -> int:
    """Bytes the kernel says it uses: the table, and a bucket of two slots for each entry (as if no two fell into one)."""
    base, slot = SIZES[known.kind, known.family]
    extra = 8 * (known.timeout is not None) + 16 * known.has_counters + 8 * known.has_comments
    if extra:
        slot = (slot + 7 & ~7) + extra
    return base + (32 + 2 * slot) * len(known.entries)


def _shown(session: Session, known: IpSet) -> str:
    known.expire(session.now)
    text = f"Name: {known.name}\nType: {known.kind}\nRevision: {6 if known.kind == HASH_IP else 7}\nHeader: {_header(known)}\n"
    text += f"Size in memory: {_size(known)}\nReferences: {session.references(known.name)}\nNumber of entries: {len(known.entries)}\n"
    if "terse" in session.flags:
        return text
    return text + "Members:\n" + "".join(f"{line}\n" for line in _members(session, known))


def _saved(session: Session, known: IpSet) -> str:
    known.expire(session.now)
    return f"create {known.name} {known.kind} {_header(known)}\n" + "".join(f"add {known.name} {line}\n" for line in _members(session, known))
