"""When a rule that works by the clock is due. Pure; times of day are those of this place."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from rules.model import Schedule

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS_S = {"m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
SHORTEST_S = 60.0


class BadTime(ValueError):
    """What is wrong with a time, and what would be right."""


def every_of(value: Any) -> float:
    """ "90m", "6h", "1d" in seconds. Raises BadTime."""
    found = (
        re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*(m|min|h|d)\s*", value) if isinstance(value, str) else None
    )
    if found is None:
        raise BadTime(f'every = {value!r} is no length of time: write "30m", "6h" or "1d"')
    length_s = float(found[1]) * _UNITS_S[found[2]]
    if length_s < SHORTEST_S:
        raise BadTime("a rule is due at most once a minute")
    return length_s


def minute_of(value: Any) -> int:
    """ "03:30" in minutes after midnight. Raises BadTime."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if found is None:
        raise BadTime(f'at = {value!r} is no time of day: write "03:30"')
    return int(found[1]) * 60 + int(found[2])


def days_of(value: Any) -> tuple[int, ...]:
    """["mon", "fri"] as numbers, Monday is 0; none means every day. Raises BadTime."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise BadTime('days is a list: ["mon", "fri"]')
    wrong = [each for each in value if each.lower()[:3] not in DAYS]
    if wrong:
        raise BadTime(f"{wrong[0]!r} is no day: {', '.join(DAYS)}")
    return tuple(sorted({DAYS.index(each.lower()[:3]) for each in value}))


def last_due(schedule: Schedule, now_s: float) -> float:
    """The last time at or before now at which a rule was due, in seconds since the epoch."""
    if schedule.every_s is not None:
        return now_s - now_s % schedule.every_s
    now = datetime.fromtimestamp(now_s)
    assert schedule.at_min is not None  # one of the two is there
    for back in range(9):
        day = (now - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        due = day.replace(hour=schedule.at_min // 60, minute=schedule.at_min % 60)
        if due <= now and (not schedule.days or day.weekday() in schedule.days):
            return due.timestamp()
    raise AssertionError("unreachable: every day of the week comes within eight days")
