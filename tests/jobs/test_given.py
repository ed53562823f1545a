from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.jobs.given import cover_of, covers, source_of
from daemon.jobs.prepare import Prepared
from daemon.kernel.errors import InputError
from daemon.kernel.types import AssetId
from daemon.library.asset_records import FileStat
from daemon.library.job_records import InputRecord

RATE = 44100
SONG = Prepared(
    AssetId("p"), Path("/song.wav"), FileStat(1, 1, 1), {"rate": RATE, "frames": 100 * RATE, "container": "wav"}
)


def part(number: int, start_s: float, length_s: float | None) -> InputRecord:
    return InputRecord(
        f"j.{number}", "/song.wav", None, {"start_s": start_s, "length_s": length_s}, "preparing", None
    )


times = st.floats(0, 90, allow_nan=False)
lengths = st.floats(1e-4, 9, allow_nan=False)


@given(st.lists(st.tuples(times, lengths), min_size=2, max_size=5, unique=True))
def test_a_cover_holds_every_frame_of_its_regions(regions: list[tuple[float, float]]) -> None:
    inputs = [part(number, *region) for number, region in enumerate(regions)]
    found = covers(inputs)
    assert set(found) == {each.id for each in inputs}
    for each in inputs:
        own, cover = source_of(each, SONG).region, cover_of(found[each.id], SONG).region
        assert own is not None and cover is not None
        assert own.length is not None and cover.length is not None
        assert cover.start <= own.start
        assert own.start + own.length <= cover.start + cover.length


def test_a_region_that_is_not_in_the_file_does_not_spoil_the_cover_of_the_others() -> None:
    inputs = [part(0, 1.0, 1.0), part(1, 3.0, 1.0), part(2, 200.0, 1.0)]
    cover = cover_of(covers(inputs)["j.0"], SONG).region
    assert cover is not None and (cover.start, cover.length) == (RATE, 3 * RATE)


@pytest.mark.parametrize(("start_s", "length_s"), [(1e308, 1.0), (1e300, None)])
def test_a_region_beyond_every_number_is_refused(start_s: float, length_s: float | None) -> None:
    with pytest.raises(InputError, match=r"the file is 100\.000 s long"):
        source_of(part(0, start_s, length_s), SONG)


def test_a_length_beyond_every_number_ends_with_the_file() -> None:
    region = source_of(part(0, 99.0, 1e308), SONG).region
    assert region is not None and region.length == RATE
