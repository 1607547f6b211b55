"""What a command of tc begins with: its verb, and the device it is about."""

from __future__ import annotations

from netsim.commands.ip.main import Ip
from netsim.commands.ip.words import Stop, Words, answers, duparg, matches, no_device
from netsim.errors import ENODEV, NetError
from netsim.kernel.core.netdevice import NetDevice


def device(session: Ip, name: str) -> NetDevice:
    """A device by name; the kernel's `No such device` where none was named."""
    if not name:
        raise answers(NetError(ENODEV))
    dev = session.netns.device(name)
    if dev is None:
        raise no_device(name)
    return dev


def another_device(cursor: Words, known: str) -> str:
    """The name behind `dev`, which may stand there once."""
    name = cursor.argument()
    if known:
        raise duparg("dev", name)
    return name


def verb_of(what: str, word: str, changes: tuple[tuple[str, int], ...], more: tuple[str, ...] = ()) -> tuple[str, int | None]:
    """What to do with a discipline, class or filter (`do_qdisc`, `do_class`, `do_filter`): "change" with the request's flags, or without for `delete`;
    one of `more`; "show" or "help"."""
    for name, flags in changes:
        if matches(word, name):
            return "change", flags
    if matches(word, "delete"):
        return "change", None
    for name in more:
        if matches(word, name):
            return name, None
    if matches(word, "list") or matches(word, "show") or matches(word, "lst"):
        return "show", None
    if matches(word, "help"):
        return "help", None
    raise Stop(f'Command "{word}" is unknown, try "tc {what} help".\n', 255)
