"""ipvsadm: commands."""

from __future__ import annotations

from netsim.commands.ipvsadm import show
from netsim.commands.ipvsadm.problem import FAILED, Problem
from netsim.commands.ipvsadm.request import Request, parse
from netsim.commands.ipvsadm.usage import USAGE, VERSION
from netsim.errors import EEXIST, EINVAL, ENOENT, EPERM, ESRCH, NetError, strerror
from netsim.kernel.netfilter.ipvs import ctl
from netsim.kernel.netfilter.ipvs.ctl import ServiceWish
from netsim.kernel.netfilter.ipvs.sched import UNMODELLED
from netsim.machine.call import Call, ReadInput, Result

NO_SCHEDULER = "Scheduler or persistence engine not found"
WORDS = {
    ("add-service", EEXIST): "Service already exists",
    ("add-service", ENOENT): NO_SCHEDULER,
    ("edit-service", ESRCH): "No such service",
    ("edit-service", ENOENT): NO_SCHEDULER,
    ("delete-service", ESRCH): "No such service",
    ("zero", ESRCH): "No such service",
    ("list", ESRCH): "No such service",
    ("add-server", ESRCH): "Service not defined",
    ("add-server", EEXIST): "Destination already exists",
    ("edit-server", ESRCH): "Service not defined",
    ("edit-server", ENOENT): "No such destination",
    ("delete-server", ESRCH): "Service not defined",
    ("delete-server", ENOENT): "No such destination",
}
ANYWHERE = {
    EINVAL: "Invalid operation.  Possibly wrong module version, address not unicast, ...",
    EPERM: "Permission denied (you must be root)",
}
NOT_THERE = "Can't initialize ipvs: {}\nAre you sure that IP Virtual Server is built in the kernel or as module?"
FORMS = ("stats", "rate", "thresholds", "persistent-conn", "tun-info")


def ipvsadm(call: Call) -> Result | ReadInput:
    """The ipvsadm command."""
    kernel = call.machine.kernel
    try:
        kernel.require_admin()
    except NetError as error:
        return Result("", NOT_THERE.format(ANYWHERE[error.errno]) + "\n", 2)
    if ctl.MODULE not in kernel.profile.modules:
        return Result("", NOT_THERE.format("Protocol not available") + "\n", 2)
    ctl.ipvs_of(call.netns)
    try:
        request = parse(call.proc, call.argv[1:] or ("-L",))
        if request.command == "restore":
            return ReadInput(_restore)
        return Result(_run(call, request))
    except Problem as problem:
        return Result("", problem.text, problem.status)


def _run(call: Call, request: Request) -> str:
    if request.command in ("h", "v"):
        return VERSION + (USAGE if request.command == "h" else "")
    try:
        return _COMMANDS[request.command](call, request)
    except NetError as error:
        words = WORDS.get((request.command, error.errno)) or ANYWHERE.get(error.errno) or strerror(error.errno)
        raise Problem(words, 1 if request.command == "list" else FAILED) from None


def _restore(call: Call, data: bytes) -> Result:
    """Every line is a command (`-R`): what the kernel refuses is told, what cannot be read ends it."""
    err = ""
    for line in data.decode(errors="replace").splitlines():
        words = line.split()
        if not words:
            continue
        try:
            request = parse(call.proc, words)
        except Problem as problem:
            return Result("", err + problem.text, problem.status)
        try:
            _run(call, request)
        except Problem as problem:
            err += problem.text
    return Result("", err)


def _wish(request: Request) -> ServiceWish:
    if request.scheduler in UNMODELLED:
        raise Problem(f'netsim: "ipvsadm -s {request.scheduler}" is not modelled', 1)
    return ServiceWish(request.scheduler, request.flags, request.timeout, request.netmask)


def _add_service(call: Call, request: Request) -> str:
    assert request.service is not None
    ctl.add_service(call.netns, request.service, _wish(request))
    return ""


def _edit_service(call: Call, request: Request) -> str:
    assert request.service is not None
    ctl.edit_service(call.netns, request.service, _wish(request))
    return ""


def _delete_service(call: Call, request: Request) -> str:
    assert request.service is not None
    ctl.delete_service(call.netns, request.service)
    return ""


def _flush(call: Call, request: Request) -> str:
    ctl.flush(call.netns)
    return ""


def _add_server(call: Call, request: Request) -> str:
    assert request.service is not None
    ctl.add_destination(call.netns, request.service, request.destination())
    return ""


def _edit_server(call: Call, request: Request) -> str:
    assert request.service is not None
    ctl.edit_destination(call.netns, request.service, request.destination())
    return ""


def _delete_server(call: Call, request: Request) -> str:
    assert request.service is not None
    ctl.delete_destination(call.netns, request.service, request.destination())
    return ""


def _zero(call: Call, request: Request) -> str:
    if request.service is None:
        ctl.zero_all(call.netns)
    else:
        ctl.zero(call.netns, ctl.get(call.netns, request.service))
    return ""


def _set(call: Call, request: Request) -> str:
    ctl.set_timeouts(call.netns, *request.timeouts)
    return ""


def _save(call: Call, request: Request) -> str:
    look = show.Look(call.proc, "numeric" in request.options)
    return show.saved(look, show.in_order(ctl.services_of(call.netns)))


def _list(call: Call, request: Request) -> str:
    options = request.options
    form = next((form for form in FORMS if form in options), "plain")
    look = show.Look(call.proc, "numeric" in options, form, "exact" in options)
    state = ctl.ipvs_of(call.netns)
    if "connection" in options:
        return show.connections(look, state)
    if "timeout" in options:
        return f"Timeout (tcp tcpfin udp): {state.timeouts['tcp']} {state.timeouts['tcpfin']} {state.timeouts['udp']}\n"
    if "daemon" in options:
        return ""
    if request.service is not None:
        return show.listing(look, [ctl.get(call.netns, request.service)])
    services = ctl.services_of(call.netns)
    return show.BANNER + show.listing(look, services if "nosort" in options else show.in_order(services))


def _start_daemon(call: Call, request: Request) -> str:
    if request.argument not in ("master", "backup"):
        raise Problem("illegal start-daemon parameter specified")
    raise Problem('netsim: "ipvsadm --start-daemon" is not modelled', 1)


def _stop_daemon(call: Call, request: Request) -> str:
    if request.argument not in ("master", "backup"):
        raise Problem("illegal start_daemon specified")
    raise Problem("No daemon is running", FAILED)


_COMMANDS = {
    "add-service": _add_service, "edit-service": _edit_service, "delete-service": _delete_service, "flush": _flush, "add-server": _add_server,
    "edit-server": _edit_server, "delete-server": _delete_server, "zero": _zero, "set": _set, "save": _save, "list": _list,
    "start-daemon": _start_daemon, "stop-daemon": _stop_daemon,
}  # fmt: skip
