"""Text tools that are bashkit's (sed, awk, sort ...), run in its sandbox on the files of the machine that they are given; what they write there comes back."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from netsim.errors import NetError
from netsim.machine.call import Call, ReadInput, Result
from netsim.machine.nodes import Directory

ROOT = "/netsim.root"
"""Where the sandbox has the machine's files."""


@attrs.frozen
class Form:
    """How a tool's words are read: options that take a word, how many words in front of the files mean something else, and unless which option."""

    valued: str = ""
    before: int = 0
    unless: str = ""
    """Options that stand in for the words before the files."""
    files: str = ""
    """Options whose word is a file."""
    reads: int = 1
    """0: it never asks for standard input; 1: where no file is named; 2: always."""
    long: tuple[str, ...] = ()
    """Long options that take a word of their own."""


FORMS: dict[str, Form] = {
    "sed": Form("efl", 1, "ef", "f", 1, ("expression", "file", "line-length")),
    "awk": Form("Ffve", 1, "fe", "f"),
    "sort": Form("kotST", files="o", long=("key", "output", "field-separator")),
    "uniq": Form("fsw"),
    "cut": Form("bcdf", long=("delimiter", "fields", "bytes", "characters", "output-delimiter")),
    "tr": Form(before=99, reads=2),
    "jq": Form("fL", 1, "f", "f"),
    "diff": Form("UCxIF", reads=0),
    "comm": Form(reads=0),
    "nl": Form("bdfhilnsvw"),
    "paste": Form("d"),
    "column": Form("scoN"),
    "base64": Form("w"),
    "expr": Form(before=99, reads=0),
    "xxd": Form("clsgo"),
    "od": Form("AjNtSw"),
    "fold": Form("w"),
}
FORMS.update(dict.fromkeys(("gawk", "mawk"), FORMS["awk"]))


def boxed(call: Call) -> Result | ReadInput:
    """One of bashkit's tools: with standard input where it reads that."""
    files = [place for place, _ in _operands(call)]
    form = _form(call)
    if (
        form.reads == 2
        or any(call.argv[place] in ("-", "/dev/stdin") for place in files)
        or (form.reads and not files and not _nothing_to_read(call))
    ):
        return ReadInput(_boxed)
    return _boxed(call, b"")


def _form(call: Call) -> Form:
    return FORMS.get(call.argv[0].rsplit("/", 1)[-1], Form())


def _nothing_to_read(call: Call) -> bool:
    """jq -n, and awk programs that are done before the first line."""
    name, words = call.argv[0].rsplit("/", 1)[-1], call.argv[1:]
    if name == "jq":
        return any(word in ("--null-input", "-n") or (word[:1] == "-" and word[1:2] != "-" and "n" in word) for word in words)
    if name in ("awk", "gawk", "mawk"):
        program = next((word for place, word in _words(call) if not place), "").strip()
        return program.startswith("BEGIN") and program.endswith("}") and _is_one_block(program[5:].strip())
    return "--help" in words or "--version" in words


def _is_one_block(text: str) -> bool:
    """Whether braces open once and close at the end."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if not depth:
            return place == len(text) - 1
    return False


def _words(call: Call) -> Iterator[tuple[int, str]]:
    """Words that are no options, each with its place where it is a file (0: it is none)."""
    form, skipped, stands_in, ended = _form(call), 0, False, False
    places = iter(range(1, len(call.argv)))
    for place in places:
        word = call.argv[place]
        if not ended and word == "--":
            ended = True
        elif not ended and word[:2] == "--":
            name, equals, _ = word[2:].partition("=")
            stands_in |= name[:1] in form.unless and name in form.long
            if name in form.long and not equals:
                next(places, None)
        elif not ended and word[:1] == "-" and len(word) > 1:
            letter = next((letter for letter in word[1:] if letter in form.valued), "")
            stands_in |= bool(letter) and letter in form.unless
            if letter and word.endswith(letter) and (taken := next(places, None)) is not None and letter in form.files:
                yield taken, call.argv[taken]
        elif not stands_in and skipped < form.before:
            skipped += 1
            yield 0, word
        else:
            yield place, word


def _operands(call: Call) -> Iterator[tuple[int, str]]:
    """The words that name files, but for awk's assignments."""
    is_awk = call.argv[0].rsplit("/", 1)[-1] in ("awk", "gawk", "mawk")
    for place, word in _words(call):
        if place and not (is_awk and "=" in word and call.machine.files.stat(call.proc, word) is None):
            yield place, word


def _boxed(call: Call, data: bytes) -> Result:
    try:
        import bashkit
    except ImportError:
        return Result("", f"{call.argv[0]}: netsim: this tool needs bashkit: pip install 'netsim-lab[shell]'\n", 127)
    name = call.argv[0].rsplit("/", 1)[-1]
    try:
        typed = data.decode()
        "".join(call.argv).encode()
    except UnicodeError:
        return Result("", f"{name}: netsim: bytes that are no UTF-8 are not modelled for this tool\n", 1)
    box = bashkit.Bash()
    here = ROOT + call.proc.cwd.rstrip("/")
    box.mkdir(here, True)
    words, there = [name, *call.argv[1:]], {}
    for place, word in _operands(call):
        if word[:1] == "/":
            words[place] = ROOT + word
        content = _content(call, word)
        path = posixpath.normpath(f"{here}/{word}" if word[:1] != "/" else ROOT + word)
        if path.startswith(f"{ROOT}/") and _has_directory(call, word):
            box.mkdir(posixpath.dirname(path), True)
            if content is not None:
                there[path] = content
                box.write_file(path, content)
    script = f"cd {shlex.quote(here)} && " + " ".join(map(shlex.quote, words))
    if typed:
        box.write_file("/netsim.input", typed)
        script += " < /netsim.input"
    answer = box.execute_sync(script)
    _bring_back(call, box, ROOT, there)
    return Result(answer.stdout.replace(ROOT, ""), answer.stderr.replace(f"{here}/", "").replace(ROOT, ""), answer.exit_code)


def _has_directory(call: Call, word: str) -> bool:
    return isinstance(call.machine.files.stat(call.proc, posixpath.dirname(word) or "."), Directory)


def _content(call: Call, word: str) -> str | None:
    """The text of a file; None where nothing can be read."""
    if word in ("-", "/dev/stdin"):
        return None
    try:
        return call.machine.files.read(call.proc, word).decode("utf-8", "replace")
    except NetError:
        return None


def _bring_back(call: Call, box: Any, directory: str, there: Mapping[str, str]) -> None:
    """What the tool has written goes to the machine's files."""
    for entry in box.read_dir(directory):
        path = f"{directory}/{entry['name']}"
        if entry["metadata"]["file_type"] == "directory":
            _bring_back(call, box, path, there)
        elif entry["metadata"]["file_type"] == "file":
            content = box.read_file(path)
            text = content.decode() if isinstance(content, bytes) else content
            if text != there.get(path):
                call.machine.files.write(call.proc, path[len(ROOT) :], text.encode())
