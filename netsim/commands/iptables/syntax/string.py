"""`-m string`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.string import StringMatch

LONGEST = 128


def _from_hex(word: str) -> bytes:
    """Text with `|68 65 78|` parts."""
    parts = word.split("|")
    if len(parts) % 2 == 0:
        raise Problem("STRING must contain even number of pipes")
    try:
        return b"".join(bytes.fromhex(part) if place % 2 else part.encode() for place, part in enumerate(parts))
    except ValueError:
        raise Problem("Bad hex digit") from None


def _offset(found: dict[str, Given], name: str, default: int) -> int:
    if name not in found:
        return default
    value = number(found[name].value)
    if value is None or value > 65535:
        raise Problem(f'string: bad value for option "--{name}", or out of range (0-65535).\n')
    return value


def build(given: list[Given], context: Context) -> StringMatch:
    """The match from its options."""
    found = once(given, "string")
    if "algo" not in found:
        raise Problem('string: option "--algo" must be specified\n')
    if found["algo"].value not in ("bm", "kmp"):
        raise Problem(f"algorithm `{found['algo'].value}' is not modelled by netsim: bm and kmp are", 1)
    option = found.get("string") or found.get("hex-string")
    if option is None:
        raise Problem("STRING match: You must specify `--string' or `--hex-string'")
    pattern = option.value.encode(errors="surrogateescape") if option.name == "string" else _from_hex(option.value)
    if len(pattern) > LONGEST:
        raise Problem("STRING too long " + option.value)
    if not pattern:
        raise Problem("STRING must have at least one character")
    start, stop = _offset(found, "from", 0), _offset(found, "to", 65535)
    return StringMatch(pattern, found["algo"].value, start, stop, option.inverted, "icase" in found)


def _is_hex(pattern: bytes) -> bool:
    return pattern.endswith(b"\\") or any(not 32 <= byte < 127 for byte in pattern)


def _quoted(match: StringMatch) -> str:
    if _is_hex(match.pattern):
        return f'"|{match.pattern.hex()}|"'
    text = match.pattern.decode("ascii").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def save(match: StringMatch) -> str:
    """Words for -S."""
    text = f"{bang(match.inverted)} --{'hex-string' if _is_hex(match.pattern) else 'string'} {_quoted(match)} --algo {match.algorithm}"
    if match.start:
        text += f" --from {match.start}"
    if match.stop != 65535:
        text += f" --to {match.stop}"
    return text + (" --icase" if match.ignore_case else "")


def listing(match: StringMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = f" STRING match {'!' if match.inverted else ''} {_quoted(match)} ALGO name {match.algorithm}"
    if match.start:
        text += f" FROM {match.start}"
    if match.stop != 65535:
        text += f" TO {match.stop}"
    return text + (" ICASE" if match.ignore_case else "")


STRING = Extension(
    "string", {name: (name, True) for name in ("algo", "string", "hex-string", "from", "to")} | {"icase": ("icase", False)},
    build, save, listing, StringMatch, frozenset({"string", "hex-string"}),
)  # fmt: skip
