#!/bin/bash
# A bridge that knows VLANs: ports in VLAN 10 and 20, and a trunk to a second switch. Nobody but the bridges sees a tag.
# Run it with: netsim run examples/links/vlan-filtering.sh
set -e
for switch in left right; do
    ip netns add $switch
    ip -n $switch link add name br0 type bridge vlan_filtering 1 vlan_default_pvid 0
    ip -n $switch link set br0 up
done

# the trunk carries both VLANs, tagged
ip link add trunk netns left type veth peer name trunk netns right
for switch in left right; do
    ip -n $switch link set trunk master br0
    ip -n $switch link set trunk up
    bridge -n $switch vlan add dev trunk vid 10
    bridge -n $switch vlan add dev trunk vid 20
done

# a station in VLAN 10 and one in VLAN 20 on each side, all in one subnet
station() {  # NAME SWITCH VLAN ADDRESS
    ip netns add $1
    ip link add eth0 netns $1 type veth peer name $1 netns $2
    ip -n $2 link set $1 master br0
    ip -n $2 link set $1 up
    bridge -n $2 vlan add dev $1 vid $3 pvid untagged
    ip -n $1 addr add $4/24 dev eth0
    ip -n $1 link set eth0 up
}
station a10 left 10 10.0.0.1
station a20 left 20 10.0.0.2
station b10 right 10 10.0.0.3
station b20 right 20 10.0.0.4
sleep 2

echo "== the same VLAN over the trunk"
ip netns exec a10 ping -c1 10.0.0.3 | grep received
echo "== the other VLAN, on the same switch: nobody answers"
ip netns exec a10 ping -c1 -W1 10.0.0.2 | grep received || true
bridge -n left vlan show
