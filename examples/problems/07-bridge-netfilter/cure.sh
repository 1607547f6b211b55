# Bridged frames are no business of iptables here. (Where icc=false must go on working, let the
# one bridge pass instead: iptables -I DOCKER-USER -i br-vm -o br-vm -j ACCEPT.)
sysctl -qw net.bridge.bridge-nf-call-iptables=0
