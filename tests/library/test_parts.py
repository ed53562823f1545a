"""Words that are written as one, and their parts; expected values are written out by hand."""

from __future__ import annotations

import pytest

from daemon.library.parts import parts, split


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("kick", "kick"),
        ("Kick", "Kick"),
        ("KICK", "KICK"),
        ("808", "808"),
        ("kick01", "kick 01"),
        ("k4", "k 4"),
        ("SnareRimshot", "Snare Rimshot"),
        ("TR808EmulationKit", "TR 808 Emulation Kit"),
        ("TRKick", "TR Kick"),
        ("hatOH", "hat OH"),
        ("ÜberKlang2", "Über Klang 2"),
        ("鼓01", "鼓 01"),
    ],
)
def test_words_are_split_at_case_and_digits(word: str, expected: str) -> None:
    assert split(word) == expected.split()


def test_the_parts_of_a_text_are_those_of_its_words_that_have_several() -> None:
    assert parts("deep Kick k4-CrashBell k4 01 u\u0308Bel") == ["k", "4", "Crash", "Bell", "ü", "Bel"]
