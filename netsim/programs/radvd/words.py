"""radvd's command line."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.machine.call import Result

USAGE = """usage: radvd 
  -C, --config=PATH       Set the config file.  Default is /etc/radvd.d.
  -c, --configtest        Parse the config file and exit.
  -d, --debug=NUM         Set the debug level.  Values can be 1, 2, 3, 4 or 5.
  -f, --facility=NUM      Set the logging facility.
  -h, --help              Show this help screen.
  -l, --logfile=PATH      Set the log file.
  -m, --logmethod=X       Set method to: syslog, stderr, stderr_syslog, logfile,
                          stderr_clean, or none.
  -n, --nodaemon          Prevent the daemonizing.
  -p, --pidfile=PATH      Set the pid file.
  -t, --chrootdir=PATH    Chroot to the specified path.
  -u, --username=USER     Switch to the specified user.
  -v, --version           Print the version and quit.

"""  # noqa: W291
VERSION = """Version: 2.19

Compiled in settings:
  default config file		"/etc/radvd.conf"
  default pidfile		"/run/radvd.pid"
  default logfile		"/var/log/radvd.log"
  default syslog facility	24
Please send bug reports or suggestions to Reuben Hawkins <reubenhwk@gmail.com>.
"""
LONG = {
    "config": "C", "configtest": "c", "debug": "d", "facility": "f", "help": "h", "logfile": "l", "logmethod": "m", "nodaemon": "n",
    "pidfile": "p", "chrootdir": "t", "username": "u", "version": "v",
}  # fmt: skip
WITH_VALUE = "Cdflmptu"


@attrs.define(eq=False)
class Said:
    """What the words ask for; `log_words` are those about logging and privileges, which change nothing here."""

    config: str = "/etc/radvd.conf"
    pidfile: str = "/run/radvd.pid"
    tests: int = 0
    stays: int = 0
    log_words: list[str] = attrs.field(factory=list)


def read_words(words: Sequence[str]) -> Said | Result:
    """The options, or what radvd prints instead."""
    said, queue = Said(), list(words)
    while queue:
        word = queue.pop(0)
        letter, value = _option(word, queue)
        if letter == "h":
            return Result("", USAGE, 1)
        if letter == "v":
            return Result("", VERSION, 1)
        if letter == "C":
            said.config = value
        elif letter == "p":
            said.pidfile = value
        elif letter == "c":
            said.tests = 1
        elif letter == "n":
            said.stays = 1
        elif letter:
            said.log_words.append(word)
        else:
            return Result("", value or USAGE, 1)
    return said


def _option(word: str, queue: list[str]) -> tuple[str, str]:
    """The letter of an option with its value; no letter, and a complaint, for what is none."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        letter = LONG.get(name, "")
        if not letter:
            return "", f"radvd: unrecognized option '{word}'\n"
        return letter, value if equals or letter not in WITH_VALUE else queue.pop(0) if queue else ""
    if not word.startswith("-") or len(word) < 2:
        return "", ""
    letter, rest = word[1], word[2:]
    if letter not in LONG.values():
        return "", f"radvd: invalid option -- '{letter}'\n"
    if letter not in WITH_VALUE:
        if rest:
            queue.insert(0, f"-{rest}")
        return letter, ""
    if not rest and not queue:
        return "", f"radvd: option requires an argument -- '{letter}'\n"
    return letter, rest or queue.pop(0)
