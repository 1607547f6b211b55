"""The applets of Debian's BusyBox 1.35 and the functions behind them; what is not here is not found in its images."""

from __future__ import annotations

_NET = "netsim.commands.busybox."
_OWN = "netsim.programs.busybox."

APPLETS: dict[str, str] = {
    **dict.fromkeys(("ip", "ipaddr", "iplink", "ipneigh", "iproute", "iprule", "iptunnel"), _NET + "ip.main:ip"),
    **{
        name: _OWN + f"processes:{name}"
        for name in ("env", "hostname", "kill", "killall", "nologin", "pidof", "ps", "sleep", "timeout", "top", "uname", "which")
    },
    "id": _OWN + "processes:identity",
    "whoami": _OWN + "processes:identity",
    "httpd": _OWN + "httpd:httpd",
    "nc": _OWN + "nc:nc",
    "telnet": _OWN + "nc:telnet",
    "wget": _OWN + "wget:wget",
    "nslookup": _OWN + "nslookup:nslookup",
    "ping": _OWN + "ping:ping",
    "ping6": _OWN + "ping:ping",
}
