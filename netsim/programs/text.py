"""Text tools: wc is ours (as head, tail and grep are); the others are bashkit's, run on what the machine's files and pipes hold."""

from __future__ import annotations

import shlex

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, ReadInput, Result

BOXED = (
    "sed",
    "awk",
    "sort",
    "uniq",
    "cut",
    "tr",
    "jq",
    "diff",
    "nl",
    "rev",
    "tac",
    "paste",
    "column",
    "base64",
    "expr",
    "basename",
    "dirname",
    "xxd",
    "od",
    "comm",
    "fold",
    "md5sum",
    "sha256sum",
)


def _input(call: Call, names: list[str], data: bytes, tool: str) -> tuple[list[tuple[str, str]], str]:
    """(name, text) of each file named, or of standard input; and complaints."""
    if not names:
        return [("-", data.decode("utf-8", "surrogateescape"))], ""
    found, err = [], ""
    for name in names:
        if name == "-":
            found.append(("-", data.decode("utf-8", "surrogateescape")))
            continue
        try:
            found.append((name, call.machine.files.read(call.proc, name).decode("utf-8", "surrogateescape")))
        except NetError as error:
            err += f"{tool}: {name}: {strerror(error.errno)}\n"
    return found, err


def wc(call: Call) -> ReadInput:
    """Count lines, words and bytes."""
    return ReadInput(_wc)


def _wc(call: Call, data: bytes) -> Result:
    letters = "".join(word[1:] for word in call.argv[1:] if word.startswith("-"))
    names = [word for word in call.argv[1:] if not word.startswith("-")]
    texts, err = _input(call, names, data, "wc")
    out = ""
    for name, text in texts:
        numbers = {"l": text.count("\n"), "w": len(text.split()), "c": len(text.encode("utf-8", "surrogateescape"))}
        shown = [numbers[letter] for letter in "lwc" if not letters or letter in letters]
        line = str(shown[0]) if len(shown) == 1 else " ".join(f"{number:7d}" for number in shown)
        out += line + (f" {name}" if names else "") + "\n"
    return Result(out, err, int(bool(err)))


def boxed(call: Call) -> ReadInput:
    """One of bashkit's tools."""
    return ReadInput(_boxed)


def _boxed(call: Call, data: bytes) -> Result:
    try:
        import bashkit
    except ImportError:
        return Result("", f"{call.argv[0]}: netsim: this tool needs bashkit: pip install 'netsim-lab[shell]'\n", 127)
    name = call.argv[0].rsplit("/", 1)[-1]
    box = bashkit.Bash()
    words = [name]
    for word in call.argv[1:]:
        node = call.machine.files.stat(call.proc, word) if not word.startswith("-") and word else None
        content = getattr(node, "content", None) if getattr(node, "bound", None) is None else None
        if content is not None:
            box.write_file(f"/tmp/in{len(words)}", content.decode("utf-8", "replace")) if hasattr(box, "write_file") else None
            words.append(f"/tmp/in{len(words)}")
        else:
            words.append(word)
    try:
        text = data.decode()
        "".join(call.argv).encode()
    except UnicodeError:
        return Result("", f"{name}: netsim: bytes that are no UTF-8 are not modelled for this tool\n", 1)
    marker = "NETSIM_END_OF_INPUT"
    while marker in text:
        marker += "_"
    files = ""
    for place, word in enumerate(call.argv[1:], 1):
        if words[place] != word:
            body = call.machine.files.read(call.proc, word).decode("utf-8", "replace")
            files += f"cat > {words[place]} <<'{marker}'\n{body}{'' if body.endswith(chr(10)) or not body else chr(10)}{marker}\n"
    script = files + " ".join(map(shlex.quote, words))
    if text:
        script += f" <<'{marker}'\n{text}{'' if text.endswith(chr(10)) else chr(10)}{marker}\n"
    answer = box.execute_sync(script)
    out, err = answer.stdout, answer.stderr
    for place, word in reversed([*enumerate(call.argv)]):
        if words[place] != word and place:
            out, err = out.replace(words[place], word), err.replace(words[place], word)
    return Result(out, err, answer.exit_code)
