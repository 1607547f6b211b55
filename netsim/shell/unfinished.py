"""Whether a text typed so far is whole."""

from __future__ import annotations

import re

from netsim.shell.parser import parse
from netsim.shell.tokens import Incomplete, SyntaxProblem, tokenize


def needs_more(text: str) -> bool:
    """Whether a text stops in the middle of a construct."""
    try:
        parse(text)
    except Incomplete:
        return True
    except SyntaxProblem:
        return False
    return text.endswith("\\\n") or lacks_delimiter(text)


def lacks_delimiter(text: str) -> bool:
    """Whether a here-document has not come to its end."""
    tokens, lines = tokenize(text), text.split("\n")
    for place, token in enumerate(tokens):
        if token.kind == "op" and token.text in ("<<", "<<-"):
            delimiter = re.sub(r"['\"\\]", "", tokens[place + 1].text)
            if not any((line.lstrip("\t") if token.text == "<<-" else line) == delimiter for line in lines[1:]):
                return True
    return False
