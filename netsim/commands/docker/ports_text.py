"""Ports of a container as `docker ps` writes them (`formatter.DisplayablePorts`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from netsim.docker.engine.views.ports import PublicPort


@attrs.define
class _Run:
    """Numbers that follow one another."""

    first: int
    last: int


def ports_text(ports: Iterable[PublicPort], *, brackets: int) -> str:
    """Ports with the same number outside and in as runs, then the others one by one; `brackets`: IPv6 addresses stand in brackets (28)."""
    runs: dict[tuple[str, str], _Run] = {}
    done: list[str] = []
    single: list[str] = []
    for port in sorted(ports, key=_order):
        if port.ip and port.public != port.private:
            single.append(f"{_joined(port.ip, str(port.public), brackets)}->{port.private}/{port.protocol}")
            continue
        key = (port.ip, port.protocol)
        run = runs.get(key)
        if run is None:
            runs[key] = _Run(port.private, port.private)
        elif port.private == run.last + 1:
            run.last = port.private
        else:
            done.append(_run_text(key, run, brackets))
            runs[key] = _Run(port.private, port.private)
    return ", ".join((*done, *(_run_text(key, run, brackets) for key, run in runs.items()), *single))


def _order(port: PublicPort) -> tuple[int, str, int, str]:
    return (port.private, port.ip, port.public, port.protocol)


def _joined(ip: str, number: str, brackets: int) -> str:
    return f"[{ip}]:{number}" if ":" in ip and brackets else f"{ip}:{number}"


def _run_text(key: Sequence[str], run: _Run, brackets: int) -> str:
    numbers = str(run.first) if run.first == run.last else f"{run.first}-{run.last}"
    ip, protocol = key
    return f"{_joined(ip, numbers, brackets)}->{numbers}/{protocol}" if ip else f"{numbers}/{protocol}"
