"""What differs between releases of the docker command, whatever engine it talks to."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

NOTHING_20_10 = dict.fromkeys(("BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "Ulimits"))


@attrs.frozen
class CliProfile:
    """A release of the command: its words of failure, and what it does differently."""

    version: str
    api_version: str
    family: str
    """Which options and descriptions it has: "20.10" or "28"."""
    build: str
    """What `--version` names as the build."""
    go_version: str
    built: str
    refused_at_create: str
    """How `docker run` words what the daemon refused before there was a container."""
    refused_at_start: str
    """The same once there is one."""
    bad_option: str
    """An option whose value the command itself refuses."""
    bad_flag: str
    """An option that is not there, or lacks its value."""
    unknown_command: str
    """A first word that is no command."""
    wrong_count: str
    """Too few or too many words."""
    needs: tuple[str, str, str, str, str]
    """How many words: none, exactly, at least, at most, between; the number (and the second one) in braces."""
    usage: str
    """How help begins and where its blank lines are."""
    starts_failed: str
    """The last line of `docker start` when one of them failed."""
    names_missing: int
    """Whether a thing that is not there is told as `Error: No such container: X` by commands that ask for it alone (20.10)."""
    capital_ports: int
    """Whether complaints about ports begin with a capital letter and try every address in brackets (20.10)."""
    applies_to_default: int
    """Whether --ip, --network-alias ... without --network are meant for the default network (28) or forgotten (20.10)."""
    joins_errors: int
    """Whether `network rm` ends what went wrong with `exit status 1` (28)."""
    brackets_ipv6: int
    """Whether an IPv6 address in front of a port stands in brackets (28)."""
    sorts_ports: int
    """Whether `docker port` sorts its lines (28)."""
    links_everywhere: int
    """Whether --link is refused beside a --network that is none of the user's (20.10) or left to the daemon (28)."""
    groups: int
    """Whether a wrong word after a group's name is told as an unknown command (28) or answered with the group's help (20.10)."""
    spells_capabilities: int
    """Whether names of capabilities are written out in the request (28)."""
    sends: Mapping[str, object]
    """What a request has for options that were not given, where it is not the empty list of the other release."""
    missing_command_status: int
    """Exit status of `docker exec` for a command that is not there: 126 in 20.10, whose daemon says so on stdout; 127 later."""


V20_10 = CliProfile(
    "20.10.24", "1.41", "20.10", "20.10.24+dfsg1, build 297e128", "go1.19.8", "Thu May  7 21:09:36 2026",
    "docker: {problem}.\nSee 'docker {verb} --help'.\n",
    "docker: {problem}.\n",
    "docker: {problem}.\nSee 'docker {verb} --help'.\n",
    "{problem}\nSee 'docker {verb} --help'.\n",
    "docker: '{word}' is not a docker command.\nSee 'docker --help'\n",
    "\"docker {verb}\" {need}.\nSee 'docker {verb} --help'.\n\nUsage:  docker {usage}\n\n{about}\n",
    ("accepts no arguments", "requires exactly {} argument{s}", "requires at least {} argument{s}", "requires at most {} argument{s}",
     "requires at least {} and at most {most} arguments"),
    "\nUsage:  docker {usage}\n\n{about}\n{more}",
    "Error: failed to start containers: {names}", names_missing=1, capital_ports=1, applies_to_default=0, joins_errors=0, brackets_ipv6=0,
    sorts_ports=0, links_everywhere=1, groups=0, spells_capabilities=0, sends=NOTHING_20_10, missing_command_status=126,
)  # fmt: skip
V28 = CliProfile(
    "28.2.2", "1.50", "28", "28.2.2, build e6534b4", "go1.24.3", "Fri May 30 12:07:14 2025",
    "docker: {problem}\n\nRun 'docker {verb} --help' for more information\n",
    "docker: {problem}\n\nRun 'docker {verb} --help' for more information\n",
    "docker: {problem}\n\nRun 'docker {verb} --help' for more information\n",
    "{problem}\n\nUsage:  docker {usage}\n\nRun 'docker {verb} --help' for more information\n",
    "docker: unknown command: docker {word}\n\nRun 'docker --help' for more information\n",
    "docker: 'docker {verb}' {need}\n\nUsage:  docker {usage}\n\n{see} 'docker {verb} --help' for more information\n",
    ("accepts no arguments", "requires {} argument{s}", "requires at least {} argument{s}", "requires at most {} argument{s}",
     "requires at least {} and at most {most} arguments"),
    "Usage:  docker {usage}\n\n{about}\n{more}",
    "Error: failed to start containers: {names}", names_missing=0, capital_ports=0, applies_to_default=1, joins_errors=1, brackets_ipv6=1,
    sorts_ports=1, links_everywhere=0, groups=1, spells_capabilities=1, sends={}, missing_command_status=127,
)  # fmt: skip
RELEASES = {"20.10": V20_10, "20.10.24": V20_10, "28": V28, "28.2.2": V28}
"""Which release has which profile."""
