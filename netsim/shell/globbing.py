"""Path names that match a field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.errors import NetError
from netsim.machine.nodes import Directory
from netsim.shell.fields import QUOTED, plain
from netsim.shell.patterns import matcher

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

MAGIC = re.compile(r"[*?\[]|[+@!]\(")
QUOTED_LETTER = re.compile(QUOTED + ".", re.S)


class NoMatch(Exception):
    """Nothing matches under `shopt -s failglob`; `str()` says so."""


def glob(shell: ShellState, field: str) -> list[str]:
    """Path names a field with unquoted `*`, `?` or `[` matches, else the field itself."""
    if MAGIC.search(field) is None or "f" in shell.options or MAGIC.search(QUOTED_LETTER.sub("", field)) is None:
        return [plain(field)]
    options = shell.options
    flags = "/" + "e" * ("extglob" in options) + "i" * ("nocaseglob" in options)
    files, process = shell.proc.machine.files, shell.proc
    found = ["/"] if field.startswith("/") else [""]
    for part in [part for part in field.split("/") if part]:
        grown = []
        if part == "**" and "globstar" in options:
            for base in found:
                grown += _below(shell, base)
            found = grown
            continue
        is_plain = MAGIC.search(QUOTED_LETTER.sub("", part)) is None
        shows_hidden = plain(part).startswith(".") or "dotglob" in options
        for base in found:
            prefix = base if not base or base.endswith("/") else base + "/"
            if is_plain:
                if files.lstat(process, prefix + plain(part)) is not None:
                    grown.append(prefix + plain(part))
                continue
            try:
                names = sorted(files.listdir(process, base or "."))
            except NetError:
                continue
            pattern = matcher(part, flags)
            grown += [prefix + name for name in names if pattern.fullmatch(name) and (shows_hidden or not name.startswith("."))]
        found = grown
    found = [path for path in found if path]
    if field.endswith("/"):
        found = [path + "/" for path in found if isinstance(files.stat(process, path), Directory)]
    if not found and "failglob" in options:
        raise NoMatch(f"no match: {plain(field)}")
    if not found and "nullglob" in options:
        return []
    return found or [plain(field)]


def _below(shell: ShellState, base: str) -> list[str]:
    """A directory and everything in it, for `**`."""
    files, process = shell.proc.machine.files, shell.proc
    found, prefix = [base], base if not base or base.endswith("/") else base + "/"
    try:
        names = sorted(files.listdir(process, base or "."))
    except NetError:
        return found
    for name in names:
        path = prefix + name
        node = files.lstat(process, path)
        if name.startswith(".") or len(found) > 10_000:
            continue
        found += _below(shell, path) if isinstance(node, Directory) else [path]
    return found
