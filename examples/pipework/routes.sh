#!/bin/bash
# Routes, rules and traffic control inside a container, and waiting for an interface.
ip link add br1 type bridge && ip link set br1 up && ip addr add 10.9.0.1/24 dev br1
docker run -d --name web --net=none busybox sleep 1000 >/dev/null
pipework br1 web 10.9.0.2/24
pipework route web add 10.8.0.0/16 via 10.9.0.1
pipework rule web add from 10.9.0.2 table 100
pipework tc web qdisc add dev eth1 root netem delay 30ms
echo "== inside"
pipework route web show
pipework rule web show
pipework tc web qdisc show dev eth1
iptables -P FORWARD ACCEPT
echo "== the delay is felt"
docker exec web ping -c1 10.9.0.1 | grep -o 'time=[0-9]*'
echo "== a network of nothing"
pipework dummy0 -i dummy0 web 10.99.0.1/32
docker exec web ip -o -4 addr show dummy0
echo "== --wait"
ip netns add later; ip -n later link set lo up
ip netns exec later pipework --wait -i lo && echo there
