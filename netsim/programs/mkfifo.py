"""mkfifo and mknod (coreutils 9.1): named pipes; devices are made by the kernel alone here."""

from __future__ import annotations

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.fifo import Fifo
from netsim.machine.files import masked
from netsim.machine.getopt import Grammar, OptionError, parse

GRAMMAR = Grammar("Z", "m", long={"mode": ("m", "="), "context": ("Z", ""), "help": ("help", ""), "version": ("version", "")})
TRY = "Try '{name} --help' for more information.\n"


def mkfifo(call: Call) -> Result:
    """mkfifo [-m MODE] NAME..."""
    try:
        options, names = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"mkfifo: {problem}\n{TRY.format(name='mkfifo')}", 1)
    if not names:
        return Result("", f"mkfifo: missing operand\n{TRY.format(name='mkfifo')}", 1)
    mode = next((option.argument or "" for option in options if option.name == "m"), "")
    if mode and not _is_octal(mode):
        return Result("", "mkfifo: invalid mode\n", 1)
    return _make(call, "mkfifo: cannot create fifo '{}'", names, mode)


def _is_octal(text: str) -> bool:
    return bool(text) and all(letter in "01234567" for letter in text)


def _make(call: Call, lead: str, names: list[str], mode: str) -> Result:
    err = ""
    for name in names:
        bits = int(mode, 8) & 0o777 if mode else 0o666 & ~masked(call.proc)
        try:
            call.machine.files.mknod(call.proc, name, Fifo(bits, call.proc.now()))
        except NetError as error:
            err += f"{lead.format(name)}: {strerror(error.errno)}\n"
    return Result("", err, int(bool(err)))


def mknod(call: Call) -> Result:
    """mknod [-m MODE] NAME p."""
    try:
        options, words = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"mknod: {problem}\n{TRY.format(name='mknod')}", 1)
    if len(words) < 2:
        lacking = f"missing operand after '{words[0]}'" if words else "missing operand"
        return Result("", f"mknod: {lacking}\n{TRY.format(name='mknod')}", 1)
    mode = next((option.argument or "" for option in options if option.name == "m"), "")
    if mode and not _is_octal(mode):
        return Result("", "mknod: invalid mode\n", 1)
    if words[1] != "p":
        if len(words) < 4:
            lacking = f"missing operand after '{words[-1]}'\nSpecial files require major and minor device numbers."
            return Result("", f"mknod: {lacking}\n{TRY.format(name='mknod')}", 1)
        if words[1] not in ("b", "c", "u"):
            return Result("", f"mknod: invalid device type '{words[1]}'\n{TRY.format(name='mknod')}", 1)
        return Result("", f"mknod: netsim: device files are not modelled ({words[0]})\n", 1)
    if len(words) > 2:
        more = "Fifos do not have major and minor device numbers.\n" if len(words) == 4 else ""
        return Result("", f"mknod: extra operand '{words[2]}'\n{more}{TRY.format(name='mknod')}", 1)
    return _make(call, "mknod: {}", words[:1], mode)
