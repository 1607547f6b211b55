#!/bin/bash
# The web server's log shows 172.18.0.1 for every client: those who come by IPv6 to a network
# without IPv6 (or from the host itself by loopback) are served by docker-proxy, which opens a
# second connection of its own. By IPv4 the address is translated, and the client stays known.
# netsim: lan internet client server
# netsim: host server
set -e
ip link set lo up
ip addr add 203.0.113.10/24 dev eth0; ip link set eth0 up
ip addr add 2001:db8::10/64 dev eth0 nodad
docker network create app > /dev/null
docker run -d --name web --network app -p 80:80 nginx > /dev/null

# netsim: host client
ip link set lo up
ip addr add 203.0.113.5/24 dev eth0; ip link set eth0 up
ip addr add 2001:db8::5/64 dev eth0 nodad
