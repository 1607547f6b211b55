"""What the views of one release show and another does not."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.docker.profile import EngineProfile

MASKED_20_10 = (
    "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
    "/proc/scsi", "/sys/firmware",
)  # fmt: skip
MASKED_27 = (*MASKED_20_10, "/sys/devices/virtual/powercap")
MASKED_28 = (*MASKED_27[:2], "/proc/interrupts", *MASKED_27[2:])
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


@attrs.frozen
class Shown:
    """A release's views."""

    masked: tuple[str, ...]
    graph_data: tuple[str, ...] = ()
    """What a container's storage tells: ID, SourceDir."""
    kernel_memory: int = 0
    """Whether limits of the kernel's memory are among the options (20.10)."""
    console_late: int = 0
    """Whether ConsoleSize stands behind Runtime (20.10)."""
    keeps_default_mode: int = 0
    """Whether the network mode stays `default` (20.10) or becomes `bridge`."""
    alphabetic: int = 0
    """Whether a container's view comes sorted, without fields that are no more (29, for clients of older APIs)."""
    members_last: int = 0
    """Whether a network's containers stand at its end (29)."""
    settings_order: int = 0
    """1: NetworkSettings in the order of 20.10."""
    dns_names: int = 1
    """Whether an endpoint has DNSNames (API 1.44)."""
    gw_priority: int = 1
    """Whether an endpoint has GwPriority (API 1.48)."""
    empty_config: Any = None
    """IPAM.Config of host and none."""
    plain_caps: int = 0
    """Whether capabilities stay as they were typed (20.10)."""
    go_version: str = ""
    commit: str = ""
    built: str = ""
    least_api: str = "1.24"
    log_drivers: tuple[str, ...] = ("awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "splunk", "syslog")
    filter_problem: str = "invalid filter '{}'"
    no_other: str = "No such container: {name}"
    """What `before` and `since` name and is not there."""
    hides_gateway: int = 0
    """Whether a gateway that was chosen for a subnet given by hand is not shown (before 29)."""
    hides_bridge_gateway: int = 0
    """Whether neither is the default bridge's, until the daemon starts again (20.10)."""
    keeps_sandbox: int = 0
    """Whether a container that ended goes on showing its last sandbox (20.10)."""
    whole_image_config: int = 0
    """Whether an image's configuration has the fields of a container's (27 and older)."""
    adds_hostname: int = 0
    """Whether a hostname given is among the aliases (20.10)."""
    link_warning: str = ""
    """What a request with legacy links is warned of (29)."""
    package: str = ""
    """What Debian adds to the version."""


V20_10 = Shown(
    MASKED_20_10, whole_image_config=1, hides_gateway=1, hides_bridge_gateway=1, adds_hostname=1, keeps_sandbox=1, kernel_memory=1, console_late=1, keeps_default_mode=1, settings_order=1, dns_names=0, gw_priority=0, empty_config=(), plain_caps=1,
    go_version="go1.19.8", commit="5d6db84", built="Thu May  7 21:09:36 2026", least_api="1.12", package="+dfsg1", filter_problem="Invalid filter '{}'", no_other="no such container {name}",
    log_drivers=("awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "logentries", "splunk", "syslog"),
)  # fmt: skip
V27 = Shown(
    MASKED_27,
    whole_image_config=1,
    gw_priority=0,
    hides_gateway=1,
    go_version="go1.24.11",
    commit="local",
    built="library-import",
)
V28 = Shown(MASKED_28, ("ID",), hides_gateway=1, go_version="go1.24.11", commit="local", built="library-import")
V29 = Shown(
    MASKED_28,
    ("ID", "SourceDir"),
    alphabetic=1,
    members_last=1,
    go_version="go1.26.6",
    commit="local",
    built="library-import",
    least_api="1.40",
    link_warning="WARNING: Links on the default bridge network are deprecated and will be removed in a future release. Use a custom network instead.",
)
RELEASES = {"20.10": V20_10, "27.": V27, "28.": V28, "29.": V29}
"""By the beginning of the version."""


def shown(profile: EngineProfile) -> Shown:
    """The views of a release."""
    return next((made for begin, made in RELEASES.items() if profile.version.startswith(begin)), V28)
