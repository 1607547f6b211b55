# Give the network IPv6 of its own: then IPv6 is translated too, and docker-proxy has no part in it.
# netsim: host server
set -e
docker rm -f web > /dev/null
docker network rm app > /dev/null
docker network create --ipv6 app > /dev/null
docker run -d --name web --network app -p 80:80 nginx > /dev/null
