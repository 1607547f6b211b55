"""Trees as text, laid out as bash prints functions and jobs (`print_cmd.c`)."""

from __future__ import annotations

import re
from typing import Any

from netsim.shell.tree import (
    AndOr,
    Arithmetic,
    Case,
    CFor,
    Conditional,
    Coproc,
    For,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Redirect,
    Select,
    Sequence,
    Simple,
)  # fmt: skip

STEP = 4


def function_text(name: str, body: Any) -> str:
    """A function as `declare -f` prints it."""
    return f"{name} () \n{_function_body(body, 0)}\n"


def job_text(item: Any) -> str:
    """A job as `jobs` names it."""
    only = item.first.commands[0] if isinstance(item, AndOr) and not item.rest and len(item.first.commands) == 1 else item
    if isinstance(only, Group) and not only.is_subshell:
        return f"{{ {_inline(only.body, 0)}; }}{_redirects(only.redirects)}"
    if isinstance(only, Coproc):
        return f"coproc {only.name} {job_text(only.command)}"
    return command_text(item, 0)


def _function_body(body: Any, depth: int) -> str:
    lead = " " * depth
    if isinstance(body, Group) and not body.is_subshell:
        inner = _lines(body.body, depth + STEP)
        return f"{lead}{{ \n{inner}\n{lead}}}{_redirects(body.redirects)}"
    return f"{lead}{{ \n{' ' * (depth + STEP)}{command_text(body, depth + STEP)}\n{lead}}}"


def _lines(body: Sequence, depth: int, end: str = "") -> str:
    """Commands below each other; the last one without `;`."""
    lines: list[str] = []
    last = len(body.items) - 1
    for place, (item, how) in enumerate(body.items):
        text = command_text(item, depth)
        sign = " &" if how == "&" else end if place == last else ";"
        before = lines.pop() + " " if lines and lines[-1].endswith(" &") else " " * depth
        lines.append(before + text + _heredocs(item, sign))
    return "\n".join(lines)


def _heredocs(item: Any, sign: str) -> str:
    """The sign behind a command, then the here-documents of it."""
    bodies = "".join(
        f"{redirect.body}{_delimiter(redirect)}\n" for redirect in _redirects_of(item) if redirect.op.startswith("<<") and redirect.op != "<<<"
    )
    return f"{sign if not bodies else sign if sign != ';' else ''}\n{bodies}" if bodies else sign


def _redirects_of(item: Any) -> tuple[Redirect, ...]:
    if isinstance(item, AndOr):
        return tuple(redirect for pipeline in (item.first, *(pipeline for _, pipeline in item.rest)) for redirect in _redirects_of(pipeline))
    if isinstance(item, Pipeline):
        return tuple(redirect for command in item.commands for redirect in _redirects_of(command))
    return getattr(item, "redirects", ())


def _delimiter(redirect: Redirect) -> str:
    return re.sub(r"['\"\\]", "", redirect.target.text)


def _inline(body: Sequence, depth: int) -> str:
    """Commands behind each other."""
    parts = []
    last = len(body.items) - 1
    for place, (item, how) in enumerate(body.items):
        parts.append(command_text(item, depth) + (" &" if how == "&" else "" if place == last else ";"))
    return " ".join(parts)


def command_text(item: Any, depth: int) -> str:
    """One command of any kind; `depth` is the indentation it stands at."""
    text: str = _WRITERS[type(item)](item, depth)
    return text + _redirects(getattr(item, "redirects", ()))


def _redirects(redirects: tuple[Redirect, ...]) -> str:
    return "".join(" " + _redirect(redirect) for redirect in redirects)


def _redirect(redirect: Redirect) -> str:
    usual = 0 if redirect.op.startswith("<") else 1
    number = str(redirect.fd) if redirect.fd != usual else ""
    if redirect.op in ("<<", "<<-"):
        return f"{number}{redirect.op}{redirect.target.text}"
    if redirect.op in (">&", "<&"):
        return f"{redirect.fd if redirect.target.text != '-' or number else usual}{redirect.op}{redirect.target.text}"
    return f"{'' if redirect.op.startswith('&') else number}{redirect.op} {redirect.target.text}"


def _and_or(item: AndOr, depth: int) -> str:
    return command_text(item.first, depth) + "".join(f" {operator} {command_text(pipeline, depth)}" for operator, pipeline in item.rest)


def _pipeline(item: Pipeline, depth: int) -> str:
    return "! " * item.negated + " | ".join(command_text(command, depth) for command in item.commands)


def _simple(item: Simple, depth: int) -> str:
    assigned = [f"{name}={word.text}" for name, word in item.assignments]
    text = " ".join([*assigned, *(word.text for word in item.words)])
    return text if text else ""


def _group(item: Group, depth: int) -> str:
    if item.is_subshell:
        return f"( {_inline(item.body, depth)} )"
    return f"{{ \n{_lines(item.body, depth + STEP)}\n{' ' * depth}}}"


def _if(item: If, depth: int) -> str:
    lead = " " * depth
    text = ""
    for place, (condition, body) in enumerate(item.branches):
        deep = depth + place * STEP
        opening = "" if not place else f"{' ' * (deep - STEP)}else\n{' ' * deep}"
        text += f"{opening}if {_inline(condition, deep)}; then\n{_lines(body, deep + STEP, ';')}\n"
    deepest = depth + (len(item.branches) - 1) * STEP
    if item.otherwise is not None:
        text += f"{' ' * deepest}else\n{_lines(item.otherwise, deepest + STEP, ';')}\n"
    for place in range(len(item.branches) - 1, 0, -1):
        text += f"{' ' * (depth + place * STEP)}fi;\n"
    return f"{text}{lead}fi"


def _loop(item: Loop, depth: int) -> str:
    lead = "until" if item.until else "while"
    return f"{lead} {_inline(item.condition, depth)}; do\n{_lines(item.body, depth + STEP, ';')}\n{' ' * depth}done"


def _for(item: For, depth: int) -> str:
    words = ' in "$@"' if item.words is None else " in" + "".join(" " + word.text for word in item.words)
    lead = " " * depth
    return f"for {item.name}{words};\n{lead}do\n{_lines(item.body, depth + STEP, ';')}\n{lead}done"


def _select(item: Select, depth: int) -> str:
    return "select" + _for(For(item.name, item.words, item.body), depth).removeprefix("for")


def _coproc(item: Coproc, depth: int) -> str:
    return f"coproc {item.name} {command_text(item.command, depth)}"


def _c_for(item: CFor, depth: int) -> str:
    lead = " " * depth
    parts = "; ".join(part.strip() or "1" for part in (item.start, item.condition, item.step))
    return f"for (({parts}))\n{lead}do\n{_lines(item.body, depth + STEP, ';')}\n{lead}done"


def _case(item: Case, depth: int) -> str:
    lead, inner = " " * depth, " " * (depth + STEP)
    text = f"case {item.word.text} in \n"
    for place, (patterns, body) in enumerate(item.branches):
        end = item.ends[place] if place < len(item.ends) else ";;"
        lines = _lines(body, depth + 2 * STEP)
        text += f"{inner}{' | '.join(pattern.text for pattern in patterns)})\n{lines}\n{inner}{end}\n"
    return f"{text}{lead}esac"


def _function(item: Function, depth: int) -> str:
    return f"function {item.name} () \n{_function_body(item.body, depth)}"


def _arithmetic(item: Arithmetic, depth: int) -> str:
    return f"(({item.text}))"


def _conditional(item: Conditional, depth: int) -> str:
    return f"[[ {' '.join(word.text for word in item.words)} ]]"


_WRITERS: dict[type, Any] = {
    AndOr: _and_or, Pipeline: _pipeline, Simple: _simple, Group: _group, If: _if, Loop: _loop, For: _for, Select: _select, Coproc: _coproc, CFor: _c_for, Case: _case, Function: _function,
    Arithmetic: _arithmetic, Conditional: _conditional,
}  # fmt: skip
