"""pipework (jpetazzo/pipework): a shell script over ip, docker and their like, so that is what it is here, in our own words.

What fails inside fails with the message and status of the tool that failed, as under `set -e`.
"""

from __future__ import annotations

from netsim.machine.call import Call, Exec

SYNTAX = """\
Syntax:
pipework <hostinterface> [-i containerinterface] [-l localinterfacename] [-a addressfamily] <guest> <ipaddr>/<subnet>[@default_gateway] [macaddr][@vlan]
pipework <hostinterface> [-i containerinterface] [-l localinterfacename] <guest> dhcp [macaddr][@vlan]
pipework route <guest> <route_command>
pipework rule <guest> <rule_command>
pipework tc <guest> <tc_command>
pipework --wait [-i containerinterface]
"""
SCRIPT = r"""
fail() { echo "$1" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
inside() { ip netns exec "$pid" "$@"; }

wait_for_it() {
    until [ "$(cat "/sys/class/net/$inner/carrier" 2>/dev/null)" = 1 ] || ip link ls dev "$inner" >/dev/null 2>&1; do sleep 1; done
    exit 0
}

what_kind() {
    kind=phys
    if [ -d "/sys/class/net/$outer/bridge" ]; then kind=bridge
    elif [ -d "/sys/class/net/$outer" ]; then
        if has ovs-vsctl && ovs-vsctl list-br 2>/dev/null | grep -q "^$outer\$"; then kind=switch
        elif [ "$(cat "/sys/class/net/$outer/type")" = 32 ]; then fail "netsim: pipework on IPoIB interfaces is not modelled"
        fi
    else
        case "$outer" in
            br*) kind=bridge ;;
            ovs*) has ovs-vsctl || fail "Need OVS installed on the system to create an ovs bridge"; kind=switch ;;
            route*) kind=route ;; rule*) kind=rule ;; tc*) kind=tc ;; dummy*) kind=dummy ;;
            *) fail "I do not know how to setup interface $outer." ;;
        esac
    fi
}

find_guest() {
    has docker || fail "Container $guest not found, and Docker not installed."
    for attempt in 1 2 3; do
        pid=$(docker inspect --format='{{ .State.Pid }}' "$guest")
        if [ "$pid" != 0 ]; then break; fi
        sleep 1
    done
    if [ "$pid" = 0 ]; then fail "Docker inspect returned invalid PID 0"; fi
    if [ "$pid" = "<no value>" ]; then fail "Container $guest not found, and unknown to Docker."; fi
}

read_address() {
    case "$address" in
        dhcp|dhcp:*) client=dhcp ;;
        udhcpc|udhcpc:*|udhcpc-f|udhcpc-f:*|dhcpcd|dhcpcd:*|dhclient|dhclient:*|dhclient-f|dhclient-f:*)
            client=${address%%:*}
            case "$client" in *-f) stays=1; client=${client%-f} ;; esac
            has "$client" || fail "You asked for DHCP client $client, but I can't find it."
            ;;
        */*@*) gateway=${address#*@}; gateway=${gateway%%@*}; address=${address%%@*} ;;
        */*) ;;
        *) echo "The IP address should include a netmask." >&2; fail "Maybe you meant $address/24 ?" ;;
    esac
    if [ "$client" ]; then case "$address" in *:*) extra=${address#*:} ;; esac; fi
}

make_bridge() {
    if [ -d "/sys/class/net/$outer" ]; then return; fi
    if [ $kind = switch ]; then ovs-vsctl add-br "$outer"; return; fi
    ip link add dev "$outer" type bridge >/dev/null 2>&1 || brctl addbr "$outer"
    ip link set "$outer" up
}

plug_into_bridge() {
    local=${local:-v${inner}pl$pid}
    plug=v${inner}pg$pid
    if ip link show "$local" >/dev/null 2>&1; then
        if ip link show "$local" up | grep -q UP; then echo "Link $local exists and is up"; exit 1; fi
        ip link del "$local"
    fi
    ip link add name "$local" mtu "$mtu" type veth peer name "$plug" mtu "$mtu"
    if [ $kind = switch ]; then
        ovs-vsctl list-ports "$outer" | grep -q "^$local\$" || ovs-vsctl add-port "$outer" "$local" ${vlan:+tag="$vlan"}
    else
        ip link set "$local" master "$outer" >/dev/null 2>&1 || brctl addif "$outer" "$local"
    fi
    ip link set "$local" up
}

plug_into_card() {
    if [ "$vlan" ]; then
        if [ ! -d "/sys/class/net/$outer.$vlan" ]; then ip link add link "$outer" name "$outer.$vlan" mtu "$mtu" type vlan id "$vlan"; fi
        ip link set "$outer" up
        outer=$outer.$vlan
    fi
    if [ "$direct" ]; then
        plug=$outer
    else
        plug=ph$pid$inner
        ip link add link "$outer" dev "$plug" mtu "$mtu" type macvlan mode bridge
    fi
    ip link set "$outer" up
}

ask_for_lease() {
    case $client in
        dhcp) docker run -d --net "container:$guest" --cap-add NET_ADMIN busybox udhcpc -i "$inner" -x "hostname:$guest" $extra >/dev/null ;;
        udhcpc)
            if [ "$stays" ]; then extra="$extra -f"; fi
            inside udhcpc -qi "$inner" -x "hostname:$guest" -p "/var/run/udhcpc.$guest.pid" $extra
            if [ ! "$stays" ]; then rm "/var/run/udhcpc.$guest.pid"; fi
            ;;
        dhclient)
            inside dhclient "$inner" -pf "/var/run/dhclient.$guest.pid" -lf "/etc/dhclient/dhclient.$guest.leases" $extra
            if [ ! "$stays" ]; then kill "$(cat "/var/run/dhclient.$guest.pid")"; rm "/var/run/dhclient.$guest.pid"; fi
            ;;
        dhcpcd) inside dhcpcd -q "$inner" -h "$guest" ;;
    esac
}

give_address() {
    if has ipcalc; then
        eval "$(ipcalc -b "$address")"
        inside ip "$family" addr add "$address" brd "$BROADCAST" dev "$inner"
    else
        inside ip "$family" addr add "$address" dev "$inner"
    fi
    if [ "$gateway" ]; then inside ip "$family" route delete default >/dev/null 2>&1 || true; fi
    inside ip "$family" link set "$inner" up
    if [ "$gateway" ]; then
        inside ip "$family" route get "$gateway" >/dev/null 2>&1 || inside ip "$family" route add "$gateway/32" dev "$inner"
        inside ip "$family" route replace default via "$gateway" dev "$inner"
    fi
}

set -e
waits= direct= inner= local= family=-4 vlan= client= stays= extra= gateway= pid=
case "$1" in
    --wait) waits=1 ;;
    --direct-phys) direct=1; shift ;;
esac
outer=$1
if [ "$2" = -i ]; then inner=$3; shift 2; fi
if [ "$2" = -l ]; then local=$3; shift 2; fi
if [ "$2" = -a ]; then family=-$3; shift 2; fi
guest=$2 address=$3 mac=$4
case "$mac" in *@*) vlan=${mac#*@}; vlan=${vlan%%@*}; mac=${mac%%@*} ;; esac
case "$mac" in U:*) mac=$(echo "${mac#*:}" | md5sum); mac=02:$(echo "$mac" | cut -c1-2):$(echo "$mac" | cut -c3-4):$(echo "$mac" | cut -c5-6):$(echo "$mac" | cut -c7-8):$(echo "$mac" | cut -c9-10) ;; esac
if [ ! "$address" ] && [ ! "$waits" ]; then printf '%s' "$SYNTAX"; exit 1; fi
if [ ! "$waits" ]; then what_kind; fi
inner=${inner:-eth1}
if [ "$waits" ]; then wait_for_it; fi
if [ $kind = bridge ] && [ "$vlan" ]; then fail "VLAN configuration currently unsupported for Linux bridge."; fi
find_guest
case $kind in route|rule|tc) ;; *) read_address ;; esac
mkdir -p /var/run/netns
rm -f "/var/run/netns/$pid"
ln -s "/proc/$pid/ns/net" "/var/run/netns/$pid"
case $kind in
    bridge|switch) make_bridge; mtu=$(cat "/sys/class/net/$outer/mtu"); plug_into_bridge ;;
    phys) mtu=$(cat "/sys/class/net/$outer/mtu"); plug_into_card ;;
    dummy) plug=du$pid$inner; ip link add dev "$plug" type dummy ;;
esac
case $kind in
    route|rule) shift 2; inside ip $kind "$@" ;;
    tc) shift 2; inside tc "$@" ;;
    *)
        ip link set "$plug" netns "$pid"
        inside ip link set "$plug" name "$inner"
        if [ "$mac" ]; then inside ip link set dev "$inner" address "$mac"; fi
        if [ "$client" ]; then ask_for_lease; else give_address; fi
        if has arping; then
            inside arping -c 1 -A -I "$inner" "${address%%/*}" >/dev/null 2>&1 || true
        else
            echo "Warning: arping not found; interface may not be immediately reachable"
        fi
        ;;
esac
rm -f "/var/run/netns/$pid"
"""


def pipework(call: Call) -> Exec:
    """The pipework command."""
    return Exec(("sh", "-c", f"SYNTAX='{SYNTAX}'\n{SCRIPT}", *call.argv))
