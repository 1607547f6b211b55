"""The page of the `netsim` command: what each verb says of itself."""

from __future__ import annotations

import argparse
import os

from netsim.__main__ import command_line

INTRO = """\
# The command line

`netsim VERB LAB ...`: what each verb takes, as `netsim VERB --help` says it.

"""
WIDTH = "96"


def command_line_page() -> str:
    """Every verb's help, in the order in which `netsim --help` lists them."""
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), WIDTH
    try:
        parser = command_line()
        told = [f"```text\n{parser.format_help()}```\n"] + [
            f"## {name}\n\n```text\n{verb.format_help()}```\n" for name, verb in verbs(parser).items()
        ]
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return INTRO + "\n".join(told)


def verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the verbs, by name."""
    action = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(action.choices)
