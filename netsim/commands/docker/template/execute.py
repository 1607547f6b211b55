"""Filling a template (text/template/exec)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.commands.docker.template.functions import FUNCTIONS, counted
from netsim.commands.docker.template.parse import Action, Branch, Command, Leave, Operand, Pipe, Text, parse, pipe_text
from netsim.commands.docker.template.values import MISSING, NIL, Headers, Missing, Row, Struct, TemplateError, is_true, show


def render(template: str, data: Any, *, lenient: int = 0) -> str:
    """Fill a template with a value; TemplateError in Go's words (`template: :1:2: executing "" at <.X>: ...`).

    `lenient`: a key that a map does not have is `<no value>`, as Go has it unless told otherwise (missingkey=error).
    """
    state = _State([("$", data)], lenient)
    state.run(parse(template), data)
    return "".join(state.out)


def check(template: str) -> None:
    """Read a template without filling it; TemplateError when it is none or calls what there is not."""
    _check(parse(template))


def _check(part: Any) -> None:
    if isinstance(part, tuple):
        for item in part:
            _check(item)
    elif isinstance(part, Operand):
        if part.kind == "function" and part.value not in FUNCTIONS:
            raise TemplateError(f'template: :1: function "{part.value}" not defined')
        _check(part.value)
    elif isinstance(part, Branch):
        _check((part.pipe, part.body, part.other))
    elif isinstance(part, Action):
        _check(part.pipe)
    elif isinstance(part, Pipe):
        _check(part.commands)
    elif isinstance(part, Command):
        _check(part.words)


class _Broken(Exception):
    """A break or continue on its way to the loop."""


@attrs.define
class _State:
    variables: list[tuple[str, Any]]
    lenient: int = 0
    out: list[str] = attrs.field(factory=list)

    def run(self, nodes: tuple[Any, ...], dot: Any) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.out.append(node.text)
            elif isinstance(node, Action):
                value = self.pipe(node.pipe, dot)
                if not node.pipe.variables:
                    self.out.append(show(value))
            elif isinstance(node, Branch):
                self.branch(node, dot)
            elif isinstance(node, Leave):
                raise _Broken(node.word)

    def branch(self, node: Branch, dot: Any) -> None:
        mark = len(self.variables)
        value = self.pipe(node.pipe, dot, ranging=node.word == "range")
        try:
            if node.word == "range":
                self.loop(node, value, dot)
            elif is_true(value):
                self.run(node.body, value if node.word == "with" else dot)
            else:
                self.run(node.other, dot)
        finally:
            del self.variables[mark:]

    def loop(self, node: Branch, value: Any, dot: Any) -> None:
        items: list[tuple[Any, Any]]
        if isinstance(value, dict):
            items = [(key, value[key]) for key in sorted(value)]
        elif isinstance(value, list | tuple):
            items = list(enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            items = [(number, number) for number in range(value)]
        elif value is None or value is MISSING:
            items = []
        else:
            raise TemplateError(f'template: :1:{node.pipe.at}: executing "" at <{pipe_text(node.pipe)}>: range can\'t iterate over {show(value)}')
        if not items:
            self.run(node.other, dot)
        for key, item in items:
            mark = len(self.variables)
            names = node.pipe.variables
            if names:
                self.variables.append((names[-1], item))
                if len(names) > 1:
                    self.variables.append((names[0], key))
            try:
                self.run(node.body, item)
            except _Broken as left:
                if str(left) == "break":
                    break
            finally:
                del self.variables[mark:]

    def pipe(self, pipe: Pipe, dot: Any, *, ranging: bool = False) -> Any:
        value: Any = None
        for number, command in enumerate(pipe.commands):
            value = self.command(command, dot, value if number else MISSING)
        if pipe.variables and not ranging:
            self.set(pipe.variables[-1], value, pipe.declares)
        return value

    def set(self, name: str, value: Any, declares: int) -> None:
        if not declares:
            for at in range(len(self.variables) - 1, -1, -1):
                if self.variables[at][0] == name:
                    self.variables[at] = (name, value)
                    return
            raise TemplateError(f'template: :1: undefined variable "{name}"')
        self.variables.append((name, value))

    def command(self, command: Command, dot: Any, final: Any) -> Any:
        first, *rest = command.words
        if first.kind == "function":
            function = FUNCTIONS.get(first.value)
            if function is None:
                raise TemplateError(f'template: :1: function "{first.value}" not defined')
            values = [self.operand(word, dot) for word in rest]
            if not isinstance(final, Missing):
                values.append(final)
            return _call(first, function, values, " ".join(word.text for word in command.words))
        if rest or not isinstance(final, Missing):
            method = self.method(first, dot)
            if method is not None:
                values = [self.operand(word, dot) for word in rest]
                return _call(first, method, values if isinstance(final, Missing) else [*values, final])
            raise TemplateError(f'template: :1:{first.at}: executing "" at <{first.text}>: can\'t give argument to non-function {first.text}')
        return self.operand(first, dot)

    def method(self, operand: Operand, dot: Any) -> Callable[[str], str] | None:
        """What an operand names, when it is something of a row that takes an argument."""
        if not operand.fields:
            return None
        owner = self.operand(attrs.evolve(operand, fields=operand.fields[:-1]), dot)
        return owner.methods().get(operand.fields[-1]) if isinstance(owner, Row | Headers) else None

    def operand(self, operand: Operand, dot: Any) -> Any:
        if operand.kind == "function":
            return _call(operand, FUNCTIONS.get(operand.value), [])
        if operand.kind == "dot":
            value = dot
        elif operand.kind == "variable":
            value = next((value for name, value in reversed(self.variables) if name == operand.value), MISSING)
            if value is MISSING:
                raise TemplateError(f'template: :1: undefined variable "{operand.value}"')
        elif operand.kind == "pipe":
            value = self.pipe(operand.value, dot)
        else:
            value = operand.value
        for name in operand.fields:
            value = _field(operand, value, name, self.lenient)
        return value


def _call(operand: Operand, function: Any, values: list[Any], whole: str = "") -> Any:
    """The outcome of a function; what it complains of is told of the `whole` command, what it is not given of its name."""
    where = f'template: :1:{operand.at}: executing "" at <{operand.text}>: '
    if function is None:
        raise TemplateError(f'template: :1: function "{operand.value}" not defined')
    try:
        return function(*values)
    except TemplateError as problem:
        raise TemplateError(f'template: :1:{operand.at}: executing "" at <{whole or operand.text}>: {problem}') from None
    except (TypeError, IndexError, ValueError, AttributeError):
        wrong, name = counted(function, len(values)), operand.value if operand.kind == "function" else operand.fields[-1]
        raise TemplateError(where + (f"wrong number of args for {name}: {wrong}" if wrong else f"wrong type of args for {name}")) from None


def _field(operand: Operand, value: Any, name: str, lenient: int) -> Any:
    if isinstance(value, dict) and name in value:
        return value[name]
    if isinstance(value, Row | Headers) and name in value.methods():
        return _call(operand, value.methods()[name], [])
    last = _last(operand)
    where = f'template: :1:{last.at}: executing "" at <{last.text}>: '
    if value is NIL:
        raise TemplateError(f"{where}nil pointer evaluating field {name}")
    if isinstance(value, Struct):
        raise TemplateError(f"{where}can't evaluate field {name} in type {value.go_type}")
    if lenient and (value is MISSING or isinstance(value, dict)):
        return MISSING
    if isinstance(value, dict):
        raise TemplateError(f'{where}map has no entry for key "{name}"')
    if value is None or value is MISSING:
        raise TemplateError(f'{where}nil data; no entry for key "{name}"')
    raise TemplateError(f"{where}can't evaluate field {name} in type interface {{}}")


def _last(operand: Operand) -> Operand:
    """Where an error of what is taken of a value is: at the last word inside brackets."""
    while operand.kind == "pipe" and operand.value.commands:
        operand = operand.value.commands[-1].words[-1]
    return operand
