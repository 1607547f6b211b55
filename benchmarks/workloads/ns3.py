"""The ns-3 programs, compiled once where its headers are."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent / "ns3_programs"
BUILT = Path(__file__).parents[2] / "build" / "ns3_programs"
LIBRARIES = ("applications", "bridge", "csma", "internet-apps", "internet", "traffic-control", "network", "stats", "core")


def missing() -> str:
    """Why ns-3 cannot run here; "" when it can."""
    if shutil.which("g++") is None:
        return "g++"
    return "" if Path("/usr/include/ns3").is_dir() or list(Path("/usr/include").glob("ns3*")) else "libns3-dev"


def run(program: str, *options: str) -> dict[str, float]:
    """The line of figures one of the programs prints."""
    binary = BUILT / program
    if not binary.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        libraries = [f"-lns3-{name}" for name in LIBRARIES]
        subprocess.run(["g++", "-O3", "-DNDEBUG", "-std=c++17", "-o", str(binary), str(HERE / f"{program}.cc"), *libraries], check=True)
    text = subprocess.run([str(binary), *options], check=True, text=True, stdout=subprocess.PIPE).stdout
    figures: dict[str, float] = json.loads(text.strip().splitlines()[-1])
    return figures
