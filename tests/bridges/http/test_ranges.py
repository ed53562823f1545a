"""Expected values are the examples and rules of RFC 9110, sections 13.1 and 14.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.http.ranges import ByteRange, NotSatisfiable, etag_matches, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-499", (0, 500)),
        ("bytes=500-999", (500, 1000)),
        ("bytes=-500", (9500, 10_000)),
        ("bytes=9500-", (9500, 10_000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=-1", (9999, 10_000)),
        ("Bytes=0-499", (0, 500)),  # the unit is read without regard to case
        ("bytes=0-999999", (0, 10_000)),
        ("bytes=-999999", (0, 10_000)),
    ],
)
def test_examples_of_the_rfc_on_ten_thousand_bytes(header: str, expected: tuple[int, int]):
    assert parse_range(header, 10_000) == ByteRange(*expected)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=5-4", "items=0-5", "bytes=0-1,5-6", "bytes=a-b", "bytes=+1-2", "bytes=²-"],
)  # fmt: skip
def test_what_is_malformed_or_not_supported_is_ignored(header: str | None):
    assert parse_range(header, 10_000) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10000-", 10_000), ("bytes=-0", 10_000), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_a_range_beyond_the_file_is_not_satisfiable(header: str, size: int):
    with pytest.raises(NotSatisfiable):
        parse_range(header, size)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))
def test_a_range_is_what_a_slice_of_the_bytes_is(first: int, last: int, size: int):
    data = bytes(index % 256 for index in range(size))
    try:
        found = parse_range(f"bytes={first}-{last}", size)
    except NotSatisfiable:
        assert data[first:] == b""
        return
    if found is None:
        assert last < first
    else:
        assert data[found.start : found.end] == data[first : last + 1] != b""


@pytest.mark.parametrize(
    ("header", "weak", "expected"),
    [('"a"', False, True), ('W/"a"', True, True), ('W/"a"', False, False), ('"b", "a"', False, True),
     ("*", False, True), ('"b"', True, False), ("a", True, False)],
)  # fmt: skip
def test_entity_tags(header: str, weak: bool, expected: bool):
    assert etag_matches(header, '"a"', weak=weak) is expected
