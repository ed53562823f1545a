"""What may have been meant by a name that is none."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_NEAR = 0.6  # difflib's own measure of likeness


def suggest(wrong: object, known: Iterable[str]) -> str:
    """A hint: the nearest of the known names, whatever their case; all that there are where none is near."""
    names = sorted(known)
    near = nearest(wrong, names)
    return f"Did you mean {near!r}?" if near is not None else f"There are: {', '.join(names) or 'none'}"


def nearest(wrong: object, known: Iterable[str]) -> str | None:
    """The known name that was meant, whatever its case; None when none is near."""
    folded = {name.lower(): name for name in known}
    near = get_close_matches(str(wrong).lower(), folded, 1, _NEAR)
    return folded[near[0]] if near else None
