#!/bin/bash
# A port is published on a network made with --internal. Docker accepts that, and nothing comes of
# it: there is no way in and no way out.
# netsim: lan office pc server
# netsim: host server
set -e
ip link set lo up
ip addr add 192.168.7.2/24 dev eth0; ip link set eth0 up
docker network create --internal back > /dev/null
docker run -d --name api --network back -p 8080:80 nginx > /dev/null
docker port api

# netsim: host pc
ip link set lo up
ip addr add 192.168.7.5/24 dev eth0; ip link set eth0 up
nc -z -w 3 192.168.7.2 8080 || echo "not reached"
