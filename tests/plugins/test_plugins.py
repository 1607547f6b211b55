"""A driver in another process: what it is asked, how it fails, and that nothing is left behind. Texts are those of dockerd 20.10.24 with the same plugin."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netsim
from netsim.plugins import Plugins

PROGRAM = Path(__file__).with_name("misbehaving.py")
ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples/plugin"
CALLS = [
    "Plugin.Activate", "NetworkDriver.GetCapabilities", "NetworkDriver.CreateNetwork", "NetworkDriver.CreateEndpoint", "NetworkDriver.Join",
    "NetworkDriver.Leave", "NetworkDriver.DeleteEndpoint", "NetworkDriver.DeleteNetwork", "IpamDriver.GetDefaultAddressSpaces",
    "IpamDriver.RequestPool", "IpamDriver.RequestAddress", "IpamDriver.ReleaseAddress", "IpamDriver.ReleasePool",
]  # fmt: skip


def steady(text: str) -> str:
    """Without what chance decides: ids, MACs, times."""
    return re.sub(r"[0-9a-f]{64}|([0-9a-f]{2}:){5}[0-9a-f]{2}|time=[0-9.]+|= [0-9./]+ ms", "~", text)


class Process:
    """The plugin."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "sample.sock"
        self.process: subprocess.Popen[str] | None = None
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def start(self, **modes: str) -> None:
        self.stop()
        self.modes({})
        self.process = subprocess.Popen([sys.executable, str(PROGRAM), str(self.socket)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def modes(self, modes: dict[str, str]) -> None:
        self.socket.with_suffix(".modes").write_text(json.dumps(modes))

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    process.start()
    yield process
    process.stop()


def engine(plugin: Process, release: str = "20.10", **options: Any) -> netsim.Host:
    host = netsim.World(seed=0).host("h1")
    plugin.calls = []

    def wire(name: str, method: str, request: Any, answer: Any) -> None:
        plugin.calls.append((method, dict(request)))
        pair = request.get("EndpointID", "")[:7]
        if method == "NetworkDriver.CreateEndpoint":
            host.run(f"ip link add sam{pair} type veth peer name out{pair}")
        elif method == "NetworkDriver.DeleteEndpoint":
            host.run(f"ip link del out{pair}")

    host.docker(release, plugins=Plugins(plugin.socket.parent, wiring=wire, patience=0, **options))
    return host


def devices(host: netsim.Host) -> set[str]:
    """All but those of pairs that a plugin which died left to its host."""
    return {name for name in host.machine.kernel.init_net.names if not name.startswith(("sam", "out", "docker_gwbridge"))}


def whole(host: netsim.Host) -> list[netsim.Result]:
    return [
        host.run(line)
        for line in (
            "docker network create -d sample --ipam-driver sample net1", "docker run -d --name box --net net1 busybox sleep 1000", "docker rm -f box",
            "docker network rm net1",
        )
    ]  # fmt: skip


def test_the_protocol_is_followed_call_by_call(plugin: Process) -> None:
    host = engine(plugin)
    assert [done.stderr for done in whole(host)] == ["", "", "", ""]
    assert [method for method, _ in plugin.calls] == [
        "NetworkDriver.GetCapabilities", "IpamDriver.GetDefaultAddressSpaces", "IpamDriver.RequestPool", "IpamDriver.RequestAddress",
        "NetworkDriver.CreateNetwork", "IpamDriver.RequestAddress", "NetworkDriver.CreateEndpoint", "NetworkDriver.Join", "NetworkDriver.Leave",
        "NetworkDriver.DeleteEndpoint", "IpamDriver.ReleaseAddress", "NetworkDriver.DeleteNetwork", "IpamDriver.ReleaseAddress",
        "IpamDriver.ReleasePool",
    ]  # fmt: skip


def test_requests_say_what_the_daemon_says(plugin: Process) -> None:
    host = engine(plugin)
    host.run("docker network create -d sample net1")
    host.run("docker run -d --name box --net net1 busybox sleep 1000")
    told = dict(plugin.calls)
    network, endpoint = told["NetworkDriver.CreateNetwork"]["NetworkID"], told["NetworkDriver.CreateEndpoint"]["EndpointID"]
    ports = {"com.docker.network.endpoint.exposedports": [], "com.docker.network.portmap": []}
    assert told["NetworkDriver.CreateNetwork"] == {
        "NetworkID": network, "Options": {"com.docker.network.enable_ipv6": False, "com.docker.network.generic": {}},
        "IPv4Data": [{"AddressSpace": "LocalDefault", "Gateway": "172.18.0.1/16", "Pool": "172.18.0.0/16"}], "IPv6Data": [],
    }  # fmt: skip
    assert told["NetworkDriver.CreateEndpoint"] == {
        "NetworkID": network, "EndpointID": endpoint, "Interface": {"Address": "172.18.0.2/16", "AddressIPv6": "", "MacAddress": ""},
        "Options": ports,
    }  # fmt: skip
    assert told["NetworkDriver.Join"]["Options"] == ports
    assert host.run("docker exec box ip -4 -o addr show eth0").stdout.split()[3] == "172.18.0.2/16"
    assert "docker_gwbridge" in host.run("docker network ls").stdout


SAYS = [
    ("NetworkDriver.CreateNetwork", "err", "remote: plugin says no"),
    ("NetworkDriver.CreateNetwork", '500 {"Err": "five hundred"}', "NetworkDriver.CreateNetwork: five hundred"),
    ("NetworkDriver.CreateNetwork", "500 plain five hundred", "NetworkDriver.CreateNetwork: plain five hundred"),
    ("NetworkDriver.CreateNetwork", "garbage", "invalid character 'o' in literal null (expecting 'u')"),
    ("NetworkDriver.CreateNetwork", "empty", "EOF"),
    ("NetworkDriver.CreateNetwork", "array", "json: cannot unmarshal array into Go value of type api.CreateNetworkResponse"),
    ("NetworkDriver.CreateNetwork", "close", 'Post "http://SOCKET/NetworkDriver.CreateNetwork": EOF'),
    ("IpamDriver.RequestPool", "garbage", "invalid character 'o' in literal null (expecting 'u')"),
    ("IpamDriver.RequestPool", '{"PoolID":"x","Pool":"nonsense"}', "invalid CIDR address: nonsense"),
    ("IpamDriver.RequestAddress", "garbage", "failed to allocate gateway (): invalid character 'o' in literal null (expecting 'u')"),
    ("IpamDriver.RequestAddress", "{}", "failed to allocate gateway (): No address returned"),
]


@pytest.mark.parametrize(("method", "mode", "said"), SAYS, ids=[f"{method}-{mode[:9]}" for method, mode, _ in SAYS])
def test_a_network_that_cannot_be_made_is_refused_in_the_daemons_words(plugin: Process, method: str, mode: str, said: str) -> None:
    host = engine(plugin)
    plugin.modes({method: mode})
    done = host.run("docker network create -d sample --ipam-driver sample net1")
    expected = said.replace("SOCKET", str(plugin.socket).replace("/", "%2F"))
    assert (done.status, done.stdout, done.stderr) == (1, "", f"Error response from daemon: {expected}\n")
    plugin.modes({})
    assert [one.stderr for one in whole(host)] == ["", "", "", ""]


ENDS = [
    ("CreateEndpoint", "err", "failed to create endpoint box on network net1: remote: plugin says no"),
    ("CreateEndpoint", '500 {"Err": "five hundred"}', "failed to create endpoint box on network net1: NetworkDriver.CreateEndpoint: five hundred"),
    ("CreateEndpoint", "array", "failed to create endpoint box on network net1: json: cannot unmarshal array into Go value of type api.CreateEndpointResponse"),
    (
        "CreateEndpoint", '{"Interface":{"Address":"10.1.1.1/24"}}',
        ("failed to create endpoint box on network net1: driver modified interface address: endpoint interface IP present (10.123.0.2/24). "
         "Cannot be modified with (10.1.1.1/24).; rolled back"),
    ),
    ("CreateEndpoint", '{"Interface":{"MacAddress":"zz"}}', "failed to create endpoint box on network net1: address zz: invalid MAC address"),
    ("Join", "err", "remote: plugin says no"),
    ("Join", "empty", "EOF"),
    ("Join", '{"InterfaceName":{"SrcName":"sam","DstPrefix":"eth"},"Gateway":"bad"}', 'unable to parse Gateway "bad"'),
    ("Join", '{"InterfaceName":{"SrcName":"nope","DstPrefix":"eth"}}', "nope to sandbox: failed to get link by name"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "mode", "said"), ENDS, ids=[f"{method}-{mode[:24]}" for method, mode, _ in ENDS])
def test_a_container_that_cannot_join_is_refused_in_the_daemons_words(plugin: Process, method: str, mode: str, said: str) -> None:
    host = engine(plugin)
    host.run("docker network create -d sample --ipam-driver sample net1")
    plugin.modes({f"NetworkDriver.{method}": mode})
    done = host.run("docker run --name box --net net1 busybox true")
    assert said in done.stderr
    assert done.status != 0
    plugin.modes({})
    assert host.run("docker rm -f box").stderr == ""
    assert host.run("docker network inspect -f '{{len .Containers}}' net1").stdout == "0\n"
    assert host.run("docker run --rm --net net1 busybox true").status == 0


@pytest.mark.parametrize("method", CALLS)
def test_a_plugin_that_dies_in_the_middle_of_a_call_leaves_the_engine_consistent(plugin: Process, method: str) -> None:
    host = engine(plugin)
    before = devices(host)
    plugin.modes({method: "die"})
    whole(host)
    assert host.run("docker ps -aq").stdout == ""
    assert "net1" not in host.run("docker network ls --format '{{.Name}}'").stdout.split()
    assert devices(host) == before
    plugin.start()
    assert [done.stderr for done in whole(host)] == ["", "", "", ""]
    assert devices(host) == before


def test_answers_that_never_come_are_given_up(plugin: Process) -> None:
    host = engine(plugin, timeout=0.2)
    plugin.modes({"NetworkDriver.CreateNetwork": "hang"})
    done = host.run("docker network create -d sample net1")
    assert done.stderr.endswith("context deadline exceeded (Client.Timeout exceeded while awaiting headers)\n")
    plugin.modes({})
    assert host.run("docker network create -d sample net1").status == 0


def test_a_socket_without_a_server_is_told_as_such(plugin: Process) -> None:
    host = engine(plugin)
    plugin.stop()
    done = host.run("docker network create -d sample net1")
    assert done.stderr.endswith(f"dial unix {plugin.socket}: connect: connection refused\n")


def test_plugins_are_found_by_socket_spec_and_json_where_the_user_says(plugin: Process, tmp_path: Path) -> None:
    place = tmp_path / "specs"
    (place / "third").mkdir(parents=True)
    (place / "first.spec").write_text(f"unix://{plugin.socket}\n")
    (place / "second.json").write_text(json.dumps({"Name": "second", "Addr": f"unix://{plugin.socket}"}))
    (place / "third" / "third.spec").write_text(f"unix://{plugin.socket}\n")
    (place / "fourth.json").write_text("{")
    reached = Plugins([place, tmp_path], patience=0)
    assert reached.names() == ["first", "fourth", "sample", "second", "third"]
    assert all(reached.implements(name, "NetworkDriver") for name in ("first", "second", "third", "sample"))
    assert not reached.implements("fifth", "NetworkDriver")
    assert not reached.implements("../sample", "NetworkDriver")
    host = netsim.World(seed=0).host("h1")
    host.docker(plugins=reached)
    assert "fourth.json" in host.run("docker network create -d fourth net4").stderr


def test_without_a_way_to_plugins_there_are_none(plugin: Process) -> None:
    host = netsim.World(seed=0).host("h1")
    host.docker("20.10")
    for words in ("-d sample", "--ipam-driver sample"):
        assert host.run(f"docker network create {words} net1").stderr == 'Error response from daemon: plugin "sample" not found\n'


def test_a_copy_of_a_world_keeps_the_networks_but_not_the_plugin(plugin: Process) -> None:
    host = engine(plugin)
    host.run("docker network create -d sample net1")
    twin = host.world.fork().hosts["h1"]
    assert "sample" in twin.run("docker network ls").stdout
    assert "cannot be reached from here" in twin.run("docker run --rm --net net1 busybox true").stderr
    assert host.run("docker run --rm --net net1 busybox true").status == 0


def test_a_plugin_may_choose_gateway_routes_and_name(plugin: Process) -> None:
    host = engine(plugin)
    host.run("docker network create -d sample --ipam-driver sample net1; ip link add mine type dummy")
    plugin.modes({
        "NetworkDriver.Join": json.dumps({
            "InterfaceName": {"SrcName": "mine", "DstPrefix": "lan"}, "Gateway": "10.123.0.254",
            "StaticRoutes": [{"Destination": "10.50.0.0/16", "RouteType": 1}, {"Destination": "10.60.0.0/16", "NextHop": "10.123.0.9", "RouteType": 0}],
        })
    })  # fmt: skip
    routes = host.run("docker run --rm --net net1 busybox ip route").stdout
    assert "default via 10.123.0.254 dev lan0" in routes
    assert "10.50.0.0/16 dev lan0" in routes
    assert "10.60.0.0/16 via 10.123.0.9 dev lan0" in routes


def test_the_example_runs_as_it_is(plugin: Process) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT / "drive.py")], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    assert f"```text\n{steady(done.stdout)}```" in steady((ROOT / "docs/remote-drivers.md").read_text())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "EOF"), (b"  ", "EOF"), (b"{", "unexpected EOF"), (b'{"a', "unexpected EOF"), (b"x", "invalid character 'x' looking for beginning of value"),
        (b"nul", "unexpected EOF"), (b"tru!", "invalid character '!' in literal true (expecting 'e')"), (b"{x", "invalid character 'x' looking for beginning of object key string"),
        (b'"a"', "json: cannot unmarshal string into Go value of type T"), (b"3", "json: cannot unmarshal number into Go value of type T"),
        (b"true", "json: cannot unmarshal bool into Go value of type T"),
    ],
)  # fmt: skip
def test_json_is_wrong_in_gos_words(data: bytes, said: str) -> None:
    from netsim.plugins.gojson import JsonError, decode

    with pytest.raises(JsonError) as wrong:
        decode(data, "T")
    assert str(wrong.value) == said
