"""A packet's bytes in hex and as text (-x, -X, -A), and for what no part knows."""

from netsim.packet.describe.output import Output


def hex_lines(data: bytes, indent: str) -> str:
    """Offsets and bytes in hex, 16 a line (`hex_print`)."""
    return "".join(f"{indent}0x{at:04x}: {_pairs(data[at : at + 16])}" for at in range(0, len(data), 16))


def hex_and_text_lines(data: bytes, indent: str = "\n\t") -> str:
    """The same with the text beside it (`hex_and_ascii_print`)."""
    return "".join(f"{indent}0x{at:04x}: {_pairs(data[at : at + 16]):<40}  {_dots(data[at : at + 16])}" for at in range(0, len(data), 16))


def text_lines(data: bytes) -> str:
    """The bytes as text on new lines; carriage returns are left out before a newline and among the last two bytes (`ascii_print`)."""
    out = ["\n"]
    for at, code in enumerate(data):
        if code == 13:
            out.append("." if at + 2 < len(data) and data[at + 1] != 10 else "")
        else:
            out.append(chr(code) if 32 < code < 127 or code in (9, 10, 32) else ".")
    return "".join(out)


def print_default(out: Output, at: int, length: int) -> None:
    """What tcpdump shows of bytes it cannot read: hex and text, unless asked to be quick."""
    data = out.data[at : min(at + length, out.end)]
    out.put(hex_and_text_lines(data))


def print_unknown(out: Output, at: int, length: int, indent: str) -> None:
    """Bytes of an unknown option or message, in hex only."""
    out.put(hex_lines(out.data[at : min(at + length, out.end)], indent))


def _pairs(data: bytes) -> str:
    return "".join(f" {data[at : at + 2].hex()}" for at in range(0, len(data), 2))


def _dots(data: bytes) -> str:
    return "".join(chr(code) if 32 < code < 127 else "." for code in data)
