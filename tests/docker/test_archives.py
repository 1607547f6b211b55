"""docker diff, history, export, import, save, load, attach, stats, system df and context; the answers are those of dockerd 20.10.24 with docker 28.2.2."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from netsim import Host
from tests.docker.hosts import host_of, ok


@pytest.fixture
def host() -> Host:
    return host_of("20.10")


def members(host: Host, path: str) -> dict[str, bytes]:
    """What an archive on the host holds."""
    with tarfile.open(fileobj=io.BytesIO(host.machine.files.read(None, path))) as archive:
        return {one.name: (archive.extractfile(one) if one.isreg() else io.BytesIO()).read() for one in archive}


def test_diff_tells_what_was_added_changed_and_deleted(host: Host) -> None:
    ok(host, "docker run -d --name web -v vol1:/data nginx")
    assert ok(host, "docker diff web") == "A /data\n"
    ok(host, "docker exec web sh -c 'mkdir /x; echo 1 > /x/f; echo 2 >> /etc/passwd; touch /tmp/q; echo v > /data/v'")
    ok(host, "docker exec web rm /usr/share/nginx/html/index.html; docker exec web chmod 700 /root")
    assert ok(host, "docker diff web").splitlines() == [
        "A /data", "C /etc", "C /etc/passwd", "C /root", "C /tmp", "A /tmp/q", "C /usr", "C /usr/share", "C /usr/share/nginx", "C /usr/share/nginx/html",
        "D /usr/share/nginx/html/index.html", "A /x", "A /x/f",
    ]  # fmt: skip
    assert ok(host, "docker ps -s --format '{{.Names}} {{.Size}}'").startswith("web 34B (virtual ")
    assert host.run("docker diff nosuch").stderr == "Error response from daemon: No such container: nosuch\n"


def test_an_image_is_what_its_steps_made_it(host: Host) -> None:
    ok(
        host,
        'mkdir /b; echo hey > /b/f; printf \'FROM busybox\\nARG V=1\\nCOPY f /w/f\\nRUN echo hi > /o\\nEXPOSE 80 53/udp\\nCMD ["-c","ls"]\\n\' > /b/Dockerfile',
    )
    ok(host, "docker build -t bb /b")
    lines = ok(host, "docker history --no-trunc --format '{{.CreatedBy}}|{{.Size}}' bb").splitlines()
    assert lines[0] == '/bin/sh -c #(nop)  CMD ["-c" "ls"]|0B'
    assert lines[1] == "/bin/sh -c #(nop)  EXPOSE 53/udp 80|0B"
    assert lines[2] == "|1 V=1 /bin/sh -c echo hi > /o|3B"
    assert lines[3].startswith("/bin/sh -c #(nop) COPY file:") and lines[3].endswith(" in /w/f |4B")
    assert lines[4] == "/bin/sh -c #(nop)  ARG V=1|0B"
    shown = ok(host, "docker history bb").splitlines()
    assert shown[0].split() == ["IMAGE", "CREATED", "CREATED", "BY", "SIZE", "COMMENT"]
    assert shown[1].startswith(ok(host, "docker images -q bb").strip())
    ok(host, "docker run -d --name c1 bb sleep 100; docker exec c1 sh -c 'echo 123 > /n'; docker commit -m msg c1 mine")
    assert ok(host, "docker history --format '{{.CreatedBy}}|{{.Size}}|{{.Comment}}' mine").splitlines()[0] == "sleep 100|4B|msg"
    assert host.run("docker history nosuch").stderr == "Error response from daemon: No such image: nosuch:latest\n"


def test_an_exported_root_becomes_an_image_again_with_its_programs(host: Host) -> None:
    ok(
        host,
        "docker run -d --name web -v vol1:/data nginx; docker exec web sh -c 'echo mine > /usr/share/nginx/html/index.html; echo v > /data/v; chmod 700 /root'",
    )
    ok(host, "docker export web > /tmp/a.tar; docker export -o /tmp/b.tar web")
    found = members(host, "/tmp/a.tar")
    assert found == members(host, "/tmp/b.tar")
    assert found["usr/share/nginx/html/index.html"] == b"mine\n" and found["etc/hosts"] == b"" and "data/v" not in found and "data" in found
    ok(host, 'docker import -c \'CMD ["nginx","-g","daemon off;"]\' -m hello - again < /tmp/a.tar')
    assert ok(host, "docker history --format '{{.CreatedBy}}|{{.Comment}}' again") == "|hello\n"
    ok(host, "docker run -d --name two -p 8081:80 again")
    assert ok(host, "curl -s localhost:8081") == "mine\n"
    assert ok(host, "docker exec two stat -c %a /root 2>/dev/null || docker exec two ls -ld /root").startswith(("700", "drwx------"))


@pytest.mark.parametrize("engine", ["20.10", "28"])
def test_saved_images_come_back_under_their_names_with_all_they_said(engine: str) -> None:
    host = host_of(engine)
    ok(
        host,
        "mkdir /b; echo hey > /b/f; printf 'FROM nginx\\nCOPY f /w/f\\nRUN rm /usr/share/nginx/html/index.html\\nENV A=b\\nLABEL x=y\\nEXPOSE 81\\n' > /b/Dockerfile",
    )
    ok(host, "docker build -t shop/web:v2 /b; docker tag shop/web:v2 other")
    before = json.loads(ok(host, "docker image inspect shop/web:v2"))[0]
    ok(host, "docker save -o /tmp/s.tar shop/web:v2 other")
    found = members(host, "/tmp/s.tar")
    manifest = json.loads(found["manifest.json"])
    assert manifest[0]["RepoTags"] == ["shop/web:v2", "other:latest"]
    assert ("oci-layout" in found) == (engine == "28")
    assert all(path in found for path in manifest[0]["Layers"])
    assert len(manifest[0]["Layers"]) == 3
    history = ok(host, "docker history --no-trunc -q shop/web:v2")
    ok(host, "docker rmi -f shop/web:v2 other")
    assert host.run("docker run shop/web:v2").status == 125
    assert ok(host, "docker load < /tmp/s.tar") == "Loaded image: shop/web:v2\nLoaded image: other:latest\n"
    after = json.loads(ok(host, "docker image inspect shop/web:v2"))[0]
    assert (after["Config"], after["Id"], after["RepoTags"]) == (before["Config"], before["Id"], before["RepoTags"])
    assert ok(host, "docker history --no-trunc -q shop/web:v2").splitlines()[0] == history.splitlines()[0]
    ok(host, "docker run -d --name one shop/web:v2")
    assert ok(host, "docker exec one cat /w/f") == "hey\n"
    assert host.run("docker exec one ls /usr/share/nginx/html/index.html").status != 0


def test_what_is_no_archive_of_images_is_refused(host: Host) -> None:
    assert host.run("docker load -i /nosuch").stderr == "open /nosuch: no such file or directory\n"
    assert host.run("echo hi | docker load").stderr == "Error processing tar file(exit status 1): unexpected EOF\n"
    assert host.run("docker save nosuch").stderr == "Error response from daemon: No such image: nosuch\n"
    assert (
        host.run("docker save -o /nosuch/x busybox").stderr == "failed to save image: invalid output path: stat /nosuch: no such file or directory\n"
    )
    assert host.run("docker export nosuch").stderr == "Error response from daemon: No such container: nosuch\n"
    assert host.run("docker export -o /tmp nosuch").stderr == "failed to export container: cannot write to a directory\n"
    assert host.run("docker import /nosuch x").stderr == "open /nosuch: no such file or directory\n"
    assert host.run("echo hi | docker import - x").stderr == "Error response from daemon: ApplyLayer exit status 1 stdout:  stderr: unexpected EOF\n"


def test_no_archive_can_bring_programs_in_that_the_machine_does_not_know(host: Host) -> None:
    told = {
        "dialect": "busybox",
        "tools": {"evil": "os:system", "curl": "netsim.programs.curl.program:curl"},
        "installed": {"also": "subprocess:run"},
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"NETSIM.programs": json.dumps(told)}) as archive:
        archive.addfile(tarfile.TarInfo("x"))
    host.machine.files.write(None, "/tmp/e.tar", out.getvalue())
    ok(host, "docker import /tmp/e.tar e")
    assert dict(host.docker().engine.image("e").tools) == {"curl": "netsim.programs.curl.program:curl"}
    assert not host.docker().engine.image("e").installed


def test_attached_one_sees_what_is_printed_from_then_on_and_ends_with_the_container(host: Host) -> None:
    ok(host, "docker run -d --name tick busybox sh -c 'for i in 1 2 3; do echo $i; sleep 1; done; exit 3'")
    done = host.run("sleep 0.5; docker attach tick")
    assert (done.stdout, done.status) == ("2\n3\n", 3)
    assert host.run("docker attach tick").stderr == "cannot attach to a stopped container, start it first\n"


def test_what_is_typed_reaches_a_container_that_keeps_its_input_open(host: Host) -> None:
    ok(host, "docker run -d -i --name cat1 busybox cat; (echo hello; sleep 1) | docker attach cat1 > /tmp/seen & sleep 2")
    assert ok(host, "cat /tmp/seen; docker logs cat1; docker inspect -f '{{.State.Status}}' cat1") == "hello\nhello\nrunning\n"


def test_signals_reach_an_attached_container_unless_they_are_not_passed_on(host: Host) -> None:
    script = "'trap \"echo got; exit 5\" TERM; while :; do sleep 0.1; done'"
    ok(host, f"docker run -d --name tr busybox sh -c {script}; docker run -d --name tr2 busybox sh -c {script}")
    assert ok(host, "timeout 1 docker attach tr; docker inspect -f '{{.State.ExitCode}}' tr") == "got\n5\n"
    ok(host, "timeout 1 docker attach --sig-proxy=false tr2; docker inspect -f '{{.State.Status}}' tr2")
    assert ok(host, "docker inspect -f '{{.State.Status}}' tr2") == "running\n"


def test_stats_count_bytes_and_processes_and_say_nothing_of_memory(host: Host) -> None:
    ok(host, "docker run -d --name aa busybox sh -c 'sleep 1000; true'; docker run -d --name bb busybox sleep 1000; docker stop -t 0 bb")
    ok(host, "docker exec aa ping -c 2 172.17.0.1")
    assert ok(host, "docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.CPUPerc}} {{.MemUsage}}'") == "aa 2 0.00% -- / --\n"
    received = ok(host, "docker stats --no-stream --format '{{.NetIO}}' aa").split(" / ")
    assert all(amount != "0B" for amount in received)
    assert ok(host, "docker stats -a --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}'").splitlines()[0] == "bb 0B / 0B 0"
    drawn = host.run("timeout 2 docker stats aa --format '{{.Name}}'").stdout
    assert drawn.startswith("\x1b[Haa\n\x1b[Haa \x1b[K\n \x1b[K\n\x1b[J\x1b[Haa\n")
    assert "docker stats: memory of containers" in " ".join(host.world.unmodelled)
    assert host.run("docker stats --no-stream aa nosuch").stderr == "Error response from daemon: No such container: nosuch\n"


def test_disk_use_is_that_of_files(host: Host) -> None:
    ok(host, "docker volume create vv; docker run -d --name aa -v vv:/data busybox sh -c 'echo 12345 > /data/f; echo 123 > /g; sleep 100'; sleep 1")
    rows = {line.split("  ")[0]: line.split() for line in ok(host, "docker system df").splitlines()}
    assert rows["Containers"][1:] == ["1", "1", "4B", "0B", "(0%)"]
    assert rows["Local Volumes"][2:] == ["1", "1", "6B", "0B", "(0%)"]
    assert rows["Build Cache"][2:] == ["0", "0", "0B", "0B"]
    whole = ok(host, "docker system df -v")
    assert "Containers space usage:\n\nCONTAINER ID   IMAGE     COMMAND                  LOCAL VOLUMES   SIZE      CREATED" in whole
    assert "VOLUME NAME   LINKS     SIZE\nvv            1         6B\n" in whole


def test_prune_takes_images_that_were_made_and_nobody_has(host: Host) -> None:
    ok(host, "mkdir /b; printf 'FROM busybox\\nRUN echo hi > /o\\n' > /b/Dockerfile; docker build -t one /b; docker build -q /b")
    assert ok(host, "docker image prune -f") == "Total reclaimed space: 0B\n"
    known = ok(host, "docker images -q --no-trunc one").strip()
    assert ok(host, "docker image prune -af") == f"Deleted Images:\nuntagged: one:latest\ndeleted: {known}\n\nTotal reclaimed space: 3B\n"
    assert any("stay" in line for line in host.world.unmodelled)


def test_contexts_are_files_of_the_user_and_name_daemons(host: Host) -> None:
    assert ok(host, "docker context show") == "default\n"
    done = host.run("docker context create foo --description 'a foo' --docker host=tcp://1.2.3.4:2375")
    assert (done.stdout, done.stderr) == ("foo\n", 'Successfully created context "foo"\n')
    assert ok(host, "docker context ls") == (
        "NAME        DESCRIPTION                               DOCKER ENDPOINT               ERROR\n"
        "default *   Current DOCKER_HOST based configuration   unix:///var/run/docker.sock   \n"
        "foo         a foo                                     tcp://1.2.3.4:2375            \n"
    )
    assert host.run("docker context use foo").stderr == 'Current context is now "foo"\n'
    assert ok(host, "cat ~/.docker/config.json") == '{\n\t"auths": {},\n\t"currentContext": "foo"\n}'
    assert "tcp://1.2.3.4:2375" in host.run("docker ps").stderr
    assert ok(host, "docker --context default ps -q") == ""
    assert host.run("docker context rm foo").stderr == 'context "foo" is in use, set -f flag to force remove\n'
    assert ok(
        host,
        "docker context export foo - > /tmp/c; docker context use default; docker context rm foo; docker context import bar /tmp/c; docker context ls -q",
    ).endswith("bar\ndefault\n")
    place = "/root/.docker/contexts/meta/9e62f93eb7d2499903ac66232f187c56fc050eb74c765f90eb214360b21f0e96/meta.json"
    missing = f'context "nosuch": context not found: open {place}: no such file or directory'
    assert host.run("docker context inspect nosuch").stderr == f"{missing}\n"
    assert host.run("docker --context nosuch ps").stderr == f"Failed to initialize: unable to resolve docker endpoint: {missing}\n"


def test_what_needs_a_registry_says_that_there_is_none(host: Host) -> None:
    host.machine.files.write(None, "/etc/resolv.conf", b"nameserver 192.0.2.2\n")
    refused = 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 192.0.2.2:53: no such host\n'
    done = host.run("docker push busybox")
    assert (done.stdout, done.stderr) == ("Using default tag: latest\nThe push refers to repository [docker.io/library/busybox]\n", refused)
    assert host.run("docker push nosuch").stderr == "An image does not exist locally with the tag: nosuch\n"
    assert host.run("docker login").stderr == "Error: Cannot perform an interactive login from a non TTY device\n"
    assert host.run("echo x | docker login -u me --password-stdin").stderr == f"Error response from daemon: {refused}"
    assert ok(host, "docker logout") == "Removing login credentials for https://index.docker.io/v1/\n"


def test_a_world_is_saved_and_forked_with_images_made_of_archives(host: Host) -> None:
    ok(host, "docker run -d --name one busybox sleep 100; docker export one | docker import - made; docker history made")
    fork = host.world.fork()
    assert fork.hosts["h1"].run("docker history -q made").stdout == ok(host, "docker history -q made")


def test_a_shell_takes_commands_from_whoever_is_attached(host: Host) -> None:
    ok(host, "docker run -d -i --name sh1 busybox sh")
    host.run("(echo 'echo one; hostname -i'; sleep 1; echo 'exit 4'; sleep 1) | docker attach sh1 > /tmp/seen; echo $? >> /tmp/seen")
    assert ok(host, "cat /tmp/seen") == "one\n172.17.0.2\n4\n"
