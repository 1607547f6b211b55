#!/bin/bash
# A swarm of three hosts: two overlay networks, a service of five tasks behind a published port. Every host answers; then one dies.
# netsim: lan dc h1 h2 h3 client

# netsim: host client
ip addr add 192.168.7.100/24 dev eth0; ip link set eth0 up

# netsim: host h1
set -e
ip link set lo up
ip addr add 192.168.7.11/24 dev eth0; ip link set eth0 up
docker swarm init --advertise-addr 192.168.7.11 > /dev/null
docker swarm join-token -q worker > /tmp/token
while nc -lN -p 9999 < /tmp/token; do :; done &

# netsim: host h2
set -e
ip link set lo up
ip addr add 192.168.7.12/24 dev eth0; ip link set eth0 up
docker swarm join --token $(nc 192.168.7.11 9999 < /dev/null) 192.168.7.11:2377 > /dev/null

# netsim: host h3
set -e
ip link set lo up
ip addr add 192.168.7.13/24 dev eth0; ip link set eth0 up
docker swarm join --token $(nc 192.168.7.11 9999 < /dev/null) 192.168.7.11:2377 > /dev/null

# netsim: host h1
docker network create -d overlay --attachable front > /dev/null
docker network create -d overlay --attachable back > /dev/null
docker service create --quiet --name web --network front --network back --replicas 5 -p 8080:80 busybox httpd -f -p 80 -h /etc > /dev/null 2>&1
docker run -d --name probe --network front busybox sleep 1d > /dev/null
docker run -d --name keeper --network back busybox sleep 1d > /dev/null
echo "== where the tasks are"
docker service ps web --format '{{.Name}} {{.Node}} {{.DesiredState}}'
echo "== one name, one address; the tasks behind it have theirs"
docker exec probe nslookup web | tail -n +3 | grep Address
docker exec probe nslookup tasks.web | grep -c 'Name'
docker exec keeper nslookup web | tail -n +3 | grep Address

# netsim: host client
echo "== every host answers, and the tasks take turns"
for host in 11 12 13; do for turn in 1 2 3 4 5; do curl -s -m 3 http://192.168.7.$host:8080/hostname; done | sort -u | wc -l; done

# netsim: host h3
ip link set eth0 down

# netsim: host h1
echo "== h3 is gone: 10 s later its names are forgotten, what is left answers"
sleep 10
docker node ls --format '{{.Hostname}} {{.Status}}'
docker exec probe nslookup tasks.web | grep -c 'Name'

# netsim: host client
for turn in 1 2 3 4 5 6 7 8; do curl -s -m 3 http://192.168.7.11:8080/hostname; done | sort -u | wc -l
curl -s -m 3 http://192.168.7.13:8080/hostname || echo "h3 answers no more"

# netsim: host h1
echo "== 20 s more: the manager takes it for down, its tasks are elsewhere"
sleep 20
docker node ls --format '{{.Hostname}} {{.Status}}'
docker service ls --format '{{.Name}} {{.Replicas}}'
docker service ps web --filter desired-state=running --format '{{.Name}} {{.Node}}'
docker exec probe nslookup tasks.web | grep -c 'Name'
