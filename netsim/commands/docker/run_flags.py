"""Every option of `docker run` and `docker create`, by what becomes of it: modelled, or reported as not modelled."""

from __future__ import annotations

from netsim.commands.docker import values
from netsim.commands.docker.flags import BOOL, INT, LIST, MAP, Flag
from netsim.commands.docker.network_option import check as network

MODELLED = (
    Flag("add-host", "", LIST, values.extra_host), Flag("attach", "a", LIST, values.stream), Flag("cap-add", "", LIST), Flag("cap-drop", "", LIST),
    Flag("dns", "", LIST, values.address, only="28"), Flag("dns", "", LIST, values.address_20_10, only="20.10"),
    Flag("dns-opt", "", LIST, stands_for="dns-option"), Flag("dns-option", "", LIST), Flag("dns-search", "", LIST, values.search_domain),
    Flag("domainname"), Flag("entrypoint"), Flag("env", "e", LIST, values.variable), Flag("env-file", "", LIST), Flag("expose", "", LIST),
    Flag("hostname", "h"), Flag("interactive", "i", BOOL), Flag("ip"), Flag("ip6"), Flag("label", "l", LIST, values.label), Flag("label-file", "", LIST),
    Flag("link", "", LIST, values.link), Flag("link-local-ip", "", LIST), Flag("mac-address"), Flag("name"),
    Flag("net", "", LIST, network, stands_for="network"), Flag("network", "", LIST, network), Flag("net-alias", "", LIST, stands_for="network-alias"),
    Flag("network-alias", "", LIST), Flag("privileged", "", BOOL), Flag("publish", "p", LIST), Flag("publish-all", "P", BOOL), Flag("restart"),
    Flag("rm", "", BOOL), Flag("stop-signal"), Flag("stop-timeout", "", INT), Flag("sysctl", "", MAP, values.sysctl, only="28"), Flag("sysctl", "", MAP, values.sysctl_20_10, only="20.10"), Flag("tty", "t", BOOL),
    Flag("uts"), Flag("workdir", "w"), Flag("pull"), Flag("quiet", "q", BOOL, only="28"), Flag("disable-content-trust", "", BOOL),
    Flag("no-healthcheck", "", BOOL), Flag("cidfile"), Flag("mount", "", LIST, values.mount), Flag("tmpfs", "", LIST), Flag("volume", "v", LIST),
    Flag("volumes-from", "", LIST), Flag("pid"), Flag("group-add", "", LIST), Flag("init", "", BOOL), Flag("ipc"), Flag("read-only", "", BOOL),
    Flag("security-opt", "", LIST), Flag("ulimit", "", LIST, values.ulimit), Flag("user", "u"),
)  # fmt: skip
UNMODELLED = (
    Flag("annotation", "", MAP, only="28"), Flag("blkio-weight", "", "uint16", values.small), Flag("blkio-weight-device", "", LIST, values.device_value),
    Flag("cgroup-parent"), Flag("cgroupns"), Flag("cpu-count", "", INT), Flag("cpu-percent", "", INT), Flag("cpu-period", "", INT),
    Flag("cpu-quota", "", INT), Flag("cpu-rt-period", "", INT), Flag("cpu-rt-runtime", "", INT), Flag("cpu-shares", "c", INT),
    Flag("cpus", "", "decimal", values.cpus), Flag("cpuset-cpus"), Flag("cpuset-mems"), Flag("detach-keys"), Flag("device", "", LIST),
    Flag("device-cgroup-rule", "", LIST), Flag("device-read-bps", "", LIST, values.device_value), Flag("device-read-iops", "", LIST, values.device_value),
    Flag("device-write-bps", "", LIST, values.device_value), Flag("device-write-iops", "", LIST, values.device_value), Flag("gpus", "", "gpu-request"),
    Flag("health-cmd"), Flag("health-interval", "", "duration", values.duration), Flag("health-retries", "", INT),
    Flag("health-start-interval", "", "duration", values.duration, only="28"), Flag("health-start-period", "", "duration", values.duration),
    Flag("health-timeout", "", "duration", values.duration), Flag("io-maxbandwidth", "", "bytes", values.size),
    Flag("io-maxiops", "", "uint", values.unsigned), Flag("isolation"), Flag("kernel-memory", "", "bytes", values.size),
    Flag("log-driver"), Flag("log-opt", "", LIST), Flag("memory", "m", "bytes", values.size), Flag("memory-reservation", "", "bytes", values.size),
    Flag("memory-swap", "", "bytes", values.swap), Flag("memory-swappiness", "", INT),
    Flag("oom-kill-disable", "", BOOL), Flag("oom-score-adj", "", INT), Flag("pids-limit", "", INT), Flag("platform"),
    Flag("runtime"), Flag("shm-size", "", "bytes", values.size),
    Flag("storage-opt", "", LIST), Flag("use-api-socket", "", BOOL, only="28"),
    Flag("userns"), Flag("volume-driver"),
)  # fmt: skip
CREATE_FLAGS = (*MODELLED, *(flag._replace(unmodelled=1) for flag in UNMODELLED))
"""What `docker create` takes."""
RUN_FLAGS = (*CREATE_FLAGS, Flag("detach", "d", BOOL), Flag("sig-proxy", "", BOOL))
