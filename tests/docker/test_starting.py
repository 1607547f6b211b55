"""In which order a container's start goes, and what that leaves to be seen."""

from __future__ import annotations

import re

import pytest

from netsim import Host, World
from netsim.docker.image import Image
from tests.docker.hosts import host_of, ok

ENGINES = ("20.10", "27", "28", "29")


def on_three_networks(engine: str) -> Host:
    host = host_of(engine)
    for number, name in enumerate(("zeta", "mid", "alpha"), 1):
        ok(host, f"docker network create --subnet 10.{number}.0.0/24 {name}")
    ok(host, "docker create --name c1 --network zeta busybox sleep 1000")
    ok(host, "docker network connect mid c1")
    ok(host, "docker network connect alpha c1")
    ok(host, "docker start c1")
    return host


@pytest.mark.parametrize("engine", ["20.10", "27"])
def test_before_28_interfaces_are_numbered_in_the_order_in_which_they_may_be_the_gateway(engine: str) -> None:
    listed = ok(on_three_networks(engine), "docker exec c1 ip -4 -o addr")
    assert re.findall(r"inet (10\.\d)\S* .*(eth\d)", listed) == [("10.1", "eth2"), ("10.2", "eth1"), ("10.3", "eth0")]


@pytest.mark.parametrize("engine", ["28", "29"])
def test_from_28_on_they_are_numbered_as_they_come(engine: str) -> None:
    listed = ok(on_three_networks(engine), "docker exec c1 ip -4 -o addr")
    assert re.findall(r"inet (10\.\d)\S* .*(eth\d)", listed) == [("10.1", "eth0"), ("10.2", "eth1"), ("10.3", "eth2")]
    assert "default via 10.3.0.1 dev eth2" in ok(on_three_networks(engine), "docker exec c1 ip route")


@pytest.mark.parametrize("engine", ["20.10", "27"])
def test_before_28_the_default_bridge_is_joined_first(engine: str) -> None:
    host = host_of(engine)
    ok(host, "docker network create --subnet 10.1.0.0/24 abc")
    ok(host, "docker create --name c1 --network abc busybox sleep 1000")
    ok(host, "docker network connect bridge c1")
    ok(host, "docker start c1")
    listed = ok(host, "docker exec c1 ip -o link")
    first, second = re.findall(r"(\d+): (eth\d)@", listed)
    assert (first[1], second[1]) == ("eth1", "eth0")  # made first, named second


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_that_starts_again_gets_the_id_of_the_namespace_it_had(engine: str) -> None:
    host = host_of(engine)
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    ok(host, "docker run -d --name c2 busybox sleep 1000")
    ok(host, "docker restart -t0 c1")
    assert sorted(re.findall(r"link-netnsid (\d)", ok(host, "ip link"))) == ["0", "1"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_command_that_is_not_there_leaves_nothing_running(engine: str) -> None:
    host = host_of(engine)
    host.world.run_for(2_000_000_000)
    processes = host.machine.processes
    before = [process.argv for process in processes.values()]
    done = host.run("docker run --name c1 busybox nosuch")
    assert (done.status, "executable file not found" in done.stderr) == (127, True)
    host.world.run_for(2_000_000_000)
    assert [process.argv for process in processes.values()] == before
    assert re.findall(r"^\d+: ([^:@]+)", ok(host, "ip -o link"), re.M) == ["lo", "docker0"]


@pytest.mark.parametrize("engine", ENGINES)
def test_addresses_of_ipv6_are_not_probed_for_duplicates(engine: str) -> None:
    host = host_of(engine)
    ok(host, "docker network create --ipv6 --subnet fd00:1::/64 --subnet 10.1.0.0/24 -o com.docker.network.bridge.name=brx n")
    ok(host, "docker run -d --name c1 --network n busybox sleep 1000")
    assert re.search(r"inet6 fd00:1::2/64 scope global flags 02", ok(host, "docker exec c1 ip addr"))
    assert ("nodad" in ok(host, "ip -6 addr show brx")) == (engine != "20.10")


def test_a_status_is_the_commands_own_though_its_words_were_substituted() -> None:
    host = host_of("28")
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    assert host.run("docker exec c1 sh -c 'exit 3' $(echo word)").status == 3
    assert host.run("timeout 1 sleep 5 $(true)").status == 124


def test_what_nobody_told_of_users_has_its_home_at_the_root() -> None:
    host = host_of("28")
    engine = host.docker().engine
    engine.images["bare"] = Image("bare", "busybox", ("sh",), files={"/etc/passwd": ""})
    assert "HOME=/\n" in ok(host, "docker run --rm bare env")
    assert "HOME=/root\n" in ok(host, "docker run --rm busybox env")


def test_a_warning_comes_before_the_id() -> None:
    host = host_of("28")
    assert host.run("docker run -d --network host -p 80:80 busybox sleep 1000 2>&1").stdout.startswith("WARNING: Published ports")


def test_a_runtime_of_another_name_is_told_of() -> None:
    host = World().host("h1")
    assert host.run("dockerd --add-runtime mine=/usr/bin/mine --default-runtime mine & sleep 1").status == 0
    assert "\n mine:\n" in ok(host, "docker version")
    assert "Default Runtime: mine\n" in ok(host, "docker info")
    ok(host, "docker create --name c1 busybox")
    assert ok(host, "docker inspect -f '{{.HostConfig.Runtime}}' c1") == "mine\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_paused_container_answers_pings_but_serves_nobody(engine: str) -> None:
    host = host_of(engine)
    ok(host, "docker run -d --name web nginx")
    ok(host, "docker pause web")
    assert host.run("curl -s -m 2 http://172.17.0.2/").status == 28
    assert "1 received" in ok(host, "ping -c1 172.17.0.2")
    ok(host, "docker unpause web")
    assert "Welcome to nginx" in ok(host, "curl -s -m 2 http://172.17.0.2/")


@pytest.mark.parametrize("engine", ENGINES)
def test_another_network_of_the_same_name_is_not_taken_for_the_one_that_was_there(engine: str) -> None:
    host = host_of(engine)
    identity = ok(host, "docker network create n").strip()
    ok(host, "docker run -d --name c1 --network n busybox sleep 1000")
    ok(host, "docker stop -t0 c1")
    ok(host, "docker network rm n")
    ok(host, "docker network create n")
    done = host.run("docker start c1")
    assert f"network {identity} not found" in done.stderr
    assert ok(host, "docker ps -a --format '{{.Names}} {{.State}}'") == "c1 exited\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_whose_network_is_to_be_anothers_may_be_created_before_that_one(engine: str) -> None:
    host = host_of(engine)
    ok(host, "docker create --name late --network container:nosuch busybox true")
    assert "No such container: nosuch" in host.run("docker start late").stderr
    assert "cannot join own network" in host.run("docker run --name self --network container:self busybox true").stderr


def test_the_file_of_a_namespace_stays_until_the_daemon_tidies_up_a_minute_after_the_first_sandbox() -> None:
    host = host_of("28")
    assert host.run("ls /run/docker/netns").status
    host.world.run_for(20_000_000_000)
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    host.world.run_for(30_000_000_000)
    assert ok(host, "ls -l /run/docker/netns").splitlines()[1].startswith("-r--r--r--")
    ok(host, "docker rm -f c1")
    host.world.run_for(28_000_000_000)
    assert ok(host, "ls -l /run/docker/netns").splitlines()[1].startswith("-rw-r--r--")
    host.world.run_for(3_000_000_000)
    assert ok(host, "ls /run/docker/netns") == ""


def test_the_file_of_the_hosts_namespace_comes_with_the_first_container_in_it_and_stays() -> None:
    host = host_of("28")
    ok(host, "docker run -d --name c1 --network host busybox sleep 1000")
    ok(host, "docker rm -f c1")
    host.world.run_for(61_000_000_000)
    assert ok(host, "ls -l /run/docker/netns").splitlines()[1:][0].split()[0::8] == ["-r--r--r--", "default"]
    assert ok(host, "nsenter --net=/run/docker/netns/default readlink /proc/self/ns/net") == ok(host, "readlink /proc/self/ns/net")


def test_a_daemon_that_ends_tidies_up() -> None:
    host = host_of("28")
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    ok(host, "kill $(pgrep -x dockerd)")
    host.world.run_for(1_000_000_000)
    assert host.run("docker ps").status == 1
    assert ok(host, "ls /run/docker/netns") != ""  # it waits for a container that does not hear it
    host.world.run_for(10_000_000_000)
    assert ok(host, "ls /run/docker/netns") == ""


def test_nsenter_moves_to_the_namespaces_it_is_told_of() -> None:
    host = host_of("28")
    ok(host, "docker run -d --name c1 --hostname box busybox sleep 1000")
    pid = ok(host, "docker inspect -f '{{.State.Pid}}' c1").strip()
    assert ok(host, f"nsenter -t {pid} -u hostname") == "box\n"
    assert ok(host, f"nsenter -t {pid} -n hostname") == "h1\n"
    assert "172.17.0.2\tbox" in ok(host, f"nsenter -t {pid} -m cat /etc/hosts")
    assert "sleep 1000" in ok(host, f"nsenter -t {pid} -a ps")
    assert host.run("nsenter -t 0 -n ip addr").stderr == "nsenter: neither filename nor target pid supplied for ns/net\n"
    assert ok(host, f"readlink /proc/{pid}/ns/uts") != ok(host, "readlink /proc/1/ns/uts")


IFNAME = "driver-opt=com.docker.network.endpoint.ifname="
MTU, PREFIX = "com.docker.network.driver.mtu", "com.docker.network.container_iface_prefix"


@pytest.mark.parametrize(
    ("network", "run", "text"),
    [
        ("n", f"--network name=n,{IFNAME}lo", 'error renaming interface "veth[0-9a-f]{7}" to "lo": file exists'),
        ("n", f"--network name=n,{IFNAME}averyveryverylongname", 'to "averyveryverylongname": numerical result out of range'),
        ("--ipv6 n", f"--network name=also,{IFNAME}x --network name=n,{IFNAME}x", 'to "x": file exists'),
        (f"-o {PREFIX}=verylongprefix15 n", "--network n", 'to "verylongprefix150": numerical result out of range'),
    ],
)
def test_what_the_kernel_refuses_the_daemon_is_told_and_nothing_is_left(network: str, run: str, text: str) -> None:
    host = host_of("28")
    ok(host, "docker network create also")
    ok(host, f"docker network create {network}")
    before = re.sub(r"<.*?>|state \S+", "", ok(host, "ip -o link"))
    done = host.run(f"docker run -d {run} busybox sleep 1000")
    assert (done.status, bool(re.search(text, done.stderr))) == (125, True), done
    host.world.run_for(2_000_000_000)
    assert re.sub(r"<.*?>|state \S+", "", ok(host, "ip -o link")) == before


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (f"-o {MTU}=10", "invalid argument"),
        (
            f"--ipv6 -o {MTU}=1000",
            "Cannot read IPv6 setup for bridge br-.*: open /proc/sys/net/ipv6/conf/br-.*/disable_ipv6: no such file or directory",
        ),
    ],
)
def test_an_mtu_that_the_bridge_cannot_have_is_refused_with_the_network(options: str, text: str) -> None:
    host = host_of("28")
    before = ok(host, "ip -o link")
    done = host.run(f"docker network create {options} n")
    assert (done.status, bool(re.search(f"^Error response from daemon: {text}$", done.stderr))) == (1, True), done
    assert ok(host, "ip -o link") == before
    assert "n" not in ok(host, "docker network ls --format '{{.Name}}'").split()


@pytest.mark.parametrize(("engine", "mtu"), [("20.10", "1500"), ("27", "1400"), ("28", "1400"), ("29", "1400")])
def test_a_bridge_without_ports_has_its_networks_mtu_since_release_25(engine: str, mtu: str) -> None:
    host = host_of(engine)
    ok(host, f"docker network create -o {MTU}=1400 -o com.docker.network.bridge.name=brm n")
    assert f" mtu {mtu} " in ok(host, "ip link show brm")
    ok(host, "docker run -d --network n --name one busybox sleep 1000")
    assert " mtu 1400 " in ok(host, "ip link show brm")
    assert " mtu 1400 " in ok(host, "docker exec one ip link show eth0")


def test_a_bridge_that_cannot_be_called_so_is_refused() -> None:
    host = host_of("28")
    assert "invalid argument" in host.run("docker network create -o com.docker.network.bridge.name=x/y n").stderr
    assert "br" not in ok(host, "docker network ls -q --filter name=^n$")
