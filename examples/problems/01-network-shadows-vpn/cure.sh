# Give Docker address pools of its own, outside of what the VPN leads to, and make the network
# again. (For good: "default-address-pools" in /etc/docker/daemon.json.)
# netsim: host laptop
set -e
docker network rm app > /dev/null
docker network create --subnet 192.168.200.0/24 app > /dev/null
