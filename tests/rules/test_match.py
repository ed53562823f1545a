from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conditions import CONDITIONS
from rules.facts import UNKNOWN, Facts
from rules.match import judge
from rules.model import Group, Leaf, Test

KINDS = ("loop", "stem")
leaves = st.sampled_from([Leaf("kind", (kind,)) for kind in KINDS] + [Leaf("class", ("kick",))])
tests: st.SearchStrategy[Test] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda part: Group("not", (part,)), inner),
        st.builds(lambda mode, parts: Group(mode, tuple(parts)), st.sampled_from(["all", "any"]),
                  st.lists(inner, max_size=3)),
    ),
    max_leaves=8,
)  # fmt: skip
facts = st.fixed_dictionaries(
    {"kind": st.sampled_from([*KINDS, None, UNKNOWN]), "class": st.sampled_from(["kick", "snare", UNKNOWN])}
)


def plain(test: Test, values: Mapping[str, Any]) -> bool:
    """Two-valued logic, as Python has it, where everything is known."""
    if isinstance(test, Leaf):
        return values[test.name] in test.wanted
    parts = [plain(part, values) for part in test.parts]
    return {"not": lambda: not parts[0], "all": lambda: all(parts), "any": lambda: any(parts)}[test.mode]()


@given(test=tests, values=facts)
def test_what_is_known_decides_and_what_is_not_leaves_open_only_what_hangs_on_it(
    test: Test, values: dict[str, Any]
) -> None:
    holds = judge(test, Facts("/m/a.wav", "a", values)).holds
    open_kinds = [*KINDS, None] if values["kind"] is UNKNOWN else [values["kind"]]
    open_classes = ["kick", "snare"] if values["class"] is UNKNOWN else [values["class"]]
    answers = {plain(test, {"kind": kind, "class": label}) for kind in open_kinds for label in open_classes}
    if holds is not None:
        assert answers == {holds}
    if UNKNOWN not in values.values():
        assert holds is plain(test, values)


@given(test=tests, values=facts)
def test_the_reasons_are_of_conditions_that_are_in_the_rule(test: Test, values: dict[str, Any]) -> None:
    verdict = judge(test, Facts("/m/a.wav", "a", values))
    every = {why.removeprefix("not: ") for _, why in verdict.every()}
    assert set(verdict.reasons()) <= every


FULL = Facts(
    "/music/Inbox/Kick 01.WAV", "a1",
    {"class": "kick", "confidence": 0.7, "bpm": 120.0, "key": "Am", "kind": "one-shot", "stem": "drums",
     "length_s": 0.5, "channels": 2, "rating": 3, "tag": ["Dark", "loud"], "source": "Song", "project": ["/p/a.rpp"],
     "beside_project": True, "made": True, "has": ["stems"], "age_s": 7200.0, "age_days": 0.0833, "recipe": "stems",
     "folder": "/music/Inbox/Record"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "holds", "why"),
    [
        ("path", "/music/Inbox/**", True, "matches"),
        ("path", "/music/Other/**", False, "does not match"),
        ("name", "Kick *", True, "matches"),
        ("extension", [".wav", "flac"], True, ".wav"),
        ("extension", "mp3", False, "not .mp3"),
        ("length_s", {"min": 0.5}, True, "0.5 s is at least 0.5 s"),
        ("length_s", {"min": 20, "max": 1200}, False, "not in 20..1200"),
        ("class", ["snare", "Kick"], True, "class is kick"),
        ("confidence", {"min": 0.8}, False, "not at least 0.8"),
        ("tag", "dark", True, "dark"),
        ("tag", ["new"], False, "none of new"),
        ("bpm", 120, True, "exactly 120"),
        ("key", "C", False, "not C"),
        ("source", "So*", True, "matches"),
        ("project", True, True, "1 projects"),
        ("project", False, False, "1 projects"),
        ("project", "/p/*.rpp", True, "/p/a.rpp"),
        ("project", "/q/**", False, "no project that matches"),
        ("beside_project", True, True, "stands beside"),
        ("made", False, False, "roadie made it"),
        ("has", "stems", True, "stems"),
        ("has", "midi", False, "none of midi"),
        ("age_s", {"min": 3600}, True, "7200"),
        ("age_days", {"min": 30}, False, "not at least 30 days"),
        ("recipe", "stems", True, "recipe is stems"),
        ("folder", "/music/Inbox/*", True, "matches"),
        ("rating", {"max": 2}, False, "not at most 2"),
        ("channels", 1, False, "is not exactly 1"),
        ("kind", "loop", False, "not loop"),
        ("stem", "drums", True, "drums"),
    ],
)
def test_every_condition_answers_with_its_reason(name: str, value: object, holds: bool, why: str) -> None:
    condition = CONDITIONS[name]
    answer, reason = condition.test(condition.read(value), FULL)
    assert (answer, why in reason) == (holds, True), reason


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name not in ("path", "name", "extension")])
def test_what_is_not_known_is_neither_yes_nor_no(name: str) -> None:
    condition = CONDITIONS[name]
    import tomllib

    wanted = condition.read(tomllib.loads(f"v = {condition.example}")["v"])
    answer, reason = condition.test(wanted, Facts("/m/a.wav", None, {name: UNKNOWN}))
    assert answer is None
    assert "not known" in reason
