"""What differs between releases of the docker command, whatever engine it talks to."""

from __future__ import annotations

import attrs


@attrs.frozen
class CliProfile:
    """A release of the command: its words of failure."""

    version: str
    api_version: str
    refused_at_create: str
    """How `docker run` words what the daemon refused before there was a container."""
    refused_at_start: str
    """The same once there is one."""
    bad_option: str
    """An option whose value the command itself refuses."""
    bad_flag: str
    """An option that is not there, or lacks its value."""


V20_10 = CliProfile(
    "20.10.24",
    "1.41",
    "docker: {problem}.\nSee 'docker {verb} --help'.\n",
    "docker: {problem}.\n",
    "docker: {problem}.\nSee 'docker {verb} --help'.\n",
    "{problem}\nSee 'docker {verb} --help'.\n",
)
V28 = CliProfile(
    "28.2.2",
    "1.50",
    "docker: {problem}\n\nRun 'docker {verb} --help' for more information\n",
    "docker: {problem}\n\nRun 'docker {verb} --help' for more information\n",
    "docker: {problem}\n\nRun 'docker {verb} --help' for more information\n",
    "{problem}\n\nUsage:  docker {usage}\n\nRun 'docker {verb} --help' for more information\n",
)
RELEASES = {"20.10": V20_10, "20.10.24": V20_10, "28": V28, "28.2.2": V28}
"""Which release has which profile."""
