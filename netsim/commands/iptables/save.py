"""iptables-save and ip6tables-save."""

from __future__ import annotations

from datetime import UTC, datetime

from netsim.clock import SECOND
from netsim.commands.iptables.listing import saved
from netsim.commands.iptables.tool import Tool, tool_of, warning
from netsim.errors import NetError, strerror
from netsim.kernel.netfilter import ruleset
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

GRAMMAR = Grammar(
    flags="bcd46V",
    valued="tMf",
    long={
        "counters": ("c", ""), "version": ("V", ""), "dump": ("d", ""), "table": ("t", "="), "modprobe": ("M", "="), "file": ("f", "="),
        "ipv4": ("4", ""), "ipv6": ("6", ""),
    },
)  # fmt: skip
MANUAL = "Look at manual page `iptables-save.8' for more information.\n"


def iptables_save(call: Call) -> Result:
    """All tables, or one, in the form -restore reads (man iptables-save(8))."""
    tool = tool_of(call, "-save")
    try:
        options, rest = parse(call.argv[1:], GRAMMAR)
    except OptionError as error:
        return Result("", f"{called(call)}: {error}\n{MANUAL}", 1)
    given = {option.name: option.argument or "" for option in options}
    if "V" in given:
        return Result(f"{tool.version}\n")
    if rest:
        return Result("", "Unknown arguments found on commandline\n", 1)
    return _save(call, tool, given)


def _save(call: Call, tool: Tool, given: dict[str, str]) -> Result:
    name = given.get("t", "")
    if name and name not in ruleset.TABLES:
        return Result("", f"Table `{name}' does not exist\n", 1)
    netns = call.netns
    if not netns.kernel.is_admin():
        if tool.build == ruleset.LEGACY:
            return Result()
        return Result(
            "",
            f"{tool.version}: Could not fetch rule set generation id: Permission denied (you must be root)\n".replace(tool.program, tool.name, 1),
            4,
        )
    tables = [ruleset.table_of(netns, tool.family, name, tool.build)] if name else ruleset.saved_tables(netns, tool.family, tool.build)
    text = "".join(saved(table, tool, stamp_of(call), "c" in given) for table in tables)
    if "f" not in given:
        return Result(text, warning(netns, tool))
    try:
        opened = call.proc.open(given["f"], "w")
        call.proc.write(opened, text)
        call.proc.close(opened)
    except NetError as error:
        return Result("", f"{tool.name}: Cannot open {given['f']}: {strerror(error.errno)}\n", 1)
    return Result("", warning(netns, tool))


def called(call: Call) -> str:
    """argv[0] without directories, which getopt's messages begin with."""
    return call.argv[0].rpartition("/")[2]


def stamp_of(call: Call) -> str:
    """The machine's time as `ctime` prints it."""
    moment = datetime.fromtimestamp(call.proc.wall_clock() // SECOND, UTC)
    return f"{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}"
