"""Names of images (distribution `reference`)."""

from __future__ import annotations

import re
from functools import lru_cache

from netsim.commands.docker.profile import CliProfile

PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
REFERENCE = re.compile(rf"(?:{HOST}/)?{PART}(?:/{PART})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?", re.ASCII)


def reference_problem(cli: CliProfile, name: str) -> str:
    """What is wrong with an image's name; empty when nothing is."""
    return _problem(cli.family, name)


@lru_cache(maxsize=256)
def _problem(family: str, name: str) -> str:
    if REFERENCE.fullmatch(name) or re.fullmatch(r"[0-9a-f]{64}", name):
        return ""
    path = name.rpartition(":")[0] or name
    if re.search("[A-Z]", path.rpartition("@")[0] or path) and REFERENCE.fullmatch(name.lower()):
        return f"invalid reference format: repository name{'' if family == '20.10' else f' (library/{path})' if '/' not in path else f' ({path})'} must be lowercase"
    return "invalid reference format"
