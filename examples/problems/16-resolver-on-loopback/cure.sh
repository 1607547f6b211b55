# Name a server that containers can ask (for good: "dns" in /etc/docker/daemon.json). On networks
# of one's own the daemon asks 127.0.0.53 itself, from the host, so that a network created for the
# application cures it too.
# netsim: host server
set -e
docker rm -f app > /dev/null
docker run -d --name app --dns 10.1.0.53 busybox sleep 1d > /dev/null
