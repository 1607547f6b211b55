"""docker-proxy processes: one for each published port (`portmapper`, `cmd/docker-proxy`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv6
from netsim.docker.cnm.model import Mapping
from netsim.docker.errors import Refusal, failed
from netsim.errors import EADDRINUSE, EPROTONOSUPPORT, NetError, strerror
from netsim.machine.fds import Null
from netsim.machine.process import SIGKILL, Process
from netsim.programs.docker_proxy import DockerProxy

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine


@attrs.define(eq=False)
class Proxies:
    """The relays of one daemon. Without the userland proxy the daemon itself holds the port, so that nobody else takes it."""

    engine: Engine
    running: dict[Mapping, Process] = attrs.field(factory=dict)
    held: dict[Mapping, int] = attrs.field(factory=dict)
    """Descriptors of the daemon's own."""
    was_taken: int = 0
    """Whether the last start failed because somebody else has the port."""

    def start(self, mapping: Mapping) -> None:
        """Bind the host's port and relay what comes to it; refused when somebody else has the port."""
        if mapping.port.protocol == "sctp":
            raise self._refusal(mapping, EPROTONOSUPPORT)
        if not self.engine.options.userland_proxy:
            self._hold(mapping)
            return
        program = DockerProxy(
            mapping.port.protocol, mapping.host_ip, mapping.host_port, mapping.container_ip, mapping.port.number, self.engine.profile.proxy_files
        )
        argv = (
            f"{'/usr/bin' if self.engine.profile.proxy_takes_socket else '/usr/sbin'}/docker-proxy", "-proto", mapping.port.protocol,
            "-host-ip", str(mapping.host_ip), "-host-port", str(mapping.host_port), "-container-ip", str(mapping.container_ip),
            "-container-port", str(mapping.port.number), *(("-use-listen-fd",) if self.engine.profile.proxy_takes_socket else ()),
        )  # fmt: skip
        null = Null()
        process = self.engine.machine.spawn(self.engine.process, argv, fds={0: null, 1: null.dup(), 2: null.dup()}, program=program)
        process.comm = "docker-proxy"
        if program.failure:
            raise self._refusal(mapping, program.failure)
        self.running[mapping] = process

    def _hold(self, mapping: Mapping) -> None:
        process = self.engine.process
        is_stream = mapping.port.protocol == "tcp"
        fd = process.socket(10 if isinstance(mapping.host_ip, IPv6) else 2, 1 if is_stream else 2)
        try:
            sock = process.sock(fd)
            if isinstance(mapping.host_ip, IPv6):
                sock.set("v6only", 1)
            sock.bind(mapping.host_ip, mapping.host_port)
            if is_stream:
                sock.listen(4096)
        except NetError as error:
            process.close(fd)
            raise self._refusal(mapping, error.errno) from None
        self.held[mapping] = fd

    def _refusal(self, mapping: Mapping, errno: int) -> Refusal:
        """How the release words a port that cannot be had."""
        self.was_taken = int(errno == EADDRINUSE)
        form = self.engine.profile.bind_failure if self.engine.options.userland_proxy else self.engine.profile.hold_failure
        if errno == EPROTONOSUPPORT:
            form = self.engine.profile.protocol_failure
            if not self.engine.options.userland_proxy:
                form = form.replace("Error starting userland proxy: ", "")
        host = f"[{mapping.host_ip}]" if isinstance(mapping.host_ip, IPv6) else str(mapping.host_ip)
        protocol = mapping.port.protocol
        return failed(
            form.format(
                network=f"{protocol}{6 if isinstance(mapping.host_ip, IPv6) else 4}", host=host, port=mapping.host_port, protocol=protocol,
                inside=mapping.container_ip, number=mapping.port.number, reason=strerror(errno).lower(),
            )
        )  # fmt: skip

    def stop(self, mapping: Mapping) -> None:
        """End the relay, or let the port go."""
        process = self.running.pop(mapping, None)
        if process is not None:
            process.signal(SIGKILL)
        fd = self.held.pop(mapping, None)
        if fd is not None and fd in self.engine.process.fds:
            self.engine.process.close(fd)
