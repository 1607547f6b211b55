"""The names one engine answers to: family, build, and what it calls itself."""

from __future__ import annotations

from functools import lru_cache

import attrs

from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.ruleset import LEGACY, NF_TABLES, state_of
from netsim.machine.call import Call

VERSION = "1.8.9"


@attrs.frozen
class Tool:
    """`iptables-legacy-save`: program "iptables", family IPv4, build "legacy", `suffix` "-save"."""

    program: str
    family: int
    build: str
    suffix: str = ""
    called: str = ""

    @property
    def name(self) -> str:
        """What stands in front of its messages: the nf_tables build's -save and -restore say what they were called."""
        return self.called or self.program + self.suffix

    @property
    def version(self) -> str:
        """Name, version and build."""
        return f"{self.name} v{VERSION} ({self.build})"

    @property
    def hint(self) -> str:
        """The line that points to the help."""
        return f"Try `{self.name} -h' or '{self.name} --help' for more information.\n"


def tool_of(call: Call, suffix: str = "") -> Tool:
    """Which tool a command line calls, by argv[0]: the machine's own build unless the name says another."""
    return named_tool(call.argv[0], call.netns.kernel.profile.iptables, suffix)


@lru_cache(maxsize=64)
def named_tool(called: str, build: str, suffix: str = "") -> Tool:
    """The tool of a name, on a machine whose own build is this."""
    name = called.rpartition("/")[2]
    family, program = (PF_INET6, "ip6tables") if name.startswith("ip6") else (PF_INET, "iptables")
    build = LEGACY if "-legacy" in name else NF_TABLES if "-nft" in name else build
    return Tool(program, family, build, suffix, name if suffix and build == NF_TABLES else "")


def warning(netns: Netns, tool: Tool) -> str:
    """The line about rules of the other build, which listings of the nf_tables build begin with."""
    if tool.build == LEGACY or not any(family == tool.family for family, _ in state_of(netns).legacy):
        return ""
    return f"# Warning: {tool.program}-legacy tables present, use {tool.program}-legacy{tool.suffix} to see them\n"
