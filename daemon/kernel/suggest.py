"""What may have been meant by a name that is none."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_NEAR = 0.6  # difflib's own measure of likeness


def suggest(wrong: object, known: Iterable[str]) -> str:
    """A hint: the nearest of the known names, whatever their case; all that there are where none is near."""
    names = sorted(known)
    folded = {name.lower(): name for name in names}
    near = get_close_matches(str(wrong).lower(), folded, 1, _NEAR)
    return f"Did you mean {folded[near[0]]!r}?" if near else f"There are: {', '.join(names) or 'none'}"
