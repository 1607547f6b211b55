"""Columns of Port and Interface that frames depend on; of the others, that they were set is reported."""

from __future__ import annotations

from collections.abc import Sequence

from netsim.commands.ovs.database import Port
from netsim.machine.call import Call

KNOWN = {
    "Port": frozenset(
        ("bond_active_slave", "bond_downdelay", "bond_fake_iface", "bond_mode", "bond_updelay", "cvlans", "external_ids", "fake_bridge", "interfaces",
         "lacp", "mac", "name", "other_config", "protected", "qos", "rstp_statistics", "rstp_status", "statistics", "status", "tag", "trunks",
         "vlan_mode")
    ),
    "Interface": frozenset(
        ("type", "options", "external_ids", "mac", "mtu_request", "ofport_request", "ofport", "other_config", "ingress_policing_rate",
         "ingress_policing_burst", "lldp", "name", "link_state", "admin_state", "error", "ifindex", "mac_in_use", "mtu")
    ),
    "Bridge": frozenset(
        ("stp_enable", "rstp_enable", "fail_mode", "protocols", "external_ids", "other_config", "datapath_type", "mcast_snooping_enable", "mirrors",
         "netflow", "sflow", "ipfix", "controller", "name", "ports", "flood_vlans")
    ),
}  # fmt: skip
MODES = ("access", "native-tagged", "native-untagged", "trunk", "dot1q-tunnel")
HIGHEST = 4095


class Stop(Exception):
    """The end: what goes to stderr and the exit status."""

    def __init__(self, text: str, status: int = 1, plain: int = 0) -> None:
        super().__init__(text)
        self.text = f"{text}\n" if plain else f"ovs-vsctl: {text}\n"
        self.status = status


def settings(words: Sequence[str]) -> list[tuple[str, str]]:
    """`COLUMN[:KEY]=VALUE` words."""
    pairs = []
    for word in words:
        column, equals, value = word.partition("=")
        if not equals:
            raise Stop(f"{word}: missing value")
        pairs.append((column, value))
    return pairs


def _known(table: str, column: str) -> str:
    name = column.partition(":")[0].replace("-", "_")
    if name not in KNOWN[table]:
        raise Stop(f'{table} does not contain a column whose name matches "{column.partition(":")[0]}"')
    return name


def _vlan(text: str) -> int:
    if not text.lstrip("-").isdigit():
        raise Stop(f'"{text}" is not a valid integer or range')
    if not 0 <= int(text) <= HIGHEST:
        raise Stop(f"constraint violation: {text} is not in the valid range 0 to {HIGHEST} (inclusive)")
    return int(text)


def change(call: Call, table: str, row: Port | None, column: str, value: str) -> None:
    """Set a column."""
    name = _known(table, column)
    if row is not None and table == "Port" and name == "tag":
        row.tag = _vlan(value) if value not in ("[]", "") else None
    elif row is not None and table == "Port" and name == "trunks":
        row.trunks = tuple(sorted(_vlan(part.strip()) for part in value.strip("[]").split(",") if part.strip()))
    elif row is not None and table == "Port" and name == "vlan_mode":
        if value not in MODES:
            raise Stop(f"constraint violation: {value} is not one of the allowed values ([{', '.join(sorted(MODES))}])")
        row.vlan_mode = value
        if value not in ("access", "trunk"):
            call.netns.kernel.unmodelled.append(f"ovs-vsctl vlan_mode={value}")
    elif row is not None and table == "Interface" and name == "type" and value in ("internal", "system", ""):
        row.kind = value if value == "internal" else ""
    elif name != "external_ids":
        call.netns.kernel.unmodelled.append(f"ovs-vsctl {table} {column}={value}")


def get_column(table: str, row: Port | None, column: str) -> str:
    """A column's value as ovs-vsctl prints it."""
    name = _known(table, column)
    if row is not None and table == "Port":
        shown = {
            "tag": "[]" if row.tag is None else str(row.tag), "trunks": f"[{', '.join(map(str, row.trunks))}]", "vlan_mode": row.vlan_mode or "[]",
            "name": row.name,
        }  # fmt: skip
        if name in shown:
            return shown[name]
    if row is not None and table == "Interface" and name in ("type", "name"):
        return (row.kind or '""') if name == "type" else row.name
    raise Stop(f"netsim: column {table}.{name} is not modelled", plain=1)


def clear(call: Call, table: str, row: Port | None, column: str) -> None:
    """Empty a column."""
    name = _known(table, column)
    if row is not None and table == "Port" and name in ("tag", "trunks", "vlan_mode"):
        empty = {"tag": None, "trunks": (), "vlan_mode": ""}[name]
        setattr(row, name, empty)
    else:
        call.netns.kernel.unmodelled.append(f"ovs-vsctl clear {table} {column}")
