"""Images from Dockerfiles: by command and from Python, with what is not modelled reported."""

from __future__ import annotations

import re

import pytest

from netsim import Host, World
from netsim.docker.errors import Refusal
from netsim.docker.image import Image
from netsim.docker.settings import DaemonOptions


@pytest.fixture
def host() -> Host:
    """A host with 20.10's command, and an empty context."""
    made = World().host("h1")
    made.machine.docker_cli = "20.10.24"
    made.docker("20.10", DaemonOptions(iptables=0))
    made.run("mkdir /ctx")
    return made


def build(host: Host, text: str, options: str = "-t mine") -> tuple[int, str, str]:
    """docker build of a Dockerfile in /ctx; ids as ID."""
    host.run(f"cat > /ctx/Dockerfile <<'EOF'\n{text}\nEOF")
    done = host.run(f"docker build {options} /ctx")
    return done.status, re.sub(r"\b[0-9a-f]{12}\b", "ID", done.stdout), done.stderr


def unmodelled(host: Host) -> list[str]:
    return [entry.removeprefix("h1: ") for entry in host.world.unmodelled if "build" in entry or "image" in entry]


def test_steps_are_told_as_the_daemons_builder_tells_them(host: Host) -> None:
    status, out, _ = build(host, 'FROM busybox\nEXPOSE 80\nCMD ["httpd", "-f"]')
    step = " ---> Running in ID\nRemoving intermediate container ID\n ---> ID\n"
    assert (status, out) == (
        0,
        (
            "Sending build context to Docker daemon  2.048kB\r\r\n"
            f"Step 1/3 : FROM busybox\n ---> ID\nStep 2/3 : EXPOSE 80\n{step}"
            f'Step 3/3 : CMD ["httpd", "-f"]\n{step}Successfully built ID\nSuccessfully tagged mine:latest\n'
        ),
    )
    assert " ---> Using cache\n" in build(host, 'FROM busybox\nEXPOSE 80\nCMD ["httpd", "-f"]')[1]
    assert " ---> Using cache\n" not in build(host, "FROM busybox\nEXPOSE 80", "--no-cache -t other")[1]


def test_what_is_declared_is_what_runs(host: Host) -> None:
    host.run("mkdir /ctx/site; echo hello > /ctx/site/index.html; echo secret > /ctx/site/key; echo site/key > /ctx/.dockerignore")
    text = """# a web server
ARG TAG=latest
FROM busybox:$TAG AS base
ARG PORT=8080
ENV PORT=${PORT} NAME="two words"
WORKDIR /srv
FROM base
COPY site www
RUN mkdir -p /data && \\
    echo made > /data/file
LABEL tier="web"
EXPOSE ${PORT}
ENTRYPOINT ["httpd", "-f", "-h", "/srv/www", "-p"]
CMD ["8080"]"""
    assert build(host, text)[::2] == (0, "")
    assert host.run("docker run -d --name web -P mine").status == 0
    assert host.run("docker port web").stdout.startswith("8080/tcp -> 0.0.0.0:")
    assert host.run("docker exec web wget -qO- http://127.0.0.1:8080/").stdout == "hello\n"
    assert host.run("docker exec web sh -c 'echo $NAME; pwd; cat /data/file; ls /srv/www'").stdout == "two words\n/srv\nmade\nindex.html\n"
    assert host.run("docker inspect -f '{{.Config.Labels.tier}} {{json .Config.Cmd}}' web").stdout == 'web ["8080"]\n'
    assert not unmodelled(host)


COPY_LACKS = "Error response from daemon: dockerfile parse error line 2: COPY requires at least two arguments,"
REFUSED = (
    ("FROM busybox\nFOO bar", "Error response from daemon: dockerfile parse error line 2: unknown instruction: FOO\n"),
    ("RUN x", "Error response from daemon: no build stage in current context\n"),
    ("", "Error response from daemon: failed to parse Dockerfile: file with no instructions\n"),
    ("FROM busybox\nEXPOSE 99999", "Invalid containerPort: 99999\n"),
    ("FROM busybox\nENV A", "Error response from daemon: failed to parse Dockerfile: ENV must have two arguments\n"),
    ("FROM busybox\nWORKDIR", "Error response from daemon: dockerfile parse error line 2: WORKDIR requires exactly one argument\n"),
    ("FROM busybox\nCOPY x", COPY_LACKS + " but only one was provided. Destination could not be determined\n"),
    ("FROM busybox\nCOPY nosuch /x", "COPY failed: file not found in build context or excluded by .dockerignore: stat nosuch: file does not exist\n"),
    ("FROM busybox\nRUN false", "The command '/bin/sh -c false' returned a non-zero code: 1\n"),
    ("FROM busybox\nRUN exit 7", "The command '/bin/sh -c exit 7' returned a non-zero code: 7\n"),
    ("FROM busybox\nSTOPSIGNAL NOPE", "Invalid signal: NOPE\n"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_mistakes_are_told_in_the_daemons_words(host: Host, text: str, told: str) -> None:
    status, _, err = build(host, text)
    assert (status, err) == (7 if "exit 7" in text else 1, told)
    assert host.run("docker image inspect mine").status == 1


def test_a_run_is_heard_and_what_it_says_in_error_is_red(host: Host) -> None:
    assert "Running in ID\nhi\n\x1b[91merr\n\x1b[0mRemoving" in build(host, "FROM busybox\nRUN echo hi; echo err >&2")[1]


def test_programs_that_are_not_simulated_are_reported_and_passed_over(host: Host) -> None:
    text = (
        "FROM debian AS made\nRUN apt-get update && apt-get install -y gcc\nFROM debian\nUSER app\nCOPY --from=made /app/server /server\nCMD sleep 9"
    )
    assert build(host, text)[0] == 0
    assert unmodelled(host) == [
        "docker build: USER app (processes run as root)",
        "docker build: COPY --from=made /app/server /server (a program, or made by one)",
    ]  # fmt: skip
    assert host.run("docker run -d mine").status == 0


def test_an_image_that_is_not_there_is_refused_as_ever_and_a_hint_stands_beside(host: Host) -> None:
    done = host.run("docker run acme/app:3.12 true")
    assert done.stderr.startswith("Unable to find image 'acme/app:3.12' locally\ndocker: Error response from daemon: Get ")
    assert unmodelled(host) == [
        "image acme/app:3.12: nothing is pulled; declare it with docker build, docker import or host.docker().declare (docs/docker.md)"
    ]
    assert "no such host" in build(host, "FROM acme/app:3.12")[2]


def test_ready_images_are_there_with_every_tag(host: Host) -> None:
    assert host.run("docker run -d --name web nginx:1.27-alpine").status == 0
    assert host.run("docker ps --format '{{.Image}}'").stdout == "nginx:1.27-alpine\n"
    assert host.run("docker tag nginx:1.27-alpine registry.local:5000/web:v1").status == 0
    assert host.run("docker run -d registry.local:5000/web:v1").status == 0
    assert host.run("docker run registry.local:5000/web").status == 125


def test_a_dockerfile_comes_by_standard_input_too(host: Host) -> None:
    done = host.run("echo 'FROM busybox' | docker build -q -t piped -")
    assert (done.status, done.stdout.startswith("sha256:")) == (0, True)
    assert host.run("docker run --rm piped echo hi").stdout == "hi\n"
    assert host.run("docker build nosuch").stderr == 'unable to prepare context: path "nosuch" not found\n'


def test_images_are_built_and_declared_from_python() -> None:
    docker = World().host("h1").docker()
    built = docker.build("FROM nginx\nCOPY index.html /usr/share/nginx/html/", tag="site:v2", files={"index.html": "mine\n"})
    assert (built.name, built.tag, built.exposed[0].number) == ("site", "v2", 80)
    web = docker.run("site:v2", name="web")
    assert docker.run("busybox", "sleep 9", name="other").run(f"wget -qO- http://{web.ip}/").stdout == "mine\n"
    docker.declare("tool", dialect="busybox", command=("sleep", "9"))
    docker.declare(Image("team/tool", "busybox", ("sleep", "9"), tag="v1"))
    assert {docker.run("tool").status, docker.run("team/tool:v1").status} == {"running"}
    with pytest.raises(Refusal, match="unknown instruction: NOPE"):
        docker.build("FROM nginx\nNOPE")


def test_a_world_with_built_images_is_saved_and_forked() -> None:
    host = World().host("h1")
    host.docker().build("FROM busybox\nRUN echo x > /x\nCMD sleep 99", tag="mine")
    with host.world.fork() as trial:
        assert trial.hosts["h1"].run("docker run --rm mine cat /x").stdout == "x\n"
