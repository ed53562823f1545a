"""The conditions that a rule may have, by name. Pure: each checks what it is given, and tests facts.

A test answers yes, no, or None when the fact it is about is not known; with the reason, for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rules import globs
from rules.facts import UNKNOWN, Facts

Answer = tuple[bool | None, str]
HAS = ("stems", "slices", "one-shots", "loops", "midi", "lyrics", "tags")


class BadValue(ValueError):
    """What is wrong with a condition's value, and what would be right."""


@dataclass(frozen=True, slots=True)
class Condition:
    """read: what stands in the rule, checked. test: (wanted, facts) -> answer. example: shown when it is wrong."""

    name: str
    about: str
    example: str
    read: Callable[[Any], Any]
    test: Callable[[Any, Facts], Answer]


@dataclass(frozen=True, slots=True)
class Range:
    """low, high: None is open; both ends belong to it."""

    low: float | None
    high: float | None

    def __contains__(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high:
            return f"exactly {self.low:g}"
        if self.low is None or self.high is None:
            return f"at most {self.high:g}" if self.low is None else f"at least {self.low:g}"
        return f"in {self.low:g}..{self.high:g}"


def _range(value: Any) -> Range:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Range(float(value), float(value))
    if not isinstance(value, Mapping) or not value or set(value) - {"min", "max"}:
        raise BadValue("it must be a number, or { min = ..., max = ... }")
    ends = [value.get("min"), value.get("max")]
    if any(end is not None and (isinstance(end, bool) or not isinstance(end, int | float)) for end in ends):
        raise BadValue("min and max must be numbers")
    low, high = (None if end is None else float(end) for end in ends)
    if low is not None and high is not None and low > high:
        raise BadValue(f"min ({low:g}) is more than max ({high:g})")
    return Range(low, high)


def _words(value: Any) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words or not all(isinstance(each, str) and each for each in words):
        raise BadValue("it must be a text, or a list of texts of which one is enough")
    return tuple(words)


def _patterns(value: Any) -> tuple[str, ...]:
    patterns = _words(value)
    for pattern in patterns:
        try:
            globs.compiled(pattern)
        except globs.BadPattern as error:
            raise BadValue(str(error)) from error
    return patterns


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue("it must be true or false")
    return value


def _flag_or_patterns(value: Any) -> bool | tuple[str, ...]:
    return value if isinstance(value, bool) else _patterns(value)


def _has(value: Any) -> tuple[str, ...]:
    words = _words(value)
    wrong = [word for word in words if word not in HAS]
    if wrong:
        raise BadValue(f"{wrong[0]!r} is nothing that a file can have; there are: {', '.join(HAS)}")
    return words


def _extensions(value: Any) -> tuple[str, ...]:
    return tuple("." + word.lower().lstrip(".") for word in _words(value))


# ---------------------------------------------------------------- tests


def _not_known(name: str) -> Answer:
    return None, f"{name} is not known of this file yet"


def _in_range(name: str, unit: str = "") -> Callable[[Any, Facts], Answer]:
    def test(wanted: Range, facts: Facts) -> Answer:
        value = facts.get(name)
        if value is UNKNOWN:
            return _not_known(name)
        if value is None:
            return False, f"it has no {name}"
        inside = float(value) in wanted
        return inside, f"{name} {value:g}{unit} is {'' if inside else 'not '}{wanted}{unit}"

    return test


def _one_of(name: str) -> Callable[[Any, Facts], Answer]:
    def test(wanted: tuple[str, ...], facts: Facts) -> Answer:
        value = facts.get(name)
        if value is UNKNOWN:
            return _not_known(name)
        if value is None:
            return False, f"it has no {name}"
        inside = str(value).lower() in {word.lower() for word in wanted}
        return inside, f"{name} is {value}" + ("" if inside else f", not {' or '.join(wanted)}")

    return test


def _overlap(name: str) -> Callable[[Any, Facts], Answer]:
    def test(wanted: tuple[str, ...], facts: Facts) -> Answer:
        values = facts.get(name)
        if values is UNKNOWN:
            return _not_known(name)
        there = {str(value).lower() for value in values or ()}
        found = [word for word in wanted if word.lower() in there]
        if found:
            return True, f"{name}: {', '.join(found)}"
        return False, f"{name}: none of {', '.join(wanted)}"

    return test


def _path(wanted: tuple[str, ...], facts: Facts) -> Answer:
    for pattern in wanted:
        if globs.matches(pattern, facts.path):
            return True, f"path matches {pattern}"
    return False, f"path {facts.path} does not match {' or '.join(wanted)}"


def _globbed(name: str) -> Callable[[Any, Facts], Answer]:
    def test(wanted: tuple[str, ...], facts: Facts) -> Answer:
        value = facts.get(name)
        if value is UNKNOWN:
            return _not_known(name)
        if value is None:
            return False, f"it has no {name}"
        inside = any(globs.matches(pattern, str(value)) for pattern in wanted)
        return inside, f"{name} {value} {'matches' if inside else 'does not match'} {' or '.join(wanted)}"

    return test


def _name(wanted: tuple[str, ...], facts: Facts) -> Answer:
    inside = any(globs.matches(pattern, facts.name) for pattern in wanted)
    return inside, f"name {facts.name} {'matches' if inside else 'does not match'} {' or '.join(wanted)}"


def _extension(wanted: tuple[str, ...], facts: Facts) -> Answer:
    dot = facts.name.rfind(".")
    suffix = facts.name[dot:].lower() if dot > 0 else ""
    inside = suffix in wanted
    return inside, f"extension is {suffix or 'missing'}" + ("" if inside else f", not {' or '.join(wanted)}")


def _project(wanted: bool | tuple[str, ...], facts: Facts) -> Answer:
    projects = facts.get("project")
    if projects is UNKNOWN:
        return _not_known("project")
    used = list(projects or ())
    if isinstance(wanted, bool):
        return bool(used) is wanted, f"{len(used)} projects use it" if used else "no project uses it"
    found = [each for each in used if any(globs.matches(pattern, each) for pattern in wanted)]
    return bool(
        found
    ), f"used by {found[0]}" if found else f"no project that matches {' or '.join(wanted)} uses it"


def _is_so(name: str, yes: str, no: str) -> Callable[[Any, Facts], Answer]:
    def test(wanted: bool, facts: Facts) -> Answer:
        value = facts.get(name)
        if value is UNKNOWN:
            return _not_known(name)
        return bool(value) is wanted, yes if value else no

    return test


CONDITIONS: Mapping[str, Condition] = {
    each.name: each
    for each in (
        Condition("path", "where the file stands", '"~/Music/Inbox/**"', _patterns, _path),
        Condition("name", "the file's name", '"* loop *"', _patterns, _name),
        Condition("extension", "how its name ends", '[".wav", ".flac"]', _extensions, _extension),
        Condition("length_s", "seconds", "{ min = 20, max = 1200 }", _range, _in_range("length_s", " s")),
        Condition("kind", "source, stem, one-shot, loop, midi ...", '"loop"', _words, _one_of("kind")),
        Condition("made", "roadie made it", "false", _flag, _is_so("made", "roadie made it", "roadie did not make it")),
        Condition("class", "what it was classified as", '["kick", "snare"]', _words, _one_of("class")),
        Condition("confidence", "of the class, 0..1", "{ min = 0.6 }", _range, _in_range("confidence")),
        Condition("stem", "which stem it is, or was cut from", '"bass"', _words, _one_of("stem")),
        Condition("tag", "a tag it has", '"favourite"', _words, _overlap("tag")),
        Condition("bpm", "its tempo", "{ min = 118, max = 124 }", _range, _in_range("bpm", " bpm")),
        Condition("key", "its key", '["Am", "C"]', _words, _one_of("key")),
        Condition("rating", "0..5", "{ min = 4 }", _range, _in_range("rating")),
        Condition("channels", "1 is mono", "2", _range, _in_range("channels")),
        Condition("source", "name of the song it was made from", '"Live *"', _patterns, _globbed("source")),
        Condition("project", "whether, or which, projects use it", "false", _flag_or_patterns, _project),
        Condition("beside_project", "a project file stands in its folder or the one above", "true", _flag,
                  _is_so("beside_project", "a project stands beside it", "no project stands beside it")),
        Condition("has", "what was made from it", '"stems"', _has, _overlap("has")),
        Condition("age_s", "seconds since it came into the library", "{ min = 86400 }", _range,
                  _in_range("age_s", " s")),
        Condition("age_days", "days since it came into the library", "{ min = 30 }", _range,
                  _in_range("age_days", " days")),
        Condition("recipe", "of the job that is done", '"stems"', _words, _one_of("recipe")),
        Condition("folder", "the folder that is complete", '"~/Music/Inbox/*"', _patterns, _globbed("folder")),
    )
}  # fmt: skip
"""One line adds another."""
