"""Words of an iptables command line to one request, in the order and with the complaints of `do_parse`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from netsim.commands.iptables.extension import Context, Extension, Given
from netsim.commands.iptables.extensions import MATCHES, ONLY_FAMILY, TARGETS, UNMODELLED_MATCHES, UNMODELLED_TARGETS
from netsim.commands.iptables.known_names import KnownNames
from netsim.commands.iptables.options import COMMANDS, INVERTIBLE, LONG, SHORT
from netsim.commands.iptables.problem import OTHER, PARAMETER, BareProblem, Problem, Usage
from netsim.commands.iptables.tool import Tool
from netsim.commands.iptables.words import addresses, number, protocol_number
from netsim.kernel.netfilter.ruleset import LEGACY
from netsim.kernel.netfilter.targets.standard import Jump, Verdict
from netsim.kernel.netfilter.verdict import ACCEPT, DROP, RETURN
from netsim.kernel.tables.ipset import IpSet
from netsim.kernel.tables.xtables import RuleSpec

COMMAND_LETTERS = frozenset(option.means for option in COMMANDS.values())
RULE_LETTERS = "psdjiofg"
ALLOWED = {
    **dict.fromkeys("ADIRC", "psdjioftvwWcM46gm"),
    "L": "nvx0twWM46",
    **dict.fromkeys("SFZNXE", "vtwWM46"),
    "P": "vtwWcM46",
}
DIRECTIVES = frozenset("tmwWMVh46")
FLAGS = frozenset("nvx0")
NOT_WITH = {"PREROUTING": "o", "INPUT": "o", "POSTROUTING": "i", "OUTPUT": "i"}
"""The interface that packets in a built-in chain do not have."""
ANYWHERE = [(0, 0)]
WHOLE = {f"-{letter}": option for letter, option in SHORT.items()} | {f"--{name}": option for name, option in LONG.items()}
"""The general options as typed in full."""
EXACT: dict[str, tuple[None, tuple[str, str]]] = {name: (None, (option.means, option.takes)) for name, option in LONG.items()}
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
TWO_ARGUMENTS = ("tcp-flags", "match-set")
LONGEST_CHAIN, LONGEST_INTERFACE = 28, 15


@attrs.define(eq=False)
class Loaded:
    """An extension named on the line, and the options it was given."""

    extension: Extension
    given: list[Given] = attrs.field(factory=list)


@attrs.define(eq=False)
class Request:
    """What one command line asks for."""

    command: str = ""
    chain: str = ""
    new_name: str = ""
    policy: str = ""
    position: int = 0
    table: str = "filter"
    specs: list[RuleSpec] = attrs.field(factory=list)
    flags: set[str] = attrs.field(factory=set)
    counters: tuple[int, int] = (0, 0)
    has_counters: bool = False
    warnings: str = ""
    others: dict[str, Request] = attrs.field(factory=dict, eq=False)

    def led_by(self, command: str) -> Request:
        """The same rule for this command."""
        if command == self.command:
            return self
        found = self.others.get(command)
        if found is None:
            s = self
            found = Request(command, s.chain, s.new_name, s.policy, s.position, s.table, s.specs, s.flags, s.counters, s.has_counters, s.warnings)
            self.others[command] = found
        return found


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
    inverted: dict[str, bool] = attrs.field(factory=dict)
    bang: bool = False
    loaded: list[Loaded] = attrs.field(factory=list)
    target: Loaded | None = None
    jump: str = ""
    goto: str = ""
    protocol: int = 0
    seen_wait: bool = False
    seen_interval: bool = False

    @property
    def family(self) -> int:
        """PF_INET or PF_INET6."""
        return self.tool.family

    def parse(self) -> Request:
        """Everything on the line; raises Problem."""
        self.left = left = list(self.words)
        left.reverse()
        while left:
            word = left.pop()
            option = WHOLE.get(word)
            if option is not None:
                self._general(option.means, option.takes, word, None)
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
                raise BareProblem(f"Bad argument `{word}'", PARAMETER)
            self.bang = False
        return self._finish()

    # options -------------------------------------------------------------------------------------------------------

    def _long(self, word: str) -> None:
        name, equals, value = word[2:].partition("=")
        owner, option = self._find(name)
        if option is None:
            raise Problem(f'unknown option "{word}"')
        means, takes = option
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
        owner.given.append(Given(means, argument, self.bang))

    def _find(self, name: str) -> tuple[Loaded | None, tuple[str, str] | None]:
        """The option a long name means: exact before abbreviated; the protocol's own match is loaded when that helps."""
        if name in EXACT:
            return EXACT[name]
        found = self._exact(name) or self._abbreviated(name)
        if found is not None:
            return found
        implicit = self._implicit(name)
        if implicit is not None:
            self.loaded.append(implicit)
            return self._find(name)
        return None, None

    def _owners(self) -> list[Loaded]:
        return [*([self.target] if self.target else []), *self.loaded[::-1]]

    def _exact(self, name: str) -> tuple[Loaded | None, tuple[str, str]] | None:
        for owner in self._owners():
            option = owner.extension.options.get(name)
            if option is not None:
                return owner, (option[0], "=" if option[1] else "")
        return None

    def _abbreviated(self, name: str) -> tuple[Loaded | None, tuple[str, str]] | None:
        general = BEGUN.get(name, NOTHING)
        own = [(owner, option) for owner in self._owners() for known, option in owner.extension.options.items() if known.startswith(name)]
        kinds = {option for _, option in own}
        if len(general) + len(kinds) != 1:
            return None
        if general:
            return None, next(iter(general))
        owner, (means, takes) = own[0]
        return owner, (means, "=" if takes else "")

    def _implicit(self, name: str) -> Loaded | None:
        if not self.protocol or self.inverted.get("p"):
            return None
        for extension in BY_PROTOCOL.get((self.protocol, name), ()):
            if not any(owner.extension is extension for owner in self.loaded):
                return Loaded(extension)
        return None

    def _next(self, word: str) -> str:
        if not self.left:
            raise Problem(f'option "{word}" requires an argument')
        return self.left.pop()

    def _cluster(self, word: str) -> None:
        place = 1
        while place < len(word):
            letter = word[place]
            place += 1
            option = SHORT.get(letter)
            if option is None:
                raise Problem(f'unknown option "{word}"')
            rest = word[place:]
            if option.takes == "=":
                self._general(letter, "=", f"-{letter}", rest or None)
                return
            if option.takes == "?" and rest:
                self._general(letter, "?", f"-{letter}", rest)
                return
            self._general(letter, option.takes, f"-{letter}", None)

    def _general(self, letter: str, takes: str, word: str, value: str | None) -> None:
        if takes == "=" and value is None:
            value = self.left.pop() if self.left else self._next(word)
        if letter in DIRECTIVES:
            self._directive(letter, value)
            return
        if letter in COMMAND_LETTERS:
            self._command(letter, value)
            return
        if self.bang and letter not in INVERTIBLE:
            raise Problem(f"cannot have ! before -{letter}")
        seen = self.seen
        if (letter in seen and letter != "v") or (letter in "jg" and ("j" in seen or "g" in seen)):
            raise Problem(f"multiple -{'j' if letter == 'g' else letter} flags not allowed")
        seen[letter] = value or ""
        self.inverted[letter] = self.bang
        if letter == "p":
            self._protocol(value or "")
        elif letter == "j":
            self._jump(value or "")
        elif letter in "io":
            self._interface(value or "")
        elif letter == "c":
            self._counters(value or "")

    def _directive(self, letter: str, value: str | None) -> None:
        if letter == "t":
            self.request.table = value or ""
        elif letter == "m":
            self._match(value or "")
        elif letter in "46":
            if (letter == "4") != (self.family == 2):
                raise Usage("")
        elif letter in "Vh":
            self.request.flags.add(letter)
        elif letter == "w":
            self.seen_wait = True
            seconds = value if value is not None else self._optional_argument()
            if seconds is not None and number(seconds) is None:
                raise Problem("wait seconds not numeric")
        elif letter == "W":
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
            request.flags.add("Z")
            request.command = request.command if letter == "Z" else letter
            return
        request.command = letter
        if letter in "LSFZX":
            request.chain = value if value is not None else self._optional_argument() or ""
        else:
            request.chain = value or ""
        if letter in "DILSZ" and request.chain:
            rank = self._optional_argument() if letter != "X" else None
            if rank is not None:
                request.position = self._rank(rank)
                request.flags.add("ranked")
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

    # rule parts ----------------------------------------------------------------------------------------------------

    def _protocol(self, word: str) -> None:
        self.protocol = protocol_number(word)
        if self.protocol == 0 and self.bang:
            raise Problem("rule would never match protocol")

    def _match(self, name: str) -> None:
        if self.bang:
            raise Problem("unexpected ! flag before --match")
        extension = MATCHES.get(name)
        if extension is None or ONLY_FAMILY.get(name, self.family) != self.family:
            if name in UNMODELLED_MATCHES:
                raise Problem(f"match `{name}' is not modelled by netsim", OTHER)
            raise Problem(f"Couldn't load match `{name}':No such file or directory\n")
        self.loaded.append(Loaded(extension))

    def _jump(self, name: str) -> None:
        if name in TARGETS and ONLY_FAMILY.get(name, self.family) == self.family:
            self.target = Loaded(TARGETS[name])
        elif name in UNMODELLED_TARGETS:
            raise Problem(f"target `{name}' is not modelled by netsim", OTHER)
        self.jump = name

    def _interface(self, name: str) -> None:
        if not name:
            raise Problem("Empty interface is likely to be undesired")
        if len(name) > LONGEST_INTERFACE:
            raise Problem(f"interface name `{name}' must be shorter than IFNAMSIZ ({LONGEST_INTERFACE})")
        if "/" in name or " " in name:
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
        request = self.request
        if request.flags & {"V", "h"}:
            return request
        if not request.command:
            raise Problem("no command specified")
        if self.seen_interval and not self.seen_wait:
            raise Problem("--wait-interval only makes sense with --wait\n")
        if "f" in self.seen and self.family != 2:
            raise Problem("`-f' is not supported in IPv6, use -m frag instead")
        allowed = ALLOWED[request.command]
        for letter in self.seen:
            if letter not in allowed:
                raise Problem(f"Illegal option `-{letter}' with this command")
        if self.loaded and "m" not in allowed:
            raise Problem("Illegal option `-m' with this command")
        if len(request.chain) > LONGEST_CHAIN:
            raise Problem(f"chain name `{request.chain}' too long (must be under {LONGEST_CHAIN + 1} chars)")
        letter = NOT_WITH.get(request.chain, "")
        if letter in self.seen:
            raise Problem(f"Can't use -{letter} with {request.chain}\n")
        request.flags.update(FLAGS.intersection(self.seen))
        if self.jump == "DROP" and request.table == "nat":
            raise Problem('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n')
        if request.command in "ADIRC":
            request.specs = self._specs()
        return request

    def _specs(self) -> list[RuleSpec]:
        seen, inverted, family = self.seen, self.inverted, self.tool.family
        protocol_inverted = inverted.get("p", False)
        sources = addresses(seen["s"], family, self.hosts) if "s" in seen else ANYWHERE
        targets = addresses(seen["d"], family, self.hosts) if "d" in seen else ANYWHERE
        if len(sources) * len(targets) > 1:
            if inverted.get("s") or inverted.get("d"):
                raise Problem("! not allowed with multiple source or destination IP addresses")
            if self.request.command == "R":
                raise Problem("Replacement rule does not specify a unique address")
        for owner in self.loaded:
            needs = owner.extension.protocols
            if needs and (self.protocol not in needs or protocol_inverted):
                name = owner.extension.name
                if name in ("tcp", "udp"):
                    raise Problem(f"{name.upper()} match requires '-p {name}'" if name == "tcp" else "UDP match requires '-p udp'")
        context = Context(family, self.request.table, self.protocol, protocol_inverted, self.hosts, self.sets)
        matches = tuple([owner.extension.build(owner.given, context) for owner in self.loaded])
        rest = (
            self._pattern("i"),
            inverted.get("i", False),
            self._pattern("o"),
            inverted.get("o", False),
            self.protocol,
            protocol_inverted,
            (2 if inverted["f"] else 1) if "f" in seen else 0,
            matches,
            self._lead(context),
            "g" in seen,
        )
        return [
            RuleSpec(src, src_mask, inverted.get("s", False), dst, dst_mask, inverted.get("d", False), *rest)
            for src, src_mask in sources
            for dst, dst_mask in targets
        ]

    def _pattern(self, letter: str) -> str:
        """An interface as the rule keeps it: the nf_tables build has nothing to compare for `+`."""
        name = self.seen.get(letter, "")
        return "" if name == "+" and self.tool.build != LEGACY and not self.inverted[letter] else name

    def _lead(self, context: Context) -> object:
        if "g" in self.seen:
            return Jump(self.seen["g"])
        if self.target is not None:
            return self.target.extension.build(self.target.given, context)
        if not self.jump:
            return None
        return VERDICTS.get(self.jump) or Jump(self.jump)
