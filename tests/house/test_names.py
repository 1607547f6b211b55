"""What is loaded by its name when it is first needed can be."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import netsim
from netsim.commands.table import DIALECTS

PACKAGE = Path(netsim.__file__).parent
NAME = re.compile(r"netsim(\.\w+)+:\w+")


def leads_nowhere(name: str) -> str:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as problem:
        return f"{name}: {problem}"
    return "" if callable(found) else f"{name}: nothing to call"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_command_is_there(dialect: str) -> None:
    assert not [problem for name in sorted(set(DIALECTS[dialect].values())) if (problem := leads_nowhere(name))]


def test_every_name_of_a_thing_in_a_module_leads_to_it() -> None:
    names = {
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value)
    }
    assert len(names) > 50
    assert not [problem for name in sorted(names) if (problem := leads_nowhere(name))]
