"""sysctl (procps 4.0.2): reading and writing settings."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from netsim.errors import EACCES, EINVAL, EISDIR, ENOENT, NetError, strerror
from netsim.kernel import sysctl as settings
from netsim.machine.call import Call, ReadInput, Result

USAGE = """
Usage:
 sysctl [options] [variable[=value] ...]

Options:
  -a, --all            display all variables
  -A                   alias of -a
  -X                   alias of -a
      --deprecated     include deprecated parameters to listing
      --dry-run        Print the key and values but do not write
  -b, --binary         print value without new line
  -e, --ignore         ignore unknown variables errors
  -N, --names          print variable names without values
  -n, --values         print only values of the given variable(s)
  -p, --load[=<file>]  read values from file
  -f                   alias of -p
      --system         read values from all system directories
  -r, --pattern <expression>
                       select setting that match expression
  -q, --quiet          do not echo variable set
  -w, --write          enable writing a value to variable
  -o                   does nothing
  -x                   does nothing
  -d                   alias of -h

 -h, --help     display this help and exit
 -V, --version  output version information and exit

For more details see sysctl(8).
"""
DEPRECATED = (".base_reachable_time", ".retrans_time")
"""Listed on demand only (procps' `DEPRECATED`)."""
LONG = {
    "--all": "a",
    "--deprecated": "deprecated",
    "--binary": "b",
    "--ignore": "e",
    "--names": "N",
    "--values": "n",
    "--load": "p",
    "--pattern": "r",
    "--quiet": "q",
    "--write": "w",
    "--help": "h",
    "--version": "V",
    "--system": "S",
}


def sysctl(call: Call, typed: bytes | None = None) -> Result | ReadInput:
    """The sysctl command (man sysctl(8)); `typed` is what came in, which the file `-` is."""
    flags: set[str] = set()
    names: list[str] = []
    pattern = ""
    queue = list(call.argv[1:])
    while queue:
        word = queue.pop(0)
        if word.startswith("--"):
            key = LONG.get(word.partition("=")[0])
            if key is None:
                return Result(USAGE, f"sysctl: unrecognized option '{word}'\n")
            flags.add(key)
            if key == "r":
                pattern = word.partition("=")[2] or (queue.pop(0) if queue else "")
        elif word.startswith("-") and len(word) > 1:
            for place, letter in enumerate(word[1:], 1):
                if letter not in "bneNwfpqoxaAXVdhr":
                    return Result(USAGE, f"sysctl: invalid option -- '{letter}'\n")
                flags.add(letter)
                if letter == "r":
                    pattern = word[place + 1 :] or (queue.pop(0) if queue else "")
                    break
        else:
            names.append(word)
    if flags & {"h", "d"}:
        return Result(USAGE)
    if "V" in flags:
        return Result("sysctl from procps-ng 4.0.2\n")
    if flags & {"p", "f", "S"}:
        if "-" in names and typed is None:
            return ReadInput(_from_input)
        return _load(call, names or ["/etc/sysctl.conf"], flags, typed)
    if flags & {"a", "A", "X"}:
        return _all(call, flags, pattern)
    if len(call.argv) == 1:
        return Result("", USAGE, 1)
    if not names:
        return Result("", "sysctl: no variables specified\nTry `sysctl --help' for more information.\n", 1)
    return _each(call, names, flags)


def _all(call: Call, flags: set[str], pattern: str) -> Result:
    out = ""
    for name in settings.names(call.netns):
        if (pattern and not re.search(pattern, name)) or ("deprecated" not in flags and name.endswith(DEPRECATED)):
            continue
        out += _shown(name, settings.read(call.netns, name), flags)
    return Result(out)


def _shown(name: str, value: str, flags: set[str]) -> str:
    if "N" in flags:
        return f"{name}\n"
    if "n" in flags:
        return f"{value}\n"
    return value if "b" in flags else f"{name} = {value}\n"


SHORTEST = 2
"""What is shorter is taken for an empty line, without a word."""


def _each(call: Call, names: list[str], flags: set[str]) -> Result:
    out, err, status = "", "", 0
    for word in names:
        if "w" in flags and len(word) < SHORTEST:
            status = 1
            continue
        step = _one(call, word, flags)
        out += step.stdout
        err += step.stderr
        status = step.status or status
    return Result(out, err, status)


def _dotted(name: str) -> str:
    return name if "/" not in name or "." in name.split("/")[0] else name.replace(".", "\0").replace("/", ".").replace("\0", "/")


def _one(call: Call, word: str, flags: set[str]) -> Result:
    name, equals, value = word.partition("=")
    name = name.strip()
    if "w" in flags and not equals:
        return Result("", "sysctl: command line(0): invalid syntax, continuing...\n", 1)
    if equals and not value and not name:
        return Result("", f'sysctl: malformed setting "{word}"\n', 1)
    if not name:
        return Result("", "sysctl: Path is not under /proc/sys/: /proc/sys/\n", 1)
    path = "/proc/sys/" + "/".join(settings.split_name(call.netns, name))
    try:
        if not equals:
            return Result(_shown(_dotted(name), settings.read(call.netns, name), flags))
        jail = call.proc.jail
        if jail is not None and jail.read_only_sys:
            settings.read(call.netns, name)
            raise NetError(EACCES)  # the command looks whether it may write before it does
        if settings.is_read_only(call.netns, name):  # a file that nobody may write: an old error's text, and none for the status
            return Result("", f'sysctl: setting key "{_dotted(name)}": {strerror(EINVAL)}\n')
        settings.write(call.netns, name, value.strip())
    except NetError as error:
        below = _below(call, name, flags) if error.errno == ENOENT and not equals else None
        if below is not None:
            return below
        if error.errno == ENOENT and path[-1] != "/" and settings.is_known(call.netns, name):
            return Result("", f'sysctl: setting key "{_dotted(name)}": {strerror(ENOENT)}\n', 1)
        if error.errno == ENOENT:
            return Result() if "e" in flags else Result("", f"sysctl: cannot stat {path}: {strerror(ENOENT)}\n", 1)
        if error.errno == EACCES:
            return Result("", f'sysctl: permission denied on key "{_dotted(name)}"\n', 1)
        return Result("", f'sysctl: setting key "{_dotted(name)}": {strerror(error.errno)}\n', 1)
    return Result("" if "q" in flags else _shown(_dotted(name), value.strip(), flags))


def _below(call: Call, name: str, flags: set[str]) -> Result | None:
    """All values of a folder; None where the name is one of a value or of nothing."""
    found = [known for known in settings.names(call.netns) if known.startswith(f"{_dotted(name)}.")]
    told = [known for known in sorted(found) if "deprecated" in flags or not known.endswith(DEPRECATED)]
    return Result("".join(_shown(known, settings.read(call.netns, known), flags) for known in told)) if found else None


def _from_input(call: Call, data: bytes) -> Result:
    done = sysctl(call, data)
    assert isinstance(done, Result)
    return done


def _load(call: Call, paths: list[str], flags: set[str], typed: bytes | None) -> Result:
    """All files are read before anything is set (`preload_settings`)."""
    err, status, said = "", 0, list[str]()
    for path in paths:
        try:
            text = (typed if path == "-" and typed is not None else call.machine.files.read(call.proc, path)).decode()
        except NetError as error:
            if error.errno == EISDIR:
                continue
            err += f'sysctl: cannot open "{path}": {strerror(error.errno)}\n'
            status = 1
            continue
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            if "=" not in line:
                err += f"sysctl: {path}({number}): invalid syntax, continuing...\n"
                continue
            said.append(re.sub(r"\s*=\s*", "=", line.removeprefix("-").lstrip(), count=1))
    done = _each(call, _spread(call, said), flags - {"w"})
    return Result(done.stdout, err + done.stderr, done.status or status)


def _spread(call: Call, said: list[str]) -> list[str]:
    """Patterns stand for all names that fit and that no other line names."""
    named = {_dotted(line.partition("=")[0]) for line in said}
    lines = []
    for line in said:
        name, _, value = line.partition("=")
        if any(letter in name for letter in "*?["):
            lines += [f"{known}={value}" for known in sorted(settings.names(call.netns)) if fnmatchcase(known, _dotted(name)) and known not in named]
        else:
            lines.append(line)
    return lines
