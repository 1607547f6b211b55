"""`-h`: the options, printed from the tables the parser reads."""

from __future__ import annotations

from netsim.commands.iptables.options import COMMANDS, OTHERS, Option
from netsim.commands.iptables.parser import Parser
from netsim.commands.iptables.tool import Tool

ARGUMENTS = {"": "", "=": " ARG", "?": " [ARG]"}


def help_text(tool: Tool, parser: Parser) -> str:
    """The tool's options, then those of every extension named before."""
    text = f"{tool.version}\n\nUsage: {tool.program} COMMAND CHAIN [RULE] [OPTION...]\n\nCommands:\n{_lines(COMMANDS)}\nOptions:\n{_lines(OTHERS)}"
    for owner in [*([parser.target] if parser.target else []), *parser.loaded]:
        kind = "target" if owner is parser.target else "match"
        text += f"\n{owner.extension.name} {kind} options:\n"
        for name, (_, takes) in owner.extension.options.items():
            mark = "[!] " if owner.extension.options[name][0] in owner.extension.invertible else "    "
            text += f"{mark}--{name}{' ARG' if takes else ''}\n"
    return text


def _lines(options: dict[str, Option]) -> str:
    return "".join(f"  --{name}{'' if option.means == '0' else f', -{option.means}'}{ARGUMENTS[option.takes]}\n" for name, option in options.items())
