"""Well-known public images: distributions and boxes of tools, and where servers listen (their EXPOSE), which stand-ins do. Facts from their own pages."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.docker.image import ALPINE, APT, PATH, Image
from netsim.docker.settings import Port

STAND_IN = "netsim.programs.images.standin:"

PORTS: Mapping[str, str] = {
    "adminer": "8080", "apache/kafka": "9092", "arangodb": "8529", "bitnami/kafka": "9092", "bitnami/mariadb": "3306", "bitnami/mongodb": "27017",
    "bitnami/postgresql": "5432", "bitnami/rabbitmq": "4369 5551 5552 5671 5672 15671 15672 25672", "bitnami/redis": "6379", "bitnami/zookeeper": "2181 2888 3888 8080",
    "caddy": "80 443 443/udp 2019", "cassandra": "7000 7001 7199 9042 9160", "chronograf": "8888", "clickhouse/clickhouse-server": "8123 9000 9009",
    "cockroachdb/cockroach": "8080 26257", "confluentinc/cp-kafka": "9092", "confluentinc/cp-schema-registry": "8081", "confluentinc/cp-zookeeper": "2181 2888 3888",
    "consul": "8300 8301 8301/udp 8302 8302/udp 8500 8600 8600/udp", "couchdb": "4369 5984 9100", "coredns/coredns": "53 53/udp", "docker": "2375 2376",
    "dpage/pgadmin4": "80 443", "drupal": "80", "elasticsearch": "9200 9300", "docker.elastic.co/elasticsearch/elasticsearch": "9200 9300",
    "docker.elastic.co/kibana/kibana": "5601", "docker.elastic.co/logstash/logstash": "5044 9600", "docker.elastic.co/beats/filebeat": "",
    "envoyproxy/envoy": "10000", "ghost": "2368", "gitea/gitea": "22 3000", "gitlab/gitlab-ce": "22 80 443", "gitlab/gitlab-ee": "22 80 443",
    "gitlab/gitlab-runner": "", "grafana/grafana": "3000", "grafana/grafana-oss": "3000", "grafana/loki": "3100", "grafana/promtail": "", "haproxy": "",
    "hashicorp/vault": "8200", "influxdb": "8086", "jaegertracing/all-in-one": "4317 4318 5778 9411 14250 14268 16686 5775/udp 6831/udp 6832/udp",
    "jenkins/jenkins": "8080 50000", "joomla": "80", "kibana": "5601", "kong": "8000 8001 8443 8444", "logstash": "5044 9600", "mailhog/mailhog": "1025 8025",
    "mariadb": "3306", "matomo": "80", "memcached": "11211", "minio/minio": "9000", "mongo": "27017", "mongo-express": "8081", "mosquitto": "1883",
    "eclipse-mosquitto": "1883", "mysql": "3306 33060", "nats": "4222 6222 8222", "neo4j": "7473 7474 7687", "nextcloud": "80", "node": "", "odoo": "8069 8071 8072",
    "opensearchproject/opensearch": "9200 9300 9600 9650", "percona": "3306 33060", "php": "9000", "phpmyadmin": "80", "phpmyadmin/phpmyadmin": "80", "pihole/pihole": "53 53/udp 67/udp 80 443",
    "portainer/portainer-ce": "8000 9000 9443", "prom/alertmanager": "9093", "prom/blackbox-exporter": "9115", "prom/node-exporter": "9100", "prom/prometheus": "9090",
    "prom/pushgateway": "9091", "python": "", "quay.io/keycloak/keycloak": "8080 8443 9000", "rabbitmq": "4369 5671 5672 15691 15692 25672", "rabbitmq:management": "4369 5671 5672 15671 15672 15691 15692 25672",
    "redmine": "3000", "registry": "5000", "rethinkdb": "8080 28015 29015", "selenium/hub": "4442 4443 4444", "solr": "8983", "sonarqube": "9000", "tomcat": "8080",
    "traefik": "80", "traefik/whoami": "80", "containous/whoami": "80", "jwilder/nginx-proxy": "80", "nginxproxy/nginx-proxy": "80 443", "valkey/valkey": "6379", "vaultwarden/server": "80", "verdaccio/verdaccio": "4873",
    "wordpress": "80", "wordpress:fpm": "9000", "yandex/clickhouse-server": "8123 9000 9009", "zookeeper": "2181 2888 3888 8080", "gcr.io/cadvisor/cadvisor": "8080",
    "nginxdemos/hello": "80", "jwilder/whoami": "8000", "tutum/hello-world": "80", "dockercloud/hello-world": "80", "karthequian/helloworld": "80",
    "yeasy/simple-web": "80", "chrch/web": "5000", "jpetazzo/trainingwheels": "5000", "kennethreitz/httpbin": "80", "mccutchen/go-httpbin": "8080",
    "getsentry/sentry": "9000", "dockersamples/examplevotingapp_vote": "80", "dockersamples/examplevotingapp_result": "80", "dockersamples/examplevotingapp_worker": "",
}  # fmt: skip
"""Name, or name and the beginning or end of a tag, -> ports as `80 53/udp`."""


def ports(name: str, tag: str) -> str | None:
    """What an image listens on; None when it is not known here."""
    for known, where in PORTS.items():
        bare, colon, part = known.partition(":")
        if colon and bare == name and part in tag.split("-"):
            return where
    return PORTS.get(name)


APK = {"apk": "netsim.programs.packages:package_manager"}
YUM = dict.fromkeys(("yum", "dnf", "microdnf"), "netsim.programs.packages:package_manager")
BASH = ("/bin/bash",)
BOX = {"zsh": "netsim.shell.start:bash", **APK}
OTHERS: Mapping[str, Image] = {
    image.name: image
    for image in (
        *(Image(name, command=BASH, tools=YUM) for name in ("centos", "quay.io/centos/centos", "fedora", "rockylinux", "almalinux", "amazonlinux", "oraclelinux")),
        *(Image(name, command=BASH) for name in ("archlinux", "opensuse/leap", "kalilinux/kali-rolling", "buildpack-deps")),
        Image("gliderlabs/alpine", "busybox", ("/bin/sh",), tools=ALPINE),
        Image("nicolaka/netshoot", command=("zsh",), tools=BOX), Image("jonlabelle/network-tools", command=("bash",), tools=BOX),
        Image("praqma/network-multitool", command=("/bin/sh",), exposed=(Port(80), Port(443), Port(1180), Port(11443)), tools=BOX),
        Image("wbitt/network-multitool", command=("/bin/sh",), exposed=(Port(80), Port(443), Port(1180), Port(11443)), tools=BOX),
        Image("corfr/tcpdump", entrypoint=("tcpdump",)), Image("crccheck/tcpdump", entrypoint=("tcpdump",)),
        *(Image(name, command=("--help",), entrypoint=("curl",)) for name in ("curlimages/curl", "appropriate/curl", "byrnedo/alpine-curl")),
        Image("python", command=("python3",), tools=APT), Image("node", command=("bash",), tools=APT), Image("golang", command=("bash",), tools=APT),
        Image("hello-world", "busybox", ("/hello",), tools={"hello": STAND_IN + "hello"}, files={"/hello": "#!/bin/sh\nhello\n"}, modes={"/hello": 0o755}),
        Image("hashicorp/http-echo", "busybox", (), ("http-echo",), (Port(5678),), tools={"http-echo": STAND_IN + "http_echo"}),
    )
}  # fmt: skip
"""Images that are no servers, or servers that are simulated."""
LANGUAGES = ("python", "node", "golang")
"""Of those, what is run or built upon by programs that are not simulated."""


def image_of(name: str, tag: str) -> Image | None:
    """An image that is known to the public: as it is, or a stand-in for the server in it; None for any other."""
    known = OTHERS.get(name)
    if known is not None:
        return attrs.evolve(known, tag=tag)
    listens = ports(name, tag)
    if listens is None:
        return None
    exposed = tuple(Port(int(word.partition("/")[0]), word.partition("/")[2] or "tcp") for word in listens.split())
    tools = {"docker-entrypoint.sh": STAND_IN + "entrypoint", "stand-in": STAND_IN + "standin", **APT}
    return Image(name, entrypoint=("docker-entrypoint.sh", *listens.split(), "--"), exposed=exposed, env=(PATH,), tools=tools, tag=tag)


def is_empty_base(image: Image) -> int:
    """Whether what is built upon an image, or run by it, could hardly be simulated: what is in it is not there."""
    return int("stand-in" in image.tools or image.name in LANGUAGES)
