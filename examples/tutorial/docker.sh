# Docker's networks: the other half of the tutorial, typed as its readers type it, slips included.
# Run it with: netsim run examples/tutorial/docker.sh

# what is there from the beginning
docker network ls
docker inspect bridge
brctl show
ip addr show docker0

# the daemon begun anew, with addresses out of a range that is no part of docker0's subnet: docker0 moves there
kill $(pgrep dockerd)
sleep 1
dockerd --fixed-cidr=172.18.0.1/24 &
sleep 2
docker run --rm busybox sh -c 'ip -4 addr show eth0; ping -c 1 -W 1 172.18.0.1'
kill %1
sleep 1
dockerd --fixed-cidr=172.17.1.0/24 &
sleep 2
docker run --rm busybox sh -c 'ip -4 addr show eth0; ping -c 1 -W 1 172.17.1.1'

# networks of one's own: a driver that is not there, the default one, and the same name twice
docker network create --driver nosuch net_name0
docker network create --driver bridge net_name1
docker network create net_name1
docker network create net_name2
docker network ls

# containers on them
docekr run -it --name contrain1 --network net_name1 /bin/bash      # a slip: docker
docker run -it --name contrain1 --network net_name1 /bin/bash      # an image is missing
docker run -itd --name contrain1 --network net_name1 ubuntu /bin/bash
docker run -itd --name contrain2 --network net_name2 ubuntu /bin/bash
docker run -itd --name contrain3 --network net_name2 ubuntu /bin/bash
docker exec contrain3 ip addr show
docker exec contrain3 ping -c 1 contrain2
docker exec contrain1 ping -c 1 -W 1 contrain2                     # another network: its name is not known there
docker network connect net_name2 container1                        # contrain1 was meant
docker network connect net_name2 contrain1
docker exec contrain1 ping -c 1 contrain2
docker exec contrain1 ip addr show eth1

# modes: the host's own network, another container's, none
docker run -d --name onhost --net=host nginx
curl -s http://127.0.0.1/ | head -n 4
docker run --rm --net=container:contrain3 busybox ifconfig eth0
docker run --rm --net=container:nosuch busybox ifconfig eth0
docker run --rm --net=none busybox ip addr

# links on a network of one's own: the target may come later, its alias is known to one container alone
docker network create isolated_nw
docker run --net=isolated_nw -itd --name=container1 --link container2:c2 busybox
docker run --net=isolated_nw -itd --name=container2 busybox
docker exec container1 ping -c 1 c2
docker exec container2 ping -c 1 c2
docker exec container1 cat /etc/resolv.conf

# links as they were: variables and lines of /etc/hosts, on the default bridge
docker run -d -P --name web --link db:webdb webapp python app.py   # there is no db yet
docker run -d --name db training/postgres
docker run -d -P --name web --link db:webdb webapp python app.py
docker exec web env | grep WEBDB_PORT
docker exec web cat /etc/hosts
docker port web 5000
docker port web 5001
curl -s http://127.0.0.1:$(docker port web 5000 | head -n 1 | cut -d: -f2)/

route -n
brctl show
iptables -t nat -L DOCKER -n

# a container without a network gets one by hand
docker run -itd --name test1 --net=none ubuntu /bin/bash
pid=$(docker inspect --format '{{.State.Pid}}' test1)
mkdir -p /var/run/netns
ln -s /proc/$pid/ns/net /var/run/netns/$pid
ip link add veth-a type veth peer name veth-b
brctl addif docker0 veth-a
ip link set veth-a up
ip link set veth-b netns $pid
ip netns exec $pid ip link set dev veth-b name eth0
ip netns exec $pid ip addr add 172.17.0.200/16 dev eth0
ip netns exec $pid ip link set eth0 up
ip netns exec $pid ip route add default via 172.17.0.1
docker exec test1 ping -c 1 172.17.0.1
rm /var/run/netns/$pid

# away with it
docker network rm net_name2
docker rm -f contrain1 contrain2 contrain3 container1 container2 web db onhost test1
docker network rm net_name1 net_name2 isolated_nw
docker network ls
