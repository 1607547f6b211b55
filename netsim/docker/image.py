"""Images as small declarations: what they expose, say and run, and which dialect their tools speak."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache

import attrs

from netsim.docker.settings import Port
from netsim.programs.nginx.defaults import FILES as NGINX_FILES

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@attrs.frozen
class Layer:
    """A line of an image's history: when it was made (ns since 1970), by what, and how many bytes of files it brought."""

    created: int
    by: str
    size: int = 0
    comment: str = ""
    id: str = "<missing>"
    """Of the image that this step left, where it is still known."""


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
    tools: Mapping[str, str] = attrs.field(factory=dict)
    """Command name -> `module:function` of what it brings besides its dialect's tools."""
    installed: Mapping[str, str] = attrs.field(factory=dict)
    """The same of what packages brought that were installed when it was built."""
    stop_signal: str = ""
    id: str = ""
    tag: str = "latest"
    user: str = ""
    volumes: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    """What runs commands that are no list of words (`SHELL`); empty: /bin/sh -c."""
    onbuild: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()
    """Its test, which is kept and not run."""
    author: str = ""
    parent: str = ""
    """Id of the image it was built upon."""
    modes: Mapping[str, int] = attrs.field(factory=dict)
    """Path -> permission bits of files that are not 0644, and of directories that are not 0755."""
    links: Mapping[str, str] = attrs.field(factory=dict)
    """Path -> target of symbolic links."""
    directories: tuple[str, ...] = ()
    """What it has besides those that its files lie in."""
    layers: tuple[Layer, ...] = ()
    """How it came about, oldest first; empty: it was declared."""


def image_id(image: Image) -> str:
    """Its digest: its own, or one drawn from what it declares."""
    return image.id or _drawn(image.name, image.tag, image.command, image.entrypoint, image.exposed, image.env)


def image_size(image: Image) -> int:
    """Bytes of its files; programs are not among them."""
    return sum(len(content.encode("utf-8", "surrogateescape")) for content in image.files.values())


def layers_of(image: Image, begun: int) -> tuple[Layer, ...]:
    """Its history, oldest first; that of a declared image is what a Dockerfile would say that declares the same, all of it at `begun`."""
    if image.layers:
        return image.layers
    first = hashlib.sha256(repr(sorted(image.files.items())).encode("utf-8", "surrogateescape")).hexdigest()
    said = [
        f"ENV {image.env[-1]}" if image.env and image.env != (PATH,) else "",
        f"WORKDIR {image.working_dir}" if image.working_dir else "",
        f"ENTRYPOINT {quoted(image.entrypoint)}" if image.entrypoint else "",
        f"EXPOSE {' '.join(str(port).removesuffix('/tcp') for port in image.exposed)}" if image.exposed else "",
        f"STOPSIGNAL {image.stop_signal}" if image.stop_signal else "",
        f"CMD {quoted(image.command)}" if image.command else "",
    ]
    base = Layer(begun, f"/bin/sh -c #(nop) ADD file:{first} in / ", image_size(image))
    return (base, *(Layer(begun, f"/bin/sh -c #(nop)  {text}") for text in said if text))


def quoted(words: tuple[str, ...]) -> str:
    """A list of words as Go prints one with %q: `["sh" "-c"]`."""
    return "[" + " ".join(json.dumps(word, ensure_ascii=False) for word in words) + "]"


@lru_cache(maxsize=256)
def _drawn(*declared: object) -> str:
    return "sha256:" + hashlib.sha256(repr(declared).encode()).hexdigest()


WEB, DATABASES = "netsim.programs.images.web:", "netsim.programs.images.databases:"
HTTP = (Port(80),)
NGINX_PAGE = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and working.</p>
</body>
</html>
"""
PACKAGES = "netsim.programs.packages:package_manager"
APT = {"apt-get": PACKAGES, "apt": PACKAGES}
POSTGRES = {"postgres": DATABASES + "postgres"}
PYTHON = {"python": WEB + "webapp"}
BOX = {"netstat": "netsim.commands.busybox.netstat:netstat_with_programs"}
"""What BusyBox has where it is built as it comes, and not in Debian's."""
ALPINE = {
    **BOX,
    **dict.fromkeys(("ip", "ipaddr", "iplink", "iproute", "iprule", "iptunnel", "ipneigh"), "netsim.commands.busybox.ip.main:ip_with_states"),
    "apk": PACKAGES,
    "nc": "netsim.programs.busybox.nc110:nc",
    "getent": "netsim.programs.getent:musl_getent",
}
READY = (
    Image("busybox", "busybox", ("sh",), tools=BOX),
    Image("alpine", "busybox", ("/bin/sh",), tools=ALPINE),
    Image("debian", command=("bash",)),
    Image("ubuntu", command=("/bin/bash",)),
    Image(
        "nginx", "busybox", ("nginx", "-g", "daemon off;"), exposed=HTTP, files={"/usr/share/nginx/html/index.html": NGINX_PAGE, **NGINX_FILES},
        tools={**ALPINE, "nginx": "netsim.programs.nginx.command:nginx", "bash": "netsim.shell.start:bash", "curl": "netsim.programs.curl.program:curl", **APT},
        stop_signal="SIGQUIT",
    ),
    Image(
        "httpd", command=("httpd-foreground",), exposed=HTTP, working_dir="/usr/local/apache2", tools={"httpd-foreground": WEB + "httpd_foreground"},
        files={"/usr/local/apache2/htdocs/index.html": "<html><body><h1>It works!</h1></body></html>\n"}, stop_signal="SIGWINCH",
    ),
    Image(
        "redis", command=("redis-server",), exposed=(Port(6379),), working_dir="/data",
        tools={"redis-server": DATABASES + "redis_server", "redis-cli": DATABASES + "redis_cli"},
    ),
    Image("postgres", command=("postgres",), exposed=(Port(5432),), tools=POSTGRES, stop_signal="SIGINT"),
    Image(
        "training/postgres", "busybox", ("postgres",), exposed=(Port(5432),), env=(PATH, "POSTGRES_PASSWORD=secret"), tools=POSTGRES,
    ),
    Image("training/webapp", command=("python", "app.py"), exposed=(Port(5000),), working_dir="/opt/webapp", tools=PYTHON),
    Image("webapp", "busybox", ("python", "app.py"), exposed=(Port(5000),), tools=PYTHON),
)  # fmt: skip
"""Images every engine of ours has at hand."""
