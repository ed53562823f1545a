from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from daemon.library.asset_records import FileStat
from daemon.watch.arriving import Arriving
from daemon.watch.settle import Settler

FILE = Path("/inbox/kick.wav")


def stat(size: int) -> FileStat:
    return FileStat(size, size, 1)


@given(
    # What a copy looks like from outside: at each look some time later, the file has grown or it has not.
    looks=st.lists(st.tuples(st.floats(0.05, 5.0), st.booleans()), min_size=1, max_size=40),
    settle_s=st.floats(0.1, 4.0),
)
def test_a_file_counts_only_after_it_stood_still_for_the_whole_time(
    looks: list[tuple[float, bool]], settle_s: float
) -> None:
    settler = Settler(settle_s)
    now, size, changed_at = 0.0, 1, 0.0
    settler.touch(FILE, now)
    settler.looked(FILE, stat(size), now)
    for passed_s, grew in looks:
        now += passed_s
        if grew:
            size, changed_at = size + 1, now
        if settler.looked(FILE, stat(size), now):
            assert now - changed_at >= settle_s * (1 - 1e-9)
            return
        assert now - changed_at < settle_s * (1 + 1e-9)


def test_an_event_begins_the_time_anew_also_when_size_and_time_are_the_same() -> None:
    settler = Settler(2.0)
    settler.touch(FILE, 0.0)
    assert not settler.looked(FILE, stat(1), 0.0)
    settler.touch(FILE, 1.9)
    assert not settler.looked(FILE, stat(1), 2.5)
    assert settler.looked(FILE, stat(1), 4.5)


def test_a_file_that_does_not_open_waits_longer_each_time_and_is_not_forgotten() -> None:
    settler = Settler(2.0)
    settler.touch(FILE, 0.0)
    settler.looked(FILE, stat(1), 0.0)
    waits, now = [], 0.0
    for _ in range(8):
        due = settler.next_due()
        assert due is not None
        waits.append(due - now)
        now = due
        assert settler.looked(FILE, stat(1), now)
        settler.opened(FILE, False, now)
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    settler.opened(FILE, True, now)
    assert len(settler) == 0


def test_a_file_that_went_away_is_forgotten() -> None:
    settler = Settler(2.0)
    settler.touch(FILE, 0.0)
    assert not settler.looked(FILE, None, 1.0)
    assert len(settler) == 0


def test_a_folder_is_whole_when_nothing_happens_in_it_for_its_time() -> None:
    arriving = Arriving(5.0)
    assert arriving.begin(Path("/inbox/Album"), 0.0)
    assert not arriving.begin(Path("/inbox/Album/CD 2"), 1.0)
    assert arriving.quiet(5.9, lambda _: False) == []
    arriving.touch(Path("/inbox/Album/CD 2/01.wav"), 6.0)
    assert arriving.quiet(10.9, lambda _: False) == []
    assert arriving.quiet(11.0, lambda _: False) == [Path("/inbox/Album")]


def test_a_folder_whose_files_wait_is_not_whole() -> None:
    arriving = Arriving(5.0)
    arriving.begin(Path("/inbox/Album"), 0.0)
    assert arriving.quiet(7.0, lambda _: True) == []
    assert arriving.quiet(11.0, lambda _: False) == []
    assert arriving.quiet(12.0, lambda _: False) == [Path("/inbox/Album")]


def test_a_folder_round_an_arriving_one_takes_it_over() -> None:
    arriving = Arriving(5.0)
    arriving.begin(Path("/inbox/Album/CD 1"), 0.0)
    assert arriving.begin(Path("/inbox/Album"), 1.0)
    assert arriving.over(Path("/inbox/Album/CD 1/01.wav")) == Path("/inbox/Album")
    assert len(arriving) == 1
