"""The time in front of a line."""

_DAY = 86400


def stamp(time: int, last: int, first: int, form: int) -> str:
    """The time stamp of a packet at `time` (ns since the epoch) in one of tcpdump's forms (`-t` given `form` times), with its blank."""
    if form == 1:
        return ""
    if form == 2:
        return f"{time // 1_000_000_000}.{_micro(time)} "
    if form in (3, 5):
        delta = time // 1000 - (last if form == 3 else first) // 1000
        sign = "-" if delta < 0 else " "
        return f"{sign}{_clock(abs(delta) // 1_000_000)}.{abs(delta) % 1_000_000:06} "
    day = f"{_date(time // 1_000_000_000 // _DAY)} " if form == 4 else ""
    return f"{day}{_clock(time // 1_000_000_000 % _DAY)}.{_micro(time)} "


def _micro(time: int) -> str:
    return f"{time // 1000 % 1_000_000:06}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _date(days: int) -> str:
    """The civil date of a number of days since 1970-01-01 (years begin in March while counting, so that leap days come last)."""
    days += 719468
    era, of_era = divmod(days, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return f"{year + era * 400 + (month <= 2):04}-{month:02}-{day:02}"
