"""Whether a rule's conditions hold, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rules.conditions import CONDITIONS
from rules.facts import Facts
from rules.model import Group, Leaf, Test


@dataclass(frozen=True, slots=True)
class Verdict:
    """holds: None when it depends on something that is not known. why: of one condition, "" of a group."""

    holds: bool | None
    why: str = ""
    mode: str = ""
    parts: tuple[Verdict, ...] = ()

    def reasons(self) -> Iterator[str]:
        """The conditions that decided: of one that does not hold those that kept it from it, of one that holds those
        that made it so."""
        if not self.mode:
            yield self.why
            return
        if self.mode == "not":
            yield from self.parts[0].reasons()
            return
        for part in self.parts:
            if part.holds is self.holds:
                yield from part.reasons()

    def every(self, sign: str = "") -> Iterator[tuple[bool | None, str]]:
        """Each condition with its own answer, in the order of the rule; "not" says that the opposite is wanted."""
        if not self.mode:
            yield self.holds, sign + self.why
        for part in self.parts:
            yield from part.every("not: " if self.mode == "not" else sign)


def judge(test: Test, facts: Facts) -> Verdict:
    """Three-valued (Kleene): what is not known leaves open only what depends on it."""
    if isinstance(test, Leaf):
        holds, why = CONDITIONS[test.name].test(test.wanted, facts)
        return Verdict(holds, why)
    parts = tuple(judge(part, facts) for part in test.parts)
    return Verdict(_combined(test, parts), mode=test.mode, parts=parts)


def _combined(group: Group, parts: tuple[Verdict, ...]) -> bool | None:
    answers = [part.holds for part in parts]
    if group.mode == "not":
        return None if answers[0] is None else not answers[0]
    decisive = group.mode == "any"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive
