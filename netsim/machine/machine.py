"""A machine: one kernel, its processes and its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar

import attrs

from netsim.clock import SECOND
from netsim.errors import EAGAIN, EINVAL, ENOENT, EPERM, ESRCH, NetError, strerror
from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.netns import hold
from netsim.machine.binaries import script_at
from netsim.machine.call import AT_ONCE, Asked, Call, Enough, Exec, Invoked, Program, ReadInput, Result
from netsim.machine.fds import Capture, Null, OpenFile, PipeWriter, RegularFile
from netsim.machine.files import Files
from netsim.machine.jail import Jail
from netsim.machine.nodes import Binary, Directory, File, Node
from netsim.machine.process import SIGINT, SIGKILL, Process
from netsim.machine.sleeping import Sleeps, asleep
from netsim.machine.user import user_of

MOST_EXECS = 64
MOST_PROCESSES = 10_000
"""Processes a machine can have at once; one more is refused with EAGAIN, so that a fork bomb ends."""
MOST_INPUT = 64 * 1024 * 1024
"""Bytes of standard input that a command which needs all of it will take."""
FOREGROUND_LIMIT = 600 * SECOND
"""How long a foreground command may take of virtual time before it is interrupted as by Ctrl-C."""
TOOL_ROOMS = ("netsim.commands.", "netsim.programs.", "netsim.shell.")
"""Where the functions behind tools live; a table of tools read from a snapshot leads nowhere else."""
FOREGROUND_STEPS = 5_000_000
"""How many pieces of work (hops of frames, timers) the world may do meanwhile: a flood is virtual seconds long and real hours.

Who may take longer than `FOREGROUND_LIMIT` may do as many times more."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BINARY_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


@attrs.define(eq=False)
class InputReader(Program):
    """Collects standard input for a command that needs all of it, or enough of it."""

    begins_again: ClassVar[bool] = True

    call: Call
    then: Callable[[Call, bytes], Any]
    enough: Enough | None = None
    found: int = 0
    data: list[bytes] = attrs.field(factory=list)
    size: int = 0

    def started(self, proc: Process) -> None:
        """Take what is there already."""
        if 0 not in proc.fds or (self.enough is not None and not self.enough.count):
            self._done(proc)
        else:
            self.readable(proc, 0)

    def readable(self, proc: Process, fd: int) -> None:
        """More came, or the end."""
        while fd == 0:
            data = proc.read(0)
            if data is None:
                return
            if not data:
                self._done(proc)
                return
            self.data.append(data)
            self.size += len(data)
            if self.size > MOST_INPUT:
                proc.write(2, f"{proc.comm}: netsim: more than {MOST_INPUT} bytes of input\n")
                proc.exit(1)
                return
            if self.enough is not None:
                self.found += self.enough.found(data)
                if self.found >= self.enough.count:
                    self._done(proc)
                    return

    def _done(self, proc: Process) -> None:
        kernel = proc.machine.kernel
        before, kernel.current = kernel.current, proc
        data = b"".join(self.data)
        try:
            outcome = self.then(self.call, data)
        except Sleeps as reason:
            outcome = asleep(self.then, self.call, data, reason)
        finally:
            kernel.current = before
        proc.machine.settle(proc, outcome)


@attrs.define(eq=False)
class Machine:
    """State of one machine; `exec_table` maps command names to `module:function`, filled from above."""

    name: str
    kernel: Kernel
    exec_table: Mapping[str, str] = attrs.field(factory=dict, metadata={"state": "share"})
    files: Files = attrs.field(factory=Files)
    processes: dict[int, Process] = attrs.field(factory=dict)
    next_pid: int = 2
    init: Process = attrs.field(default=None)
    services: dict[str, Any] = attrs.field(factory=dict)
    """Daemons by name, for the tools that talk to them over their sockets."""
    docker_release: str = "28"
    """Which engine is installed: its socket starts it when a client first talks to it (as docker.socket does)."""
    docker_cli: str = "28.2.2"
    """Which docker command is installed: it words things its own way whatever the engine."""
    has_terminal: int = 1
    """Whether a line that is given no input was typed at a terminal (1) or stands in a script that has none (0)."""
    dialects: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict, metadata={"state": "share"})
    """Command tables of images, by dialect; filled from above like `exec_table`."""
    foreground_limit: int = FOREGROUND_LIMIT
    """Virtual ns after which whoever waits for a foreground process (`Host.run`, the shell at its terminal) interrupts it."""

    def __repr__(self) -> str:
        return f"<netsim machine {self.name}>"

    # processes -----------------------------------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Wall time (ns since 1970) at which the world's clock began."""
        return self.kernel.epoch

    def new_process(
        self,
        parent: Process,
        argv: tuple[str, ...],
        env: Mapping[str, str],
        cwd: str,
        fds: dict[int, OpenFile],
        pid: int | None = None,
        jail: Jail | None = None,
        netns: Netns | None = None,
    ) -> Process:
        """A process that runs nothing yet; a pid may be asked for. EINVAL when it is taken, EAGAIN when there are too many."""
        processes = self.processes
        if pid is None:
            pid = self._next_pid()
        elif pid in processes:
            raise NetError(EINVAL)
        if netns is None:
            netns = parent.netns
        if jail is None:
            jail = parent.jail
        netns.holders += 1
        parent.child_count += 1
        comm = _comm(argv[0]) if argv else ""
        processes[pid] = process = Process(
            self, pid, parent, argv, env, cwd, netns, fds, comm, self.kernel.clock.now, parent.ignored, parent.vrf, jail, parent.etc
        )
        process.umask = parent.umask
        if jail is not None:
            process.user = parent.user
            jail.admit(process)
        for fd in fds:
            if fds[fd].pipe is not None:
                process.watch(fd)
        return process

    def _next_pid(self) -> int:
        """The id of a process to come. EAGAIN when there are too many."""
        processes, pid = self.processes, self.next_pid
        if len(processes) >= MOST_PROCESSES:
            raise NetError(EAGAIN)
        while pid in processes:
            pid += 1
        self.next_pid = pid + 1
        return pid

    def spawn(
        self,
        parent: Process | None,
        argv: tuple[str, ...],
        env: dict[str, str] | None = None,
        cwd: str | None = None,
        fds: dict[int, OpenFile] | None = None,
        program: Program | None = None,
        pid: int | None = None,
        netns: Netns | None = None,
        jail: Jail | None = None,
    ) -> Process:
        """Start a command (or a ready-made program) as a child of `parent`, in its namespaces or others."""
        above = parent or self.init
        if fds is None:
            fds = {fd: opened.dup() for fd, opened in above.fds.items() if fd < 3}
        process = self.new_process(above, argv, above.env if env is None else dict(env), cwd or above.cwd, fds, pid, jail, netns)
        if program is not None:
            self.settle(process, program)
        else:
            self.execute(process, argv)
        return process

    def ask(self, parent: Process, argv: tuple[str, ...], netns: Netns | None = None) -> Result:
        """Run a command as a child with nothing to read, wait for its end and give what it printed.

        Its descriptors are opened only for one that does not answer at once: nobody else could have read what the others write.
        """
        pid, kernel, where = self.next_pid, self.kernel, self.exec_table.get(argv[0])
        if pid in self.processes or len(self.processes) >= MOST_PROCESSES:
            pid = self._next_pid()
        else:
            self.next_pid = pid + 1
        if where is None or parent.jail is not None:
            command = self.command(parent, argv[0])
        else:
            command = _tool(where)
            quick = AT_ONCE.get(command)  # type: ignore[arg-type]
            if quick is not None:
                done = quick(netns or parent.netns, argv)
                if done is not None:
                    return done
        call = Asked(parent, argv, pid, netns or parent.netns)
        before, kernel.current = kernel.current, parent
        try:
            outcome = _not_found(argv[0]) if command is None else command(call)
        except NetError as error:
            outcome = self.failed(argv[0], error)
        except Sleeps as reason:
            outcome = asleep(command, call, None, reason)  # type: ignore[arg-type]
        finally:
            kernel.current = before
        if isinstance(outcome, Result):
            if call.made is not None:
                call.made.exit(outcome.status)
            return outcome
        child, out, err = call.proc, Capture(), Capture()
        child.fds.update({0: Null(), 1: out, 2: err})
        self.settle(child, outcome)
        if child.status is None:
            self.wait(child)
        return Result(out.text(), err.text(), child.status or 0)

    def execute(self, process: Process, argv: tuple[str, ...], not_found: Callable[[str], Result] | None = None) -> None:
        """Run a command in a process (`execve`); a command that raises NetError ends with its text and status 1."""
        if argv is not process.argv:
            process.argv, process.comm = argv, _comm(argv[0])
        process.program = None  # what ran in it before is gone
        before, self.kernel.current = self.kernel.current, process
        try:
            outcome = self._run_command(process, argv, not_found)
        finally:
            self.kernel.current = before
        self.settle(process, outcome)

    def _run_command(self, process: Process, argv: tuple[str, ...], not_found: Callable[[str], Result] | None) -> Any:
        """What the command answers, after those in front of it (`ip netns exec`, `sudo`) have stepped aside."""
        for _ in range(MOST_EXECS):
            command = self.command(process, argv[0])
            try:
                outcome: Any = (not_found or _not_found)(argv[0]) if command is None else command(Invoked(process, argv))
            except NetError as error:
                outcome = self.failed(argv[0], error)
            except Sleeps as reason:
                outcome = asleep(command, Invoked(process, argv), None, reason)  # type: ignore[arg-type]
            if not isinstance(outcome, Exec):
                return outcome
            argv, not_found = outcome.argv, outcome.not_found
            process.argv, process.comm = argv, _comm(argv[0])
            self.replace(process, outcome)
        return Result("", f"{_comm(argv[0])}: netsim: more than {MOST_EXECS} commands in front of each other\n", 126)

    def failed(self, name: str, error: NetError) -> Result:
        """What a command prints that let the kernel's error through."""
        return Result("", f"{_comm(name)}: {strerror(error.errno)}\n", 1)

    def replace(self, process: Process, outcome: Exec) -> None:
        """Give a process the namespace and environment that the command to come shall have."""
        if outcome.netns is not None:
            process.enter(outcome.netns)
        if outcome.env is not None:
            process.env = dict(outcome.env)
        if outcome.jail is not None:
            if process.jail is not None:
                process.jail.leave(process)
            process.jail, process.cwd = outcome.jail, "/"
            outcome.jail.admit(process)

    def settle(self, process: Process, outcome: Result | Program | Exec | ReadInput) -> None:
        """What a command answered: print and end, go on as another command, read input first, or live on."""
        if isinstance(outcome, Result):
            out, err = process.fds.get(1), process.fds.get(2)
            if out is err and outcome.stdout and outcome.stderr and isinstance(out, PipeWriter | RegularFile):
                process.write(2, outcome.stderr)  # into anything but a terminal stdio keeps standard output back to the end
                outcome = Result(outcome.stdout, "", outcome.status)
            if outcome.stdout and 1 in process.fds and process.status is None:
                process.write(1, outcome.stdout)
            if outcome.stderr and 2 in process.fds and process.status is None:
                process.write(2, outcome.stderr)
            process.exit(outcome.status)
        elif isinstance(outcome, Program):
            process.program = outcome
            process.image += 1
            outcome.started(process)
        elif isinstance(outcome, Exec):
            self.replace(process, outcome)
            self.execute(process, outcome.argv, outcome.not_found)
        else:
            self.settle(process, InputReader(Invoked(process, process.argv), outcome.then, outcome.enough))

    def command(self, process: Process, name: str) -> Callable[[Call], Any] | None:
        """The command behind a name or path: one of the machine's tools, or a script in its file system."""
        if "/" in name:
            directory, _, base = name.rpartition("/")
            node = self.files.stat(process, name)
            if type(node) is Binary:
                directory, base = BINARY_DIRECTORIES[0], node.tool
            elif isinstance(node, File):
                return import_module("netsim.shell.start").run_file  # type: ignore[no-any-return]
            if directory not in BINARY_DIRECTORIES:
                return None
            name = base
        where = self.tool(process, name)
        if where is None:
            is_script = "/" not in name and script_at(process, name, process.env.get("PATH", PATH))
            return import_module("netsim.shell.start").run_file if is_script else None
        return _tool(where)

    def tool(self, process: Process, name: str) -> str | None:
        """Which function is the tool of that name for a process."""
        jail = process.jail
        return self.exec_table.get(name) if jail is None else jail.installed.get(name) or jail.tools.get(name)

    def reap(self, process: Process) -> None:
        """A process ended: a zombie until its parent hears of it, a moment later, unless it stands waiting; its children belong to init from now on."""
        if process.child_count:
            for child in process.children:
                child.parent = self.init
            self.init.child_count += process.child_count
            process.child_count = 0
        parent = process.parent
        if parent is not None:
            parent.child_count -= 1
        if process.is_awaited:
            self.processes.pop(process.pid, None)
            if process.jail is not None:
                process.jail.leave(process)
        else:
            self.kernel.clock.call_settled(_child_ended, self, process, 0 if parent is None else parent.image)

    def forget(self, process: Process) -> None:
        """Take a zombie away, as `wait(2)` does."""
        self.processes.pop(process.pid, None)
        if process.jail is not None:
            process.jail.leave(process)

    def kill(self, pid: int, signum: int, sender: Process | None = None) -> None:
        """Send a signal, by the process's id as the sender sees it; 0 only asks. ESRCH when there is no such process."""
        process = self.processes.get(pid) if sender is None or sender.jail is None else sender.seen().get(pid)
        if process is None:
            raise NetError(ESRCH)
        if sender is not None and sender.user is not None and user_of(process).uid != sender.user.uid and not sender.capable("KILL"):
            raise NetError(EPERM)
        if sender is not None and sender.jail is not None and process.inner_pid() == 1:
            if process.program is None or not process.program.handles(signum):
                return  # process 1 of a namespace is safe from those inside (pid_namespaces(7))
        if signum:
            process.signal(signum)

    # running ---------------------------------------------------------------------------------------------------------------

    def wait(self, process: Process, limit: int | None = None) -> str:
        """Run the world until a process has ended; after `limit` ns (default: `foreground_limit`) or too much work it is interrupted, later killed.

        What it was waiting for when it was interrupted, as a command line; nothing when it ended by itself.
        """
        held = ""
        if process.status is not None:
            return held
        clock = self.kernel.clock
        limit = self.foreground_limit if limit is None else limit
        most = FOREGROUND_STEPS * max(1, limit // FOREGROUND_LIMIT)
        for signum in (SIGINT, SIGKILL):
            clock.run_until_ended(process, clock.now + limit, most)
            if process.status is not None:
                return held
            held = held or _youngest(process)
            process.signal(signum)
        process.die(SIGKILL)
        return held

    # namespaces ------------------------------------------------------------------------------------------------------------

    def named_netns(self, process: Process | None, path: str) -> Netns:
        """The namespace a path leads to; ENOENT, EINVAL when it is none."""
        node = self.files.resolve(process, path)
        bound = getattr(node, "bound", None)
        if bound is None:
            raise NetError(EINVAL)
        netns: Netns = bound
        return netns

    def bind_netns(self, process: Process | None, name: str, netns: Netns) -> None:
        """Give a namespace a name in /run/netns (`mount --bind`); EEXIST when the name is taken."""
        if not isinstance(self.files.stat(process, "/run/netns"), Directory):
            self.files.makedirs(process, "/run/netns")
        self.files.mount(process, f"/run/netns/{name}", netns)
        hold(netns)

    def netns_name(self, process: Process | None, netns: Netns, likely: str = "") -> str:
        """The name a namespace has in /run/netns: the likely one if that is its, else the newest; "" when it has none."""
        directory: Node | None = self.files.plain("run", "netns") if process is None or process.jail is None else None
        if directory is None:
            try:
                directory = self.files.resolve(process, "/run/netns")
            except NetError:
                return ""
        entries = directory.own() if isinstance(directory, Directory) else {}
        if getattr(entries.get(likely), "bound", None) is netns:
            return likely
        return next((name for name in reversed(entries) if getattr(entries[name], "bound", None) is netns), "")

    def netns_names(self, process: Process | None) -> list[str]:
        """The names in /run/netns, as its directory lists them."""
        try:
            return self.files.listdir(process, "/run/netns")
        except NetError:
            return []


@lru_cache(maxsize=1024)
def _tool(where: str) -> Callable[[Call], Any] | None:
    """The function behind a tool, loaded when it is first called."""
    module, _, function = where.partition(":")
    if not module.startswith(TOOL_ROOMS):
        return None
    try:
        command: Callable[[Call], Any] = getattr(import_module(module), function)
    except ModuleNotFoundError:
        return None
    return command


@lru_cache(maxsize=1024)
def _comm(path: str) -> str:
    """What a process is called after its program."""
    return path.rsplit("/", 1)[-1][:15]


def _not_found(name: str) -> Result:
    if "/" in name:
        return Result("", f"bash: line 1: {name}: {strerror(ENOENT)}\n", 127)
    return Result("", f"bash: line 1: {name}: command not found\n", 127)


def _child_ended(machine: Machine, process: Process, image: int) -> None:
    """Take a zombie away; what has become another program since (`execve`) does not hear of what the one before it waited for."""
    machine.forget(process)
    parent = process.parent
    if parent is None:
        return
    if parent.frozen:
        parent.missed += ((_child_ended, (machine, process, image)),)
    elif parent.program is not None and parent.image == image and parent.status is None:
        parent.program.child_ended(parent, process.pid, process.status or 0)


def _youngest(process: Process) -> str:
    """The command line of the youngest descendant that still runs."""
    while children := process.children:
        process = children[-1]
    return " ".join(process.argv)


def start(name: str, kernel: Kernel, exec_table: Mapping[str, str], dialects: Mapping[str, Mapping[str, str]] | None = None) -> Machine:
    """A machine just booted: its files laid out and process 1 running."""
    from netsim.machine.layout import lay_out

    machine = Machine(name, kernel, exec_table, dialects=dialects or {})
    lay_out(machine)
    machine.init = machine.processes[1] = Process(
        machine, 1, None, ("/sbin/init",), {"PATH": PATH, "HOME": "/root", "USER": "root", "LOGNAME": "root", "SHELL": "/bin/bash", "PWD": "/root"},
        "/root", hold(kernel.init_net), {0: Null(), 1: Capture(), 2: Capture()}, "init", kernel.clock.now, program=Program(),
    )  # fmt: skip
    return machine
