"""Volumes, bind mounts, docker cp, commit and update; the answers are those of dockerd 20.10.24 with docker 28.2.2."""

from __future__ import annotations

import pytest

from netsim import Host, World
from tests.docker.hosts import host_of, ok


@pytest.fixture
def host() -> Host:
    return host_of("20.10")


def test_a_volume_outlives_its_containers_and_stays_while_one_has_it(host: Host) -> None:
    assert ok(host, "docker volume create vol1; docker volume ls") == "vol1\nDRIVER    VOLUME NAME\nlocal     vol1\n"
    ok(host, "docker run -d --name c1 -v vol1:/data -v /anon busybox sleep 100; docker exec c1 sh -c 'echo hi > /data/f'")
    assert ok(host, "cat /var/lib/docker/volumes/vol1/_data/f; docker run --rm -v vol1:/x busybox cat /x/f") == "hi\nhi\n"
    busy = host.run("docker volume rm vol1")
    assert busy.stderr == f"Error response from daemon: remove vol1: volume is in use - [{ok(host, 'docker ps -q --no-trunc').strip()}]\n"
    shown = "docker inspect -f '{{range .Mounts}}{{.Type}} {{len .Name}} {{.Destination}} {{.Mode}} {{.RW}};{{end}}' c1"
    assert ok(host, shown) == "volume 64 /anon  true;volume 4 /data z true;\n"
    ok(host, "docker rm -fv c1")
    assert ok(host, "docker volume ls -q; docker volume rm vol1") == "vol1\nvol1\n"
    assert host.run("docker volume inspect vol1").stderr == "Error response from daemon: get vol1: no such volume\n"


def test_a_new_volume_gets_what_the_image_has_there(host: Host) -> None:
    ok(host, "docker run -d --name web -v html:/usr/share/nginx/html -p 8080:80 nginx")
    assert "Welcome" in ok(host, "cat /var/lib/docker/volumes/html/_data/index.html")
    ok(host, "echo mine > /var/lib/docker/volumes/html/_data/index.html")
    assert ok(host, "curl -s localhost:8080") == "mine\n"


def test_a_path_of_the_host_is_seen_inside_and_read_only_where_that_was_said(host: Host) -> None:
    ok(host, "docker run -d --name c1 -v /srv/new:/h:ro -v /etc/hosts:/h2 -v /srv/rw:/rw busybox sleep 100; echo new > /srv/new/file")
    assert ok(host, "docker exec c1 sh -c 'cat /h/file; echo back > /rw/f'; cat /srv/rw/f") == "new\nback\n"
    assert ok(host, "docker exec c1 cat /h2") == ok(host, "cat /etc/hosts")
    assert host.run("docker exec c1 touch /h/x").stderr == "touch: /h/x: Read-only file system\n"
    assert "Read-only file system" in host.run("docker exec c1 sh -c 'echo x > /h/file'").stderr
    ok(host, "docker restart -t 0 c1")
    assert ok(host, "docker exec c1 cat /h/file; docker run --rm --volumes-from c1 busybox cat /h/file") == "new\nnew\n"
    assert ok(host, "docker inspect -f '{{json .HostConfig.Binds}}' c1") == '["/srv/new:/h:ro","/etc/hosts:/h2","/srv/rw:/rw"]\n'


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("--mount type=bind,source=/nope,target=/x", 'invalid mount config for type "bind": bind source path does not exist: /nope'),
        ("-v vol1:data", "invalid volume specification: 'vol1:data': invalid mount config for type \"volume\": invalid mount path: 'data' mount path must be absolute"),
        ("-v /etc:/", "invalid volume specification: '/etc:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'"),
        ("-v a:b:c:d", "invalid volume specification: 'a:b:c:d'"),
        ("-v vol1:/x:bogus", "invalid mode: bogus"),
        ("--volumes-from nope", "No such container: nope"),
        ("-v vol1:/data -v vol2:/data", "Duplicate mount point: /data"),
        ("--restart=bogus", "invalid restart policy 'bogus'"),
        ("--restart=always:3", "maximum retry count cannot be used with restart policy 'always'"),
    ],
)  # fmt: skip
def test_what_cannot_be_mounted_is_refused_in_the_daemons_words(host: Host, options: str, problem: str) -> None:
    assert host.run(f"docker create {options} busybox ls").stderr.startswith(f"Error response from daemon: {problem}")


def test_files_are_copied_into_and_out_of_a_container_that_runs_or_not(host: Host) -> None:
    ok(host, "docker run -d --name c1 -v vol1:/data busybox sleep 100; docker exec c1 sh -c 'echo hi > /data/f'; mkdir -p /t/d; echo x > /t/d/x")
    assert ok(host, "docker cp c1:/data/f /t/out; cat /t/out; docker cp /t/out c1:/tmp/in; docker exec c1 cat /tmp/in") == "hi\nhi\n"
    assert ok(host, "docker cp /t/d c1:/tmp/; docker cp /t/d/. c1:/data; docker exec c1 ls /tmp/d /data").split() == [
        "/data:",
        "f",
        "x",
        "/tmp/d:",
        "x",
    ]
    ok(host, "docker create --name web nginx; echo mine > /t/index.html; docker cp /t/index.html web:/usr/share/nginx/html/; docker start web")
    assert ok(host, "curl -s $(docker inspect -f '{{.NetworkSettings.IPAddress}}' web)") == "mine\n"
    for line, problem in {
        "c1:/nope /t": "Error response from daemon: Could not find the file /nope in container c1",
        "nope:/x /t": "Error response from daemon: No such container: nope",
        "/nope c1:/tmp": "lstat //nope: no such file or directory",
        "/t/out c1:/nodir/f": "Error response from daemon: Could not find the file /nodir in container c1",
        "/t/out /t/other": "must specify at least one container source",
        "c1:/a c1:/b": "copying between containers is not supported",
    }.items():
        assert host.run(f"docker cp {line}").stderr == problem + "\n"


def test_an_image_is_made_of_what_a_container_has_become(host: Host) -> None:
    ok(host, "docker run --name c1 -v vol1:/data alpine sh -c 'apk add curl; echo hi > /etc/motd; echo no > /data/f'")
    ok(host, 'docker commit -m msg -c \'CMD ["cat", "/etc/motd"]\' c1 snap:v2')
    assert ok(host, "docker run --rm snap:v2; docker run --rm snap:v2 ls -A /data; docker run --rm snap:v2 curl -V | head -c 4") == "hi\ncurl"


def test_the_restart_policy_of_a_container_can_be_changed(host: Host) -> None:
    ok(host, "docker run -d --name c1 busybox sleep 0.5")
    assert ok(host, "docker update --restart=on-failure:3 c1; docker inspect -f '{{.HostConfig.RestartPolicy}}' c1") == "c1\n{on-failure 3}\n"
    assert host.run("docker update c1").stderr == "you must provide one or more flags when using this command\n"
    assert ok(host, "docker update --restart=always c1; sleep 2; docker inspect -f '{{.State.Running}}' c1") == "c1\ntrue\n"


def test_unused_volumes_are_pruned_named_ones_only_when_asked_for_since_23() -> None:
    for engine, left in (("20.10", ""), ("28", "named\n")):
        host = host_of(engine)
        ok(host, "docker volume create named; docker run --rm -v /a busybox true; docker run --name c1 -v /b busybox true; docker rm c1")
        assert ok(host, "docker volume ls -q -f dangling=true | wc -l") == "2\n"
        assert ok(host, "docker volume prune -f").startswith("Deleted Volumes:\n")
        assert ok(host, "docker volume ls -q") == left


def test_mounts_are_there_in_a_fork_and_in_a_saved_world() -> None:
    world = World()
    host = world.host("h1")
    ok(host, "docker run -d --name c1 -v vol1:/data -v /srv:/srv:ro busybox sleep 1d")
    fork = world.fork()
    ok(fork.host("h1"), "docker exec c1 sh -c 'echo forked > /data/f'; echo there > /srv/x")
    assert ok(fork.host("h1"), "cat /var/lib/docker/volumes/vol1/_data/f; docker exec c1 cat /srv/x") == "forked\nthere\n"
    assert host.run("cat /var/lib/docker/volumes/vol1/_data/f").status == 1
