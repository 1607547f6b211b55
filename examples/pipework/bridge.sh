#!/bin/bash
# Containers without a network, put on a bridge by hand: address, gateway, a chosen and a drawn MAC, interface names.
ip link add br1 type bridge && ip link set br1 up && ip addr add 10.9.0.1/24 dev br1
for name in web db; do docker run -d --name $name --net=none busybox sleep 1000 >/dev/null; done

pipework br1 web 10.9.0.2/24@10.9.0.1 U:web
pipework br1 -i eth5 -l dbport db 10.9.0.3/24 02:00:00:00:00:03

echo "== web: an address, the gateway, and a MAC that its name decides"
docker exec web ip -o -4 addr show eth1
docker exec web ip route | grep default
docker exec web cat /sys/class/net/eth1/address
echo "== db: an interface of another name, a port of another name"
docker exec db ip -o -4 addr show eth5
ls /sys/class/net/br1/brif
echo "== they reach each other and the host, once the host lets bridged frames through"
iptables -P FORWARD ACCEPT
docker exec web ping -c1 10.9.0.3 | grep transmitted
docker exec web ping -c1 10.9.0.1 | grep transmitted
echo "== mistakes"
pipework br1 web 10.9.0.2
pipework br1 web 10.9.0.2/24
pipework br1 web 10.9.0.2/24 @30
pipework br1 nobody 10.9.0.2/24
pipework dsl0 web 10.9.0.2/24
