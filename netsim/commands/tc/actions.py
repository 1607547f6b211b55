"""Actions of filters: gact, mirred and police (iproute2 `tc/m_gact.c`, `m_mirred.c`, `m_police.c`, `m_action.c`)."""

from __future__ import annotations

from netsim.commands.ip.main import Ip
from netsim.commands.ip.words import Stop, Words, no_device
from netsim.commands.tc import units
from netsim.commands.tc.usage_classes import GACT
from netsim.kernel.rtnl.filter import ActionRequest
from netsim.kernel.sched.act import Action, Mirred, Police, PoliceOptions
from netsim.kernel.sched.cls import TC_ACT_OK, TC_ACT_PIPE, TC_ACT_RECLASSIFY, TC_ACT_SHOT, TC_ACT_STOLEN, TC_ACT_UNSPEC
from netsim.kernel.sched.tbf import Rate

CONTROLS = {
    "reclassify": TC_ACT_RECLASSIFY, "drop": TC_ACT_SHOT, "shot": TC_ACT_SHOT, "continue": TC_ACT_UNSPEC, "pass": TC_ACT_OK, "ok": TC_ACT_OK,
    "pipe": TC_ACT_PIPE,
}  # fmt: skip
NAMES = {
    TC_ACT_UNSPEC: "continue", TC_ACT_OK: "pass", TC_ACT_RECLASSIFY: "reclassify", TC_ACT_SHOT: "drop", TC_ACT_PIPE: "pipe", TC_ACT_STOLEN: "stolen",
}  # fmt: skip
UNMODELLED = ("goto", "jump", "trap", "random")
OTHERS = (
    "skbedit",
    "pedit",
    "vlan",
    "nat",
    "csum",
    "connmark",
    "ctinfo",
    "ct",
    "bpf",
    "sample",
    "simple",
    "tunnel_key",
    "mpls",
    "ife",
    "xt",
    "skbmod",
    "gate",
)
TICK, TICKS = 10_000_000, 100
"""ns of a tick as users are told it, and how many make a second."""
DEFAULT_CELLS = 255 << 3
"""The longest frame that a rate table without an MTU knows."""


def parse(session: Ip, cursor: Words) -> tuple[ActionRequest, ...]:
    """What follows `action`: one or more (`parse_action`)."""
    found: list[ActionRequest] = []
    while True:
        start = cursor.at
        word = cursor.argument()
        try:
            found.append(_one(session, cursor, word))
        except Broken as broken:
            many = cursor.at - start
            raise Stop(f'{broken.stderr}bad action parsing\nparse_action: bad value ({many}:{word})!\nIllegal "action"\n', 1) from None
        if not cursor.more() or cursor.peek() != "action":
            return tuple(found)
        cursor.take()


class Broken(Exception):
    """An action's words end in nonsense: what its own reader says of it."""

    def __init__(self, stderr: str) -> None:
        super().__init__(stderr)
        self.stderr = stderr


def _one(session: Ip, cursor: Words, word: str) -> ActionRequest:
    if word == "mirred":
        return _mirred(session, cursor)
    if word == "police":
        return parse_police(cursor)
    if word in CONTROLS or word == "gact":
        return _gact(cursor, word)
    if word in UNMODELLED or word in OTHERS:
        raise Stop(f'netsim: "tc action {word}" is not modelled\n', 1)
    raise Stop(f"Bad action type {word}\n{GACT}\n", 255)


def _index(cursor: Words) -> int:
    """`index NUMBER`, where it stands there."""
    if not cursor.more() or cursor.peek() != "index":
        return 0
    cursor.take()
    value = units.get_number(cursor.argument(), 0, 0xFFFFFFFF)
    if value is None:
        raise Broken('Illegal "index"\n')
    return value


def _gact(cursor: Words, word: str) -> ActionRequest:
    if word == "gact":
        word = cursor.argument()
    if word in UNMODELLED or (cursor.more() and cursor.peek() == "random"):
        raise Stop(f'netsim: "tc action {word if word in UNMODELLED else "random"}" is not modelled\n', 1)
    if word not in CONTROLS:
        raise Broken(f"bad action {word}\n{GACT}\n")
    return ActionRequest("gact", CONTROLS[word], _index(cursor))


def _mirred(session: Ip, cursor: Words) -> ActionRequest:
    """`egress|ingress redirect|mirror dev DEV [CONTROL] [index N]` (`parse_mirred`)."""
    way = cursor.argument()
    if way not in ("egress", "ingress"):
        raise Broken(f"mirred option not supported {way}\n")
    what = cursor.argument()
    if what not in ("redirect", "mirror"):
        raise Broken(f"was expecting egress or ingress ({what})\n")
    index = _index(cursor)
    if cursor.argument() != "dev":
        raise Broken("")
    name = cursor.argument()
    target = session.netns.device(name)
    if target is None:
        raise Broken(no_device(name).stderr)
    is_redirect = what == "redirect"
    verdict = TC_ACT_STOLEN if is_redirect else TC_ACT_PIPE
    if not is_redirect and cursor.more() and cursor.peek() in CONTROLS:
        verdict = CONTROLS[cursor.take()]
    return ActionRequest("mirred", verdict, index or _index(cursor), target, is_redirect, way == "ingress")


def parse_police(cursor: Words) -> ActionRequest:
    """A rate and what becomes of the rest (`act_parse_police`)."""
    said = {"rate": 0, "burst": 0, "mtu": 0, "mpu": 0, "peakrate": 0, "overhead": 0, "index": 0}
    verdict, conform, is_atm = TC_ACT_RECLASSIFY, TC_ACT_OK, 0
    while cursor.more():
        word = cursor.peek()
        if word in CONTROLS:
            verdict = CONTROLS[cursor.take()]
        elif word in ("rate", "peakrate"):
            cursor.take()
            argument = cursor.argument()
            rate = units.get_rate(argument)
            if rate is None:
                raise Stop(f'Error: argument "{argument}" is wrong: {word}\n', 255)
            said[word] = rate
        elif word in ("burst", "buffer", "maxburst", "mtu", "minburst"):
            cursor.take()
            argument = cursor.argument()
            size = units.get_size(argument.partition("/")[0])
            if size is None:
                raise Stop(f'Error: argument "{argument}" is wrong: {word}\n', 255)
            said["mtu" if word in ("mtu", "minburst") else "burst"] = size
        elif word in ("mpu", "overhead", "index"):
            cursor.take()
            argument = cursor.argument()
            value = units.get_size(argument) if word == "mpu" else units.get_number(argument, 0, 0xFFFFFFFF)
            if value is None:
                raise Stop(f'Error: argument "{argument}" is wrong: {word}\n', 255)
            said[word] = value
        elif word == "linklayer":
            cursor.take()
            is_atm = int(cursor.argument() in ("atm", "adsl"))
        elif word == "conform-exceed":
            cursor.take()
            exceed, slash, inside = cursor.argument().partition("/")
            if exceed not in CONTROLS or (slash and inside not in CONTROLS):
                raise Stop('Illegal "action"\n', 255)
            verdict, conform = CONTROLS[exceed], CONTROLS[inside] if slash else TC_ACT_OK
        elif word in ("avrate", "pkts_rate", "pkts_burst", "goto"):
            raise Stop(f'netsim: "tc action police {word}" is not modelled\n', 1)
        else:
            break
    return _police(said, verdict, conform, is_atm)


def _police(said: dict[str, int], verdict: int, conform: int, is_atm: int) -> ActionRequest:
    rate = said["rate"]
    if not rate and not said["mtu"]:
        raise Broken("'rate' or 'avrate' or 'mtu' or 'pkts_rate' MUST be specified.\n")
    if rate and not said["burst"]:
        raise Broken("'burst' requires 'rate'.\n")
    mtu = said["mtu"] or (DEFAULT_CELLS if rate else 0xFFFFFFFF)
    own = Rate(rate, said["mpu"], said["overhead"], is_atm) if rate else None
    peak = Rate(said["peakrate"], said["mpu"], said["overhead"], is_atm) if said["peakrate"] else None
    burst = units.xmit_time(rate, said["burst"]) * units.TICK_NS if rate else 0
    return ActionRequest("police", verdict, said["index"], police=PoliceOptions(own, burst, mtu, peak, conform))


# showing ---------------------------------------------------------------------------------------------------------------


def _ages(session: Ip, action: Action) -> str:
    """How old it is and when it last did something, in seconds; nothing of what is younger than a tick (`print_tm`)."""
    if not session.style.statistics:
        return ""
    now, told = session.netns.kernel.clock.now, ""
    for name, since in (("installed", action.made), ("used", action.used or action.made), ("firstused", action.first or now)):
        ticks = (now - since) // TICK
        told += f" {name} {ticks // TICKS} sec" if ticks else ""
    return told


def texts(session: Ip, actions: tuple[Action, ...]) -> str:
    """All actions of a rule, numbered (`tcf_print_action`)."""
    told = ""
    for number, action in enumerate(actions, 1):
        told += f"\taction order {number}: {text(session, action)}"
        if session.style.statistics:
            told += f"\tAction statistics:\n\tSent {action.bytes} bytes {action.packets} pkt (dropped {action.drops}, overlimits {action.overlimits} requeues 0) \n"
            told += "\tbacklog 0b 0p requeues 0\n"
        told += "\n"
    return told


def text(session: Ip, action: Action) -> str:
    """One action."""
    ages = _ages(session, action)
    if isinstance(action, Mirred):
        way, what = "Ingress" if action.is_ingress else "Egress", "Redirect" if action.is_redirect else "Mirror"
        name = action.target.name
        return f"mirred ({way} {what} to device {name}) {NAMES[action.verdict]}\n\tindex {action.index} ref 1 bind 1{ages}\n"
    if isinstance(action, Police):
        return f" {police_text(action)}\tref 1 bind 1 {ages}\n"
    return f"gact action {NAMES[action.verdict]}\n\t random type none pass val 0\n\t index {action.index} ref 1 bind 1{ages}\n"


def police_text(action: Police) -> str:
    """A policer's first line."""
    options = action.options
    told = f"police 0x{action.index:x} "
    if options.rate is not None:
        burst = units.burst_size(options.rate.rate, options.burst // units.TICK_NS)
        told += f"rate {units.sprint_rate(options.rate.rate)} burst {units.sprint_size(burst)} "
    told += f"mtu {units.sprint_size(options.mtu)} "
    if options.peak is not None:
        told += f"peakrate {units.sprint_rate(options.peak.rate)} "
    told += f"action {NAMES[action.verdict]}" + (f"/{NAMES[options.conform]} " if options.conform else " ")
    return told + f"overhead {options.rate.overhead if options.rate is not None else 0}b \n"


def old_text(session: Ip, action: Police) -> str:
    """A policer that stands in a filter without the word action (`tc_print_police`)."""
    told = f" {police_text(action)}\tref 1 bind 1 {_ages(session, action)}\n\n"
    if session.style.statistics:
        told += f" Sent {action.bytes} bytes {action.packets} pkts (dropped {action.drops}, overlimits {action.overlimits}) \n"
    return told
