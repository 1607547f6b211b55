"""What public walkthroughs type; the answers are those of dockerd 20.10.24 with docker 28.2.2 where nothing else is said."""

from __future__ import annotations

import pytest

from netsim import World
from tests.docker.hosts import host_of, ok


@pytest.fixture(scope="module")
def exposed() -> object:
    host = host_of("20.10")
    ok(host, "docker run -d --expose 8080 --name ex busybox sleep 100")
    return host


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Config.ExposedPorts}}", "map[8080/tcp:{}]"),
        ("{{range $p, $nothing := .Config.ExposedPorts}}{{$p}} {{$nothing}}{{end}}", "8080/tcp {}"),
        ("{{.NetworkSettings.Ports}}", "map[8080/tcp:[]]"),
        ("{{range $p, $c := .NetworkSettings.Ports}}{{$p}} {{$c}} {{with $c}}{{.}}{{else}}none{{end}}{{end}}", "8080/tcp [] none"),
        ("{{json .NetworkSettings.Ports}}", '{"8080/tcp":null}'),
        ("{{range .NetworkSettings.Networks}}{{.IPAMConfig}}{{end}} {{.State.Health}} {{.Config.Healthcheck}}", "<nil> <nil> <nil>"),
        ("{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}", "none"),
    ],
)
def test_empty_values_print_as_their_go_types_do(exposed: object, template: str, text: str) -> None:
    assert ok(exposed, f"docker inspect -f '{template}' ex") == text + "\n"  # type: ignore[arg-type]


def test_what_a_map_points_to_prints_as_an_address_and_by_itself_as_what_it_is(exposed: object) -> None:
    assert ok(exposed, "docker inspect -f '{{.NetworkSettings.Networks}}' ex").startswith("map[bridge:0xc000")  # type: ignore[arg-type]
    assert ok(exposed, "docker inspect -f '{{.NetworkSettings.Networks.bridge}}' ex").startswith("{<nil> [] [] ")  # type: ignore[arg-type]
    assert ok(exposed, "docker inspect -f '{{.NetworkSettings}}' ex").startswith("{{ ")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}',
            ':1:3: executing "" at <index (index .NetworkSettings.Ports "80/tcp") 0>: error calling index: index of untyped nil',
        ),
        ('{{(index .NetworkSettings.Networks "zz").IPAddress}}', ':1:35: executing "" at <"zz">: nil data; no entry for key "IPAddress"'),
        ("{{join .Args}}", ':1:2: executing "" at <join>: wrong number of args for join: want 2 got 1'),
        ("{{.Args | index 7}}", ':1:10: executing "" at <index 7>: error calling index: can\'t index item of type int'),
    ],
)
def test_a_template_that_fails_names_the_whole_command(exposed: object, template: str, problem: str) -> None:
    done = exposed.run(f"docker inspect -f '{template}' ex")  # type: ignore[attr-defined]
    assert done.stderr == f"template parsing error: template: {problem}\n"


def test_a_container_that_ends_leaves_its_networks_with_an_event() -> None:
    host = host_of("20.10")
    ok(host, "docker network create n1 && docker run -d --name c1 --network n1 busybox sleep 100 && docker stop -t 1 c1")
    told = ok(host, "docker events --since 1h --until 0s --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'").splitlines()
    assert told[0] == "network create n1"  # none of the daemon's own
    assert told[-3:] == ["container die c1", "network disconnect n1", "container stop c1"]


def test_a_container_that_always_fails_starts_again_after_twice_as_long_each_time() -> None:
    host = host_of("20.10")
    ok(host, "docker run -d --restart=always --name rr busybox false; sleep 2.5")
    assert ok(host, "docker inspect -f '{{.RestartCount}}' rr") == "5\n"  # 0.1 + 0.2 + 0.4 + 0.8 s have passed, 1.6 s are under way
    ok(host, "docker stop rr; docker start rr; sleep 0.5")
    assert ok(host, "docker inspect -f '{{.RestartCount}}' rr") == "8\n"


def test_busybox_runs_an_applet_by_name_in_its_images() -> None:
    host = host_of("28")
    assert ok(host, "docker run --rm busybox busybox echo hi") == "hi\n"
    assert "1 packets received" in ok(host, "docker run --rm alpine busybox ping -c1 127.0.0.1")


def test_a_port_that_is_not_published_is_named_as_it_was_asked_for() -> None:
    host = host_of("28")
    ok(host, "docker run -d --expose 8080 --name ex busybox sleep 100")
    assert host.run("docker port ex 8080").stderr == "Error: No public port '8080' published for ex\n"


def test_a_ping_whose_reader_is_gone_ends() -> None:
    host = World().host("h1")
    ok(host, "ip link set lo up; ip link add v0 type veth peer name v1; ip addr add 10.0.0.1/24 dev v0; ip link set v0 up; ip link set v1 up")
    assert ok(host, "ping 10.0.0.9 | head -3").count("\n") == 3


DAEMON_FILES = {
    '{"bip": "10.1.0.1/24",}': "invalid character '}' looking for beginning of object key string",
    '{"bip": 5}': "json: cannot unmarshal number into Go struct field Config.bip of type string",
    '{"foo": 1, "bar": 2}': "the following directives don't match any configuration option: foo, bar",
    '{"mtu": "1400"}': "json: cannot unmarshal string into Go struct field Config.mtu of type int",
    '{"dns": "8.8.8.8"}': "json: cannot unmarshal string into Go struct field Config.dns of type []string",
    '{"dns": ["8.8.8"]}': "configuration validation from file failed: 8.8.8 is not an ip address",
    "": "EOF",
    "[]": "json: cannot unmarshal array into Go value of type map[string]interface {}",
    "{": "unexpected EOF",
    "{'bip': 1}": "invalid character '\\'' looking for beginning of object key string",
    "bip: 1": "invalid character 'b' looking for beginning of value",
    '{"ip": "1.2.3"}': "invalid IP address: 1.2.3",
}


@pytest.mark.parametrize(("text", "problem"), DAEMON_FILES.items())
def test_a_bad_daemon_file_is_refused_in_the_daemons_words(text: str, problem: str) -> None:
    host = World().host("h1")
    host.machine.files.write(None, "/etc/docker/daemon.json", text.encode())
    assert host.run("dockerd").stderr == f"unable to configure the Docker daemon with file /etc/docker/daemon.json: {problem}\n"


def test_an_option_is_given_once() -> None:
    host = World().host("h1")
    host.machine.files.write(None, "/etc/docker/daemon.json", b'{"bip": "10.1.0.1/24"}')
    assert host.run("dockerd --bip 10.2.0.1/24").stderr.endswith(
        "the following directives are specified both as a flag and in the configuration file: bip: (from flag: 10.2.0.1/24, from file: 10.1.0.1/24)\n"
    )


def test_the_daemon_reads_its_file_when_it_starts_and_systemd_starts_it_again() -> None:
    host = World().host("h1")
    host.machine.files.write(None, "/etc/docker/daemon.json", b'{"bip": "10.200.0.1/24", "mtu": 1400, "log-driver": "json-file"}')
    bip = "docker network inspect -f '{{(index .IPAM.Config 0).Gateway}} {{index .Options \"com.docker.network.driver.mtu\"}}' bridge"
    assert ok(host, bip) == "10.200.0.1 1400\n"
    host.machine.files.write(
        None, "/etc/docker/daemon.json", b'{"bip": "10.201.0.1/24", "default-address-pools": [{"base": "10.9.0.0/16", "size": 24}]}'
    )
    ok(host, "docker run -d --name web --restart=always nginx")
    ok(host, "sudo systemctl daemon-reload && sudo systemctl restart docker")
    assert ok(host, bip) == "10.201.0.1 1500\n"
    assert ok(host, "docker network create one >/dev/null; docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' one") == "10.9.0.0/24\n"
    assert ok(host, "docker inspect -f '{{.NetworkSettings.IPAddress}}' web") == "10.201.0.2\n"
    assert host.run("systemctl stop docker").stderr.startswith("Warning: Stopping docker.service, but it can still be activated by:")
    assert ok(host, "docker ps -q").strip()
    assert ok(host, "systemctl is-active docker; service docker restart; systemctl stop docker.socket docker") == "active\n"
    assert "Cannot connect to the Docker daemon" in host.run("docker ps").stderr
    host.machine.files.write(None, "/etc/docker/daemon.json", b"{")
    assert "dockerd said: unable to configure" in host.run("systemctl start docker").stderr
    assert host.run("systemctl restart nginx").status == 127


def test_packages_bring_programs_into_a_container_and_stay_in_its_image() -> None:
    host = host_of("28")
    assert host.run("docker run --rm alpine curl -V").status == 127
    assert "nginx" in ok(
        host, "docker run -d --name web nginx >/dev/null; docker run --rm alpine sh -c 'apk add --no-cache curl && curl -s 172.17.0.2'"
    )
    assert ok(host, "docker exec web bash -c 'apt-get update -qq && apt-get install -yqq iproute2 && ip -br -4 a show eth0'").endswith(
        "172.17.0.2/16 \n"
    )
    ok(host, "mkdir /ctx; printf 'FROM alpine\\nRUN apk add --no-cache bind-tools && rm -rf /var/cache/apk/*\\n' > /ctx/Dockerfile")
    ok(host, "docker build -q -t tools /ctx && docker network create front && docker run -d --name db --network front redis")
    assert ok(host, "docker run --rm --network front tools dig +short db") == "172.18.0.2\n"
    assert host.run("apt-get install -y iputils-ping nmap").status == 0
    assert host.machine.kernel.unmodelled[-1] == "apt-get install nmap: its programs are not simulated"


def test_images_that_everybody_knows_are_there() -> None:
    host = host_of("28")
    ok(host, "docker run -d --name web nginx")
    assert ":80 " in ok(host, "docker run --rm --net=container:web nicolaka/netshoot ss -ltn")
    assert "nginx" in ok(host, "docker run --rm curlimages/curl -s 172.17.0.2")
    assert "Hello from Docker!" in ok(host, "docker run --rm hello-world")
    ok(host, "docker run -d --name db -e MYSQL_ROOT_PASSWORD=x mysql:8 --character-set-server=utf8mb4")
    assert ok(host, "docker run --rm centos:7 bash -c 'nc -z 172.17.0.3 3306 && echo open'") == "open\n"
    assert host.machine.kernel.unmodelled == ["image mysql:8: a stand-in listens on 3306/tcp 33060/tcp"]
    assert host.run("docker run --rm mysql mysql -hdb").status == 127
    ok(host, "docker run -d --name e1 -p 5678:5678 hashicorp/http-echo -text='hello there'")
    assert ok(host, "curl -s localhost:5678") == "hello there\n"


def test_ps_of_debian_counts_from_one_in_a_container() -> None:
    assert ok(host_of("28"), "docker run --rm debian ps -o pid,ppid,args") == "    PID    PPID COMMAND\n      1       0 ps -o pid,ppid,args\n"


def test_a_container_may_see_the_processes_of_the_host_or_of_another_container() -> None:
    host = host_of("28", None, "ip link add eth7 type dummy")
    inside = "docker run --rm --privileged --pid=host debian nsenter -t 1 -m -u -n -i sh -c"
    assert ok(host, f"{inside} 'ip -o link show eth7 | wc -l; hostname'") == "1\nh1\n"
    assert "dockerd" in ok(host, "docker run --rm --pid host debian ps -ef")
    ok(host, "docker run -d --name web nginx")
    seen = ok(host, "docker run --rm --pid container:web --net container:web alpine ps -o pid,comm").split()
    assert seen == ["PID", "COMMAND", "1", "nginx", "2", "ps"]
    assert ok(host, "docker exec web ps -o pid,comm").split() == ["PID", "COMMAND", "1", "nginx", "2", "ps"]
    stopped = host.run("docker stop web; docker run --rm --pid container:web alpine ps").stderr
    assert "cannot join PID of a non running container: " in stopped


def test_of_several_subnets_of_a_vlan_the_gateway_is_that_of_the_address() -> None:
    host = host_of("28", None, "ip link add eth0 type dummy", "ip link set eth0 up")
    ok(
        host,
        "docker network create -d ipvlan --subnet=192.168.114.0/24 --subnet=192.168.116.0/24 --gateway=192.168.114.254 --gateway=192.168.116.254 -o parent=eth0.114 v114",
    )
    assert ok(host, "docker run --rm --net v114 --ip 192.168.114.10 alpine ip route").startswith("default via 192.168.114.254 ")
    assert ok(host, "docker run --rm --net v114 --ip 192.168.116.10 alpine ip route").startswith("default via 192.168.116.254 ")


@pytest.mark.parametrize(("engine", "told"), [("28", 3), ("27", 0)])
def test_neighbours_are_told_of_the_new_mac_of_an_address_that_is_used_again(engine: str, told: int) -> None:
    host = host_of(engine)
    ok(host, "docker run -d --name one nginx && curl -s 172.17.0.2 && docker rm -f one && docker run -d --name two nginx")
    assert "nginx" in ok(host, "curl -s --max-time 2 172.17.0.2")
    ok(host, "docker network create calm && docker network create -o com.docker.network.advertise_addr_nmsgs=0 silent")
    for network, count in (("calm", told), ("silent", 0)):
        bridge = f"br-$(docker network inspect -f '{{{{slice .Id 0 12}}}}' {network})"
        heard = ok(
            host, f"tcpdump -nli {bridge} arp 2>/dev/null & sleep 0.1; docker run -d --network {network} nginx >/dev/null; sleep 4; kill %1; wait"
        )
        assert heard.count("Request who-has 1") == count, heard


@pytest.fixture(scope="module")
def alpine() -> object:
    host = host_of("28")
    ok(
        host,
        "docker network create --subnet 172.18.0.0/16 n1; docker run -d --name web --network n1 nginx:alpine; docker run -d --name box --network n1 alpine sleep 3600",
    )
    return host


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("nc -zv web 80", 0, "web (172.18.0.2:80) open\n"),
        ("nc -z web 80", 0, ""),
        ("nc -zv web 81", 1, ""),
        ("nc -zvv web 81", 1, "nc: web (172.18.0.2:81): Connection refused\nsent 0, rcvd 0\n"),
        ("nc -zv -w 2 172.18.0.77 80", 1, "nc: 172.18.0.77 (172.18.0.77:80): Operation timed out\n"),
        ("nc -zv nosuch 80", 1, "nc: bad address 'nosuch'\n"),
        ("nc -z web nosuch", 1, "nc: bad port 'nosuch'\n"),
        ("nc -lu", 1, "nc: UDP listen needs nonzero -p port\n"),
        ("getent hosts web", 0, "172.18.0.2        web  web\n"),
        ("getent hosts nosuch", 2, ""),
    ],
)
def test_nc_and_getent_of_alpine(alpine: object, command: str, status: int, said: str) -> None:
    assert ok(alpine, f"docker exec box {command} 2>&1; echo $?") == f"{said}{status}\n"  # type: ignore[arg-type]


def test_nc_of_alpine_says_its_own_usage(alpine: object) -> None:
    said = ok(alpine, "docker exec box nc -q 2>&1 || true")  # type: ignore[arg-type]
    assert said.startswith("nc: invalid option -- 'q'\nBusyBox v1.")
    assert "\n\nUsage: nc [OPTIONS] HOST PORT  - connect\n" in said


@pytest.mark.parametrize(
    ("listens", "asks", "heard", "answer"),
    [
        ("-lvnp 9000", "echo hello | nc -w 1 srv 9000", "hello\n", ""),
        ("-lv -s 0.0.0.0 -p 9000", "echo hello | nc -w 1 srv 9000", "hello\n", ""),
        ("-luvp 9000", "echo hello | nc -u -w1 srv 9000", "hello\n", ""),
        ("-lvp 9000 -e echo hey", "nc srv 9000", "", "hey\n"),
        ("-lk -p 9000 -e echo hey", "nc -vv srv 9000 2>&1; nc srv 9000", "", "srv (172.18.0.4:9000) open\nhey\nsent 0, rcvd 4\nhey\n"),
        ("-lp 9000 -ve echo hey", "nc srv 9000", "", "hey\n"),
    ],
)
def test_nc_of_alpine_listens(alpine: object, listens: str, asks: str, heard: str, answer: str) -> None:
    ok(alpine, f"docker run -d --name srv --network n1 alpine nc {listens}")  # type: ignore[arg-type]
    assert ok(alpine, f"docker run --rm --network n1 --ip 172.18.0.50 --name asker alpine sh -c '{asks}' || true").endswith(answer)  # type: ignore[arg-type]
    assert ok(alpine, "docker logs srv 2>/dev/null") == heard  # type: ignore[arg-type]
    said = ok(alpine, "docker logs srv 2>&1 >/dev/null; docker rm -f srv >/dev/null")  # type: ignore[arg-type]
    if "v" in listens:
        who = "[::ffff:172.18.0.50]" if "n" in listens else "asker.n1"
        if "-s" in listens:
            assert said.startswith("listening on 0.0.0.0:9000 ...\nconnect to 172.18.0.4:9000 from asker.n1:")
        else:
            assert said.startswith(f"listening on [::]:9000 ...\nconnect to [::ffff:172.18.0.4]:9000 from {who}:")


def test_sockets_are_shown_with_the_processes_a_container_sees(alpine: object) -> None:
    inside = ok(alpine, "docker exec web netstat -tlnp")  # type: ignore[arg-type]
    assert "State       PID/Program name    \n" in inside
    assert "tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      1/nginx\n" in inside
    assert "dockerd" not in inside
    assert 'users:(("nginx",pid=1,fd=' in ok(alpine, "docker run --rm --net container:web --pid container:web debian ss -tlnp")  # type: ignore[arg-type]
    assert "nginx" not in ok(alpine, "docker run --rm --net container:web debian ss -tlnp")  # type: ignore[arg-type]
    wide = ok(alpine, "docker exec web netstat -tlnW")  # type: ignore[arg-type]
    assert f"{'0.0.0.0:80':<51s} {'0.0.0.0:*':<51s} LISTEN" in wide


def test_a_daemon_that_ends_asks_its_containers_to_stop() -> None:
    host = host_of("28")
    ok(
        host,
        "docker run -d --name web nginx; docker run -d --name apache httpd; docker run -d --name store redis; docker run -d --name box alpine sleep 1000",
    )
    ok(host, "docker run -d --name stays --restart unless-stopped httpd; systemctl restart docker")
    states = ok(host, "docker inspect -f '{{.Name}} {{.State.Status}} {{.State.ExitCode}}' web apache store box stays")
    assert states == "/web exited 0\n/apache exited 0\n/store exited 0\n/box exited 137\n/stays running 0\n"
    assert ok(host, "docker stop stays; docker inspect -f '{{.State.ExitCode}}' stays") == "stays\n0\n"


def test_alpine_s_ip_tells_states_and_busybox_s_does_not(alpine: object) -> None:
    shown = ok(alpine, "docker exec box ip addr show")  # type: ignore[arg-type]
    assert shown.startswith("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN qlen 1000\n    link/loopback ")
    assert "<BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue state UP \n    link/ether " in shown
    plain = ok(alpine, "docker run --rm --cap-add NET_ADMIN busybox ip link")  # type: ignore[arg-type]
    assert "mtu 65536 qdisc noqueue qlen 1000\n" in plain
    assert "mtu 1500 qdisc noqueue \n" in plain
    downed = ok(alpine, "docker run --rm --cap-add NET_ADMIN alpine sh -c 'ip link set eth0 down; iplink show eth0'")  # type: ignore[arg-type]
    assert "<BROADCAST,MULTICAST,M-DOWN> mtu 1500 qdisc noqueue state DOWN \n" in downed


def test_a_container_routes_where_its_machine_does() -> None:
    """`net.core.devconf_inherit_init_net` is 0: IPv4's settings come from the first namespace, IPv6's do not."""
    host = host_of("28")
    ok(host, "sysctl -w net.ipv6.conf.all.forwarding=1 net.ipv4.conf.default.arp_ignore=2")
    asked = "net.ipv4.ip_forward net.ipv4.conf.eth0.forwarding net.ipv4.conf.eth0.arp_ignore net.ipv6.conf.all.forwarding"
    assert ok(host, f"docker run --rm debian sysctl -n {asked}") == "1\n1\n2\n0\n"
    assert ok(host, "ip netns add n; ip netns exec n sysctl -n net.ipv4.ip_forward") == "1\n"
