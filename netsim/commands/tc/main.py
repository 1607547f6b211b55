"""tc: global options, then qdisc, class or filter (iproute2 `tc/tc.c`; man tc(8))."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from netsim.commands.ip.batch import options_or_batch, run_batch
from netsim.commands.ip.main import Ip
from netsim.commands.ip.netns import switch
from netsim.commands.ip.output import Style
from netsim.commands.ip.words import Stop, Words, matches
from netsim.commands.tc.classes import do_class
from netsim.commands.tc.filters import do_filter
from netsim.commands.tc.qdisc import do_qdisc, refuse
from netsim.commands.tc.usage import MAIN
from netsim.machine.call import Call, ReadInput, Result

FLAGS = (
    ("-stats", "statistics"), ("-statistics", "statistics"), ("-details", "details"), ("-raw", "raw"), ("-pretty", "pretty"), ("-graph", "graph"),
    ("-Version", "version"), ("-iec", "iec"), ("-help", "help"), ("-force", "force"), ("-batch", "batch"), ("-netns", "netns"),
    ("-Numeric", "numeric"), ("-names", "names"), ("-nm", "names"), ("-cf", "conf"), ("-conf", "conf"), ("-color", "color"),
    ("-timestamp", "stamp"), ("-tshort", "stamp"), ("-json", "json"), ("-oneline", "oneline"), ("-brief", "brief"),
)  # fmt: skip
"""In tc's order: the first that the word abbreviates wins."""
OBJECTS: tuple[tuple[str, Callable[[Ip, Words], None] | None], ...] = (
    ("qdisc", do_qdisc), ("class", do_class), ("filter", do_filter), ("chain", None), ("actions", None), ("monitor", None), ("exec", None),
)  # fmt: skip


def tc(call: Call) -> Result | ReadInput:
    """The tc command."""
    session = Ip(call, call.netns, Style())
    cursor = Words(call.argv[1:])
    answered = options_or_batch(call, lambda: _flags(session, cursor), _batch)
    if answered is not None:
        return answered
    return _one(session, cursor) if cursor.more() else Result("", "".join(session.err) + MAIN)


def _flags(session: Ip, cursor: Words) -> str | None:
    """Take the flags before the object; where commands are to be read from, if that was said."""
    path: str | None = None
    while cursor.more() and cursor.peek().startswith("-"):
        path = _option(session, cursor) or path
    return path


def _batch(call: Call, data: bytes) -> Result:
    session = Ip(call, call.netns, Style())
    path = _flags(session, Words(call.argv[1:])) or "-"
    return run_batch(lambda words: _line(session, words), data, path, force=session.force)


def _line(session: Ip, words: Words) -> Result:
    """A line of many: a word that is no object fails like any other command."""
    known = any(matches(words.peek(), name) for name in (*(name for name, _ in OBJECTS), "help"))
    done = _one(Ip(session.call, session.netns, attrs.evolve(session.style)), words)
    return done if known else attrs.evolve(done, status=1)


def _one(session: Ip, cursor: Words) -> Result:
    try:
        _object(session, cursor)
    except Stop as stop:
        return Result("".join(session.out) + stop.stdout, "".join(session.err) + stop.stderr, stop.status)
    return Result("".join(session.out), "".join(session.err), 0)


def _option(session: Ip, cursor: Words) -> str | None:
    """Take a flag; the file it names to read commands from, if it does."""
    word = cursor.take()
    style = session.style
    means = next((name for pattern, name in FLAGS if matches(word, pattern) and word != "-"), None)
    if means in ("statistics", "details"):
        setattr(style, means, getattr(style, means) + 1)
    elif means in ("pretty", "json", "oneline", "brief", "numeric"):
        setattr(style, means, True)
    elif means == "netns":
        session.netns = switch(session, cursor.take() if cursor.more() else "(null)")
    elif means == "version":
        raise Stop("", 0, "tc utility, iproute2-6.1.0, libbpf 1.1.2\n")
    elif means == "help":
        raise Stop(MAIN, 0)
    elif means == "conf":
        cursor.argument()
    elif means == "batch":
        if cursor.more():
            return cursor.take()
        session.err.append(MAIN)
    elif means == "force":
        session.force = True
    elif means in ("raw", "graph", "iec", "names"):
        raise refuse(word)
    elif means not in ("color", "stamp"):
        raise Stop(f'Option "{word}" is unknown, try "tc -help".\n', 255)
    return None


def _object(session: Ip, cursor: Words) -> None:
    word = cursor.take()
    found = next(((name, handler) for name, handler in OBJECTS if matches(word, name)), None)
    if found is not None:
        name, handler = found
        if handler is None:
            raise refuse(name)
        handler(session, cursor)
    elif matches(word, "help"):
        session.err.append(MAIN)
    else:
        raise Stop(f'Object "{word}" is unknown, try "tc help".\n', 255)
