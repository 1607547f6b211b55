"""`-m tos`, `-m dscp`, `-j TOS` and `-j DSCP`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.tos import DscpMatch, TosMatch
from netsim.kernel.netfilter.targets.tos import DscpTarget, TosTarget

SYMBOLS = {"Minimize-Delay": 0x10, "Maximize-Throughput": 0x08, "Maximize-Reliability": 0x04, "Minimize-Cost": 0x02, "Normal-Service": 0x00}
SYMBOL_MASK = 0x3F
CLASSES = {f"CS{number}": number << 3 for number in range(8)} | {"BE": 0, "EF": 0x2E}
CLASSES |= {f"AF{row}{column}": row << 3 | column << 1 for row in range(1, 5) for column in range(1, 4)}
MANGLE = frozenset({"mangle"})


def _value(word: str) -> tuple[int, int]:
    """`NUMBER[/MASK]` or a name (`tos_parse_symbolic`)."""
    text, slash, rest = word.partition("/")
    value, mask = number(text), number(rest) if slash else 0xFF
    if value is not None and value <= 0xFF and mask is not None and mask <= 0xFF:
        return value, mask
    named = next((known for name, known in SYMBOLS.items() if name.lower() == word.lower()), None)
    if named is None:
        raise Problem(f'Symbolic name "{word}" is unknown')
    return named, SYMBOL_MASK


def _symbol(value: int, mask: int) -> str:
    return next((name for name, known in SYMBOLS.items() if known == value), "") if mask == SYMBOL_MASK else ""


def _tos(given: list[Given], context: Context) -> TosMatch:
    found = once(given, "tos")
    if "tos" not in found:
        raise Problem('tos: option "--tos" must be specified\n')
    return TosMatch(*_value(found["tos"].value), found["tos"].inverted)


def _tos_save(match: TosMatch) -> str:
    return f"{bang(match.inverted)} --tos 0x{match.value:02x}/0x{match.mask:02x}"


def _tos_listing(match: TosMatch, numeric: bool, /) -> str:
    name = "" if numeric else _symbol(match.value, match.mask)
    mark = "!" if match.inverted else ""
    return f" tos match{mark}" + (f" {name}" if name else f"0x{match.value:02x}/0x{match.mask:02x}")


def _code_point(found: dict[str, Given], plain: str, named: str, module: str) -> int:
    if named in found:
        word = found[named].value
        if word.upper() not in CLASSES:
            raise Problem(f"Invalid DSCP value `{word}'")
        return CLASSES[word.upper()]
    value = number(found[plain].value)
    if value is None or value > 63:
        raise Problem(f'{module}: bad value for option "--{plain}", or out of range (0-63).\n')
    return value


def _dscp(given: list[Given], context: Context) -> DscpMatch:
    found = once(given, "dscp")
    if not found:
        raise Problem("DSCP match: Parameter --dscp is required")
    return DscpMatch(_code_point(found, "dscp", "dscp-class", "dscp"), next(iter(found.values())).inverted)


def _dscp_save(match: DscpMatch) -> str:
    return f"{bang(match.inverted)} --dscp 0x{match.value:02x}"


def _dscp_listing(match: DscpMatch, numeric: bool, /) -> str:
    return f" DSCP match {'!' if match.inverted else ''}0x{match.value:02x}"


def _set_tos(given: list[Given], context: Context) -> TosTarget:
    found = once(given, "TOS")
    if not found:
        raise Problem("TOS: An action is required")
    if len(found) > 1:
        raise Problem("TOS: Only one action allowed")
    name, option = next(iter(found.items()))
    value, mask = _value(option.value)
    if name == "and-tos":
        return TosTarget(0, ~value & 0xFF)
    if name == "or-tos":
        return TosTarget(value, value)
    return TosTarget(value, 0) if name == "xor-tos" else TosTarget(value, mask)


def _set_tos_save(target: TosTarget) -> str:
    return f" --set-tos 0x{target.value:02x}/0x{target.mask:02x}"


def _set_tos_listing(target: TosTarget, numeric: bool, /) -> str:
    value, mask = target.value, target.mask
    if numeric:
        return f" TOS set 0x{value:02x}/0x{mask:02x}"
    name = _symbol(value, mask)
    if name:
        return f"  TOS set{name}"
    if value == 0:
        return f" TOS and 0x{~mask & 0xFF:02x}"
    if mask == value:
        return f" TOS or 0x{value:02x}"
    return f" TOS xor 0x{value:02x}" if mask == 0 else f" TOS set 0x{value:02x}/0x{mask:02x}"


def _set_dscp(given: list[Given], context: Context) -> DscpTarget:
    found = once(given, "DSCP")
    if not found:
        raise Problem("DSCP target: Parameter --set-dscp is required")
    return DscpTarget(_code_point(found, "set-dscp", "set-dscp-class", "DSCP"))


def _set_dscp_save(target: DscpTarget) -> str:
    return f" --set-dscp 0x{target.value:02x}"


def _set_dscp_listing(target: DscpTarget, numeric: bool, /) -> str:
    return f" DSCP set 0x{target.value:02x}"


TOS = Extension("tos", {"tos": ("tos", True)}, _tos, _tos_save, _tos_listing, TosMatch, frozenset({"tos"}))
DSCP = Extension(
    "dscp",
    {"dscp": ("dscp", True), "dscp-class": ("dscp-class", True)},
    _dscp,
    _dscp_save,
    _dscp_listing,
    DscpMatch,
    frozenset({"dscp", "dscp-class"}),
)
SET_TOS = Extension(
    "TOS", {f"{verb}-tos": (f"{verb}-tos", True) for verb in ("set", "and", "or", "xor")}, _set_tos, _set_tos_save, _set_tos_listing, TosTarget,
    tables=MANGLE,
)  # fmt: skip
SET_DSCP = Extension(
    "DSCP", {name: (name, True) for name in ("set-dscp", "set-dscp-class")}, _set_dscp, _set_dscp_save, _set_dscp_listing, DscpTarget, tables=MANGLE
)
