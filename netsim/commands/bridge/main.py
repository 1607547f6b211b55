"""bridge: global options, then fdb, link, vlan or mdb."""

from __future__ import annotations

import attrs

from netsim.commands.bridge import fdb, link, mdb, vlan
from netsim.commands.ip.batch import options_or_batch, run_batch
from netsim.commands.ip.main import Ip
from netsim.commands.ip.netns import switch
from netsim.commands.ip.output import Style
from netsim.commands.ip.words import Stop, Words, matches
from netsim.machine.call import Call, ReadInput, Result

USAGE = """Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
       bridge [ -force ] -batch filename
where  OBJECT := { link | fdb | mdb | vlan | monitor }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] |
                    -o[neline] | -t[imestamp] | -n[etns] name |
                    -c[ompressvlans] -color -p[retty] -j[son] }
"""
FLAGS = {
    "-s": "statistics",
    "-stats": "statistics",
    "-statistics": "statistics",
    "-d": "details",
    "-details": "details",
    "-j": "json",
    "-json": "json",
    "-p": "pretty",
    "-pretty": "pretty",
    "-o": "oneline",
    "-oneline": "oneline",
}


def bridge(call: Call) -> Result | ReadInput:
    """The bridge command (man bridge(8))."""
    session = Ip(call, call.netns, Style())
    cursor = Words(call.argv[1:])
    answered = options_or_batch(call, lambda: _flags(session, cursor), _batch)
    if answered is not None:
        return answered
    if not cursor.more():
        return Result("", USAGE, 255)
    done = _one(session, cursor)
    is_failure = 0 < done.status < 200 and not done.stderr.startswith("netsim:") and "address is expected rather" not in done.stderr
    return attrs.evolve(done, status=255) if is_failure else done  # bridge's functions answer -1 where ip's answer 1 or 2


def _flags(session: Ip, cursor: Words) -> str | None:
    """Take the flags before the object; where commands are to be read from, if that was said."""
    path: str | None = None
    while cursor.more() and cursor.peek().startswith("-"):
        word = cursor.take()
        option = word[1:] if word.startswith("--") else word
        name = FLAGS.get(option)
        if name in ("statistics", "details"):
            setattr(session.style, name, getattr(session.style, name) + 1)
        elif name:
            setattr(session.style, name, True)
        elif option in ("-n", "-netns"):
            session.netns = switch(session, cursor.argument())
        elif matches(option, "-Version"):
            raise Stop("", 0, "bridge utility, 6.1.0\n")
        elif matches(option, "-help"):
            raise Stop(USAGE, 255)
        elif matches(option, "-force"):
            session.force = True
        elif option == "-b" or matches(option, "-batch"):
            if not cursor.more():
                raise Stop(USAGE, 255)
            path = cursor.take()
        elif option.startswith("-com") and matches(option, "-compressvlans"):
            session.compressed = True
        elif option.partition("=")[0] == "-c" or option.startswith("-col"):
            session.style.color = option.partition("=")[2] in ("", "always")  # "auto" asks for a terminal, which none of ours is
        elif not matches(option, "-timestamp"):
            raise Stop(f'Option "{option}" is unknown, try "bridge help".\n', 255)
    return path


def _batch(call: Call, data: bytes) -> Result:
    session = Ip(call, call.netns, Style())
    path = _flags(session, Words(call.argv[1:])) or "-"
    return run_batch(
        lambda words: _one(attrs.evolve(session, style=attrs.evolve(session.style), out=[], err=[]), words), data, path, force=session.force
    )


def _one(session: Ip, cursor: Words) -> Result:
    """One command: 1 where it failed, 255 where the whole process ended."""
    word = cursor.take()
    try:
        if matches(word, "link"):
            link.do_link(session, cursor)
        elif matches(word, "fdb"):
            fdb.do_fdb(session, cursor)
        elif matches(word, "vlan"):
            vlan.do_vlan(session, cursor)
        elif matches(word, "mdb"):
            mdb.do_mdb(session, cursor)
        elif matches(word, "monitor") or matches(word, "vni"):
            raise Stop(f'netsim: "bridge {word}" is not modelled\n', 1)
        elif matches(word, "help"):
            raise Stop(USAGE, 255)
        else:
            raise Stop(f'Object "{word}" is unknown, try "bridge help".\n', 1)
    except Stop as stop:
        return Result("".join(session.out) + stop.stdout, stop.stderr, stop.status)
    return Result("".join(session.out), "".join(session.err))
