#!/bin/bash
# A service runs on the host, on 127.0.0.1; a container is to use it. The name
# host.docker.internal is not there by itself on Linux.
set -e
ip link set lo up
nc -lk -s 127.0.0.1 -p 5432 &
docker run -d --name app busybox sleep 1d > /dev/null
docker run -d --name app2 --add-host host.docker.internal:host-gateway busybox sleep 1d > /dev/null
docker exec app ping -c1 host.docker.internal || true
docker exec app2 nc -w 3 host.docker.internal 5432 || echo "refused"
