"""Images as small declarations: what they expose, say and run, and which dialect their tools speak."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.docker.settings import Port

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@attrs.frozen
class Image:
    """An image (`docker image inspect`). `dialect` names the tools that run inside: "busybox" or "debian"."""

    name: str
    dialect: str = "debian"
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    exposed: tuple[Port, ...] = ()
    env: tuple[str, ...] = (PATH,)
    working_dir: str = ""
    labels: Mapping[str, str] = attrs.field(factory=dict)
    files: Mapping[str, str] = attrs.field(factory=dict)
    """Path -> content of what the image brings besides the usual files."""
    id: str = ""
    tag: str = "latest"


HTTP = (Port(80),)
READY = (
    Image("busybox", "busybox", ("sh",)),
    Image("alpine", "busybox", ("/bin/sh",)),
    Image("debian", command=("bash",)),
    Image("ubuntu", command=("/bin/bash",)),
    Image("nginx", "busybox", ("nginx", "-g", "daemon off;"), exposed=HTTP),
    Image("httpd", command=("httpd-foreground",), exposed=HTTP),
    Image("redis", command=("redis-server",), exposed=(Port(6379),)),
    Image("postgres", command=("postgres",), exposed=(Port(5432),)),
    Image("training/postgres", "busybox", ("postgres",), exposed=(Port(5432),), env=(PATH, "POSTGRES_PASSWORD=secret")),
    Image("training/webapp", command=("python", "app.py"), exposed=(Port(5000),), working_dir="/opt/webapp"),
    Image("webapp", "busybox", ("python", "app.py"), exposed=(Port(5000),)),
)
"""Images every engine of ours has at hand."""
