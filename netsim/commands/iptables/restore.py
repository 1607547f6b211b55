"""iptables-restore and ip6tables-restore: whole tables from text, each table one change."""

from __future__ import annotations

import re

import attrs

from netsim.commands.iptables.known_names import AsksWorld, KnownNames
from netsim.commands.iptables.main import change, listed
from netsim.commands.iptables.options import RESTORE
from netsim.commands.iptables.parser import OtherFamily, Parser
from netsim.commands.iptables.problem import OTHER, PARAMETER, RESOURCE, BareProblem, LateProblem, Problem, Refused, TableRefused
from netsim.commands.iptables.reading import read
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.rules import VERBS
from netsim.commands.iptables.save import called
from netsim.commands.iptables.show import ordered
from netsim.commands.iptables.tool import Tool, tool_of
from netsim.errors import NetError, strerror
from netsim.kernel.netfilter import ruleset
from netsim.kernel.netfilter.ruleset import LEGACY
from netsim.kernel.netfilter.verdict import ACCEPT, DROP
from netsim.kernel.tables.xtables import Table
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.getopt import OptionError, parse

UNQUOTED, QUOTED = re.compile(r"[^ \t\n]+"), re.compile(r'(?:[^ \t\n"]|"[^"]*")+')
VERBOSE = frozenset("v")
POLICIES = {"ACCEPT": ACCEPT, "DROP": DROP}


def iptables_restore(call: Call) -> Result | ReadInput:
    """Load tables from a file or standard input (man iptables-restore(8))."""
    tool = tool_of(call, "-restore")
    try:
        options, rest = parse(words_of(call), RESTORE)
    except OptionError as error:
        return Result("", f"{called(call)}: {error}\nTry `{tool.name} -h' for more information.\n", 1)
    given = {option.name: option.argument or "" for option in options}
    if "V" in given:
        return Result(f"{tool.version}\n")
    if "h" in given:
        return Result(_usage(tool))
    if len(rest) > 1:
        return Result("", "Unknown arguments found on commandline\n", 1)
    if not rest:
        return ReadInput(_from_input)
    try:
        text = call.machine.files.read(call.proc, rest[0]).decode(errors="surrogateescape")
    except NetError as error:
        return Result("", f"Can't open {rest[0]}: {strerror(error.errno)}\n", 1)
    return _load(call, tool, given, text)


def words_of(call: Call) -> list[str]:
    """The words without the seconds after a --wait of its own, which are nobody's file (`xs_has_arg`)."""
    words: list[str] = []
    for word in call.argv[1:]:
        if not (words and words[-1] in ("-w", "--wait") and word[:1] not in ("-", "!")):
            words.append(word)
    return words


def _from_input(call: Call, data: bytes) -> Result:
    options, _ = parse(words_of(call), RESTORE)
    given = {option.name: option.argument or "" for option in options}
    return _load(call, tool_of(call, "-restore"), given, data.decode(errors="surrogateescape"))


def _usage(tool: Tool) -> str:
    short = " ".join(f"[-{letter}]" for letter in RESTORE.flags)
    return f"Usage: {tool.name} {short} [-T table] [-M command] [file]\n" + "".join(f"\t   [ --{name} ]\n" for name in RESTORE.long)


def _load(call: Call, tool: Tool, given: dict[str, str], text: str) -> Result:
    hosts = KnownNames(call.proc)
    loader = Loader(call, tool, given, hosts)
    try:
        loader.load(text)
    except Problem as problem:
        return Result(loader.out, loader.warnings + loader.worded(problem), problem.kind)
    return Result(loader.out, loader.warnings)


@attrs.frozen
class Line:
    """One line of a table, read: where it stood, and what it asks (a request, or a chain with policy and counters)."""

    number: int
    request: Request | None = None
    chain: str = ""
    policy: str = ""
    counters: tuple[int, int] | None = None


@attrs.define(eq=False)
class Loader:
    """One run of -restore. The nf_tables build reads a table's lines first and carries them out at COMMIT; the legacy build does each as it comes."""

    call: Call
    tool: Tool
    given: dict[str, str]
    hosts: KnownNames
    out: str = ""
    warnings: str = ""
    number: int = 0
    executing: int = 0
    table: Table | None = None
    draft: Table | None = None
    skipping: bool = False
    refused: bool = False
    waiting: list[Line] = attrs.field(factory=list)

    def load(self, text: str) -> None:
        """Every line in turn; raises Problem."""
        for line in text.splitlines():
            self.number += 1
            self._line(line)
        if self.table is not None or self.skipping:
            raise BareProblem(f"COMMIT expected at line {self.number + 1}", OTHER)

    def worded(self, problem: Problem) -> str:
        """A failure in the words of -restore."""
        if isinstance(problem, BareProblem) and problem.kind == OTHER:
            if problem.message.startswith(("COMMIT", "line ")):
                return f"{self.tool.name}: {problem.message}\n"
            reason = "" if self.tool.build == LEGACY else f": {problem.message}"
            return f"{self.tool.name}: line {self.executing or self.number} failed{reason}\n"
        if isinstance(problem, Refused):
            return f"{self.tool.version}: \n{problem.message}\n"
        return problem.text(self.tool, self.number)

    def _line(self, line: str) -> None:
        inside = self.table is not None or self.skipping
        if not line or line.startswith("#"):
            if line and "v" in self.given:
                self.out += f"{line}\n"
        elif line.startswith("COMMIT") and inside:
            self._commit()
        elif line.startswith("*") and not inside:
            self._begin(line[1:].split()[0] if line[1:].split() else "")
        elif self.skipping:
            return
        elif line.startswith(":") and inside:
            self._chain(line[1:])
        elif inside:
            self._rule(line)
        else:
            raise BareProblem(f"line {self.number} failed", OTHER)

    # tables --------------------------------------------------------------------------------------------------------

    def _begin(self, name: str) -> None:
        if "T" in self.given and self.given["T"] != name:
            self.skipping = True
            return
        if name not in ruleset.TABLES:
            raise Problem(
                f"{self.tool.name}: unable to initialize table '{name}'"
                if self.tool.build == LEGACY
                else f"{self.tool.name}: line {self.number} table name '{name}' invalid"
            )
        self.table = ruleset.table_of(self.call.netns, self.tool.family, name, self.tool.build)
        self.draft = ruleset.draft_of(self.table)
        if "n" not in self.given:
            self._empty(self.draft)

    def _empty(self, draft: Table) -> None:
        """Without -n a table starts anew: the nf_tables build deletes it, the legacy build flushes it."""
        if "v" in self.given:
            self.out += "".join(f"Flushing chain `{chain.name}'\n" for chain in ordered(draft))
            self.out += "".join(f"Deleting chain `{chain.name}'\n" for chain in ordered(draft) if chain.policy is None)
        for name, chain in list(draft.chains.items()):
            if chain.policy is None:
                del draft.chains[name]
                continue
            if self.tool.build == LEGACY:
                chain.rules = []
            else:
                ruleset.unhang(draft, chain)
        if self.tool.build != LEGACY:
            draft.present = False

    def _commit(self) -> None:
        if self.skipping:
            self.skipping = False
            return
        assert self.table is not None
        assert self.draft is not None
        self._carry_out_all()
        self.executing = 0
        self.waiting = []
        if self.refused:
            raise BareProblem("refused", OTHER)
        if "t" not in self.given:
            ruleset.commit(self.table, self.draft)
        self.table = self.draft = None

    def _carry_out_all(self) -> None:
        """The lines of a table; the nf_tables build hears of every step the kernel refused, and of all rules after one the table cannot bear."""
        refusals, reason = list[str](), ""
        for line in self.waiting:
            request = line.request
            if reason and request is not None and request.command in VERBS:
                refusals.append(f"line {line.number}: {VERBS[request.command]} failed ({reason}): rule in chain {request.chain}")
                continue
            try:
                self._carry_out(line)
            except Refused as problem:
                refusals.append(f"line {line.number}:{problem.message}")
                reason = problem.reason if isinstance(problem, TableRefused) else reason
        if refusals:
            raise Refused("\n".join(refusals), RESOURCE)

    # lines ---------------------------------------------------------------------------------------------------------

    def _chain(self, text: str) -> None:
        words = text.split()
        if not words:
            raise Problem(f"{self.tool.name}: line {self.number} chain name invalid")
        name, rest = words[0], words[1:]
        if len(name) > 28:
            raise Problem(f"Invalid chain name `{name}' (28 chars max)")
        if not rest:
            raise Problem(f"{self.tool.name}: line {self.number} policy invalid")
        counters = None
        if "c" in self.given and rest[0] != "-" and len(rest) > 1:
            numbers = re.fullmatch(r"\[(\d+):(\d+)\]?.*", rest[1])
            if numbers is None:
                raise Problem(f"invalid policy counters for chain '{name}'")
            counters = int(numbers[1]), int(numbers[2])
        self._ready(Line(self.number, None, name, rest[0], counters))

    def _rule(self, text: str) -> None:
        counters = None
        if text.startswith("["):
            inner, bracket, text = text[1:].partition("]")
            if not bracket:
                raise Problem(f"Bad line {self.number}: need ]")
            packets, colon, size = inner.partition(":")
            if not colon:
                raise Problem(f"Bad line {self.number}: need :")
            counters = int(packets) if packets.isdigit() else 0, int(size) if size.isdigit() else 0
        words = split(text)
        try:
            request = self._read(words)
        except OtherFamily:
            return
        if "c" not in self.given or counters is None:
            counters = request.counters
        flags = request.flags | VERBOSE if "v" in self.given and "n" not in self.given else request.flags
        if counters != request.counters or flags != request.flags:
            request = attrs.evolve(request, counters=counters, has_counters=True, flags=flags)
        self._ready(Line(self.number, request))

    def _read(self, words: list[str]) -> Request:
        """What a line asks for; most lines are like others."""
        assert self.table is not None
        try:
            request = read((self.tool.program, "-t", self.table.name, *words), self.tool.build)
            if "-t" not in words and "--table" not in words and request.table == self.table.name:
                self.warnings += request.warnings
                return request
        except (Problem, AsksWorld):
            pass
        parser = Parser(words, self.tool, self.hosts, ruleset.state_of(self.call.netns).sets, restores=1)
        parser.request.table = self.table.name
        try:
            return parser.parse()
        finally:
            self.warnings += parser.request.warnings

    def _ready(self, line: Line) -> None:
        if self.tool.build == LEGACY:
            try:
                self._carry_out(line)
            except LateProblem:
                self.refused = True
            self.executing = 0
        else:
            self.waiting.append(line)

    def _carry_out(self, line: Line) -> None:
        draft = self.draft
        assert draft is not None
        self.executing = line.number
        if line.request is None:
            self._declare(draft, line)
        elif line.request.command in "LS":
            self.out += listed(draft, line.request, self.hosts)
        else:
            self.out += change(draft, line.request, line.request.command)

    def _declare(self, draft: Table, line: Line) -> None:
        """`:CHAIN POLICY [packets:bytes]`."""
        chain = draft.chains.get(line.chain)
        if chain is None or chain.policy is None:
            if line.policy != "-" and line.policy in POLICIES:
                raise BareProblem("Bad built-in chain name.", OTHER)
            if chain is None:
                ruleset.new_chain(draft, line.chain)
            elif self.tool.build == LEGACY and "n" not in self.given:
                raise Problem(f"error creating chain '{line.chain}':File exists", PARAMETER)
            else:
                chain.rules = []
            return
        if line.policy != "-" and line.policy not in POLICIES:
            if self.tool.build == LEGACY:
                raise Problem(f"Can't set policy `{line.policy}' on `{line.chain}' line {line.number}: Bad policy name", OTHER)
            raise BareProblem("Bad policy name.", OTHER)
        if line.policy != "-":
            ruleset.set_policy(draft, line.chain, POLICIES[line.policy])
        if line.counters is not None or self.tool.build == LEGACY:
            chain.packets, chain.bytes = line.counters or (0, 0)


def split(text: str) -> list[str]:
    """A line's words: blanks part them, double quotes keep them together, a backslash inside quotes takes the next letter as it is."""
    if '"' not in text:
        return UNQUOTED.findall(text)
    if "\\" not in text and text.count('"') % 2 == 0:
        return [word.replace('"', "") for word in QUOTED.findall(text)]
    return by_letter(text)


def by_letter(text: str) -> list[str]:
    """The same of any line; what an open quote holds goes on to the end of the line, and has it."""
    words: list[str] = []
    word: list[str] = []
    quoted = escaped = begun = False
    for letter in f"{text}\n":
        if quoted:
            if escaped:
                word.append(letter)
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                quoted = False
            else:
                word.append(letter)
        elif letter == '"':
            quoted = begun = True
        elif letter in " \t\n":
            if word or begun:
                words.append("".join(word))
            word, begun = [], False
        else:
            word.append(letter)
    if word or begun or quoted:
        words.append("".join(word))
    return words
