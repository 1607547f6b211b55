#!/bin/bash
# Containers on an Open vSwitch bridge: access ports of two VLANs, and a trunk.
for name in red1 red2 blue; do docker run -d --name $name --net=none busybox sleep 1000 >/dev/null; done
pipework ovsbr0 red1 10.9.0.1/24 @10
pipework ovsbr0 red2 10.9.0.2/24 @10
pipework ovsbr0 blue 10.9.0.3/24 @20
echo "== ports and tags"
ovs-vsctl list-br
for port in $(ovs-vsctl list-ports ovsbr0); do ovs-vsctl get port $port tag; done
echo "== one VLAN"
docker exec red1 ping -c1 10.9.0.2 | grep transmitted
echo "== another"
docker exec red1 ping -c1 -W1 10.9.0.3 | grep transmitted
echo "== the host by an internal port of the first"
ovs-vsctl add-port ovsbr0 host10 tag=10 -- set Interface host10 type=internal
ip addr add 10.9.0.9/24 dev host10; ip link set host10 up
ping -c1 10.9.0.1 | grep transmitted
echo "== and with a VLAN device on the bridge itself, a trunk"
ip link set ovsbr0 up; ip link add link ovsbr0 name ovsbr0.20 type vlan id 20
ip addr add 10.9.20.9/24 dev ovsbr0.20; ip link set ovsbr0.20 up
nsenter -t "$(docker inspect -f '{{.State.Pid}}' blue)" -n ip addr add 10.9.20.3/24 dev eth1
ping -c1 10.9.20.3 | grep transmitted
