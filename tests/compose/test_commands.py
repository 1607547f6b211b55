"""The other subcommands of `docker compose`, worded as docker/compose 2.40.3 words them."""

from __future__ import annotations

import json

import pytest

from tests.compose.conftest import Desk

SHOP = """
services:
  web:
    image: nginx
    ports: ["8080:80"]
    depends_on: {db: {condition: service_started, restart: true}}
  db:
    image: redis
"""


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.files(compose=SHOP).compose("up -d")
    return desk


@pytest.mark.parametrize(
    ("line", "stdout", "stderr", "status"),
    [
        ("ps --services", "db\nweb\n", "", 0),
        ("ps nosuch", "", "no such service: nosuch\n", 1),
        ("port web 80", "0.0.0.0:8080\n", "", 0),
        ("port web 81", "", "no port 81/tcp for container app-web-1: 8080/tcp, 8080/tcp\n", 1),
        ("port nosuch 81", "", 'service "nosuch" is not running\n', 1),
        ("port web", "", "requires at least 2 arg(s), only received 1\n", 1),
        ("exec -T --index 2 web hostname", "", 'service "web" is not running container #2\n', 1),
        ("exec -T web sh -c 'exit 5'", "", "", 5),
        ("ls -q", "app\n", "", 0),
        ("ls --format json", '[{"Name":"app","Status":"running(2)","ConfigFiles":"/root/app/compose.yaml"}]\n', "", 0),
        ("rm -f", "", "No stopped containers\n", 0),
        ("version --short", "2.40.3\n", "", 0),
        ("up --force-recreate --no-recreate", "", "--force-recreate and --no-recreate are incompatible\n", 1),
        ("up -d --scale web", "", 'invalid --scale option "web". Should be SERVICE=NUM\n', 1),
        ("up --nosuch", "", "unknown flag: --nosuch\n", 1),
        ("scale web=x", "", "invalid scale specifier: web=x\n", 1),
        ("kill -s TERM", "", " Container app-db-1  Killing\n Container app-web-1  Killing\n Container app-db-1  Killed\n Container app-web-1  Killed\n", 0),
        ("pause db", "", " Container app-db-1  Paused\n", 0),
        ("restart db", "", " Container app-db-1  Restarting\n Container app-db-1  Started\n Container app-web-1  Restarting\n Container app-web-1  Started\n", 0),
        ("cp a b", "", "docker compose: netsim: 'docker compose cp' is not modelled\n", 1),
        ("-f nosuch.yaml up", "", "open /root/app/nosuch.yaml: no such file or directory\n", 1),
    ],
)  # fmt: skip
def test_a_line_prints_what_the_real_one_prints(shop: Desk, line: str, stdout: str, stderr: str, status: int) -> None:
    done = shop.compose(line)
    assert (done.stdout, done.stderr, done.status) == (stdout, stderr, status)


def test_the_hyphen_is_an_older_spelling(shop: Desk) -> None:
    assert shop.type("docker-compose ps --services").stdout == "db\nweb\n"


def test_a_project_that_is_not_there_has_nothing_to_remove(shop: Desk) -> None:
    assert 'level=warning msg="Warning: No resource found to remove for project \\"other\\"."' in shop.compose("-p other down").stderr


def test_a_project_goes_down_by_its_name_alone(shop: Desk) -> None:
    done = shop.type("cd /; docker compose -p app down")
    assert [line.split()[1] for line in done.stderr.splitlines() if "Stopping" in line] == ["app-web-1", "app-db-1"]
    assert shop.docker.containers == []


def test_a_oneoff_has_a_name_of_its_own_and_starts_what_it_needs(desk: Desk) -> None:
    desk.files(compose=SHOP)
    done = desk.compose("run --rm web cat /etc/hostname")
    assert (done.status, len(done.stdout.strip())) == (0, 12)
    assert "Container app-db-1  Started" in done.stderr
    assert "web" not in [one.state.spec.labels["com.docker.compose.service"] for one in desk.docker.containers]
    failed = desk.compose("run --rm web sh -c 'exit 4'")
    assert (failed.status, failed.stderr[-2:]) == (4, "\n\n")


def test_json_tells_what_is_published(shop: Desk) -> None:
    told = [json.loads(line) for line in shop.compose("ps --format json").stdout.splitlines()]
    assert [one["Service"] for one in told] == ["db", "web"]
    assert told[1]["Publishers"][0] == {"URL": "0.0.0.0", "TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"}


def test_orphans_are_told_or_removed(shop: Desk) -> None:
    shop.files(compose="services: {web: {image: nginx}}")
    assert "Found orphan containers ([app-db-1]) for this project." in shop.compose("up -d").stderr
    assert "app-db-1" not in shop.compose("up -d --remove-orphans").stdout
    assert [one.name for one in shop.docker.containers] == ["app-web-1"]


def test_a_network_that_changed_is_made_again_and_its_containers_come_back(desk: Desk) -> None:
    text = "services: {{a: {{image: nginx, networks: [n]}}}}\nnetworks: {{n: {{ipam: {{config: [{{subnet: {}}}]}}}}}}"
    desk.files(compose=text.format("10.70.0.0/24")).compose("up -d")
    identity = desk.docker.container("app-a-1").id
    done = desk.files(compose=text.format("10.71.0.0/24")).compose("up -d")
    assert "Network app_n  Removed" in done.stderr
    again = desk.docker.container("app-a-1")
    assert (again.id, str(again.ip)) == (identity, "10.71.0.2")


def test_addresses_links_priorities_and_shared_namespaces_are_as_the_file_says(desk: Desk) -> None:
    desk.files(
        compose="""
services:
  a:
    image: busybox
    command: sleep 1000
    hostname: alpha
    domainname: example.org
    dns: 192.0.2.53
    dns_search: [corp.example]
    extra_hosts: ["printer:192.0.2.9"]
    links: ["b:database"]
    networks:
      low: {ipv4_address: 10.1.0.50, mac_address: "02:00:00:00:00:50"}
      high: {priority: 100, gw_priority: 5}
  b: {image: nginx, networks: [low]}
  c: {image: busybox, command: sleep 1000, network_mode: "service:a"}
networks:
  low: {ipam: {config: [{subnet: 10.1.0.0/24, gateway: 10.1.0.254}]}}
  high: {ipam: {config: [{subnet: 10.2.0.0/24}]}, driver_opts: {com.docker.network.driver.mtu: 1400}}
"""
    )
    assert desk.compose("up -d").status == 0
    a = desk.docker.container("app-a-1")
    assert {name: str(address) for name, address in a.addresses.items()} == {"app_high": "10.2.0.2", "app_low": "10.1.0.50"}
    assert "02:00:00:00:00:50" in a.run("ip link").stdout
    assert "default via 10.2.0.1" in a.run("ip route").stdout
    assert a.run("ping -c1 database").status == 0
    assert "192.0.2.9\tprinter" in a.run("cat /etc/hosts").stdout
    assert "alpha.example.org" in a.run("cat /etc/hosts").stdout
    assert "search corp.example" in a.run("cat /etc/resolv.conf").stdout
    assert desk.docker.container("app-c-1").run("ip addr").stdout == a.run("ip addr").stdout
    assert "mtu 1400" in a.run("ip link show eth0").stdout + a.run("ip link show eth1").stdout


def test_a_dockerfile_on_known_images_is_built(desk: Desk) -> None:
    desk.files(
        compose="services: {web: {build: {context: ., args: {WHO: you}}}}",
        Dockerfile="FROM busybox\nARG WHO\nRUN echo hello $WHO > /told\nEXPOSE 90\nCMD sleep 1000\n",
    )
    done = desk.compose("up -d")
    assert done.status == 0, done.stderr
    assert "Service web  Built" in done.stderr
    assert desk.docker.container("app-web-1").run("cat /told").stdout == "hello you\n"
    assert "90/tcp" in desk.compose("ps").stdout
    assert "Service web  Building" not in desk.compose("up -d").stderr
    assert "Image app-web:latest  Removed" in desk.compose("down --rmi local -t 0").stderr


def test_a_build_that_fails_ends_the_command_with_the_builders_words(desk: Desk) -> None:
    desk.files(compose="services: {web: {build: .}}", Dockerfile="FROM busybox\nRUN false\n")
    done = desk.compose("up -d")
    assert (done.status, done.stderr.splitlines()[-1]) == (1, "The command '/bin/sh -c false' returned a non-zero code: 1")


def test_stand_ins_listen_where_the_service_its_image_or_its_ports_say_and_are_reported(desk: Desk) -> None:
    desk.files(
        compose="""
services:
  told: {image: nginx, x-netsim: {listen: [8080, 53/udp], dialect: busybox}}
  known: {image: "mysql:8"}
  ports: {image: example/app, ports: ["9000:90"], expose: [91]}
  built: {build: .}
  none: {image: example/worker}
  plain: {image: nginx}
""",
        Dockerfile="FROM node:20\nEXPOSE 3000 4000/udp\n",
    )
    assert desk.compose("up -d").status == 0
    seen = {name: desk.compose(f"exec -T {name} netstat -lntu").stdout for name in ("told", "plain")}
    assert ":8080 " in seen["told"]
    assert ":80 " not in seen["told"]
    assert ":80 " in seen["plain"]
    told = "\n".join(desk.host.world.unmodelled)
    for text in (
        "services.told: image stand-in/nginx: a stand-in listens on 8080/tcp 53/udp (x-netsim)",
        "services.known: image mysql:8: a stand-in listens on 3306/tcp 33060/tcp (known to listen there)",
        "services.ports: image example/app: a stand-in listens on 90/tcp 91/tcp (ports and expose)",
        "services.built: image app-built: a stand-in listens on 3000/tcp 4000/udp (EXPOSE, ports and expose)",
        "services.none: image example/worker: a stand-in runs and listens nowhere",
    ):
        assert text in told
    assert desk.type("curl -s localhost:9000").stdout.strip() == desk.docker.container("app-ports-1").id[:12]


def test_what_is_not_about_networks_is_reported(desk: Desk) -> None:
    desk.files(
        compose="services: {a: {image: nginx, volumes: ['vol:/data'], mem_limit: 1g, deploy: {resources: {limits: {cpus: '1'}}}}}\nvolumes: {vol: }"
    )
    desk.compose("up -d")
    told = desk.host.world.unmodelled
    for what in ("services.a.mem_limit", "services.a.deploy.resources"):
        assert f"h1: docker compose: {what}" in told


def test_volumes_are_made_mounted_and_removed(desk: Desk) -> None:
    desk.files(
        compose="""
services:
  web: {image: nginx, volumes: ['./html:/usr/share/nginx/html:ro', 'data:/data'], ports: ['8080:80']}
  other: {image: busybox, command: sleep 1d, volumes: ['data:/here']}
volumes: {data: }
"""
    )
    desk.type("mkdir -p html && echo hello > html/index.html")
    assert 'Volume "app_data"  Created' in desk.compose("up -d").stderr
    assert desk.type("curl -s localhost:8080").stdout == "hello\n"
    desk.compose("exec -T web sh -c 'echo kept > /data/f'")
    assert desk.compose("exec -T other cat /here/f").stdout == "kept\n"
    assert "Read-only file system" in desk.compose("exec -T web touch /usr/share/nginx/html/x").stderr
    desk.compose("down")
    assert desk.type("docker volume ls -q").stdout == "app_data\n"
    desk.compose("up -d")
    assert desk.compose("exec -T web cat /data/f").stdout == "kept\n"
    assert "Volume app_data  Removed" in desk.compose("down -v").stderr
    assert desk.type("docker volume ls -q").stdout == ""


@pytest.mark.parametrize("text", ["3", "{listen: x}", "{listen: [99999]}", "{foo: 1}", "{dialect: windows}", "{listen: 1-65535}", "{listen: {a: 1}}"])
def test_a_wrong_extension_is_refused(desk: Desk, text: str) -> None:
    desk.files(compose=f"services: {{a: {{image: example/x, x-netsim: {text}}}}}")
    done = desk.compose("up -d")
    assert done.status == 1
    assert "netsim" in done.stderr
    assert desk.docker.containers == []


def test_who_shares_a_namespace_is_made_again_with_its_owner(desk: Desk) -> None:
    desk.files(
        compose="services: {a: {image: nginx, stop_grace_period: 0s}, c: {image: busybox, command: sleep 1000, stop_grace_period: 0s, network_mode: 'service:a'}}"
    )
    desk.compose("up -d")
    desk.compose("rm -fs a")
    done = desk.compose("up -d")
    assert (done.status, "Container app-c-1  Recreated" in done.stderr) == (0, True)
    assert "Welcome to nginx" in desk.docker.container("app-c-1").run("wget -qO- http://localhost/").stdout
