"""How long `import netsim` takes against `import attrs`, each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

PROBE = "import time; s = time.perf_counter(); import {}; print(time.perf_counter() - s)"
ROUNDS = 9


def of(module: str) -> float:
    """The least of several fresh imports (s)."""
    times = [
        float(subprocess.run([sys.executable, "-c", PROBE.format(module)], capture_output=True, text=True, check=True).stdout) for _ in range(ROUNDS)
    ]
    return min(times)


def run() -> dict[str, float]:
    """The package alone, and with its public names loaded."""
    attrs = of("attrs")
    return {"import netsim / import attrs": of("netsim") / attrs, "import netsim.api / import attrs": of("netsim.api") / attrs}
