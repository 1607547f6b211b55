"""Makes kernels and namespaces: the one module that knows every room of the kernel and hangs the doors."""

from __future__ import annotations

import random

from netsim.clock import Clock
from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.netns import Netns
from netsim.kernel.profile import KernelProfile


def boot(clock: Clock, rng: random.Random, profile: KernelProfile) -> Kernel:
    """A freshly started Linux with its first namespace."""
    kernel = Kernel(clock, rng, profile)
    kernel.boot_time = clock.now
    kernel.init_net = new_netns(kernel)
    return kernel


def new_netns(kernel: Kernel) -> Netns:
    """A fresh namespace (`copy_net_ns`): lo, down, and each room's own state."""
    netns = Netns(kernel, kernel.inode())
    kernel.namespaces.append(netns)
    for init in kernel.netns_init:
        init(netns)
    return netns
