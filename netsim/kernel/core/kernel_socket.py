"""Senders inside the kernel, as the owner of what they send (`skb->sk`)."""

import attrs


@attrs.frozen
class KernelSocket:
    """A sender inside the kernel: a socket of no process and without a file (`inet_ctl_sock_create`)."""

    multicast_loop: int = 1
    recverr: int = 0
    ignores_df: int = 0
    pmtudisc: int = 0
    is_held: bool = True

    def local_mtu(self, mtu: int) -> None:
        """Nobody listens."""


CONTROL_SOCKET = KernelSocket()
"""Who sends ICMP messages and resets without a socket (`ipv4_icmp_sk`, `ipv4_tcp_sk`)."""
