"""`--filter NAME=VALUE` (docker `api/types/filters`): values of one name are alternatives, different names are all wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.release import shown
from netsim.docker.errors import invalid


def read(engine: Engine, items: Sequence[str], known: Sequence[str]) -> dict[str, list[str]]:
    """Name -> values; a name that is not known is refused as the daemon does."""
    found = given(items)
    for name in found:
        if name not in known:
            raise invalid(shown(engine.profile).filter_problem.format(name))
    return found


def given(items: Sequence[str]) -> dict[str, list[str]]:
    """Name -> values, whether there is such a filter or not."""
    found: dict[str, list[str]] = {}
    for item in items:
        name, _, value = item.partition("=")
        if item:
            found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def matches(wanted: Sequence[str] | None, text: str) -> bool:
    """Whether a text is one of those wanted, as a regular expression or the beginning or part of it (`Args.Match`)."""
    if not wanted:
        return True
    return any(_within(pattern, text) for pattern in wanted)


def _within(pattern: str, text: str) -> bool:
    try:
        return pattern == text or re.search(pattern, text) is not None
    except re.error:
        return False


def exactly(wanted: Sequence[str] | None, text: str) -> bool:
    """Whether a text is one of those wanted (`Args.ExactMatch`)."""
    return not wanted or text in wanted


def labelled(wanted: Sequence[str] | None, labels: Mapping[str, str]) -> bool:
    """Whether every KEY or KEY=VALUE is among the labels (`Args.MatchKVList`)."""
    for item in wanted or ():
        name, equals, value = item.partition("=")
        if name not in labels or (equals and labels[name] != value):
            return False
    return True


def truth(engine: Engine, name: str, values: Sequence[str] | None, default: bool) -> bool:  # noqa: FBT001
    """A filter that is true or false; refused otherwise."""
    if not values:
        return default
    if values[0].lower() not in ("1", "true", "0", "false"):
        raise invalid(shown(engine.profile).filter_problem.format(f"{name}=[{' '.join(values)}]"))
    return values[0].lower() in ("1", "true")
