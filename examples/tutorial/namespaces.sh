# Network namespaces by hand: the first half of a well-known tutorial, typed as its readers type it, slips included.
# Run it with: netsim run examples/tutorial/namespaces.sh

ip netns add nstest
ip netns list

ip netns exec nstest ip link set dev lop up      # a slip: there is no "lop"
ip netns exec nstest ip link set dev lo up
ip netns exec nstest ip link

ip link add veth-a type veth peer name veth-b
ip link set veth-b netns nstest
ip netns exec nstest ip link

ip addr add 10.0.0.1/24 dev veth-a
ip link set dev veth-a up

ip addr add 10.0.0.2/24 dev veth-b               # another: veth-b lives in nstest now
ip link set dev veth-b up
ip netns exec nstest ip addr add 10.0.0.2/24 dev veth-b
ip netns exec nstest ip link set dev veth-b up

ip route
ip netns exec netns ip route                     # the namespace is called nstest
ip netns exec nstest ip route

ping -c 2 10.0.0.2
ip netns exec nstest ping -c 2 10.0.0.1
ip neigh

ip netns delete nstest
ip netns list
ip link
