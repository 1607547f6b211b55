"""What a container is let to do: checks of `--ipc`, `--pid`, `--security-opt`, `--ulimit` and `--stop-signal` (`generateSecurityOpt`, `parseSecurityOpt`)."""

from __future__ import annotations

from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal, failed, invalid
from netsim.docker.settings import ContainerSpec
from netsim.machine.signals import NUMBERS

IPC_MODES = ("none", "private", "shareable", "host")
NR_OPEN = 1048576
"""What no limit of open files may be above (`fs.nr_open`)."""
TRUE = ("1", "t", "T", "TRUE", "true", "True")
FALSE = ("0", "f", "F", "FALSE", "false", "False")
SIGNALS = {name: number for name, number in NUMBERS.items() if number} | {"IOT": 6}


def signal_of(text: str) -> int:
    """A signal that there is, by number or name; refused otherwise."""
    signum = number_of(text)
    if not is_signal(signum):
        raise Refusal(400, f"Invalid signal: {text}")
    return signum


def is_signal(signum: int) -> bool:
    """Whether the daemon knows a signal of the number (`signal.ValidSignalForPlatform`)."""
    return 0 < signum < 32 or 34 <= signum < 65


def number_of(text: str) -> int:
    """A signal's number, which may be none, or its name, with or without SIG; refused otherwise (`signal.ParseSignal`)."""
    name = text.upper().removeprefix("SIG")
    if name.isdigit() and int(name):
        return int(name)
    if name not in SIGNALS:
        raise Refusal(400, f"Invalid signal: {text}")
    return SIGNALS[name]


def check_security(engine: Engine, spec: ContainerSpec) -> None:
    """What is seen to when a container is created."""
    if spec.stop_signal:
        number_of(spec.stop_signal)
    host = spec.host
    for mode in (str(host.reported.get("IpcMode") or ""), host.pid_mode):
        kind, colon, name = mode.partition(":")
        if kind == "container" and colon:
            engine.container(name)
    options = host.reported.get("SecurityOpt")
    for option in options if isinstance(options, (list, tuple)) else ():
        _check_option(str(option))


def _check_option(option: str) -> None:
    if option == "no-new-privileges":
        return
    name, sign, value = option.partition("=") if "=" in option else option.partition(":")
    if not sign:
        raise invalid(f'invalid --security-opt 1: "{option}"')
    if name == "no-new-privileges" and value in (*TRUE, *FALSE):
        return
    if name not in ("label", "apparmor", "seccomp"):
        raise invalid(f'invalid --security-opt 2: "{option}"')


def check_ipc(engine: Engine, mode: str) -> None:
    """Where its shared memory is; only what was made to be shared is."""
    kind, _, name = mode.partition(":")
    if kind == "container":
        other = engine.container(name)
        if other.spec.host.reported.get("IpcMode") not in ("shareable", "host"):
            raise failed(f"can't join IPC of container {other.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)")
    elif mode not in IPC_MODES:
        raise failed(f"{engine.profile.ipc_problem} IPC mode: {mode}")


def check_limits(engine: Engine, limits: object) -> None:
    """More open files than the kernel gives anybody are refused by it (`do_prlimit`)."""
    for one in limits if isinstance(limits, (list, tuple)) else ():
        if one["Name"] == "nofile" and not 0 <= one["Hard"] <= NR_OPEN:
            why = "error setting rlimits for ready process: error setting rlimit type 7: operation not permitted"
            raise failed(f"{engine.profile.runtime_prefix}unable to start container process: error during container init: {why}: unknown")
