"""Words of an iptables command line to one request, in the order and with the complaints of `do_parse`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from netsim.commands.iptables.extension import Context, Extension, Given
from netsim.commands.iptables.extensions import MATCHES, ONLY_FAMILY, TARGETS, UNMODELLED_MATCHES, UNMODELLED_TARGETS
from netsim.commands.iptables.known_names import KnownNames
from netsim.commands.iptables.options import COMMANDS, INVERTIBLE, LONG, SHORT
from netsim.commands.iptables.problem import OTHER, PARAMETER, BareProblem, Problem, Usage
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.tool import Tool
from netsim.commands.iptables.words import addresses, number, protocol_number
from netsim.kernel.netfilter.ruleset import LEGACY
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.netfilter.verdict import ACCEPT, DROP, RETURN
from netsim.kernel.tables.ipset import IpSet
from netsim.kernel.tables.xtables import RuleSpec

RULE_COMMANDS = frozenset("ADIRC")
ALLOWED = {
    **dict.fromkeys("ADIRC", frozenset("psdjiofvcg")),
    "L": frozenset("nvx0"),
    **dict.fromkeys("SFZNXE", frozenset("v")),
    "P": frozenset("vc"),
}
"""The parts of a rule, counters and flags that each command may stand with."""
FLAGS = frozenset("nvx0")
NOT_WITH = {"PREROUTING": "o", "INPUT": "o", "POSTROUTING": "i", "OUTPUT": "i"}
"""The interface that packets in a built-in chain do not have."""
ANYWHERE = ((0, 0),)
BEGUN = {
    name[:length]: frozenset((option.means, option.takes) for known, option in LONG.items() if known.startswith(name[:length]))
    for name in LONG
    for length in range(len(name) + 1)
}
"""What the beginnings of the general options' names may mean."""
NOTHING: frozenset[tuple[str, str]] = frozenset()


def _by_protocol() -> dict[tuple[int, str], list[Extension]]:
    found: dict[tuple[int, str], list[Extension]] = {}
    for extension in MATCHES.values():
        for start in {name[:length] for name in extension.options for length in range(len(name) + 1)}:
            for known in extension.protocols:
                found.setdefault((known, start), []).append(extension)
    return found


BY_PROTOCOL = _by_protocol()
"""The matches that `-p` loads when one of their options is met, by protocol and beginning of the option."""
VERDICTS = {"ACCEPT": Verdict("ACCEPT", ACCEPT), "DROP": Verdict("DROP", DROP), "RETURN": Verdict("RETURN", RETURN)}
TWO_ARGUMENTS = ("tcp-flags", "match-set", "add-set", "del-set", "map-set")
LONGEST_CHAIN, LONGEST_INTERFACE = 28, 15


def is_plain_interface(name: str) -> bool:
    """Whether an interface is kept as it is written, and nothing is to be said about it."""
    return 0 < len(name) <= LONGEST_INTERFACE and name != "+" and "/" not in name and " " not in name


class OtherFamily(Exception):
    """A line of a file that is for the tool of the other family, which this one passes over."""


@attrs.define(eq=False)
class Loaded:
    """An extension named on the line, and the options it was given."""

    extension: Extension
    given: list[Given] = attrs.field(factory=list)


@attrs.define(eq=False)
class Parser:
    """One pass over the words; the tool they are typed to, the names and the sets there are come from outside."""

    words: Sequence[str]
    tool: Tool
    hosts: KnownNames
    sets: Mapping[str, IpSet] = attrs.field(factory=dict)
    request: Request = attrs.field(factory=Request)
    left: list[str] = attrs.field(factory=list)
    """The words not read yet, the next one last."""
    seen: dict[str, str] = attrs.field(factory=dict)
    places: dict[str, int] = attrs.field(factory=dict)
    """Where addresses and interfaces stand among the words, counted from the end, if they are words of their own."""
    inverted: str = ""
    """The letters that stood behind a `!`."""
    bang: bool = False
    loaded: tuple[Loaded, ...] = ()
    target: Loaded | None = None
    jump: str = ""
    protocol: int = 0
    seen_wait: bool = False
    seen_interval: bool = False
    restores: int = 0
    """Whether the line is one of a file, whose table is known."""

    def parse(self) -> Request:
        """Everything on the line; raises Problem."""
        left = self.left
        left.extend(self.words)
        left.reverse()
        while left:
            word = left.pop()
            option = WHOLE.get(word)
            if option is not None:
                step, letter, takes = option
                step(self, letter, (left.pop() if left else self._next(word)) if takes == "=" else None)
            elif word.startswith("--") and len(word) > 2:
                self._long(word)
            elif word.startswith("-") and len(word) > 1:
                self._cluster(word)
            elif word == "!":
                if self.bang:
                    raise Problem("multiple consecutive ! not allowed")
                self.bang = True
                continue
            else:
                self._read_so_far()
                raise BareProblem(f"Bad argument `{word}'", PARAMETER)
            self.bang = False
        return self._finish()

    def _read_so_far(self) -> None:
        """Options are read as they come: what is wrong with one is told before what is wrong behind it."""
        for owner in self.loaded:
            if owner.given:
                owner.extension.build(owner.given, self.context())

    # options -------------------------------------------------------------------------------------------------------

    def _long(self, word: str) -> None:
        """An option that is a match's or target's, abbreviated, or has its argument behind a `=`."""
        name, equals, value = word[2:].partition("=")
        owner, means, takes = self._find(name, word)
        if owner is None:
            self._general(means, takes, word, value if equals else None)
            return
        if takes:
            argument = value if equals else self._next(word)
            if means in TWO_ARGUMENTS:
                if not self.left or self.left[-1].startswith(("-", "!")):
                    raise Problem(f"--{means} requires two args.")
                argument += " " + self._next(word)
        else:
            argument = ""
        if self.bang and means not in owner.extension.invertible:
            raise Problem(f'{owner.extension.name}: option "--{means}" cannot be inverted.\n')
        owner.given.append(Given(means, argument, self.bang, -len(self.left) - 1, self.protocol))

    def _find(self, name: str, word: str) -> tuple[Loaded | None, str, str]:
        """The option a long name means: exact before abbreviated; the protocol's own match is loaded when that helps."""
        general = LONG.get(name)
        if general is not None:
            return None, general.means, general.takes
        while True:
            for owner in self._owners():
                option = owner.extension.options.get(name)
                if option is not None:
                    return owner, option[0], "=" if option[1] else ""
            found = self._abbreviated(name)
            if found is not None:
                return found
            if not self._load_implicit(name):
                raise Problem(f'unknown option "{word}"')

    def _owners(self) -> Sequence[Loaded]:
        """Whose options a name may be, first the target's, then those of the matches named last."""
        return self.loaded[::-1] if self.target is None else (self.target, *self.loaded[::-1])

    def _abbreviated(self, name: str) -> tuple[Loaded | None, str, str] | None:
        general = BEGUN.get(name, NOTHING)
        own = [(owner, option) for owner in self._owners() for known, option in owner.extension.options.items() if known.startswith(name)]
        kinds = {option for _, option in own} if own else ()
        if len(general) + len(kinds) != 1:
            return None
        if general:
            return None, *next(iter(general))
        owner, (means, takes) = own[0]
        return owner, means, "=" if takes else ""

    def _load_implicit(self, name: str) -> bool:
        if self.protocol and "p" not in self.inverted:
            for extension in BY_PROTOCOL.get((self.protocol, name), ()):
                if not any(owner.extension is extension for owner in self.loaded):
                    self.loaded += (Loaded(extension),)
                    return True
        return False

    def _next(self, word: str) -> str:
        if not self.left:
            raise Problem(f'option "{word}" requires an argument')
        return self.left.pop()

    def _cluster(self, word: str) -> None:
        """Letters that share one dash; the last one's argument may stick to it."""
        place = 1
        while place < len(word):
            letter = word[place]
            place += 1
            option = SHORT.get(letter)
            if option is None:
                raise Problem(f'unknown option "{word}"')
            rest = word[place:]
            if option.takes and rest:
                self._general(letter, option.takes, f"-{letter}", rest)
                return
            self._general(letter, option.takes, f"-{letter}", None)

    def _general(self, letter: str, takes: str, word: str, value: str | None) -> None:
        """One of the options that every command line may have."""
        STEPS.get(letter, Parser._part)(self, letter, self._next(word) if takes == "=" and value is None else value)

    def _table(self, letter: str, value: str | None) -> None:
        if self.restores:
            raise Problem(f"The -t option cannot be used in {self.tool.name}.\n")
        self.request.table = value or ""

    def _modprobe(self, letter: str, value: str | None) -> None:
        """Every module there is is loaded."""

    def _family(self, letter: str, value: str | None) -> None:
        if (letter == "4") != (self.tool.family == 2):
            raise OtherFamily if self.restores else Usage("")

    def _about(self, letter: str, value: str | None) -> None:
        """-V and -h: nothing else counts."""
        self.request.flags |= {letter}

    def _wait(self, letter: str, value: str | None) -> None:
        self.seen_wait = True
        seconds = value if value is not None else self._optional_argument()
        if seconds is not None and number(seconds) is None:
            raise Problem("wait seconds not numeric")

    def _wait_interval(self, letter: str, value: str | None) -> None:
        self.request.warnings += "Ignoring deprecated --wait-interval option.\n"
        self.seen_interval = True

    def _optional_argument(self) -> str | None:
        if self.left and self.left[-1][:1] not in ("-", "!"):
            return self.left.pop()
        return None

    def _command(self, letter: str, value: str | None) -> None:
        request = self.request
        if request.command and not (request.command in "LS" and letter == "Z") and not (request.command == "Z" and letter in "LS"):
            raise Problem(f"Cannot use -{letter} with -{request.command}")
        if request.command:
            request.flags |= {"Z"}
            request.command = request.command if letter == "Z" else letter
            request.chain = value if value is not None else self._optional_argument() or request.chain
            rank = self._optional_argument() if request.chain else None
            if rank is not None:
                request.position = self._rank(rank)
                request.flags |= {"ranked"}
            return
        request.command = letter
        if letter in "LSFZX":
            request.chain = value if value is not None else self._optional_argument() or ""
        else:
            request.chain = value or ""
        if letter in "DILSZ" and request.chain:
            rank = self._optional_argument()
            if rank is not None:
                request.position = self._rank(rank)
                request.flags |= {"ranked"}
        elif letter == "R":
            rank = self._optional_argument()
            if rank is None:
                raise Problem("-R requires a rule number")
            request.position = self._rank(rank)
        elif letter == "N":
            self._chain_name(request.chain)
        elif letter == "E":
            new = self._optional_argument()
            if new is None:
                raise Problem("-E requires old-chain-name and new-chain-name")
            request.new_name = new
        elif letter == "P":
            policy = self._optional_argument()
            if policy is None:
                raise Problem("-P requires a chain and a policy")
            request.policy = policy

    def _rank(self, word: str) -> int:
        value = number(word)
        if not value:
            raise Problem(f"Invalid rule number `{word}'")
        return value

    def _chain_name(self, name: str) -> None:
        if name[:1] in ("-", "!"):
            raise Problem(f"chain name not allowed to start with `{name[0]}'")
        if name in VERDICTS or name in TARGETS or name in UNMODELLED_TARGETS:
            raise Problem("chain name may not clash with target name")
        if any(letter.isspace() for letter in name):
            raise Problem(f"Invalid chain name `{name}'")

    # rule parts ----------------------------------------------------------------------------------------------------

    def _part(self, letter: str, value: str | None) -> None:
        """A part of a rule, or a flag of a listing."""
        seen = self.seen
        if self.bang:
            if letter not in INVERTIBLE:
                raise Problem(f"cannot have ! before -{letter}")
            self.inverted += letter
        if letter in seen:
            if letter != "v":
                raise Problem(f"multiple -{'j' if letter == 'g' else letter} flags not allowed")
        elif letter in "jg" and ("j" in seen or "g" in seen):
            raise Problem("multiple -j flags not allowed")
        seen[letter] = value = value or ""
        if letter in "sdio":
            self.places[letter] = -len(self.left) - 1
            if letter in "io" and not is_plain_interface(value):
                self._odd_interface(value)
        elif letter == "p":
            self._protocol(value)
        elif letter == "j":
            self._jump(value)
        elif letter == "c":
            self._counters(value)

    def _protocol(self, word: str) -> None:
        self.protocol = protocol_number(word)
        if self.protocol == 0 and self.bang:
            raise Problem("rule would never match protocol")

    def _match(self, letter: str, value: str | None) -> None:
        name = value or ""
        if self.bang:
            raise Problem("unexpected ! flag before --match")
        extension = MATCHES.get(name)
        if extension is None or ONLY_FAMILY.get(name, self.tool.family) != self.tool.family:
            if name in UNMODELLED_MATCHES:
                raise Problem(f"match `{name}' is not modelled by netsim", OTHER)
            raise Problem(f"Couldn't load match `{name}':No such file or directory\n")
        self.loaded += (Loaded(extension),)

    def _jump(self, name: str) -> None:
        self.jump = name
        extension = TARGETS.get(name)
        if extension is not None and ONLY_FAMILY.get(name, self.tool.family) == self.tool.family:
            self.target = Loaded(extension)
        elif name in UNMODELLED_TARGETS:
            raise Problem(f"target `{name}' is not modelled by netsim", OTHER)

    def _odd_interface(self, name: str) -> None:
        if not name:
            raise Problem("Empty interface is likely to be undesired")
        if len(name) > LONGEST_INTERFACE:
            raise Problem(f"interface name `{name}' must be shorter than IFNAMSIZ ({LONGEST_INTERFACE})")
        if name != "+":
            self.request.warnings += f"Warning: weird character in interface `{name}' ('/' and ' ' are not allowed by the kernel).\n"

    def _counters(self, first: str) -> None:
        second = self._optional_argument()
        if second is None:
            raise Problem("-c requires packet and byte counter")
        packets, size = number(first), number(second)
        if packets is None:
            raise Problem("-c packet counter not numeric")
        if size is None:
            raise Problem("-c byte counter not numeric")
        self.request.counters = (packets, size)
        self.request.has_counters = True

    # the end -------------------------------------------------------------------------------------------------------

    def _finish(self) -> Request:
        request, seen = self.request, self.seen
        command, chain = request.command, request.chain
        if request.flags & {"V", "h"}:
            return request
        if not command:
            raise Problem("no command specified")
        if self.seen_interval and not self.seen_wait:
            raise Problem("--wait-interval only makes sense with --wait\n")
        if "f" in seen and self.tool.family != 2:
            raise Problem("`-f' is not supported in IPv6, use -m frag instead")
        if not ALLOWED[command].issuperset(seen):
            letter = next(letter for letter in seen if letter not in ALLOWED[command])
            raise Problem(f"Illegal option `-{letter}' with this command")
        if self.loaded and command not in RULE_COMMANDS:
            raise Problem("Illegal option `-m' with this command")
        if len(chain) > LONGEST_CHAIN:
            raise Problem(f"chain name `{chain}' too long (must be under {LONGEST_CHAIN + 1} chars)")
        if NOT_WITH.get(chain) in seen:
            raise Problem(f"Can't use -{NOT_WITH[chain]} with {chain}\n")
        if not FLAGS.isdisjoint(seen):
            request.flags |= FLAGS.intersection(seen)
        if self.jump == "DROP" and request.table == "nat":
            raise Problem('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n')
        if command in RULE_COMMANDS:
            request.specs = self._specs()
        return request

    def _specs(self) -> tuple[RuleSpec, ...]:
        """What the rule says, once for each pair of addresses."""
        seen, inverted, family = self.seen, self.inverted, self.tool.family
        sources = addresses(seen["s"], family, self.hosts) if "s" in seen else ANYWHERE
        targets = addresses(seen["d"], family, self.hosts) if "d" in seen else ANYWHERE
        if len(sources) + len(targets) > 2:
            self._check_several()
        matches, target = self._extended() if self.loaded or self.target is not None else ((), self._lead())
        iniface = self._pattern("i") if "i" in seen else ""
        outiface = self._pattern("o") if "o" in seen else ""
        rest = (
            iniface,
            "i" in inverted,
            outiface,
            "o" in inverted,
            self.protocol,
            "p" in inverted,
            (2 if "f" in inverted else 1) if "f" in seen else 0,
            matches,
            target,
            "g" in seen,
        )
        specs = []
        for src, src_mask in sources:
            for dst, dst_mask in targets:
                specs.append(RuleSpec(src, src_mask, "s" in inverted, dst, dst_mask, "d" in inverted, *rest))
        return tuple(specs)

    def _check_several(self) -> None:
        if "s" in self.inverted or "d" in self.inverted:
            raise Problem("! not allowed with multiple source or destination IP addresses")
        if self.request.command == "R":
            raise Problem("Replacement rule does not specify a unique address")

    def _pattern(self, letter: str) -> str:
        """An interface as the rule keeps it: the nf_tables build has nothing to compare for `+`."""
        name = self.seen[letter]
        return "" if name == "+" and self.tool.build != LEGACY and letter not in self.inverted else name

    def _extended(self) -> tuple[tuple[object, ...], object]:
        """What the matches and the target that were named make of their options."""
        inverted = "p" in self.inverted
        for owner in self.loaded:
            needs = owner.extension.protocols
            if needs and (self.protocol not in needs or inverted):
                name = owner.extension.name
                if name in ("tcp", "udp"):
                    raise Problem(f"{name.upper()} match requires '-p {name}'" if name == "tcp" else "UDP match requires '-p udp'")
        context = self.context()
        matches = tuple([owner.extension.build(owner.given, context) for owner in self.loaded])
        return matches, self._lead() if self.target is None else self.target.extension.build(self.target.given, context)

    def context(self) -> Context:
        """What its matches and target may need to know."""
        return Context(self.tool.family, self.request.table, self.protocol, "p" in self.inverted, self.hosts, self.sets)

    def _lead(self) -> object:
        """Where a rule leads that has no target of the extensions'."""
        if "g" in self.seen:
            return Jump(self.seen["g"])
        if not self.jump:
            return None
        return VERDICTS.get(self.jump) or Jump(self.jump)


Step = Callable[[Parser, str, str | None], None]
STEPS: dict[str, Step] = {
    **dict.fromkeys([option.means for option in COMMANDS.values()], Parser._command),
    **dict.fromkeys("46", Parser._family),
    **dict.fromkeys("Vh", Parser._about),
    "t": Parser._table,
    "m": Parser._match,
    "w": Parser._wait,
    "W": Parser._wait_interval,
    "M": Parser._modprobe,
}
"""What reads a general option, by its letter; those not named are parts of a rule or flags of a listing."""
WHOLE: dict[str, tuple[Step, str, str]] = {
    word: (STEPS.get(option.means, Parser._part), option.means, option.takes)
    for word, option in [*((f"-{letter}", option) for letter, option in SHORT.items()), *((f"--{name}", option) for name, option in LONG.items())]
}
"""The general options as typed in full."""
