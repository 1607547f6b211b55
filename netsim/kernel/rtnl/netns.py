"""Namespaces come and go, devices move between them, ids are given (RTM_NEWNSID)."""

from __future__ import annotations

from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.netns import Netns


def hold(netns: Netns) -> Netns:
    """Somebody (a process, a bound name) needs the namespace."""
    netns.holders += 1
    return netns


def put(netns: Netns) -> None:
    """A holder let go; the last one takes the namespace down (`cleanup_net`)."""
    raise NotImplementedError


def set_id(netns: Netns, other: Netns, number: int) -> None:
    """Give `other` an id as seen from `netns` (`rtnl_net_newid`); EEXIST when either is taken."""
    raise NotImplementedError


def by_inode(kernel: Kernel, inode: int) -> Netns | None:
    """The living namespace with this inode."""
    return next((netns for netns in kernel.namespaces if netns.inode == inode), None)
