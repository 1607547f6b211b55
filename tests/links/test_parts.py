"""What is loaded by name is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netsim.commands.ip import main as ip
from netsim.commands.ip.kinds import table
from netsim.kernel.boot import LINK_KINDS, MODULES, QDISC_KINDS
from netsim.kernel.core.modules import Module, part

PARTS = [one for kind in LINK_KINDS.values() for one in (kind.creates, kind.changes, kind.changes_port) if one]
PARTS += [kind.creates for kind in QDISC_KINDS.values()]
HEAVY = ("drivers.vxlan", "drivers.bond", "sched.netem", "netfilter", "bridge")


@pytest.mark.parametrize("path", sorted(set(PARTS)))
def test_what_makes_or_changes_a_device_is_where_the_table_says(path: str) -> None:
    assert callable(part(path))


def test_a_module_is_called_what_the_table_calls_it() -> None:
    modules = {name: part(path) for name, path in MODULES.items()}
    assert all(isinstance(module, Module) and module.name == name for name, module in modules.items())


def test_ip_finds_how_each_kind_and_object_is_read() -> None:
    assert all(table.link_util(kind) is not None for kind in table.KINDS)
    assert all(callable(table.port_parser(kind)) for kind in table.PORT_PARSERS)
    assert all(callable(ip.handler(name)) for name in ip.HANDLERS)
    assert {home for _, home in ip.OBJECTS} - {"help"} == set(ip.HANDLERS)


def test_a_machine_starts_without_the_modules_it_does_not_use() -> None:
    asked = "import sys; from netsim import World; World().host('h').run('ip addr'); print([name for name in sys.modules if name.startswith('netsim.kernel.')])"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert not [name for name in HEAVY if f"netsim.kernel.{name}'" in loaded]
