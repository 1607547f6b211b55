"""sysctl of BusyBox: settings below /proc/sys as files (procps/sysctl.c)."""

from __future__ import annotations

from typing import Any

from netsim.errors import EINVAL, EIO, ENOENT, NetError, strerror
from netsim.kernel import sysctl as settings
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar
from netsim.programs.busybox.applet import Options, ended, read_options, usage


def sysctl(call: Call) -> Any:
    """sysctl (BusyBox)."""
    return ended(_sysctl, call)


def _sysctl(call: Call) -> Result:
    options = read_options(call, Grammar("neaAwqp"))
    if "a" in options or "A" in options:
        names = settings.names(call.netns)
        return _all(call, options, list(names))
    words = list(options.words)
    if "p" in options:
        words = _from_files(call, words or ["/etc/sysctl.conf"])
    elif not words:
        raise usage("sysctl")
    return _all(call, options, words)


def _from_files(call: Call, paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        for line in call.proc.read_text(path).splitlines():
            name, equals, value = line.partition("=")
            if equals and name.strip()[:1] not in ("#", ";", ""):
                found.append(f"{name.strip()}={value.strip()}")
    return found


def _all(call: Call, options: Options, words: list[str]) -> Result:
    out, err, status = "", "", 0
    for word in words:
        text, complaint = _one(call, options, word)
        out, err = out + text, err + complaint
        status |= int(bool(complaint))
    return Result(out, err, status)


def _one(call: Call, options: Options, word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    path = "/proc/sys/" + "/".join(settings.split_name(call.netns, name))
    files = call.machine.files
    if "w" in options and not equals:
        return "", f"sysctl: error: '{word}' must be of the form name=value\n"
    try:
        if not equals:
            value = files.read(call.proc, path).decode().rstrip("\n")
        else:
            opened = files.open(call.proc, path, "w")
            opened.write(value.encode())
            opened.close()
    except NetError as error:
        return "", _complaint(options, name, error)
    if "q" in options and equals:
        return "", ""
    return (f"{value}\n" if "n" in options else f"{name} = {value}\n"), ""


def _complaint(options: Options, name: str, error: NetError) -> str:
    if error.errno == ENOENT:
        return "" if "e" in options else f"sysctl: error: '{name}' is an unknown key\n"
    if error.errno in (EINVAL, EIO):
        return f"sysctl: write error: {strerror(error.errno)}\n"
    return f"sysctl: error setting key '{name}': {strerror(error.errno)}\n"
