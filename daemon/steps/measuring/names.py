"""A tempo that a file's name claims: evidence, never truth."""

from __future__ import annotations

import re

LOWEST_BPM, HIGHEST_BPM = 50.0, 210.0
_SAID = re.compile(r"(?<![\d.])(\d{2,3}(?:[.,]\d{1,2})?)[ _-]?bpm(?![a-z])", re.IGNORECASE)
_BEFORE = re.compile(r"(?<![a-z])bpm[ _-]?(\d{2,3}(?:[.,]\d{1,2})?)(?![\d.])", re.IGNORECASE)


def tempo_in_name(name: str) -> float | None:
    """120.0 of "Loop_120bpm_Am.wav", None when the name claims none, or two that differ, or one that cannot be."""
    said = {float(text.replace(",", ".")) for form in (_SAID, _BEFORE) for text in form.findall(name)}
    claimed = {bpm for bpm in said if LOWEST_BPM <= bpm <= HIGHEST_BPM}
    return claimed.pop() if len(claimed) == 1 else None
