#!/usr/bin/env python3
"""Starts plugin.py as a process of its own and lets it be the network and address driver of a simulated host.

python3 examples/plugin/drive.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netsim
from netsim.plugins import Plugins

PLUGIN = Path(__file__).with_name("plugin.py")


class Wiring:
    """What the plugin would do on its host: a bridge for each network, a pair of devices for each endpoint."""

    def __init__(self, host: netsim.Host) -> None:
        self.host = host

    def __call__(self, plugin: str, method: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        bridge, pair = f"sbr{request.get('NetworkID', '')[:7]}", request.get("EndpointID", "")[:7]
        if method == "NetworkDriver.CreateNetwork":
            self.host.run(f"ip link add {bridge} type bridge; ip addr add {request['IPv4Data'][0]['Gateway']} dev {bridge}; ip link set {bridge} up")
            self.host.run(f"iptables -I FORWARD -i {bridge} -o {bridge} -j ACCEPT")
        elif method == "NetworkDriver.CreateEndpoint":
            self.host.run(f"ip link add sam{pair} type veth peer name out{pair}; ip link set out{pair} master {bridge} up")
        elif method == "NetworkDriver.DeleteEndpoint":
            self.host.run(f"ip link del out{pair}")
        elif method == "NetworkDriver.DeleteNetwork":
            self.host.run(f"ip link del {bridge}; iptables -D FORWARD -i {bridge} -o {bridge} -j ACCEPT")


def main() -> None:
    """Two containers on the plugin's network reach each other."""
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen([sys.executable, str(PLUGIN), f"{directory}/sample.sock"], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            process.stdout.readline()  # "ready"
            host = netsim.World(seed=0).host("h1")
            host.docker("20.10", plugins=Plugins(directory, wiring=Wiring(host)))
            for line in (
                "docker network create -d sample --ipam-driver sample mine",
                "docker network inspect -f '{{.Driver}} {{json .IPAM}}' mine",
                "docker run -d --name one --net mine busybox sleep 1000",
                "docker run --rm --net mine busybox ip -4 addr show eth0",
                "docker run --rm --net mine busybox ping -c1 one",
                "docker rm -f one",
                "docker network rm mine",
                "ip -br link",
            ):
                done = host.run(line)
                print(f"$ {line}\n{done.stdout}{done.stderr}", end="")
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
