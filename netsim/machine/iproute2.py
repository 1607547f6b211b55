"""Names of numbers that a host's iproute2 reads, as Debian 12 lists them in /etc/iproute2."""

from __future__ import annotations

RESERVED = "#\n# reserved values\n#\n"
LOCAL = "#\n# local\n#\n"
PROTOCOLS = (
    "0 unspec; 1 redirect; 2 kernel; 3 boot; 4 static; 8 gated; 9 ra; 10 mrt; 11 zebra; 12 bird; 13 dnrouted; 14 xorp; 15 ntk; 16 dhcp; "
    "18 keepalived; 42 babel; 99 openr; 186 bgp; 187 isis; 188 ospf; 189 rip; 192 eigrp"
)
SCOPES = "0 global; 255 nowhere; 254 host; 253 link"
REALMS = "1 inr.ac; 2 inr.ruhep; 3 freenet; 4 radio-msu; 5 russia; 6 internet"


def _lines(entries: str, mark: str = "") -> str:
    return "".join(f"{mark}{entry.strip().replace(' ', chr(9))}\n" for entry in entries.split(";"))


def iproute2_files() -> dict[str, str]:
    """The text of each file, by its name in /etc/iproute2."""
    return {
        "group": "# device group names\n0\tdefault\n",
        "rt_protos": f"#\n# Reserved protocols.\n#\n{_lines(PROTOCOLS)}",
        "rt_realms": f"{RESERVED}0\tcosmos\n{LOCAL}{_lines(REALMS, '#')}",
        "rt_scopes": f"{RESERVED}{_lines(SCOPES)}#\n# pseudo-reserved\n#\n200\tsite\n",
        "rt_tables": f"{RESERVED}{_lines('255 local; 254 main; 253 default; 0 unspec')}{LOCAL}#1\tinr.ruhep\n",
    }
