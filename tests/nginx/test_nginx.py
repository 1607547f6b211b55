"""nginx in containers: its configuration, proxies to other containers, reloading."""

from __future__ import annotations

import re

import pytest

from netsim import Host
from tests.docker.hosts import host_of, ok
from tests.nginx.questions import PRE, WRONG
from tests.nginx.sides import machine


@pytest.fixture
def host() -> Host:
    """A network with an application that tells what it was asked."""
    made = host_of("28")
    ok(made, "docker network create lan")
    ok(made, "docker run -d --name app --network lan busybox sh -c 'mkdir /w; echo hello from app > /w/index.html; exec httpd -f -p 8000 -h /w'")
    return made


def conf(host: Host, text: str) -> None:
    """Write a site's configuration on the host, where containers mount it."""
    host.run("mkdir -p /c")
    host.machine.files.write(None, "/c/default.conf", text.encode())


RUN = "docker run -d --name proxy --network lan -p 80:80 -v /c/default.conf:/etc/nginx/conf.d/default.conf:ro nginx"


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_configuration_is_refused_in_nginx_own_words(text: str) -> None:
    alone = machine()
    alone.run("mkdir /tmp/n")
    alone.machine.files.write(None, "/tmp/n/c.conf", f"{PRE} {text}\n".encode())
    done = alone.run("nginx -t -c /tmp/n/c.conf")
    assert done.status == 1
    assert f"nginx: [emerg] {WRONG[text]}\n" in done.stderr
    assert done.stderr.endswith("nginx: configuration file /tmp/n/c.conf test failed\n")


def test_the_image_serves_its_page_and_says_so_in_its_files(host: Host) -> None:
    ok(host, "docker run -d --name web -p 8080:80 nginx")
    assert "Welcome to nginx!" in ok(host, "curl -s localhost:8080")
    assert "listen       80;" in ok(host, "docker exec web cat /etc/nginx/conf.d/default.conf")
    assert host.run("docker exec web nginx -t").stderr.endswith("nginx: configuration file /etc/nginx/nginx.conf test is successful\n")
    assert re.search(r'^172\.17\.0\.1 - - \[.*\] "GET / HTTP/1.1" 200 \d+ "-" "curl/[\d.]+" "-"$', ok(host, "docker logs web"), re.M)


def test_a_proxy_passes_on_to_a_container_by_its_name(host: Host) -> None:
    conf(host, "server { listen 80; location / { proxy_pass http://app:8000; } }")
    ok(host, RUN)
    assert ok(host, "curl -s localhost/") == "hello from app\n"
    assert "Server: nginx/" in ok(host, "curl -sI localhost/")
    assert host.run("curl -s -o /dev/null -w '%{http_code}' localhost/none").stdout == "404"


def test_an_upstream_that_nobody_knows_keeps_nginx_from_starting(host: Host) -> None:
    conf(host, "server { listen 80; location / { proxy_pass http://nobody:8000; } }")
    ok(host, RUN)
    host.world.run_for(20_000_000_000)
    assert ok(host, "docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' proxy") == "exited 1\n"
    assert 'host not found in upstream "nobody" in /etc/nginx/conf.d/default.conf:1' in host.run("docker logs proxy").stderr


def test_an_upstream_that_went_away_is_a_bad_gateway_until_it_is_back(host: Host) -> None:
    conf(host, "server { listen 80; location / { proxy_pass http://app:8000; } }")
    ok(host, RUN)
    ok(host, "docker stop -t 0 app")
    host.run("curl -s -m 20 localhost/")
    done = host.run("curl -s -o /dev/null -m 70 -w '%{http_code}' localhost/")
    assert done.stdout in ("502", "504")
    assert "while connecting to upstream" in host.run("docker logs proxy").stderr
    ok(host, "docker start app")
    assert ok(host, "curl -s localhost/") == "hello from app\n"


def test_requests_take_turns_and_leave_out_who_failed(host: Host) -> None:
    ok(host, "docker run -d --name two --network lan busybox sh -c 'mkdir /w; echo two > /w/index.html; exec httpd -f -p 8000 -h /w'")
    conf(host, "upstream all { server app:8000; server two:8000; server app:9; } server { listen 80; location / { proxy_pass http://all; } }")
    ok(host, RUN)
    answers = [ok(host, "curl -s localhost/") for _ in range(5)]
    assert answers.count("two\n") >= 2 and answers.count("hello from app\n") >= 2
    assert host.run("docker logs proxy").stderr.count("connect() failed") == 1


def test_a_reload_takes_what_the_file_says_now_and_keeps_what_works(host: Host) -> None:
    conf(host, 'server { listen 80; return 200 "one\\n"; }')
    ok(host, RUN)
    assert ok(host, "curl -s localhost/") == "one\n"
    conf(host, 'server { listen 80; return 200 "two\\n"; } server { listen 81; return 200 "other\\n"; }')
    assert "signal process started" in host.run("docker exec proxy nginx -s reload").stderr
    assert ok(host, "curl -s localhost/; docker exec proxy curl -s localhost:81") == "two\nother\n"
    conf(host, "server { listen 80; nonsense }")
    host.run("docker exec proxy nginx -s reload")
    assert ok(host, "curl -s localhost/") == "two\n"
    assert "[emerg]" in host.run("docker logs proxy").stderr
    host.run("docker exec proxy nginx -s quit; sleep 1")
    assert ok(host, "docker inspect -f '{{.State.Status}}' proxy") == "exited\n"


def test_what_is_not_modelled_is_reported_and_what_is_unknown_refused(host: Host) -> None:
    conf(host, "server { listen 80; location / { limit_rate 1k; rewrite ^/a /b; return 200 ok; } }")
    ok(host, RUN)
    assert ok(host, "curl -s localhost/") == "ok"
    assert any("nginx: rewrite in /etc/nginx/conf.d/default.conf:1" in line for line in host.world.unmodelled)


def test_a_world_with_a_proxy_at_work_forks_and_is_saved(host: Host) -> None:
    conf(host, "server { listen 80; location / { proxy_pass http://app:8000; } }")
    ok(host, RUN)
    fork = host.world.fork()
    ok(host, "docker rm -f app")
    assert fork.hosts["h1"].run("curl -s localhost/").stdout == "hello from app\n"
