"""Text that can be printed, stored and sent."""

from __future__ import annotations


def printable(text: object) -> str:
    """As text that UTF-8 can carry: undecodable bytes of a file's name become escapes."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")
