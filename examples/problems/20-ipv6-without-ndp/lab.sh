#!/bin/bash
# A provider routes nothing to the server: its router believes that all of 2001:db8:1::/64 is on
# the wire, and asks there for a container's address. Nobody answers, because the container is
# behind the server.
# netsim: lan provider router server
# netsim: host router
set -e
ip link set lo up
ip addr add 2001:db8:1::1/64 dev eth0 nodad; ip link set eth0 up
sysctl -qw net.ipv6.conf.all.forwarding=1

# netsim: host server
set -e
ip link set lo up
ip addr add 2001:db8:1::2/64 dev eth0 nodad; ip link set eth0 up
ip -6 route add default via 2001:db8:1::1
docker network create --ipv6 --subnet 2001:db8:1:0:1::/80 -o com.docker.network.bridge.gateway_mode_ipv6=routed app > /dev/null
docker run -d --name web --network app --ip6 2001:db8:1:0:1::10 -p 80:80 nginx > /dev/null

# netsim: host router
ping -c1 -W1 2001:db8:1:0:1::10 || true
