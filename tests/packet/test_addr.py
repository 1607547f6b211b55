"""Addresses read and print as the C library's do."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.addr import MAC, IPv4, IPv4Net, IPv6, IPv6Net, mask4, mask6

from . import drawn


@given(drawn.ipv4s, drawn.ipv6s, drawn.macs)
def test_what_is_printed_is_read_back(four: IPv4, six: IPv6, mac: MAC) -> None:
    assert IPv4.parse(str(four)) == four
    assert IPv6.parse(str(six)) == six
    assert MAC.parse(str(mac)) == mac
    assert (IPv4.from_bytes(four.packed), IPv6.from_bytes(six.packed), MAC.from_bytes(mac.packed)) == (four, six, mac)


@given(drawn.ipv6s)
def test_ipv6_prints_as_inet_ntop(six: IPv6) -> None:
    assert str(six) == socket.inet_ntop(socket.AF_INET6, six.packed)
    assert f"{six}" == str(six)


@given(st.text("0123456789abcdefg:./ ", max_size=24))
def test_text_is_an_address_for_us_when_it_is_for_inet_pton(text: str) -> None:
    for family, kind in ((socket.AF_INET, IPv4), (socket.AF_INET6, IPv6)):
        try:
            expected = socket.inet_pton(family, text)
        except OSError:
            with pytest.raises(ValueError, match="not an IPv"):
                kind.parse(text)
        else:
            assert kind.parse(text).packed == expected


@pytest.mark.parametrize("text", ["::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1::5:1.2.3.4", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::", "::", "::8"])
def test_every_form_of_ipv6_is_read(text: str) -> None:
    assert IPv6.parse(text).packed == socket.inet_pton(socket.AF_INET6, text)


@pytest.mark.parametrize("text", ["1.2.3.4::", ":1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", ":1:2:3:4:5:6:7", "1::2::3", "1:2:3:4:5:6:7:", "٣::1"])
def test_what_is_no_ipv6_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an IPv6 address"):
        IPv6.parse(text)


@given(drawn.ipv4s, st.integers(0, 32))
def test_an_ipv4_network_is_what_ipaddress_says(address: IPv4, length: int) -> None:
    ours, theirs = IPv4Net(address, length), ipaddress.IPv4Network((int(address), length), strict=False)
    assert (str(ours.network), str(ours.broadcast), str(ours.mask)) == (str(theirs[0]), str(theirs[-1]), str(theirs.netmask))
    assert ours.contains(ours.network)
    assert ours.contains(ours.broadcast)
    assert not ours.contains(address ^ 1 << 32 - length) if length else ours.contains(0)
    assert IPv4Net.parse(str(ours)) == ours
    assert mask4(length) == int(theirs.netmask)


@given(drawn.ipv6s, st.integers(0, 128))
def test_an_ipv6_network_is_what_ipaddress_says(address: IPv6, length: int) -> None:
    ours, theirs = IPv6Net(address, length), ipaddress.IPv6Network((int(address), length), strict=False)
    assert (int(ours.network), int(ours.mask), int(ours.broadcast)) == (int(theirs[0]), int(theirs.netmask), int(theirs[-1]))
    assert IPv6Net.parse(str(ours)) == ours
    assert mask6(length) == int(theirs.netmask)


@pytest.mark.parametrize("text", ["1.2.3.4/33", "1.2.3.4/", "1.2.3.4/01", "1.2.3.4/-1", "1.2.3/24", "::/129"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        (IPv6Net if ":" in text else IPv4Net).parse(text)


def test_a_link_local_address_is_made_of_the_mac() -> None:
    assert str(MAC.parse("02:42:ac:11:00:02").linklocal()) == "fe80::42:acff:fe11:2"


def test_groups_have_their_ethernet_addresses() -> None:
    assert str(IPv4.parse("239.129.2.3").multicast_mac()) == "01:00:5e:01:02:03"
    assert str(IPv6.parse("fd00::1234:5678").solicited_node()) == "ff02::1:ff34:5678"
    assert str(IPv6.parse("ff02::1:ff34:5678").multicast_mac()) == "33:33:ff:34:56:78"


@given(drawn.ipv4s)
def test_kinds_of_ipv4_addresses_are_those_of_ipaddress(address: IPv4) -> None:
    theirs = ipaddress.IPv4Address(int(address))
    assert (address.is_multicast, address.is_loopback, address.is_linklocal) == (theirs.is_multicast, theirs.is_loopback, theirs.is_link_local)


@given(drawn.ipv6s)
def test_kinds_of_ipv6_addresses_are_those_of_ipaddress(address: IPv6) -> None:
    theirs = ipaddress.IPv6Address(int(address))
    assert (address.is_multicast, address.is_loopback, address.is_linklocal) == (theirs.is_multicast, theirs.is_loopback, theirs.is_link_local)
    assert (address.is_unspecified, address.is_sitelocal) == (theirs.is_unspecified, theirs.is_site_local)


@pytest.mark.parametrize("text", ["", "1:2:3:4:5", "1:2:3:4:5:6:7", "g0:0:0:0:0:0", "100:0:0:0:0:0", "02-00-00-00-00-01", " 2:0:0:0:0:1"])
def test_what_is_no_ethernet_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an Ethernet address"):
        MAC.parse(text)
