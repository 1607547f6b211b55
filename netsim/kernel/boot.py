"""Makes kernels and namespaces: the one module that knows every room of the kernel and hangs the doors."""

from __future__ import annotations

import random

from netsim.clock import Clock
from netsim.kernel.bridge import device as bridge
from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers import dummy, loopback, veth
from netsim.kernel.drivers.kinds import LinkKind
from netsim.kernel.profile import KernelProfile

LINK_KINDS = {
    "veth": LinkKind("veth", "veth", veth.create),
    "bridge": LinkKind("bridge", "bridge", bridge.create, bridge.change, bridge.change_port),
    "dummy": LinkKind("dummy", "dummy", dummy.create_dummy),
    "ifb": LinkKind("ifb", "ifb", dummy.create_ifb),
}
NETDEV_CHAIN = (bridge.device_event,)
NETNS_INIT = (loopback.add_loopback,)


def boot(clock: Clock, rng: random.Random, profile: KernelProfile) -> Kernel:
    """A freshly started Linux with its first namespace."""
    kernel = Kernel(clock, rng, profile)
    kernel.boot_time = clock.now
    kernel.link_kinds = LINK_KINDS
    kernel.netdev_chain = NETDEV_CHAIN
    kernel.netns_init = NETNS_INIT
    kernel.init_net = new_netns(kernel)
    return kernel


def new_netns(kernel: Kernel) -> Netns:
    """A fresh namespace (`copy_net_ns`): lo, down, and each room's own state."""
    netns = Netns(kernel, kernel.inode())
    kernel.namespaces.append(netns)
    for init in kernel.netns_init:
        init(netns)
    return netns
