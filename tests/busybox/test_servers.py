"""What the ready images run listens, answers, logs its clients and ends when told to."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host


@pytest.fixture
def host() -> Host:
    host = netsim.World(seed=0).host("h1")
    ok(host, "docker run -d --name cli busybox sleep 1000")
    return host


def ok(host: Host, line: str) -> str:
    done = host.run(line)
    assert (done.stderr, done.status) == ("", 0), line
    return done.stdout


def logged(host: Host, name: str) -> str:
    engine = host.machine.services["docker"]
    return b"".join(data for _, _, data in engine.container(name).log).decode()


def test_nginx_serves_its_page_and_logs_the_client(host: Host) -> None:
    ok(host, "docker run -d --name web nginx")
    assert "<title>Welcome to nginx!</title>" in ok(host, "docker exec cli wget -q -O - http://172.17.0.3/")
    assert host.run("docker exec cli wget -q -O - http://172.17.0.3/nosuch").stderr == "wget: server returned error: HTTP/1.1 404 Not Found\n"
    assert logged(host, "web").startswith("172.17.0.2 - - [") and '"GET / HTTP/1.1" 200 ' in logged(host, "web")
    assert ok(host, "docker stop web") == "web\n"
    assert ok(host, "docker inspect -f '{{.State.ExitCode}}' web") == "0\n"


def test_a_page_written_into_the_container_is_what_nginx_serves(host: Host) -> None:
    ok(host, "docker run -d --name web nginx")
    ok(host, "docker exec web sh -c 'echo mine > /usr/share/nginx/html/index.html'")
    assert ok(host, "docker exec cli wget -q -O - http://172.17.0.3/") == "mine\n"


def test_apache_serves_its_page(host: Host) -> None:
    ok(host, "docker run -d --name web httpd")
    assert ok(host, "docker exec cli wget -q -O - http://172.17.0.3/") == "<html><body><h1>It works!</h1></body></html>\n"


def test_the_training_web_application_greets_and_does_not_hear_of_sigterm(host: Host) -> None:
    ok(host, "docker run -d --name web -e PROVIDER=you training/webapp")
    assert ok(host, "docker exec cli wget -q -O - http://172.17.0.3:5000/") == "Hello you!"
    assert logged(host, "web").endswith('"GET / HTTP/1.1" 200 -\n')
    ok(host, "docker stop web")
    assert ok(host, "docker inspect -f '{{.State.ExitCode}}' web") == "137\n"


def test_redis_keeps_values_for_its_clients(host: Host) -> None:
    ok(host, "docker run -d --name db redis")
    assert ok(host, "docker exec db redis-cli ping") == "PONG\n"
    assert ok(host, "docker exec db redis-cli set a 1") == "OK\n"
    assert ok(host, "docker exec db redis-cli incr a") == "2\n"
    assert ok(host, "docker exec cli sh -c 'printf \"GET a\\r\\nQUIT\\r\\n\" | nc 172.17.0.3 6379'") == "$1\r\n2\r\n+OK\r\n"
    ok(host, "docker stop db")
    assert ok(host, "docker inspect -f '{{.State.ExitCode}}' db") == "0\n"


def test_the_stand_in_for_postgres_answers_each_connection(host: Host) -> None:
    ok(host, "docker run -d --name db training/postgres")
    assert ok(host, "docker exec cli nc -w 1 172.17.0.3 5432") == "pg\n"
    assert "connection received: host=172.17.0.2 port=" in logged(host, "db")


def test_a_shell_hands_its_process_to_a_server(host: Host) -> None:
    ok(host, 'docker run -d --name web busybox sh -c "mkdir -p /w; echo served > /w/index.html; exec httpd -f -p 80 -h /w"')
    assert ok(host, "docker exec cli wget -q -O - http://172.17.0.3/") == "served\n"


def test_timeout_of_busybox_tells_the_signal_that_ended_the_command(host: Host) -> None:
    assert host.run("docker exec cli timeout 2 wget -q -O- http://172.17.0.99/").status == 143


def test_garbage_does_not_end_a_server(host: Host) -> None:
    ok(host, "docker run -d --name web nginx; docker run -d --name db redis")
    for port, address in ((80, "172.17.0.3"), (6379, "172.17.0.4")):
        host.run(f"docker exec cli sh -c 'printf \"*9\\r\\n$x\\r\\n\\0\\377\" | nc -w 1 {address} {port}'")
    assert ok(host, "docker exec db redis-cli ping") == "PONG\n"
    assert "Welcome" in ok(host, "docker exec cli wget -q -O - http://172.17.0.3/")
