"""What draws against the real daemon (20.10.24) have found, each with what it answered there."""

from __future__ import annotations

import pytest

from netsim import Host, World
from netsim.docker.settings import DaemonOptions


@pytest.fixture(params=["20.10.24", "28.2.2"])
def host(request: pytest.FixtureRequest) -> Host:
    """A host with that release of the command, and some containers."""
    made = World().host("h1")
    made.machine.docker_cli = request.param
    made.docker("20.10", DaemonOptions(iptables=0))
    for line in ("docker network create front", "docker run -d --name web nginx", "docker create --name idle busybox sleep 1000"):
        assert made.run(line).status == 0
    return made


REFUSED = (
    ("docker rename web web", "Renaming a container with the same name as its current name"),
    ("docker rename web 'a b'", "Error when allocating new name: Invalid container name (/a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
    ("docker kill nosuch", "Cannot kill container: nosuch: No such container: nosuch"),
    ("docker network disconnect -f front nosuch", "endpoint nosuch not found"),
    ("docker network disconnect -f nosuch nosuch", "network nosuch not found"),
    ("docker network disconnect nosuch web", "network nosuch not found"),
)


@pytest.mark.parametrize(("line", "text"), REFUSED)
def test_the_daemon_words_its_refusals(host: Host, line: str, text: str) -> None:
    done = host.run(line)
    told = [f"Error response from daemon: {text}"] + (["Error: failed to rename container named web"] if "rename" in line else [])
    assert (done.status, done.stdout, done.stderr.splitlines()) == (1, "", told)


def test_a_container_that_does_not_run_is_taken_off_networks_that_are_no_more(host: Host) -> None:
    assert host.run("docker network connect front idle").status == 0
    identity = host.run("docker inspect -f '{{.Id}}' idle").stdout.strip()
    assert host.run("docker network rm front").status == 0
    assert host.run("docker network disconnect front idle").status == 0
    assert host.run("docker network disconnect front idle").stderr == (
        f"Error response from daemon: container {identity} is not connected to the network front\n"
    )


def test_a_target_of_the_container_mode_may_come_later(host: Host) -> None:
    done = host.run("docker run -d --name late --network container:soon busybox sleep 1000")
    assert (done.status, len(done.stdout)) == (125, 65)
    assert "No such container: soon" in done.stderr
    assert host.run("docker inspect -f '{{.HostConfig.NetworkMode}} {{.State.Status}}' late").stdout == "container:soon created\n"
    assert host.run("docker run -d --name soon --hostname box busybox sleep 1000").status == 0
    assert host.run("docker start late").status == 0
    assert host.run("docker exec late hostname").stdout == "box\n"


def test_bindings_of_one_port_are_published_backwards(host: Host) -> None:
    host.run("docker run -d --name many -p 80 -p 8090:80 -p 8089:80 -p 82:80 nginx")
    ports = host.run("docker inspect -f '{{range (index .NetworkSettings.Ports \"80/tcp\")}}{{.HostPort}} {{end}}' many").stdout.split()
    assert ports == ["82", "82", "8089", "8089", "8090", "8090", "32768", "32768"]


def test_the_command_looks_at_the_mac_address_first(host: Host) -> None:
    assert "nonsense is not a valid mac address" in host.run("docker run -d --mac-address nonsense -p 99999:80 busybox").stderr


def test_create_tells_what_the_daemon_said_and_no_more(host: Host) -> None:
    identity = host.run("docker inspect -f '{{.Id}}' web").stdout.strip()
    assert host.run("docker create --name web busybox").stderr == (
        f'Error response from daemon: Conflict. The container name "/web" is already in use by container "{identity}". '
        "You have to remove (or rename) that container to be able to reuse that name.\n"
    )


def test_each_release_of_the_command_sends_what_it_sends(host: Host) -> None:
    host.run("docker run -d --name caps --cap-add net_admin busybox sleep 1000")
    older = host.machine.docker_cli == "20.10.24"
    assert host.run("docker inspect -f '{{.HostConfig.CapAdd}}' caps").stdout == ("[net_admin]\n" if older else "[CAP_NET_ADMIN]\n")
    assert host.run("docker inspect -f '{{json .HostConfig.Ulimits}}' caps").stdout == ("null\n" if older else "[]\n")


def test_a_subnet_is_shown_as_it_was_typed(host: Host) -> None:
    host.run("docker network create --subnet 10.9.0.5/24 odd")
    assert host.run("docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' odd").stdout == "10.9.0.5/24\n"


def test_what_could_not_be_published_has_been_on_its_network(host: Host) -> None:
    host.run("docker run -d --name stuck -p 203.0.113.1:80:80 nginx")
    view = host.run("docker inspect -f '{{.NetworkSettings.Networks.bridge.NetworkID}} {{.NetworkSettings.Networks.bridge.IPAddress}}' stuck").stdout
    assert view.split() == [host.run("docker network inspect -f '{{.Id}}' bridge").stdout.strip()]


def test_a_connected_container_has_its_aliases_before_it_starts(host: Host) -> None:
    host.run("docker network connect front idle")
    short = host.run("docker inspect -f '{{.Id}}' idle").stdout[:12]
    assert host.run("docker inspect -f '{{.NetworkSettings.Networks.front.Aliases}}' idle").stdout == f"[{short}]\n"


def test_an_imported_image_has_the_variables_it_was_given() -> None:
    host = World().host("h1")
    host.docker("20.10", DaemonOptions(iptables=0))
    host.run("docker import -c 'ENV PATH=/bin' -c 'CMD [\"sleep\",\"9\"]' - mine")
    assert host.run("docker image inspect -f '{{json .Config.Env}}' mine").stdout == '["PATH=/bin"]\n'


def test_busyboxs_httpd_logs_addresses_and_ports_as_its_socket_has_them(host: Host) -> None:
    address = host.run("docker inspect -f '{{.NetworkSettings.IPAddress}}' web").stdout.strip()
    host.run("docker run -d --name served busybox httpd -f -v -p 80")
    host.run("docker exec web wget -qO- 172.17.0.3/nosuch")
    told = host.run("docker logs served").stderr
    assert told.startswith(f"[::ffff:{address}]:")
    assert told.endswith(": response:404\n")
    assert told[len(f"[::ffff:{address}]:") :].partition(":")[0].isdigit()


def test_the_end_of_a_shells_child_is_not_the_end_of_the_command_that_it_became(host: Host) -> None:
    for line, status in (
        ("docker exec web false $(echo a)", 1), ("docker exec web sh -c 'exec timeout 5 false $(echo a)'", 1), ("timeout 5 false $(echo a)", 1),
        ("docker exec web true $(false)", 0), ("docker exec web sh -c 'exit 7' $(true)", 7),
    ):  # fmt: skip
        assert host.run(line).status == status, line


def test_the_working_directory_is_made(host: Host) -> None:
    host.run("docker run -d --name served -w /srv/www training/webapp python -m http.server 8000")
    done = host.run("docker exec web wget -qO- http://172.17.0.3:8000/")
    assert (done.status, "Directory listing for /" in done.stdout) == (0, True)
    assert host.run("docker exec served ls /srv").stdout == "www\n"
    host.run("docker run -d --name trained training/webapp python -m http.server 8000")
    assert host.run("wget -q -O - http://172.17.0.4:8000/").status == 0


def test_ps_prints_the_columns_asked_for(host: Host) -> None:
    assert host.run("ps -C sleep -o pid=,args=").status == 1
    host.run("docker start idle")
    lines = host.run("ps -C sleep -o ppid,pid,args").stdout.splitlines()
    assert lines[0] == "   PPID     PID COMMAND"
    assert lines[1].split()[2:] == ["sleep", "1000"]
    assert host.run("ps aux").stdout.startswith("USER            PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n")
    assert host.run("ps -o foo").stderr.startswith('error: unknown user-defined format specifier "foo"\n')


def test_lists_go_on_showing_the_ports_of_what_could_not_start(host: Host) -> None:
    host.run("docker run -d --name bad -p 8080:80 busybox /etc")
    assert host.run("docker ps -a --filter name=bad --format '{{.Ports}}'").stdout.startswith("0.0.0.0:8080->80/tcp")
    assert host.run("docker inspect -f '{{json .NetworkSettings.Ports}}' bad").stdout == "{}\n"
    host.run("docker rename bad worse")
    assert host.run("docker ps -a --filter name=worse --format '{{.Ports}}'").stdout == "\n"


def test_a_container_that_does_not_run_is_connected_to_networks_that_are_not_there_yet(host: Host) -> None:
    assert host.run("docker network connect nosuch idle").status == 0
    assert host.run("docker inspect -f '{{json .NetworkSettings.Networks.nosuch.Aliases}}' idle").stdout == "[]\n"
    assert host.run("docker network connect nosuch web").status == 1
    assert "network nosuch not found" in host.run("docker start idle").stderr


def test_an_address_refused_leaves_the_aliases(host: Host) -> None:
    host.run("docker run -d --name stuck --network front --ip 10.9.0.9 nginx")
    short = host.run("docker inspect -f '{{.Id}}' stuck").stdout[:12]
    assert host.run("docker inspect -f '{{.NetworkSettings.Networks.front.Aliases}}' stuck").stdout == f"[{short}]\n"


EXECUTED = (
    ("-w /nosuch web ls", ('OCI runtime exec failed: exec failed: unable to start container process: chdir to cwd ("/nosuch") set in config.json failed: '
     "no such file or directory: unknown")),
    ("-u nobody web id", "unable to find user nobody: no matching entries in passwd file"),
    ("web /etc/passwd", 'OCI runtime exec failed: exec failed: unable to start container process: exec: "/etc/passwd": permission denied: unknown'),
)  # fmt: skip


@pytest.mark.parametrize(("words", "told"), EXECUTED)
def test_what_cannot_be_executed_is_told_where_the_release_tells_it(host: Host, words: str, told: str) -> None:
    done = host.run(f"docker exec {words}")
    older = host.machine.docker_cli == "20.10.24"
    assert (done.stdout, done.stderr) == ((told + "\r\n", "") if older else ("", told + "\n"))


def test_variables_of_an_execution_stand_before_home(host: Host) -> None:
    assert host.run("docker exec -e A=1 web env").stdout.splitlines()[-2:] == ["A=1", "HOME=/root"]


def test_ports_that_are_none_are_told_as_each_release_tells_them(host: Host) -> None:
    told = 'strconv.ParseUint: parsing "x": invalid syntax'
    assert host.run("docker port web x").stderr == (f"{told}\n" if host.machine.docker_cli == "20.10.24" else f"Error: invalid port (x): {told}\n")
    assert host.run("docker port web ''").status == 0


def test_templates_place_a_chain_of_fields_where_gos_parser_does(host: Host) -> None:
    for template, place in (("{{.Foo.Bar}}", 6), ("{{len .Foo.Bar}}", 10), ("{{if .Foo.Bar}}x{{end}}", 9), ("{{.Foo}}", 2)):
        assert f":1:{place}: executing" in host.run(f"docker network inspect -f '{template}' front").stderr


def test_the_null_ipam_driver_has_nothing_to_give(host: Host) -> None:
    assert host.run("docker network create --ipam-driver null n").stderr == "Error response from daemon: ipv4 pool is empty\n"
    told = "Error response from daemon: null ipam driver does not handle specific address pool requests\n"
    assert host.run("docker network create --ipam-driver null --subnet 10.1.0.0/24 n").stderr == told


def test_the_first_packet_of_the_first_container_arrives(host: Host) -> None:
    host.run("docker rm -f web idle")
    host.world.run_for(3_000_000_000)
    assert host.run("docker run --rm busybox ping -c1 -W1 172.17.0.1").status == 0


def test_a_range_outside_of_the_subnet_gives_addresses_by_its_hosts_bits() -> None:
    docker = World().host("h1").docker("20.10", DaemonOptions(fixed_cidr="172.18.0.1/24", iptables=0))
    assert str(docker.run("busybox", "sleep 9").ip) == "172.17.0.2"


def test_a_second_connection_of_what_does_not_run_changes_nothing(host: Host) -> None:
    host.run("docker create --name made --network front busybox sleep 9")
    before = host.run("docker inspect -f '{{json .NetworkSettings.Networks}}' made").stdout
    assert host.run("docker network connect --alias www front made").status == 0
    assert host.run("docker inspect -f '{{json .NetworkSettings.Networks}}' made").stdout == before


def test_one_that_will_share_anothers_network_may_be_connected_until_it_runs(host: Host) -> None:
    host.run("docker create --name guest --network container:web busybox sleep 9")
    assert host.run("docker network connect front guest").status == 0
    host.run("docker start guest")
    assert "container sharing network namespace" in host.run("docker network connect bridge guest").stderr


def test_lists_of_20_10_take_every_network_for_unused(host: Host) -> None:
    host.run("docker network connect front web")
    assert host.run("docker network ls -qf dangling=true --format '{{.Name}}'").stdout == "front\n"


def test_a_connection_to_the_default_bridge_is_kept_as_it_was_sent(host: Host) -> None:
    host.run("docker create --name guest --network container:nosuch busybox sleep 9")
    assert host.run("docker network connect bridge guest").status == 0
    assert host.run("docker inspect -f '{{json .NetworkSettings.Networks.bridge.Aliases}}' guest").stdout == "[]\n"


def test_what_connect_sent_stays_an_endpoints_aliases_also_when_the_network_is_gone(host: Host) -> None:
    show = "docker inspect -f '{{json (index .NetworkSettings.Networks \"%s\").Aliases}}' %s"
    host.run("docker network disconnect bridge web; docker network connect bridge web; docker network connect front idle; docker network rm front")
    host.run("docker network connect nosuch idle")
    short = host.run("docker inspect -f '{{slice .Id 0 12}}' idle").stdout.strip()
    told = [
        host.run(show % (network, name)).stdout.strip()
        for network, name in (("bridge", "web"), ("bridge", "idle"), ("front", "idle"), ("nosuch", "idle"))
    ]
    assert told == ["[]", "null", f'["{short}"]', "[]"]
