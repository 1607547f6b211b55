"""Reading the counters every two seconds: what tools show, and the averages (`ip_vs_est.c`).

Nothing wakes up for it: who changes a counter or asks for it brings the statistics up to date first.
"""

from __future__ import annotations

from netsim.kernel.core.netns import Netns
from netsim.kernel.tables.ipvs import COUNTED, PERIOD, Stats

SHIFT = {"conns": 9, "inpkts": 9, "outpkts": 9, "inbytes": 4, "outbytes": 4}
LONGEST = 100
"""After so many silent periods every average is 0."""


def settle(netns: Netns, stats: Stats) -> None:
    """Do what the estimator did since it was last asked (`estimation_timer`): counters do not change in between."""
    period = netns.kernel.clock.now // PERIOD
    silent = period - stats.period
    if silent <= 0:
        return
    stats.period = period
    for name in COUNTED:
        count = getattr(stats, name)
        rate = count - stats.shown[name] << SHIFT[name]
        stats.shown[name] = count
        average = stats.averages[name]
        for _ in range(min(silent, LONGEST)):
            average += rate - average >> 2
            rate = 0
        stats.averages[name] = average


def rates(stats: Stats) -> dict[str, int]:
    """Per second, rounded as `ip_vs_read_estimator` does."""
    return {name: stats.averages[name] + 0x1FF >> 10 if "bytes" not in name else stats.averages[name] + 0xF >> 5 for name in COUNTED}


def counts(stats: Stats) -> dict[str, int]:
    """What was counted since the last zeroing, as of the estimator's last look."""
    return {name: stats.shown[name] - stats.zero[name] for name in COUNTED}


def zero(stats: Stats) -> None:
    """Begin anew for those who look (`ip_vs_zero_stats`); the averages go on."""
    stats.zero = dict(stats.shown)
    stats.averages = dict.fromkeys(COUNTED, 0)
