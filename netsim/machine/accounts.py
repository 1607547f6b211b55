"""Names of users and groups: /etc/passwd and /etc/group as text (passwd(5), group(5))."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsim.machine.process import Process


def rows(text: str) -> list[list[str]]:
    """The fields of each line."""
    return [line.split(":") for line in text.splitlines() if line.strip() and not line.startswith("#")]


def name_in(text: str, number: int) -> str | None:
    """The first name that has a number."""
    return next((fields[0] for fields in rows(text) if fields[2:3] == [str(number)]), None)


def number_in(text: str, name: str) -> int | None:
    """The number that a name has."""
    return next((int(fields[2]) for fields in rows(text) if fields[0] == name and len(fields) > 2 and fields[2].isdigit()), None)


def user_name(proc: Process, uid: int) -> str | None:
    """What a user is called where a process looks."""
    return name_in(proc.read_text("/etc/passwd"), uid) or ("root" if not uid and not proc.read_text("/etc/passwd") else None)


def group_name(proc: Process, gid: int) -> str | None:
    """What a group is called where a process looks."""
    return name_in(proc.read_text("/etc/group"), gid) or ("root" if not gid and not proc.read_text("/etc/group") else None)
