"""select: a menu of numbered words on standard error, and a line read for each choice (`execute_cmd.c` execute_select_command)."""

from __future__ import annotations

import attrs

from netsim.shell.builtins.reading import read_line
from netsim.shell.compound import CompoundCommands
from netsim.shell.numbers import is_number
from netsim.shell.stack import Steps
from netsim.shell.tree import Select
from netsim.shell.xtrace import trace

COLUMNS, TAB = 80, 8


@attrs.define(eq=False, init=False, repr=False)
class Menus(CompoundCommands):
    """A shell that can ask."""

    def select(self, item: Select) -> Steps:
        """select NAME in WORDS: until the input ends or a `break`; an empty line shows the menu again."""
        words = yield from self._choices(item)
        if words is None:
            return
        if "x" in self.options:
            typed = '"$@"' if item.words is None else " ".join(word.text for word in item.words)
            yield from trace(self, f"select {item.name} in {typed}")
        self.status, shown = 0, False
        self.loops += 1
        try:
            while words:
                if not shown:
                    self.write(2, menu(words, self._width()))
                shown = True
                prompt = self.get("PS3")
                self.write(2, "#? " if prompt is None else prompt)
                text, status = yield from read_line(self)
                if status:
                    self.write(1, "\n")
                    self.status = 1
                    break
                self.set("REPLY", text)
                if not text:
                    shown = False
                    continue
                number = int(text) if is_number(text.strip().removeprefix("+")) else 0
                if not self._stands_for(item.name, words[number - 1] if 0 < number <= len(words) else "") or (yield from self._loop_body(item.body)):
                    break
        finally:
            self.loops -= 1

    def _width(self) -> int:
        given = self.get("COLUMNS") or ""
        return int(given) if is_number(given) and int(given) else COLUMNS


def menu(words: list[str], width: int) -> str:
    """The words with their numbers in columns, filled downwards; between columns stand tabs as far as they reach."""
    digits = len(str(len(words)))
    room = max(map(len, words)) + digits + 4
    columns = max(width // room, 1)
    rows = -(-len(words) // columns)
    if rows == 1:
        rows = len(words)
    out = ""
    for row in range(rows):
        at = 0
        for index in range(row, len(words), rows):
            numbered = f"{index + 1:{len(str(rows)) if index == row else digits}d}) {words[index]}"
            out += numbered
            if index + rows < len(words):
                out += _gap(at + len(numbered), at + room)
            at += room
        out += "\n"
    return out


def _gap(start: int, end: int) -> str:
    out = ""
    while start < end:
        if end // TAB > start // TAB:
            out += "\t"
            start += TAB - start % TAB
        else:
            out += " "
            start += 1
    return out
