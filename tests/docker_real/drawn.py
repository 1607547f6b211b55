"""What hypothesis draws: lines about networks and containers, as people type them, mistakes included."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

CONTAINERS = ("web", "app", "db", "cache")
NETWORKS = ("front", "back", "lab")
ANY_NETWORK = (*NETWORKS, *NETWORKS, "bridge")
SUBNETS = ("10.9.0.0/24", "10.9.0.0/16", "10.9.1.0/29", "172.30.0.0/16", "172.17.0.0/16", "192.0.2.0/24", "10.9.0.5/24", "10.9.0.0/33", "fd00:9::/64")
NETWORK_OPTIONS = (
    "--internal", "--label tier=web", "--attachable", "--ipv6 --subnet fd00:8::/64", "-o com.docker.network.bridge.enable_icc=false",
    "-o com.docker.network.bridge.enable_ip_masquerade=false", "-o com.docker.network.bridge.name=lab0", "-o com.docker.network.driver.mtu=1400",
    "--opt com.docker.network.bridge.host_binding_ipv4=127.0.0.1", "--driver bridge", "-d nosuchdriver", "-d macvlan", "-d macvlan -o parent=eth0",
    "-d ipvlan -o parent=eth0", "-d host", "-d null", "-o com.docker.network.bridge.enable_icc=maybe", "--ipam-driver null", "--gateway 10.9.0.1",
)  # fmt: skip
WITH_SUBNET = ("--gateway {}.254", "--gateway {}.1", "--ip-range {}.128/25", "--aux-address host={}.2", "--gateway 10.1.1.1", "--ip-range {}.128/26 --gateway {}.129",
               "--aux-address a={}.2 --aux-address b={}.3")  # fmt: skip
ADDRESSES = ("10.9.0.9", "10.9.0.2", "10.9.0.1", "172.18.0.9", "172.17.0.9", "10.200.0.1", "nonsense")
RUN_OPTIONS = (
    "-p 8080:80", "-p 8080:80", "-p 127.0.0.1:8081:80", "-p 80", "-P", "-p 8082:80/udp", "-p 192.0.2.1:8083:80", "-p 9000-9001:80-81", "-p 203.0.113.1:80:80",
    "-p 99999:80", "-p 8080:80 -p 8080:81", "--expose 81", "--expose 7000-7001 -P", "--hostname wally", "-h wally.example.com", "--add-host gw:host-gateway",
    "--add-host other:10.0.0.9", "--dns 192.0.2.2", "--dns-search example.com", "--dns-opt ndots:2", "--mac-address 02:42:ac:11:00:99", "--mac-address nonsense", "-e KIND=test",
    "--label tier=web", "--restart always", "--restart no", "--rm", "--cap-add NET_ADMIN", "--network-alias www", "--network-alias www --network-alias w",
    "--link db", "--link db:store", "--link web:www", "--link nosuch:x", "--ip {ip}", "--ip {ip}", "--sysctl net.ipv4.ip_forward=0", "--init", "-it", "--domainname example.com",
    "-p 8080:80 --link db", "--workdir /tmp", "--user 0", "--stop-signal SIGKILL", "--publish published=8084,target=80", "-p 8085:80/tcp", "-p :80", "-p 80:",
)  # fmt: skip
IMAGES = ("web", "web", "busybox sleep 1000", "busybox sleep 1000", "busybox sh -c 'while :; do sleep 1; done'", "busybox nc -ll -p 81 -e cat")
ODD_IMAGES = ("nosuchimage", "busybox nosuchcommand", "busybox true", "busybox sh -c 'exit 3'", "Busybox", "busybox /etc", "busybox")
MODES = ("host", "none", "container:web", "container:db", "container:nosuch", "bridge", "default", "nosuchnet")
ASKED = ("ip addr", "ip route", "hostname", "env", "cat /etc/hosts", "cat /etc/resolv.conf", "ping -c1 -W1 web", "ping -c1 -W1 db",
         "nc -w 1 db 80", "ip link set eth0 down", "route -n", "ifconfig", "nosuchtool", "sh -c 'exit 7'", "false", "ip route add 10.66.0.0/16 via 172.17.0.1",
         "ping -c1 -W1 172.17.0.1", "ping -c1 -W1 192.0.2.2", "netstat -ltn", "arp -n", "ip -o -4 addr show dev eth0", "id -u", "pwd", "ls /sys/class/net")  # fmt: skip
TEMPLATES = (
    "'{{.NetworkSettings.IPAddress}}'", "'{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'", "'{{.State.Status}}'", "'{{.Name}}'", "'{{json .NetworkSettings.Ports}}'",
    "'{{.HostConfig.NetworkMode}}'", "'{{.NetworkSettings.Gateway}}'", "'{{(index .NetworkSettings.Networks \"bridge\").IPAddress}}'", "'{{.Config.Hostname}}'",
    "'{{range $k, $v := .NetworkSettings.Networks}}{{$k}}={{$v.MacAddress}} {{end}}'", "'{{.State.Running}} {{.RestartCount}}'", "'{{.Nope}}'", "'{{json .Config.Env}}'",
    "'{{range .Containers}}{{.IPv4Address}}{{end}}'", "'{{len .NetworkSettings.Networks}}'", "'{{.State.ExitCode}}'", "'{{json .HostConfig.PortBindings}}'",
)  # fmt: skip
LISTINGS = (
    "docker ps --format '{{.Names}}: {{.Image}} {{.Ports}}'", "docker ps -a --format 'table {{.Names}}\\t{{.Ports}}'", "docker ps -aq", "docker ps -a --filter status=exited --format '{{.Names}}'",
    "docker network ls", "docker network ls -q", "docker network ls --filter driver=bridge", "docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}'",
    "docker ps --filter network=front --format '{{.Names}}'", "docker ps -a -f name=web --format '{{.Names}} {{.Command}}'", "docker network ls -f type=custom", "docker network ls --no-trunc",
    "docker ps -a --filter label=tier=web --format '{{.Names}}'", "docker ps -af publish=8080 --format '{{.Names}}'", "docker ps -n 1 --format '{{.Names}}'", "docker network ls -f dangling=true",
)  # fmt: skip
TYPOS = (
    "docekr ps", "docker netwrok ls", "docker network lst", "docker network create", "docker network create --subnet", "docker network create --drvier bridge x", "docker run", "docker run --nmae x busybox",
    "docker network rm nosuch", "docker network inspect nosuch", "docker inspect nosuch", "docker rm nosuch", "docker stop nosuch", "docker start nosuch", "docker exec nosuch ls", "docker logs nosuch",
    "docker port nosuch", "docker network connect front", "docker network connect front nosuch", "docker network connect nosuch web", "docker network disconnect front nosuch", "docker ps --filter nonsense=1",
    "docker network rm bridge", "docker network create bridge", "docker network create host", "docker network connect host web", "docker network disconnect -f front nosuch", "docker rename web", "docker kill",
    "docker network create ''", "docker run --network", "docker run -p busybox", "docker exec web", "docker attach nosuch", "docker network prune --force --filter nonsense", "docker rename nosuch x", "docker ps nosuch",
    "docker wait nosuch", "docker pause nosuch", "docker top nosuch", "docker kill -s NOPE web", "docker create", "docker network create a b", "docker restart", "docker unpause web",
)  # fmt: skip
NAME, NETWORK = st.sampled_from(CONTAINERS), st.sampled_from(ANY_NETWORK)


@st.composite
def network_create(draw: Any) -> str:
    """docker network create."""
    words = draw(st.lists(st.sampled_from(NETWORK_OPTIONS), max_size=2, unique=True)) if draw(st.integers(0, 2)) == 0 else []
    if draw(st.integers(0, 2)) == 0:
        subnet = draw(st.sampled_from(SUBNETS))
        words.append(f"--subnet {subnet}")
        if draw(st.booleans()):
            words.append(draw(st.sampled_from(WITH_SUBNET)).replace("{}", subnet.rpartition(".")[0] if "." in subnet else "10.9.0"))
    return " ".join(["docker network create", *words, draw(st.sampled_from(NETWORKS))])


@st.composite
def run(draw: Any, names: tuple[str, ...] = CONTAINERS, networks: tuple[str, ...] = NETWORKS) -> str:
    """docker run of something that stays."""
    words = [] if draw(st.integers(0, 19)) == 0 else ["--name", draw(st.sampled_from(names))]
    kind = draw(st.integers(0, 9))
    if kind > 3 and networks:
        words.append(f"--network {draw(st.sampled_from(networks))}")
    elif kind == 0:
        words.append(f"--net={draw(st.sampled_from(MODES))}")
    options = draw(st.lists(st.sampled_from(RUN_OPTIONS), max_size=2, unique=True))
    if sum(option.startswith(("-p", "-P", "--publish", "--expose")) for option in options) > 1:
        options.pop()  # the daemon goes through ports in the order of a map: any
    for option in options:
        words.append(option.replace("{ip}", draw(st.sampled_from(ADDRESSES))))
    image = draw(st.sampled_from(IMAGES if draw(st.integers(0, 7)) else ODD_IMAGES))
    return " ".join(["docker run -d", *words, image])


@st.composite
def foreground(draw: Any) -> str:
    """docker run of something that ends."""
    network = draw(st.sampled_from(("", "", "--network front ", "--network back ", "--network host ", "--network none ", "--network container:web ")))
    name = draw(st.sampled_from(("", "", "--name app ", "--hostname box ")))
    return f"docker run --rm {network}{name}busybox {draw(st.sampled_from(ASKED))}"


CONNECTING = st.sampled_from(
    ("", "", "", "--alias www ", "--ip 10.9.0.9 ", "--ip 10.9.0.2 ", "--link db:store ", "--ip 172.18.0.77 ", "--alias a --alias b ")
)
LINES = st.one_of(
    network_create(), network_create(), network_create(), run(), run(), run(), run(), run(), run(), foreground(),
    st.builds("docker create --name {} --network {} web".format, NAME, NETWORK),
    st.builds("docker network connect {}{} {}".format, CONNECTING, NETWORK, NAME), st.builds("docker network connect {}{} {}".format, CONNECTING, NETWORK, NAME),
    st.builds("docker network disconnect {}{} {}".format, st.sampled_from(("", "", "-f ")), NETWORK, NAME),
    st.builds("docker {} {}".format, st.sampled_from(("stop -t 0", "start", "restart -t 0", "rm", "rm -f", "kill", "pause", "unpause", "rm -fv")), NAME),
    st.builds("docker {} {}".format, st.sampled_from(("stop -t 0", "start", "restart -t 0", "rm -f", "kill -s TERM", "kill --signal 9")), NAME),
    st.builds("docker rename {} {}".format, NAME, NAME), st.builds("docker rm -f {}".format, NAME),
    st.builds("docker network rm {}".format, NETWORK), st.builds("docker network rm {} {}".format, NETWORK, NETWORK),
    st.builds("docker exec {} {}".format, NAME, st.sampled_from(ASKED)), st.builds("docker exec {} {}".format, NAME, st.sampled_from(ASKED)),
    st.builds("docker inspect -f {} {}".format, st.sampled_from(TEMPLATES), NAME),
    st.builds("docker port {}{}".format, NAME, st.sampled_from(("", "", " 80", " 80/tcp", " 99", " 80/udp", " x"))),
    st.sampled_from(LISTINGS), st.sampled_from(TYPOS), st.sampled_from(TYPOS),
    st.sampled_from(("docker network prune -f", "docker container prune -f", "docker network prune --force --filter until=1h", "docker container prune -f --filter label=tier=web")),
)  # fmt: skip


@st.composite
def scripts(draw: Any) -> list[str]:
    """A whole script: networks and containers first, so that later lines have something to be about."""
    made = NETWORKS[: draw(st.integers(0, 3))]
    lines = [draw(network_create()) if draw(st.integers(0, 3)) == 0 else f"docker network create {name}" for name in made]
    lines += [draw(run((name,), made)) for name in draw(st.permutations(CONTAINERS))[: draw(st.integers(1, 4))]]
    return lines + draw(st.lists(LINES, min_size=2, max_size=9))


SCRIPTS = scripts()
