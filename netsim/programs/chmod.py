"""chmod(1) of coreutils 9.1: octal and symbolic modes."""

from __future__ import annotations

import re

from netsim.errors import ENOENT, NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.files import masked
from netsim.machine.nodes import Directory, Node
from netsim.machine.user import demand_ownership

MORE = "Try 'chmod --help' for more information.\n"
FLAGS = {"-R": "R", "--recursive": "R", "-f": "f", "--silent": "f", "--quiet": "f", "--": ""}
REPORTING = ("-v", "-c", "--verbose", "--changes", "--reference")
PART = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)", re.A)
STEP = re.compile(r"([-+=])([ugo]|[rwxXst]*)", re.A)
SHIFTS = {"u": 6, "g": 3, "o": 0}
BITS = {"r": 4, "w": 2, "x": 1}


def chmod(call: Call) -> Result:
    """chmod [-Rf] MODE FILE...: MODE is octal or a list of [ugoa...][-+=][rwxXst...|u|g|o]."""
    letters, words = "", []
    for word in call.argv[1:]:
        if word in REPORTING or (word.startswith("--") and word not in FLAGS):
            if word.partition("=")[0] in REPORTING:
                return Result("", f"chmod: netsim: {word} is not modelled\n", 1)
            return Result("", f"chmod: unrecognized option '{word}'\n{MORE}", 1)
        if word in FLAGS:
            letters += FLAGS[word]
        else:
            words.append(word)
    if len(words) < 2:
        return Result("", f"chmod: missing operand{f' after {words[0]!r}' if words else ''}\n{MORE}", 1)
    mode, names = words[0], words[1:]
    if not is_mode(mode):
        return Result("", f"chmod: invalid mode: '{mode}'\n{MORE}", 1)
    err, status = "", 0
    for name in names:
        node = call.machine.files.stat(call.proc, name)
        if node is None:
            status = 1
            err += "" if "f" in letters else f"chmod: cannot access '{name}': {strerror(ENOENT)}\n"
            continue
        for each in _below(call, node) if "R" in letters else (node,):
            try:
                demand_ownership(call.proc, each)
            except NetError as error:
                status = 1
                err += "" if "f" in letters else f"chmod: changing permissions of '{name}': {strerror(error.errno)}\n"
                break
            each.mode = mode_for(call, each, mode)
    return Result("", err, status)


def is_mode(text: str) -> bool:
    """Whether a text is a mode, octal or symbolic."""
    return bool(re.fullmatch("[0-7]{1,4}", text)) or all(PART.fullmatch(part) for part in text.split(","))


def mode_for(call: Call, node: Node, text: str) -> int:
    """The bits that a mode gives a file."""
    return int(text, 8) if text.isdigit() else _changed(call, node, text.split(","))


def _below(call: Call, node: Node) -> list[Node]:
    if not isinstance(node, Directory):
        return [node]
    return [node] + [each for name in node.names(call.proc) if (found := node.find(name, call.proc)) is not None for each in _below(call, found)]


def _changed(call: Call, node: Node, parts: list[str]) -> int:
    mode = node.mode
    for part in parts:
        found = PART.fullmatch(part)
        assert found is not None
        for sign, what in STEP.findall(found[2]):
            mode = _step(mode, found[1], sign, what, (masked(call.proc), isinstance(node, Directory)))
    return mode


def _step(mode: int, who: str, sign: str, what: str, context: tuple[int, bool]) -> int:
    """One operator: who gets, loses or has exactly which bits; without a who, those that the umask lets pass (`mode_adjust`)."""
    umask, is_directory = context
    people = "ugo" if not who or "a" in who else who
    runs_already = is_directory or mode & 0o111
    copied = mode >> SHIFTS[what] & 7 if what in SHIFTS else 0
    bits = copied or sum(BITS[letter] for letter in set(what) if letter in BITS) | int("X" in what and bool(runs_already))
    value = sum(bits << SHIFTS[person] for person in set(people))
    value |= 0o4000 * ("s" in what and "u" in people) | 0o2000 * ("s" in what and "g" in people) | 0o1000 * ("t" in what)
    if not who:
        value &= ~umask
    if sign == "+":
        return mode | value
    if sign == "-":
        return mode & ~value
    special = 0 if is_directory else 0o4000 * ("u" in people) | 0o2000 * ("g" in people)
    return mode & ~(sum(7 << SHIFTS[person] for person in set(people)) | special) | value
