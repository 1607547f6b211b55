"""Sizes as docker writes them (go-units)."""

from __future__ import annotations

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def sized(count: int, digits: int = 4) -> str:
    """Bytes in powers of a thousand with so many digits: `1.982MB` (`HumanSizeWithPrecision`)."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value /= 1000
        unit += 1
    return f"{value:.{digits}g}{UNITS[unit]}"
