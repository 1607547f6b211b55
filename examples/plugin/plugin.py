#!/usr/bin/env python3
"""A network and IPAM plugin for Docker (or for netsim), with nothing but the standard library.

    python3 plugin.py /run/docker/plugins/sample.sock

It speaks the plugin protocol: JSON over HTTP POST on a unix socket. As a network driver it names a pair of devices for every endpoint; as an IPAM driver it
gives addresses of one pool, lowest first. On a real host the devices are made by `ip link add`; netsim makes them where its user says how.
"""

from __future__ import annotations

import http.server
import ipaddress
import json
import os
import socketserver
import sys
from typing import Any


class Sample:
    """The driver: a method for each call of the protocol, named by it."""

    def __init__(self) -> None:
        self.networks: dict[str, dict[str, str]] = {}
        self.pools: dict[str, tuple[ipaddress.IPv4Network, set[str]]] = {}

    def call(self, method: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a call; None: no such method."""
        handler = getattr(self, method.replace(".", "_"), None)
        return None if handler is None else handler(request)

    def Plugin_Activate(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Implements": ["NetworkDriver", "IpamDriver"]}

    # networks -----------------------------------------------------------------------------------------------------------

    def NetworkDriver_GetCapabilities(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Scope": "local", "ConnectivityScope": "local"}

    def NetworkDriver_CreateNetwork(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["NetworkID"] in self.networks:
            return {"Err": f"network {request['NetworkID']} exists"}
        self.networks[request["NetworkID"]] = {}
        return {}

    def NetworkDriver_DeleteNetwork(self, request: dict[str, Any]) -> dict[str, Any]:
        if self.networks.pop(request["NetworkID"], None) is None:
            return {"Err": f"no network {request['NetworkID']}"}
        return {}

    def NetworkDriver_CreateEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        self.networks[request["NetworkID"]][request["EndpointID"]] = f"sam{request['EndpointID'][:7]}"
        return {"Interface": {}}

    def NetworkDriver_DeleteEndpoint(self, request: dict[str, Any]) -> dict[str, Any]:
        self.networks[request["NetworkID"]].pop(request["EndpointID"], None)
        return {}

    def NetworkDriver_EndpointOperInfo(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Value": {"device": self.networks[request["NetworkID"]].get(request["EndpointID"], "")}}

    def NetworkDriver_Join(self, request: dict[str, Any]) -> dict[str, Any]:
        name = self.networks[request["NetworkID"]][request["EndpointID"]]
        return {"InterfaceName": {"SrcName": name, "DstPrefix": "eth"}}

    def NetworkDriver_Leave(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def NetworkDriver_ProgramExternalConnectivity(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def NetworkDriver_RevokeExternalConnectivity(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def NetworkDriver_DiscoverNew(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def NetworkDriver_DiscoverDelete(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    # addresses ----------------------------------------------------------------------------------------------------------

    def IpamDriver_GetCapabilities(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"RequiresMACAddress": False}

    def IpamDriver_GetDefaultAddressSpaces(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"LocalDefaultAddressSpace": "samplelocal", "GlobalDefaultAddressSpace": "sampleglobal"}

    def IpamDriver_RequestPool(self, request: dict[str, Any]) -> dict[str, Any]:
        pool = ipaddress.ip_network(request["Pool"] or "10.123.0.0/24")
        name = f"{request['AddressSpace']}/{pool}"
        if name in self.pools:
            return {"Error": f"pool {pool} is taken"}
        self.pools[name] = (pool, set())
        return {"PoolID": name, "Pool": str(pool), "Data": {}}

    def IpamDriver_ReleasePool(self, request: dict[str, Any]) -> dict[str, Any]:
        self.pools.pop(request["PoolID"], None)
        return {}

    def IpamDriver_RequestAddress(self, request: dict[str, Any]) -> dict[str, Any]:
        pool, taken = self.pools[request["PoolID"]]
        wanted = request.get("Address") or next((str(host) for host in pool.hosts() if str(host) not in taken), "")
        if not wanted or wanted in taken:
            return {"Error": f"{wanted or 'every address'} is taken"}
        taken.add(wanted)
        return {"Address": f"{wanted}/{pool.prefixlen}", "Data": {}}

    def IpamDriver_ReleaseAddress(self, request: dict[str, Any]) -> dict[str, Any]:
        self.pools[request["PoolID"]][1].discard(request["Address"])
        return {}


class Handler(http.server.BaseHTTPRequestHandler):
    """POST /Subsystem.Method with a JSON body."""

    protocol_version = "HTTP/1.1"
    driver = Sample()

    def do_POST(self) -> None:
        """Answer one call."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.driver.call(self.path.lstrip("/"), json.loads(body or b"{}"))
        data = json.dumps({"Err": f"no method {self.path}"} if answer is None else answer).encode()
        self.send_response(404 if answer is None else 200)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.1+json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def address_string(self) -> str:
        """Peers of a unix socket have no address."""
        return "docker"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet, unless PLUGIN_LOG is set."""
        if os.environ.get("PLUGIN_LOG"):
            sys.stderr.write(f"{self.path}\n")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Every connection in a thread of its own: clients keep theirs open."""

    daemon_threads = True


def main(path: str, handler: type[Handler] = Handler) -> None:
    """Serve on a socket until killed; "ready" on standard output when it listens."""
    if os.path.exists(path):
        os.unlink(path)
    with Server(path, handler) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
