# Tell Docker what the way can take: the network's MTU (for the default bridge: dockerd --mtu).
# Clamping the segments' size at the border cures TCP only: iptables -t mangle -A FORWARD -p tcp
# --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
# netsim: host site
set -e
docker rm -f app > /dev/null
docker network rm app > /dev/null
docker network create -o com.docker.network.driver.mtu=1400 app > /dev/null
docker run -d --name app --network app busybox sleep 1d > /dev/null
