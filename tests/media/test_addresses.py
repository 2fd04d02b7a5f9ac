from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.listings.media.addresses import is_public, permitted

REFUSED = {
    "this host": ["0.0.0.0", "0.1.2.3", "::"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"],
    "carriers": ["100.64.0.1", "100.127.255.254"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.192", "192.88.99.1", "198.18.0.1"],
    "examples": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "mapped": ["::ffff:8.8.8.8", "::ffff:127.0.0.1", "::127.0.0.1"],
    "6to4": ["2002:7f00:1::", "2002:808:808::1"],
    "NAT64": ["64:ff9b::8.8.8.8", "64:ff9b:1::1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
}
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_public_is_refused(kind: str) -> None:
    for one in REFUSED[kind]:
        assert not is_public(ipaddress.ip_address(one)), one
        assert permitted([PUBLIC[0], one]) == ()


def test_public_hosts_are_permitted() -> None:
    assert permitted(PUBLIC) == tuple(PUBLIC)


@given(st.ip_addresses())
def test_never_wider_than_what_python_calls_global(
    one: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(one):
        assert one.is_global
        assert not any((one.is_private, one.is_loopback, one.is_multicast, one.is_link_local))


def test_allowed_networks_are_reached_and_only_those() -> None:
    allowed = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd12::/16")]
    assert permitted(["10.1.2.3", "fd12::1", "8.8.8.8"], allowed) == (
        "10.1.2.3",
        "fd12::1",
        "8.8.8.8",
    )
    assert permitted(["10.1.2.3", "10.2.0.1"], allowed) == ()
    assert permitted(["::ffff:10.1.2.3"], allowed) == ()


def test_no_answer_permits_nothing() -> None:
    assert permitted([]) == ()
