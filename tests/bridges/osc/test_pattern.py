"""Address patterns, against the OSC 1.0 specification's own examples and against regular expressions."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.osc.addresses import ADDRESSES
from bridges.osc.namespace import Namespace
from bridges.osc.pattern import BadPattern, Pattern, is_pattern


@pytest.mark.parametrize(
    ("pattern", "address", "matches"),
    [
        ("/a/?", "/a/b", True),
        ("/a/?", "/a/", False),
        ("/a/*", "/a/bcd", True),
        ("/a/*", "/a/b/c", False),  # never across a /
        ("/*/c", "/a/c", True),
        ("/a/[b-d]x", "/a/cx", True),
        ("/a/[!b-d]x", "/a/cx", False),
        ("/a/[b-]", "/a/-", True),  # a minus at the end is a minus
        ("/a/{foo,bar}", "/a/bar", True),
        ("/a/{foo,bar}", "/a/foobar", False),
        ("/{a,ab}{c,bc}", "/abc", True),
        ("//c", "/a/b/c", True),
        ("//c", "/c", True),
        ("/a//c", "/a/c", True),
        ("/a//c", "/a/x/y/c", True),
        ("/a//c", "/b/c", False),
        ("/*/", "/a", False),
        ("/a", "/ab", False),
    ],
)
def test_examples(pattern: str, address: str, matches: bool):
    assert Pattern(pattern).matches(address) is matches


part = st.text("ab?*", min_size=1, max_size=8)


@given(st.lists(part, min_size=1, max_size=4), st.lists(st.text("ab", max_size=8), min_size=1, max_size=4))
def test_stars_and_question_marks_as_in_a_regular_expression(parts: list[str], names: list[str]):
    regex = "".join("/" + each.replace("?", "[^/]").replace("*", "[^/]*") for each in parts)
    pattern, address = "".join("/" + each for each in parts), "".join("/" + each for each in names)
    assert Pattern(pattern).matches(address) is (re.fullmatch(regex, address) is not None)


@given(st.text("/ab?*[]{},!-", max_size=60))
def test_any_text_is_a_pattern_or_refused(text: str):
    with contextlib.suppress(BadPattern):
        Pattern("/" + text).matches("/roadie/job/state")


def test_a_pattern_made_to_take_long_does_not():
    """A backtracking matcher would be at this for longer than the universe."""
    assert not Pattern("/" + "*a" * 100).matches("/" + "a" * 90 + "b")
    with pytest.raises(BadPattern, match="256"):
        Pattern("/" + "*" * 60_000)


def test_an_address_is_no_pattern():
    assert not is_pattern("/roadie/job/state")
    assert is_pattern("/roadie//state")


anything = st.lists(
    st.sampled_from(["", "*", "?", "roadie", "slot", "[1-3]", "{name,state}", "*e", "hit", "cancel", "s*t"]),
    max_size=6,
).map(lambda parts: "/" + "/".join(parts))


@given(anything)
def test_a_namespace_finds_what_matching_every_address_would(pattern: str):
    """Descending part by part must not lose or invent an address."""
    space = Namespace(ADDRESSES)
    space.know(["stems", "midi"])
    expected = {node.address for node in space.nodes() if Pattern(pattern).matches(node.address)}
    if is_pattern(pattern):
        found = [node.address for node in space.find(pattern)]
        assert set(found) == expected and len(found) == len(expected)
