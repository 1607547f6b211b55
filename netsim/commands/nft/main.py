"""nft: one transaction of commands, from the command line or a file (man nft(8))."""

from __future__ import annotations

import attrs

from netsim.commands.nft import json as as_json
from netsim.commands.nft.commands import Reader
from netsim.commands.nft.cursor import Cursor
from netsim.commands.nft.iptables_view import (
    delete_iptables_tables,
    flush_iptables,
    iptables_chain,
    iptables_chains,
    iptables_tables,
    iptables_without_sets,
    warnings,
)
from netsim.commands.nft.lexer import NftError, Token, tokens_of, told
from netsim.commands.nft.listing import Look, chain_head, chain_text, object_text, rule_text, set_text, table_text, within
from netsim.commands.nft.objects import KINDS
from netsim.commands.nft.places import FAMILIES, NOT_THERE, Ruleset
from netsim.errors import NetError, strerror
from netsim.kernel.netfilter.nft import transaction
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.nftables import NftChain, NftRule, NftTable
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.getopt import Grammar, Option, OptionError, parse

GRAMMAR = Grammar(
    flags="hvVcosatnNSuypTejri",
    valued="fDId",
    long={
        "help": ("h", ""), "version": ("v", ""), "check": ("c", ""), "optimize": ("o", ""), "stateless": ("s", ""), "handle": ("a", ""),
        "terse": ("t", ""), "numeric": ("n", ""), "reversedns": ("N", ""), "service": ("S", ""), "guid": ("u", ""), "numeric-priority": ("y", ""),
        "numeric-protocol": ("p", ""), "numeric-time": ("T", ""), "echo": ("e", ""), "json": ("j", ""), "interactive": ("i", ""), "file": ("f", "="),
        "define": ("D", "="), "includepath": ("I", "="), "debug": ("d", "="),
    },
)  # fmt: skip
UNMODELLED = {"i": "--interactive", "N": "--reversedns", "S": "--service", "u": "--guid", "p": "--numeric-protocol", "d": "--debug"}
VERSION = "nftables v1.0.6 (Lester Gooch #5)"
MOST_INCLUDES = 16


def nft(call: Call) -> Result | ReadInput:
    """The nft command."""
    try:
        options, rest = parse(_ordered(call.argv[1:]), GRAMMAR)
    except OptionError as error:
        return Result("", f"{call.argv[0].rpartition('/')[2]}: {error}\n", 1)
    given = {option.name: option.argument or "" for option in options}
    if "h" in given:
        return Result(
            "Usage: nft [ options ] [ cmds... ]\n\nOptions:\n" + "".join(f"  -{letter}, --{name}\n" for name, (letter, _) in GRAMMAR.long.items())
        )
    if "v" in given or "V" in given:
        return Result(f"{VERSION}\n")
    for letter, name in UNMODELLED.items():
        if letter in given:
            return Result("", f"nft: netsim: {name} is not modelled\n", 1)
    if "j" in given and ("f" in given or rest[:1] not in (["list"], ["reset"], [])):
        return Result("", "nft: netsim: JSON is written and not read\n", 1)
    if "f" in given:
        return _from_file(call, options, given)
    if not rest:
        return Result("", "nft: no command specified\n", 1)
    return carry_out(call, options, " ".join(rest), "")


def _ordered(words: tuple[str, ...]) -> list[str]:
    """Options are read in front of the commands only: `priority -100` is not one."""
    front: list[str] = []
    queue = list(words)
    while queue and queue[0].startswith("-") and len(queue[0]) > 1:
        word = queue.pop(0)
        front.append(word)
        takes = (word[1:2] != "-" and word[-1] in GRAMMAR.valued) or word in ("--file", "--define", "--includepath", "--debug")
        if takes and queue:
            front.append(queue.pop(0))
    return [*front, "--", *queue] if queue else front


def _from_file(call: Call, options: list[Option], given: dict[str, str]) -> Result | ReadInput:
    if given["f"] in ("-", "/dev/stdin"):
        return ReadInput(_from_input)
    try:
        text = call.machine.files.read(call.proc, given["f"]).decode(errors="replace")
    except NetError as error:
        return Result("", f'internal:0:0-0: Error: Could not open file "{given["f"]}": {strerror(error.errno)}\n\n\n', 1)
    return carry_out(call, options, text, given["f"])


def _from_input(call: Call, data: bytes) -> Result:
    options, _ = parse(_ordered(call.argv[1:]), GRAMMAR)
    return carry_out(call, options, data.decode(errors="replace"), "/dev/stdin")


@attrs.define(eq=False)
class Session:
    """Shows and echoes while commands are carried out."""

    call: Call
    look: Look
    flags: frozenset[str]
    rules: Ruleset
    out: str = ""
    err: str = ""

    def echo(self, verb: str, table: NftTable, chain: NftChain, rule: NftRule) -> None:
        """What -e tells of a new rule."""
        handle = f" # handle {rule.handle}" if self.look.handles else ""
        self.out += f"{verb} rule {table.family} {table.name} {chain.name} {rule_text(rule, self.look)}{handle}\n"

    def show(self, reader: Reader) -> None:
        """`list ...`."""
        cursor = reader.cursor
        at, what = cursor.at, cursor.word("")
        family = cursor.take().text if cursor.peek().text in FAMILIES else ""
        tables = [table for key, table in self.rules.tables.items() if not family or key[0] == family]
        if "j" in self.flags and what.text.removesuffix("s") not in KINDS:
            self._show_json(reader, what, family, tables)
        elif what.text in ("ruleset", "tables", "chains", "sets", "maps"):
            if cursor.peek().kind == "word":
                raise cursor.unexpected("end of file or newline or semicolon")
            self._show_all(what.text, family, tables)
        elif what.text.removesuffix("s") in KINDS:
            cursor.at = at
            if "j" in self.flags:
                self.out += as_json.document([as_json.of_object(table, one) for table, objects in reader.chosen() for one in objects])
                return
            for table, objects in reader.chosen():
                self.out += within(table, "".join(object_text(one, self.look) for one in objects), self.look)
        elif what.text in ("table", "chain", "set", "map"):
            self._show_one(reader, what.text, family or "ip")
        elif what.text == "meters":
            self.out += "".join(within(table, "", self.look) for table in tables)
        elif what.text in ("flowtables", "hooks", "flowtable", "ct", "meter", "secmark", "synproxy"):
            raise NftError(f"netsim: 'list {what.text}' is not modelled", [what])
        else:
            cursor.at -= 1
            raise cursor.unexpected()

    def _show_json(self, reader: Reader, what: Token, family: str, tables: list[NftTable]) -> None:
        """`nft -j list ...` of anything but objects."""
        cursor = reader.cursor
        if iptables_tables(self.call.netns, self.look, family) and what.text not in ("table", "chain"):
            raise NftError("netsim: tables of iptables as JSON are not modelled", [what])
        if what.text in ("table", "chain"):
            name = cursor.word()
            table = self.rules.tables.get((family or "ip", name.text))
            if table is None:
                raise NftError(NOT_THERE, [name])
            if what.text == "table":
                self.out += as_json.document(as_json.whole(table, what))
                return
            wanted = cursor.word()
            chain = table.chains.get(wanted.text)
            if chain is None:
                raise NftError(NOT_THERE, [wanted])
            if chain.rules:
                raise NftError("netsim: rules and sets as JSON are not modelled", [what])
            self.out += as_json.document([as_json.of_chain(table, chain)])
        elif what.text == "tables":
            self.out += as_json.document(map(as_json.of_table, tables))
        elif what.text == "chains":
            self.out += as_json.document(as_json.of_chain(table, chain) for table in tables for chain in table.chains.values())
        elif what.text == "ruleset":
            self.out += as_json.document(item for table in tables for item in as_json.whole(table, what))
        else:
            raise NftError(f"netsim: 'nft -j list {what.text}' is not modelled", [what])

    def _show_all(self, what: str, family: str, tables: list[NftTable]) -> None:
        look = self.look
        if what == "ruleset":
            self.err += warnings(self.call.netns, family, "")
            shown = iptables_tables(self.call.netns, look, family)
            self.out += "".join(text for _, _, text in shown) + "".join(table_text(table, look) for table in tables)
        elif what == "tables":
            shown = iptables_tables(self.call.netns, look, family)
            names = [(known, name) for known, name, _ in shown] + [(table.family, table.name) for table in tables]
            handles = {(table.family, table.name): table.handle for table in tables}
            for known, name in names:
                self.out += f"table {known} {name}" + (f" # handle {handles.get((known, name), 0)}" if look.handles else "") + "\n"
        elif what == "chains":
            self.out += iptables_chains(self.call.netns, look, family)
            self.out += "".join(within(table, "".join(chain_head(chain, look) for chain in table.chains.values()), look) for table in tables)
        else:
            self.out += iptables_without_sets(self.call.netns, family)
            for table in tables:
                wanted = [known for known in table.sets.values() if bool(known.data_type) == (what == "maps")]
                self.out += within(table, "".join(set_text(known, look) for known in wanted), look)

    def _show_one(self, reader: Reader, what: str, family: str) -> None:
        cursor, look = reader.cursor, self.look
        token = cursor.word()
        table = self.rules.tables.get((family, token.text))
        if table is None:
            shown = [text for known, name, text in iptables_tables(self.call.netns, look, family) if (known, name) == (family, token.text)]
            if not shown:
                raise NftError(NOT_THERE, [token])
            if what != "table":
                wanted = cursor.word()
                shown = [iptables_chain(self.call.netns, look, family, token.text, wanted.text) if what == "chain" else ""]
                if not shown[0]:
                    raise NftError(NOT_THERE, [wanted])
            self.out += shown[0]
            self.err += warnings(self.call.netns, family, token.text)
            return
        if what == "table":
            self.out += table_text(table, look)
            return
        name = cursor.word()
        if what == "chain":
            if name.text not in table.chains:
                raise NftError(NOT_THERE, [name])
            self.out += within(table, chain_text(table.chains[name.text], look), look)
            return
        if name.text not in table.sets:
            raise NftError(NOT_THERE, [name])
        self.out += within(table, set_text(table.sets[name.text], look), look)


def _not_allowed(text: str, source: str) -> Result:
    """The kernel answers nobody who may not configure networks; reading begins with what is there."""
    if text.split()[0] in ("list", "reset", "export", "monitor"):
        return Result("", "Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n", 1)
    line = text.split("\n", maxsplit=1)[0]
    where = f"{source}:1:1-{len(line)}: " if source else ""
    return Result("", f"{where}Error: Could not process rule: Operation not permitted\n{line}\n{'^' * len(line)}\n", 1)


def carry_out(call: Call, options: list[Option], text: str, source: str) -> Result:
    """All commands of a text, or none of them."""
    flags = frozenset(option.name for option in options)
    netns = call.netns
    devices = {dev.ifindex: dev.name for dev in netns.devices.values()}
    look = Look("a" in flags, "s" in flags, "n" in flags, "t" in flags, "y" in flags, devices, netns.kernel.clock.now)
    draft = transaction.draft_of(netns)
    rules = Ruleset(draft, netns, max([table.handle for table in draft.values()], default=state_of(netns).nft_handles))
    session = Session(call, look, flags, rules)
    rules.show = session.show
    rules.echo = session.echo if "e" in flags else None
    if not netns.kernel.is_admin() and text.split():
        return _not_allowed(text, source)
    try:
        cursor = Cursor(tokens_of(_with_includes(call, text)))
        for option in options:
            if option.name == "D":
                name, _, value = (option.argument or "").partition("=")
                cursor.defines[name] = [token for token in tokens_of(value) if token.kind not in ("newline", "end")]
        Reader(cursor, rules).run()
    except NftError as error:
        return Result(session.out, told(error, text, source), 1)
    if "c" not in flags:
        for family, name in rules.emptied:
            delete_iptables_tables(netns, family, name)
        for place in rules.flushed:
            flush_iptables(netns, *place)
    if "c" not in flags and (draft or state_of(netns).nft):
        transaction.commit(netns, draft)
        state_of(netns).nft_handles = rules.next_table
    return Result(session.out, session.err)


def _with_includes(call: Call, text: str, depth: int = 0) -> str:
    """Files named by `include` in place of that line."""
    if "include" not in text or depth >= MOST_INCLUDES:
        return text
    lines = []
    for line in text.split("\n"):
        words = line.split('"')
        if line.split()[:1] == ["include"] and len(words) == 3:
            try:
                included = call.machine.files.read(call.proc, words[1]).decode(errors="replace")
            except NetError:
                raise NftError(f'netsim: file "{words[1]}" cannot be read', []) from None
            lines.append(_with_includes(call, included, depth + 1))
        else:
            lines.append(line)
    return "\n".join(lines)
