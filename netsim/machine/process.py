"""A process: what runs in it, its descriptors, timers and namespace; and the system calls programs use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from netsim.clock import Timer
from netsim.errors import EBADF, EPERM, EPIPE, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.netns import hold, put
from netsim.machine.call import Program
from netsim.machine.fds import OpenFile
from netsim.machine.sockets import AF_INET, AF_PACKET, SOCK_RAW, SocketFile, make_socket
from netsim.machine.user import user_of

if TYPE_CHECKING:
    from netsim.machine.jail import Jail
    from netsim.machine.machine import Machine
    from netsim.machine.user import User

SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD = 1, 2, 3, 9, 13, 14, 15, 17
SIGCONT = 18
IGNORED_BY_DEFAULT = frozenset({SIGCHLD, 23, 28})
STOPPING = frozenset({19, 20, 21, 22})
"""SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: a process stands still until SIGCONT."""
STOPPED = 2


@attrs.define(eq=False)
class Process:
    """One process of a machine. `status` is None while it lives, then the exit status as a shell shows it."""

    machine: Machine
    pid: int
    parent: Process | None
    argv: tuple[str, ...]
    env: Mapping[str, str]
    """Never changed, only replaced: children have the same one."""
    cwd: str
    netns: Netns
    fds: dict[int, OpenFile]
    comm: str = ""
    started_at: int = 0
    ignored: frozenset[int] = frozenset()
    vrf: str = ""
    """The VRF that `ip vrf exec` bound its sockets to, by name."""
    jail: Jail | None = None
    """The container it lives in; None: the machine itself."""
    etc: Mapping[str, str] | None = None
    """What `ip netns exec` has mounted over entries of /etc: by name there, the path of what is seen instead."""
    program: Program | None = None
    image: int = 0
    """How often it has become another program."""
    frozen: int = 0
    missed: tuple[tuple[Any, tuple[Any, ...]], ...] = ()
    """What happened while it was frozen: methods of its own and their arguments."""
    status: int | None = None
    killed_by: int = 0
    umask: int = 0o022
    user: User | None = None
    """None: root, who may do everything its container lets it."""
    child_count: int = 0
    """How many living children it has."""
    timers: dict[int, Timer] | None = None
    next_timer: int = 1
    woken: set[int] | None = None
    """Descriptors that the program is about to hear of."""
    is_awaited: bool = False
    """Whether its parent does nothing else until it has ended (`wait4(2)`), and so need not be told."""

    # output and input --------------------------------------------------------------------------------------------------

    def write(self, fd: int, text: str | bytes) -> None:
        """Write to a descriptor; a closed one swallows nothing: EBADF. A pipe without readers kills by SIGPIPE."""
        opened = self.fds.get(fd)
        if opened is None:
            if self.status is not None:
                return  # what a signal ended in the middle of its work
            raise NetError(EBADF)
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        try:
            opened.write(data)
        except NetError as error:
            if error.errno != EPIPE:
                raise
            self.die(SIGPIPE)

    def read(self, fd: int) -> bytes | None:
        """What is there to read: b"" at the end, None when one must wait for `readable`."""
        opened = self.fds.get(fd)
        if opened is None:
            raise NetError(EBADF)
        return opened.read_available()

    def open(self, path: str, mode: str = "r") -> int:
        """Open a file ("r", "w" truncating, "a" appending, "x" must be new) and give it the lowest free descriptor."""
        return self.install(self.machine.files.open(self, path, mode))

    def install(self, opened: OpenFile) -> int:
        """Give an open file the lowest free descriptor."""
        fds = self.fds
        fd = len(fds)
        if fd and max(fds) >= fd:  # there is one below
            fd = 0
            while fd in fds:
                fd += 1
        fds[fd] = opened
        if opened.pipe is not None:
            self.watch(fd)
        return fd

    def watch(self, fd: int) -> None:
        """Have `readable` called for this descriptor when it is a pipe or socket."""
        pipe = self.fds[fd].pipe
        if pipe is not None and (self, fd) not in pipe.waiting:
            pipe.waiting.append((self, fd))

    def detach(self, fd: int) -> OpenFile:
        """Give a descriptor's number up without closing what it refers to; EBADF."""
        opened = self.fds.pop(fd, None)
        if opened is None:
            raise NetError(EBADF)
        pipe = opened.pipe
        if pipe is not None:
            pipe.waiting = [(process, known) for process, known in pipe.waiting if process is not self or known != fd]
        return opened

    def close(self, fd: int) -> None:
        """Close a descriptor; EBADF."""
        self.detach(fd).close()

    def read_text(self, path: str) -> str:
        """A file's text, or "" when it cannot be read."""
        return self.machine.files.text(self, path)

    def hostname(self) -> str:
        """The node's name as this process sees it (`uname(2)`)."""
        return self.machine.name if self.jail is None else self.jail.hostname

    def capable(self, capability: str) -> bool:
        """Whether the process has a capability such as "NET_ADMIN" (capabilities(7))."""
        if self.user is not None and self.user.uid:
            return False  # who is not root lost them when its program began (`cap_bprm_creds_from_file`)
        return self.jail is None or self.jail.allows(capability)

    @property
    def children(self) -> list[Process]:
        """Its living children, oldest first."""
        return [process for process in self.machine.processes.values() if process.parent is self and process.status is None]

    def inner_pid(self) -> int:
        """Its id in its own PID namespace."""
        return self.pid if self.jail is None or self.jail.pids is None else self.jail.pids.get(self.pid, self.pid)

    def seen(self) -> dict[int, Process]:
        """The processes of its PID namespace by their ids there; those of containers are seen from the machine."""
        every = self.machine.processes.values()
        if self.jail is None or self.jail.pids is None:
            return {process.pid: process for process in every}
        return {process.inner_pid(): process for process in every if process.jail is not None and process.jail.pids is self.jail.pids}

    # time ----------------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """Virtual time in ns."""
        return self.machine.kernel.clock.now

    def wall_clock(self) -> int:
        """Virtual time of day in ns since 1970."""
        return self.machine.epoch + self.now()

    def timer(self, delay: int, token: Any) -> int:
        """Have `program.timer(proc, token)` called in `delay` ns; returns a number to cancel it by."""
        number = self.next_timer
        self.next_timer += 1
        if self.timers is None:
            self.timers = {}
        self.timers[number] = self.machine.kernel.clock.call_later(delay, self._fire, number, token)
        return number

    def cancel_timer(self, number: int) -> None:
        """Forget a timer; it may have fired already."""
        timer = self.timers.pop(number, None) if self.timers else None
        if timer is not None:
            timer.cancel()

    def freeze(self) -> None:
        """Stop hearing of anything but SIGKILL (the freezer cgroup)."""
        self.frozen = 1

    def thaw(self) -> None:
        """Hear of everything that was missed."""
        self.frozen = 0
        missed, self.missed = self.missed, ()
        for call, arguments in missed:
            self.machine.kernel.clock.call_soon(call, *arguments)

    def _fire(self, number: int, token: Any) -> None:
        clock = self.machine.kernel.clock
        if clock.settled:  # what became ready at the same moment is told first: poll(2) looks before it gives up
            clock.call_settled(self._time_is_up, number, token)
        else:
            self._time_is_up(number, token)

    def _time_is_up(self, number: int, token: Any) -> None:
        if self.frozen:
            self.missed += ((self._fire, (number, token)),)
            return
        if self.timers and self.timers.pop(number, None) is not None and self.program is not None and self.status is None:
            try:
                self.program.timer(self, token)
            except NetError:
                if self.status is None:
                    raise  # as below

    # events --------------------------------------------------------------------------------------------------------------

    def wake_readable(self, fd: int) -> None:
        """Something happened on a descriptor: the program hears of it soon, once."""
        woken = self.woken
        if woken is None:
            woken = self.woken = set()
        if fd not in woken:
            woken.add(fd)
            self.machine.kernel.clock.settled.append((self._readable, (fd,)))

    def _readable(self, fd: int) -> None:
        if self.frozen:
            self.missed += ((self._readable, (fd,)),)
            return
        if self.woken:
            self.woken.discard(fd)
        if self.program is not None and self.status is None and fd in self.fds:
            try:
                self.program.readable(self, fd)
            except NetError:
                if self.status is None:
                    raise  # else SIGPIPE ended it while it wrote, and what its program would still have done is not done

    def wake_writable(self, fd: int) -> None:
        """A connect was decided or a buffer has room."""
        self.machine.kernel.clock.call_settled(self._writable, fd)

    def _writable(self, fd: int) -> None:
        if self.frozen:
            self.missed += ((self._writable, (fd,)),)
            return
        if self.program is not None and self.status is None and fd in self.fds:
            try:
                self.program.writable(self, fd)
            except NetError:
                if self.status is None:
                    raise  # as above

    def signal(self, signum: int) -> None:
        """A signal arrives (`kill(2)`); SIGKILL cannot be handled, an ignored one reaches only a program that catches it itself; 0 is none."""
        if not signum or self.status is not None or self is self.machine.init:
            return  # init gets no signal it has no handler for (`sig_task_ignored`), not even SIGKILL
        if signum in IGNORED_BY_DEFAULT and (self.program is None or signum not in self.program.caught):
            return
        if signum == SIGCONT:
            if self.frozen == STOPPED:
                self.thaw()
        elif signum == SIGKILL or self.program is None:
            self.die(signum)
        elif self.frozen:
            self.missed += ((self.signal, (signum,)),)
        elif signum in self.ignored and signum not in self.program.caught:
            return
        elif signum in STOPPING:
            self.frozen = STOPPED
        else:
            self.program.signal(self, signum)

    # life ----------------------------------------------------------------------------------------------------------------

    def exit(self, status: int) -> None:
        """End (`_exit(2)`): descriptors close, timers stop, the parent hears of it, the namespace may go."""
        if self.status is not None:
            return
        self.status = status & 0xFF
        if self.timers or self.fds or self.program is not None:
            self._let_go()
        self.machine.reap(self)
        put(self.netns)

    def _let_go(self) -> None:
        """Timers, descriptors, then the program itself."""
        program, self.program = self.program, None
        if self.timers:
            for timer in self.timers.values():
                timer.cancel()
            self.timers.clear()
        fds = self.fds
        for fd, opened in list(fds.items()):
            if opened.pipe is not None:
                self.close(fd)
            elif fds.pop(fd, None) is not None:
                opened.users -= 1  # as `close` has it
                if not opened.users:
                    opened.closed()
        if program is not None:
            program.ended(self)

    def die(self, signum: int) -> None:
        """End by a signal: 128 + its number."""
        if self.status is None:
            self.killed_by = signum
        self.exit(128 + signum)

    def enter(self, netns: Netns) -> None:
        """Move to another network namespace (`setns(2)`)."""
        if netns is not self.netns:
            hold(netns)
            old, self.netns = self.netns, netns
            put(old)

    # sockets -------------------------------------------------------------------------------------------------------------

    def socket(self, family: int, kind: int, protocol: int = 0) -> int:
        """Make a socket and give it a descriptor (`socket(2)`); see `kernel/inet/sock.py` for what it can do. EPERM for raw ones without CAP_NET_RAW."""
        jail = self.jail
        if (kind == SOCK_RAW or family == AF_PACKET) and jail is not None and not self.capable("NET_RAW"):
            raise NetError(EPERM)
        sock = make_socket(self.netns, family, kind, protocol)
        if jail is not None and kind != SOCK_RAW and family != AF_PACKET and not self.capable("NET_BIND_SERVICE"):
            sock.is_unprivileged = True
        if self.vrf and family != AF_PACKET:
            sock.bind_to_device(self.vrf)
        return self.adopt(SocketFile(sock=sock, process=self))

    def ping_socket(self, family: int) -> int:
        """A socket for echo requests, which any group in `ping_group_range` may have (`ping_init_sock`), else a raw one; EPERM.

        It is a raw one here as well: what a ping socket does not see, ping leaves out.
        """
        protocol = 1 if family == AF_INET else 58
        if self.jail is None or self.capable("NET_RAW"):
            return self.socket(family, SOCK_RAW, protocol)
        low, high = map(int, str(self.netns.inet.sysctl.get("ping_group_range", "1\t0")).split())
        user = user_of(self)
        if not any(low <= gid <= high for gid in (user.gid, *user.groups)):
            raise NetError(EPERM)
        return self.adopt(SocketFile(sock=make_socket(self.netns, family, SOCK_RAW, protocol), process=self))

    def adopt(self, opened: Any) -> int:
        """Give a socket a descriptor and hear of what happens on it."""
        fd, sock = self.install(opened), opened.sock
        if not sock.inode:
            sock.inode = self.machine.kernel.socket_inode()
        opened.process, opened.fd = self, fd
        sock.waker = opened
        return fd

    def take_over(self, fd: int, opened: Any) -> int:
        """A socket opened by the parent before `fork(2)` is this process's alone from now on, under a number of its choice."""
        self.fds[fd] = opened
        opened.process, opened.fd = self, fd
        opened.sock.waker = opened
        return fd

    def accepted(self, sock: Any) -> int:
        """A connection a listener handed out becomes a descriptor (`accept(2)`); what it has received already is told of."""
        fd = self.adopt(SocketFile(sock=sock, process=self))
        if sock.is_readable:
            self.wake_readable(fd)
        return fd

    def sock(self, fd: int) -> Any:
        """The kernel's socket behind a descriptor; EBADF."""
        try:
            return self.fds[fd].sock  # type: ignore[attr-defined]
        except (KeyError, AttributeError):
            raise NetError(EBADF) from None
