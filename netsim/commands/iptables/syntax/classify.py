"""`-j CLASSIFY`, `-j NFLOG` and `-j CHECKSUM`."""

from __future__ import annotations

import re

from netsim.commands.iptables.extension import Context, Extension, Given, once, quoted
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.targets.checksum import ChecksumTarget
from netsim.kernel.netfilter.targets.classify import ClassifyTarget
from netsim.kernel.netfilter.targets.nflog import NflogTarget
from netsim.kernel.netfilter.targets.trace import TraceTarget

NFLOG_NUMBERS = {"nflog-group": 65535, "nflog-size": 0xFFFFFFFF, "nflog-threshold": 65535}


def _classify(given: list[Given], context: Context) -> ClassifyTarget:
    found = once(given, "CLASSIFY")
    if "set-class" not in found:
        raise Problem('CLASSIFY: option "--set-class" must be specified\n')
    word = found["set-class"].value
    parts = re.fullmatch(r"([0-9a-fA-F]{1,4}):([0-9a-fA-F]{1,4})", word)
    if parts is None:
        raise Problem(f'Bad class value "{word}"')
    return ClassifyTarget(int(parts[1], 16) << 16 | int(parts[2], 16))


def _classify_save(target: ClassifyTarget) -> str:
    return f" --set-class {target.priority >> 16:04x}:{target.priority & 0xFFFF:04x}"


def _classify_listing(target: ClassifyTarget, numeric: bool, /) -> str:
    return f" CLASSIFY set {target.priority >> 16:x}:{target.priority & 0xFFFF:x}"


def _nflog(given: list[Given], context: Context) -> NflogTarget:
    found = once(given, "NFLOG")
    numbers = {}
    for name, most in NFLOG_NUMBERS.items():
        value = number(found[name].value) if name in found else 0
        if value is None or value > most:
            raise Problem(f'NFLOG: bad value for option "--{name}", or out of range (0-{most}).\n')
        numbers[name] = value
    prefix = found["nflog-prefix"].value if "nflog-prefix" in found else ""
    if len(prefix) > 63:
        raise Problem('NFLOG: Argument passed to "--nflog-prefix" is too long\n')
    return NflogTarget(numbers["nflog-group"], prefix, numbers["nflog-size"], numbers["nflog-threshold"])


def _nflog_save(target: NflogTarget) -> str:
    text = f" --nflog-prefix{quoted(target.prefix)}" if target.prefix else ""
    for name, value in (("group", target.group), ("size", target.size), ("threshold", target.threshold)):
        text += f" --nflog-{name} {value}" if value else ""
    return text


def _nflog_listing(target: NflogTarget, numeric: bool, /) -> str:
    text = f" nflog-prefix{quoted(target.prefix)}" if target.prefix else ""
    for name, value in (("group", target.group), ("size", target.size), ("threshold", target.threshold)):
        text += f" nflog-{name} {value}" if value else ""
    return text


def _checksum(given: list[Given], context: Context) -> ChecksumTarget:
    if not given:
        raise Problem("CHECKSUM target: Parameter --checksum-fill is required")
    return ChecksumTarget()


def _checksum_save(target: ChecksumTarget) -> str:
    return " --checksum-fill"


def _checksum_listing(target: ChecksumTarget, numeric: bool, /) -> str:
    return " CHECKSUM fill"


def _trace(given: list[Given], context: Context) -> TraceTarget:
    return TraceTarget()


def _trace_save(target: TraceTarget) -> str:
    return ""


def _trace_listing(target: TraceTarget, numeric: bool, /) -> str:
    return ""


TRACE = Extension("TRACE", {}, _trace, _trace_save, _trace_listing, TraceTarget)
CLASSIFY = Extension("CLASSIFY", {"set-class": ("set-class", True)}, _classify, _classify_save, _classify_listing, ClassifyTarget)
NFLOG = Extension(
    "NFLOG", {name: (name, True) for name in ("nflog-group", "nflog-prefix", "nflog-size", "nflog-threshold")},
    _nflog, _nflog_save, _nflog_listing, NflogTarget,
)  # fmt: skip
CHECKSUM = Extension(
    "CHECKSUM",
    {"checksum-fill": ("checksum-fill", False)},
    _checksum,
    _checksum_save,
    _checksum_listing,
    ChecksumTarget,
    tables=frozenset({"mangle"}),
)
