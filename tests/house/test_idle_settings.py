"""A setting of a device that nothing in the house reads is known as idle, so that changing it is reported."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

import netsim
from netsim.kernel.sysctl import IDLE_CONF
from netsim.kernel.tables.inet import Ipv4Conf
from netsim.kernel.tables.inet6 import Ipv6Conf

PACKAGE = Path(netsim.__file__).parent
WHERE_THEY_STAND = {"kernel/tables/inet.py", "kernel/tables/inet6.py", "kernel/sysctl.py"}


def test_settings_that_nothing_reads_are_known() -> None:
    settings = {field.name for conf in (Ipv4Conf, Ipv6Conf) for field in attrs.fields(conf)}
    read: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).as_posix() not in WHERE_THEY_STAND:
            read |= settings.intersection(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    assert settings - read == IDLE_CONF


def test_changing_one_is_reported() -> None:
    host = netsim.World().host("h1")
    host.run("sysctl -w net.ipv6.conf.all.temp_valid_lft=604800")
    assert not host.world.unmodelled  # what it was
    host.run("sysctl -w net.ipv6.conf.all.temp_valid_lft=60")
    assert host.world.unmodelled == ["h1: sysctl net.ipv6.conf.all.temp_valid_lft=60"]
