# Let the other bridge's traffic pass where Docker asks first. (For good: "ip-forward-no-drop":
# true in /etc/docker/daemon.json since 28, or switch forwarding on yourself before Docker
# starts.)
set -e
iptables -I DOCKER-USER -i br-vm -j ACCEPT
iptables -I DOCKER-USER -o br-vm -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
