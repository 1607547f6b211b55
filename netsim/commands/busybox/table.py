"""The applets of Debian's BusyBox 1.35 and the functions behind them; what is not here is not found in its images."""

from __future__ import annotations

_NET = "netsim.commands.busybox."
_OWN = "netsim.programs.busybox."

BOXED = ("sed", "awk", "sort", "uniq", "cut", "tr", "diff", "seq", "nl", "rev", "tac", "paste", "base64", "expr", "basename", "dirname", "xxd", "od", "comm", "fold",
         "md5sum", "sha256sum")  # fmt: skip
SHARED = {
    "true": "process:true", "false": "process:false", "echo": "process:echo", "grep": "grep:grep", "egrep": "grep:grep", "fgrep": "grep:grep",
    "tee": "streams:tee", "mktemp": "mktemp:mktemp", "date": "process:date", "dmesg": "process:dmesg", "unshare": "process:unshare",
    "nsenter": "nsenter:nsenter", "setsid": "process:wrapper", "nohup": "process:wrapper", "nice": "process:wrapper", "pgrep": "pgrep:pgrep",
    "pkill": "pgrep:pkill",
}  # fmt: skip
"""Applets that print what their sisters of the Debian dialect print."""
REFUSED = (
    "tftp",
    "ftpget",
    "ftpput",
    "vi",
    "less",
    "more",
    "mount",
    "umount",
    "df",
    "free",
    "uptime",
    "stty",
    "getty",
    "login",
)
FILES = ("cat", "chmod", "cp", "ln", "ls", "mkdir", "mv", "readlink", "rm", "rmdir", "touch", "wc")
APPLETS: dict[str, str] = {
    **dict.fromkeys(("ip", "ipaddr", "iplink", "ipneigh", "iproute", "iprule", "iptunnel"), _NET + "ip.main:ip"),
    **{
        name: _OWN + f"processes:{name}"
        for name in ("env", "hostname", "kill", "killall", "nologin", "pidof", "ps", "sleep", "timeout", "top", "uname", "which")
    },
    "pwd": "netsim.programs.process:pwd",
    "id": _OWN + "processes:identity",
    "whoami": _OWN + "processes:identity",
    **{name: _OWN + f"files:{name}" for name in FILES},
    **{name: _OWN + f"archives:{name}" for name in ("tar", "mkfifo", "mknod")},
    **dict.fromkeys(("chown", "chgrp"), _OWN + "files:chown"),
    "dd": "netsim.programs.dd:busybox_dd",
    "head": _OWN + "ends:head",
    "tail": _OWN + "ends:tail",
    **{name: _NET + f"{name}:{name}" for name in ("arp", "brctl", "ifconfig", "netstat", "route", "sysctl")},
    "vconfig": _NET + "brctl:vconfig",
    "arping": _OWN + "arping:arping",
    "ipcalc": _OWN + "ipcalc:ipcalc",
    **dict.fromkeys(BOXED, "netsim.programs.boxed:boxed"),
    **{name: f"netsim.programs.{where}" for name, where in SHARED.items()},
    **dict.fromkeys(REFUSED, _OWN + "refused:refused"),
    "busybox": _NET + "main:busybox",
    "ash": "netsim.shell.start:ash",
    "sh": "netsim.shell.start:ash",
    "traceroute": _OWN + "traceroute:traceroute",
    "traceroute6": _OWN + "traceroute:traceroute",
    "udhcpc": "netsim.programs.dhcp.udhcpc:udhcpc",
    "udhcpd": "netsim.programs.dhcp.udhcpd:udhcpd",
    "httpd": _OWN + "httpd:httpd",
    "nc": _OWN + "nc:nc",
    "telnet": _OWN + "nc:telnet",
    "wget": _OWN + "wget:wget",
    "nslookup": _OWN + "nslookup:nslookup",
    "ping": _OWN + "ping:ping",
    "ping6": _OWN + "ping:ping",
}
