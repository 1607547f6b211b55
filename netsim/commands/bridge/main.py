"""bridge: global options, then fdb, link, vlan or mdb."""

from __future__ import annotations

from netsim.commands.bridge import fdb, link, mdb, vlan
from netsim.commands.ip.main import Ip
from netsim.commands.ip.netns import switch
from netsim.commands.ip.output import Style
from netsim.commands.ip.words import Stop, Words, matches
from netsim.machine.call import Call, Result

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


def bridge(call: Call) -> Result:
    """The bridge command (man bridge(8))."""
    session = Ip(call, call.netns, Style())
    cursor = Words(call.argv[1:])
    try:
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
                return Result("bridge utility, 6.1.0\n")
            elif matches(option, "-help"):
                raise Stop(USAGE, 255)
            elif option.startswith("-com") and matches(option, "-compressvlans"):
                session.compressed = True
            elif option.partition("=")[0] == "-c" or option.startswith("-col"):
                session.style.color = option.partition("=")[2] in ("", "always")  # "auto" asks for a terminal, which none of ours is
            elif matches(option, "-timestamp"):
                continue
            else:
                raise Stop(f'Option "{option}" is unknown, try "bridge help".\n', 255)
        if not cursor.more():
            raise Stop(USAGE, 255)
        word = cursor.take()
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
            raise Stop(f'Object "{word}" is unknown, try "bridge help".\n', 255)
    except Stop as stop:
        # bridge's functions answer -1 where ip's answer 1 or 2; what only netsim refuses keeps its own status.
        ours = stop.stderr.startswith("netsim:") or stop.status > 200
        return Result("".join(session.out) + stop.stdout, stop.stderr, stop.status if ours or not stop.status else 255)
    return Result("".join(session.out), "".join(session.err))
