from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from rules.model import Schedule
from rules.schedule import days_of, every_of, last_due, minute_of

times = st.datetimes(datetime(2001, 1, 3), datetime(2037, 1, 1)).map(lambda at: at.timestamp())


def test_times_as_they_are_written() -> None:
    assert (every_of("90m"), every_of("6h"), every_of("1d"), every_of("1.5h")) == (5400, 21600, 86400, 5400)
    assert (minute_of("03:30"), minute_of("23:59")) == (210, 1439)
    assert days_of(["Fri", "monday"]) == (0, 4)


@given(now=times, hour=st.integers(0, 23), minute=st.integers(0, 59), days=st.sets(st.integers(0, 6)))
def test_a_time_of_day_was_last_due_at_that_time_on_one_of_its_days_within_a_week(
    now: float, hour: int, minute: int, days: set[int]
) -> None:
    due = last_due(Schedule(at_min=hour * 60 + minute, days=tuple(sorted(days))), now)
    at = datetime.fromtimestamp(due)
    assert (at.hour, at.minute, at.second) == (hour, minute, 0)
    assert not days or at.weekday() in days
    assert 0 <= now - due <= 7 * 86400 + 2 * 3600  # summer time may add to a week


@given(now=times, every_s=st.sampled_from([60.0, 3600.0, 21600.0, 86400.0]))
def test_every_so_often_is_due_once_in_each_stretch(now: float, every_s: float) -> None:
    due = last_due(Schedule(every_s=every_s), now)
    assert due <= now < due + every_s
    assert last_due(Schedule(every_s=every_s), due + every_s) == due + every_s
