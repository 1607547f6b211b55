"""nginx's command line."""

from __future__ import annotations

import posixpath
import re

from netsim.machine.call import Call, Program, Result
from netsim.machine.process import SIGHUP, SIGQUIT, SIGTERM
from netsim.programs.nginx import pages
from netsim.programs.nginx.config import PLACE, ConfigProblem, Directive, read
from netsim.programs.nginx.program import Nginx
from netsim.programs.nginx.requests import log_time, pids

SIGNALS = {"stop": SIGTERM, "quit": SIGQUIT, "reload": SIGHUP, "reopen": 10}


def nginx(call: Call) -> Result | Program:
    """nginx [-t] [-c FILE] [-s SIGNAL] [-g DIRECTIVES]: in the foreground with `daemon off;`, else as a child."""
    words, place, testing, globals_ = list(call.argv[1:]), PLACE, False, ""
    while words:
        word = words.pop(0)
        if word in ("-v", "-V"):
            return Result("", f"nginx version: {pages.SERVER}\n")
        if word == "-t":
            testing = True
        elif word == "-q":
            continue
        elif word in ("-c", "-g", "-s", "-p", "-e") and words:
            value = words.pop(0)
            if word == "-c":
                place = posixpath.join("/etc/nginx", value)
            elif word == "-g":
                globals_ += value
            elif word == "-s":
                return _signal(call, value)
            else:
                call.netns.kernel.unmodelled.append(f"nginx {word} {value}")
        elif word in ("-c", "-g", "-s"):
            kind = {"-c": "file name", "-g": "parameter", "-s": "parameter"}[word]
            return Result("", f'nginx: option "{word}" requires {kind}\n', 1)
        else:
            return Result("", f'nginx: invalid option: "{word.lstrip("-") if word.startswith("-") else word}"\n', 1)
    server = Nginx(place, testing)
    if testing or re.search(r"\bdaemon\s+off\s*;", globals_) or _stays(call, place):
        return server
    call.machine.spawn(call.proc, call.argv, fds={fd: opened.dup() for fd, opened in call.proc.fds.items() if fd in (1, 2)}, program=server)
    return Result()


def _stays(call: Call, place: str) -> bool:
    """Whether the file itself says `daemon off;`."""
    try:
        tree: tuple[Directive, ...] = read(call.proc, place)[0]
    except ConfigProblem:
        return True
    return any(one.words == ("daemon", "off") for one in tree)


def _signal(call: Call, name: str) -> Result:
    if name not in SIGNALS:
        return Result("", f'nginx: invalid option: "-s {name}"\n', 1)
    found = [one for one in call.proc.seen().values() if isinstance(one.program, Nginx)]
    moment, shown = log_time(call.proc), pids(call.proc)
    told = f"{moment} [notice] {shown}: signal process started\n"
    if not found:
        return Result(
            "",
            f'{told}{moment} [error] {shown}: open() "/run/nginx.pid" failed (2: No such file or directory)\nnginx: [error] open() "/run/nginx.pid" failed (2: No such file or directory)\n',
            1,
        )
    for one in found:
        if name != "reopen":
            one.signal(SIGNALS[name])
    return Result("", told)
