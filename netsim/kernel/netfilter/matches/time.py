"""`-m time`: the date, the day and the time of day (`xt_time`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.clock import SECOND
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

DAY = 86_400
LATEST = 0x7FFFFFFF
EVERY_WEEKDAY, EVERY_MONTHDAY = 0xFE, 0xFFFFFFFE
MARCH_0 = 719_468
"""Days from 1 March of the year 0 to 1970."""


def month_day(days: int) -> int:
    """The day of the month of a day counted from 1970 (civil calendar)."""
    of_era = (days + MARCH_0) % 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return of_year - (153 * month + 2) // 5 + 1


@attrs.frozen
class TimeMatch:
    """Seconds since 1970 from `since` to `until`, seconds of the day from `start` to `stop`; days are bits, Monday is 1."""

    since: int = 0
    until: int = LATEST
    start: int = 0
    stop: int = DAY - 1
    weekdays: int = EVERY_WEEKDAY
    monthdays: int = EVERY_MONTHDAY
    is_kernel_zone: bool = False
    is_contiguous: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the world's time is within (`time_mt`); the kernel's zone is UTC here."""
        kernel = state.netns.kernel
        stamp = (kernel.epoch + kernel.clock.now) // SECOND
        if not self.since <= stamp <= self.until:
            return False
        of_day = stamp % DAY
        if self.start < self.stop:
            if not self.start <= of_day <= self.stop:
                return False
        elif self.stop < of_day < self.start:
            return False
        elif self.is_contiguous and of_day <= self.stop:
            stamp -= DAY
        days = stamp // DAY
        if not self.weekdays >> ((days + 3) % 7 + 1) & 1:
            return False
        return self.monthdays == EVERY_MONTHDAY or bool(self.monthdays >> month_day(days) & 1)
