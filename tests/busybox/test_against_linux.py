"""BusyBox's applets answer as Debian's BusyBox 1.35 answers in a private network of this machine, byte for byte."""

from __future__ import annotations

import pytest

from tests.busybox.real import differences, why_not

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(why_not()), reason=why_not())]

PING = """
ping -c1 10.1.0.2
ping -c2 -i 0.2 10.1.0.2
ping -c1 -W1 10.1.0.9
ping -c1 99.1.1.1
ping -c1 -W1 10.9.0.1
ping -c1 nosuch
ping -c1 -I nosuch 10.1.0.2
ping -c1 -I v0 10.1.0.2
ping -c1 -I 10.1.0.1 10.1.0.2
ping -c1 -I 10.1.0.77 10.1.0.2
ping -c1 -I fd00:1::9 fd00:1::2
ping -c1 -I 10.1.0.1 fd00:1::2
ping -c1 -s 2000 10.1.0.2
ping -c1 -s 70000 10.1.0.2
ping -c1 -s 65508 10.1.0.2
ping -c1 -s 3 10.1.0.2
ping -c1 -s 4 10.1.0.2
ping -q -c1 10.1.0.2
ping -c x 10.1.0.2
ping -c
ping
ping --help
ping -Z 10.1.0.2
ping -cx -Z 10.1.0.2
ping -c1 10.1.0.2 10.1.0.3
ping -c1 255.255.255.255
ping -c1 -W1 10.1.0.255
ping -c1 224.0.0.1
ping -c1 fd00:1::2
ping -4 -c1 fd00:1::2
ping -6 -c1 10.1.0.2
ping6 -c1 fd00:1::2
ping6 -c1 -W1 fd00:1::9
ping6 -c1 fd99::9
ping6 -c1 10.1.0.2
ping -c1 -t 1 -W1 10.9.0.1
ping -c2 -A -w 1 10.1.0.2
ping -w 1 10.1.0.2
ping -c3 -w1 10.1.0.9
ping -c1 -p ff 10.1.0.2
ping -c1 -p ffff 10.1.0.2
ping -c1 -i 1x 10.1.0.2
ping -c1 0
ping -c1 127.1
ping -c1 10.1.0.256
 ip route add unreachable 10.8.0.0/16; ip route add prohibit 10.7.0.0/16; ip route add blackhole 10.6.0.0/16
ping -c1 10.8.0.1
ping -c1 10.7.0.1
ping -c1 10.6.0.1
"""
ADDRESSES = """
 ip link set v0 txqueuelen 500; ip link add br1 address 02:00:00:00:00:11 type bridge; ip link set v0 master br1
ip
ip addr
ip -o addr
ip -6 addr
ip -4 -o addr
ip link
ip -o link
ip -f inet6 addr show v0
ip -f foo addr
ip -s link
ip foo
ip addr help
ip addr show dev v0
ip addr show nosuch
ip link show nosuch
ip addr show up
ip addr show scope host
ip addr show scope foo
ip addr show to 10.1.0.0/24
ip addr show label 'v*'
ip addr show v0 v1
ip addr add 10.2.0.1/24 dev v0
ip addr add 10.2.0.2/24 dev v0
ip addr add 10.2.0.2/24 dev v0
ip addr add 10.3.0.1 peer 10.3.0.2 dev v0
ip addr add 10.3.0.1 dev
ip addr add 10.3.0.1
ip addr add 10.3.0.1/33 dev v0
ip addr add 10.3.0.1/24 dev nosuch
ip addr add 10.3.1/24 dev v0
ip addr add foo dev v0
ip addr add default dev v0
ip addr add 10.4.0.1/24 brd + dev v0 label v0:1
ip addr add 10.4.1.1/24 brd 10.4.1.99 dev v0 scope link
ip addr add 10.4.2.1/24 brd - dev v0
ip addr add 10.4.1.1/24 label foo dev v0
ip addr add 10.6.0.1/24 dev v0 valid_lft 100
ip addr add fd00:5::1/64 brd + dev v0
ip -4 addr add fd00:5::1/64 dev v0
ip addr add 10.1.0.12/24 peer 10.1.0.13 peer 10.1.0.14 dev v0
ip addr del 10.44.1.1/24 dev v0
ip addr del 10.2.0.1 dev v0
ip addr show v0
ip addr change 10.5.0.1/24 dev v0
ip addr flush
ip addr flush dev v0
ip addr flush dev nosuch
ip addr show v0
ip link set v0 foo
ip link set
ip link set nosuch up
ip link set v0 mtu
ip link set v0 mtu x
ip link set v0 mtu 1400
ip link set v0 mtu 70000
ip link set v0 down name x0
ip link set x0 name v0 up
ip link set v0 address 02:00:00:00:00:99
ip link set v0 address 02:00
ip link set v0 address zz
ip link set v0 qlen 77 arp off multicast off promisc on
ip link show v0
ip link set v0 arp foo
ip link set v0 nomaster
ip link set v0 master nosuch
ip link set v0 netns nosuch
ip link add br7 type bridge
ip link add br7 type bridge
ip link add foo
ip link add averyveryverylongname type bridge
ip link del br7
ip link del nosuch
ip link del
ip link foo
"""
ROUTES = """
ip route add foo via 10.1.0.2
ip route
ip -6 route
ip route show table local
ip route show table all
ip route show table 100
ip route show table foo
ip route show dev nosuch
ip route show to root 10.0.0.0/8
ip route show match 10.1.0.5
ip route show exact 10.1.0.0/24
ip route show via 10.1.0.2
ip route show scope link
ip route show src 10.1.0.1
ip route show default
ip route show foo
ip route show cache
ip route get 10.9.0.1
ip route get 127.0.0.1
ip route get fd00:1::2
ip route get ::1
ip route get 10.9.0.1 from 10.1.0.1
ip route get 10.1.0.2 connected
ip route get 10.1.0.255
ip route get
ip route get foo
ip route add 10.20.0.0/16 via 10.1.0.2 metric 5
ip route add 10.20.0.0/16 via 10.1.0.2 metric 5
ip route add 10.22.0.1/16 dev v0
ip route add 10.23.0.0/16 via 10.99.0.1
ip route add unreachable 10.24.0.0/16
ip route add blackhole 10.25.0.0/16
ip route add 10.28.0.0/16 via 10.1.0.2 mtu lock 1400 advmss 1200
ip route add 10.29.0.0/16 dev v0 scope host
ip route add 10.31.0.0/16 dev v0 table 100
ip route add 10.32.0.0/16 via 10.1.0.2 onlink dev v0
ip route add 10.32.0.0/16 dev
ip route add
ip route add local
ip route add 10.33.0.0/16 10.34.0.0/16 via 10.1.0.2
ip route add 10.81.0.0/ via 10.1.0.2
ip route add 10.78.0.0/255.255.0.0 via 10.1.0.2
ip route add 10.79.0.0/255.0.255.0 via 10.1.0.2
ip route add 10.77.0.0/16 via fd00:1::2
ip route change 10.20.0.0/16 via 10.1.0.2
ip route append 10.20.0.0/16 dev v0
ip route test 10.20.0.0/16 dev v0
ip route del 10.99.0.0/16
ip route add fd00:9::/64 via fd00:1::2
ip route show table all
ip -6 route show default
ip route flush
ip route flush dev v0
ip route
ip route foo
ip rule
ip rule add from 10.1.0.0/24 table 100
ip rule add to 10.2.0.0/24 lookup 100 prio 50
ip rule add fwmark 7/0xff table 101
ip rule add iif v0 tos 8 table main
ip rule add from 10.5.0.1 prohibit
ip rule add table foo
ip rule add from fd01::/16 table 9
 ip rule add prohibit prio 100; ip rule add goto 101 prio 90; ip rule add iif nosuch prio 104 table 8; ip rule add not from 10.8.0.0/16 prio 110 table 7
ip rule
ip -6 rule
ip rule list 5
ip rule del prio 51
ip rule del table 101
ip rule del
ip rule
 ip neigh add 10.1.0.50 lladdr 02:00:00:00:00:50 dev v0
ip neigh
ip neigh show unused
ip neigh show nud foo
ip neigh show 10.1.0.0/24
ip neigh flush nud permanent
ip neigh flush dev v0
ip neigh add 10.1.0.50 lladdr 02:00:00:00:00:01 dev v0
ip neigh flush
ip tunnel
"""

SERVICES = """
 mkdir -p /tmp/www/sub; echo 'Hello world!' > /tmp/www/index.html; echo text > /tmp/www/a.txt; (timeout 60 ip netns exec b busybox httpd -f -p 80 -h /tmp/www > /dev/null 2>&1 &)
 sleep 0.5
wget -q -O - http://10.1.0.2/
wget -O - http://10.1.0.2/a.txt
wget -O /tmp/out http://10.1.0.2/a.txt
wget -O /nosuch/x http://10.1.0.2/a.txt
wget -q -O- http://10.1.0.2/nosuch
wget -q -O- http://10.1.0.2/sub
wget --spider http://10.1.0.2/a.txt
wget -q -O- http://10.1.0.2:99/
wget -q -O- http://99.1.1.1/
wget -q -O- http://nosuch/
wget -q -O- http://10.1.0.77/
wget -q -O- http://10.1.0.2:x/
wget -q -O- foo://10.1.0.2
wget -q -O- http://[fd00:1::2]/
wget -q -O- --post-data a=b http://10.1.0.2/a.txt
wget
wget -Z
httpd -f -p 80 -h /nosuch
httpd -f -p x
httpd -f -p 99999
httpd -f -p 1.2.3.4:80
httpd -d a%20b
nc 10.1.0.2 99
nc -w 1 10.1.0.77 99
nc 99.1.1.1 99
nc nosuch 99
nc -l -p 99999
nc -l -p 22 -w 1
nc
nc -z 10.1.0.2 80
nc 10.1.0.2 foo
telnet 10.1.0.2 99
telnet nosuch
timeout 3 false
timeout 1 nosuch
timeout x sleep 1
sleep 1x
kill 999999
kill foo
kill
killall nosuch
env nosuch
env -i A=b env
id -x
uname -n -s
"""

TABLES = """
ifconfig nosuch
ifconfig v0 10.45.0.1/16
ifconfig v0 10.46.0.1 netmask 255.255.255.0 up
ifconfig v0:1 10.47.0.1
ifconfig v0 mtu x
ifconfig v0 foo
ifconfig v0 mtu
ifconfig v0 hw ether zz
ifconfig v0 hw foo 02:00:00:00:00:77
ifconfig v0 metric 3
ifconfig v0 netmask 255.0.255.0
ifconfig nosuch up
ifconfig v0 10.46.0.300
route
route -n
route -e
route -A foo
route add default gw 10.46.0.2
route add -net 10.50.0.0 netmask 255.255.0.0 gw 10.46.0.2
route add -net 10.51.0.0/16 dev v0
route add -host 10.52.0.1 v0
route add -net 10.54.0.0/16 gw 10.99.0.1
route add -net 10.55.0.0/16 reject
route add -net 10.56.0.1/16 dev v0
route add -net 10.51.0.0/16 dev v0
route add -net 10.57.0.0 dev v0
route add 10.58.0.0/16 v0
route add -net 10.59.0.0 netmask 255.0.255.0 dev v0
route add -net 10.61.0.0/16 gw 10.46.0.2 metric 5
route add -net 10.64.0.0/33 dev v0
route add foo
route foo
route del -net 10.99.0.0/16
route
route -ne
 ip neigh flush dev v0; ip neigh replace 10.46.0.50 lladdr 02:00:00:00:00:50 dev v0
arp -an
arp -s 10.46.0.9
arp -s 10.46.0.9 zz
arp -d 10.46.0.99
netstat
netstat -rn
netstat -ltn
netstat -i
traceroute -n nosuch
traceroute
traceroute -n -q1 10.46.0.1 10
traceroute -n -q1 -m 300 10.46.0.1
traceroute -n -q1 -s 10.1.0.99 10.46.0.1
traceroute6 -n 10.1.0.2
brctl addbr bx
brctl addbr bx
brctl addif bx nosuch
brctl delbr nosuch
brctl show
brctl
vconfig foo
vconfig add v0
ipcalc -bnmp 10.1.2.3/24
ipcalc -n 10.1.2.3
ipcalc foo
sysctl net.ipv4.ip_forward
sysctl -n net.ipv4.ip_forward
sysctl -w net.ipv4.ip_forward=1
sysctl net.ipv4.nosuch
sysctl net.ipv4.ip_forward=7x
"""
FILES = """
 mkdir -p /tmp/d/e; cd /tmp; printf 'echo a\\nnosuch\\ncd /nosuch\\n/nosuch/x\\ncat < /nosuch\\necho x > /nosuch/y\\nkill 999999\\n' > /tmp/s.sh
cat nosuch
cat /etc
cat -n /tmp/s.sh
cat -Z
head -n 1 /tmp/s.sh
head -c 5 /tmp/s.sh
head nosuch
tail -n +2 /tmp/s.sh
tail nosuch
wc /tmp/s.sh
wc -l /tmp/s.sh /tmp/s.sh
ls nosuch
ls -a /tmp/d
ls -F /tmp/d
mkdir /nosuch/x
mkdir /tmp/d/e
rm nosuch
rm /tmp/d
cp nosuch y
cp x
mv nosuch y
touch /nosuch/x
chmod 644 nosuch
rmdir nosuch
readlink nosuch
sh /tmp/s.sh
sh -c 'nosuch; cd /nosuch'
sh -c 'cat < /nosuch'
sh -c 'echo x > /proc/nosuch'
sh -c 'exec nosuch'
sh -c 'exit 3'
sh -c 'exit foo'
sh -c 'echo a | nosuch'
sh -c 'f() { nosuch; }; f'
sh -c 'kill 999999; kill -FOO 1'
sh -c 'local x'
"""

ARCHIVES = """
 mkdir -p /tmp/t/d /tmp/t/o; cd /tmp/t; echo a > a; echo b > d/b; ln -s a l
sh -c 'cd /tmp/t; busybox tar cvf x.tar a d l; busybox tar tf x.tar; busybox tar tvf x.tar | cut -c1-30; busybox tar xvf x.tar -C o; ls o o/d'
tar
tar c
tar xf /nosuch
tar cf /tmp/y /nosuch
sh -c 'cd /tmp/t; busybox tar czf z.tgz a; busybox tar tzf z.tgz; busybox tar tf z.tgz; busybox tar xf x.tar nosuch'
sh -c 'cd /tmp/t; busybox tar cf - a | busybox tar tf -; busybox tar tf a; busybox tar xOf x.tar a d/b'
tar cf /nosuch/x /tmp/t/a
tar xf /tmp/t/x.tar -C /nosuch
sh -c 'cd /tmp/t; busybox tar cf q.tar /tmp/t/a; busybox tar tf q.tar; busybox tar tf - < /dev/null; busybox tar xkf x.tar a'
tar --foo
tar cfz
tar y
sh -c 'echo hi | busybox tar xz'
sh -c 'cd /tmp/t; busybox tar c a d | busybox tar xv -C o; busybox tar cf self.tar .; busybox tar xf x.tar --strip-components=1 d/b; ls; busybox tar xvf x.tar d; busybox tar cvf - a > /dev/null'
tar --help
mkfifo /tmp/t/p
mkfifo /tmp/t/p
mkfifo /nosuch/p
mkfifo
mkfifo -Z
mkfifo --help
mkfifo -m xx /tmp/t/u
mknod /tmp/t/p p
mknod /tmp/t/r p
mknod /tmp/t/r
mknod /tmp/t/s z
mknod /tmp/t/s p 1
mknod /tmp/t/s c
mknod --help
sh -c 'cd /tmp/t; ls -l p | cut -c1-10; busybox mkfifo -m 600 q; ls -l q | cut -c1-10; cat q & echo through > q; wait'
"""


@pytest.mark.parametrize(
    "lines",
    [PING, ADDRESSES, ROUTES, SERVICES, TABLES, FILES, ARCHIVES],
    ids=["ping", "addresses", "routes", "services", "tables", "files", "archives"],
)
def test_applets_answer_as_the_real_ones(lines: str) -> None:
    assert differences(lines) == []
