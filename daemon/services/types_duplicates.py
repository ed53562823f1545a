"""Exact duplicates put aside: what is asked and answered."""

from __future__ import annotations

from daemon.services.types import Answer, Request


class DuplicatesRequest(Request, frozen=True):
    """folder: absolute; only copies in it and below it are put aside, wherever the one that stays is. None: anywhere.
    to: the folder they go to, absolute; None is "Duplicates" in the delivery folder."""

    folder: str | None = None
    to: str | None = None


class DuplicateMoves(Answer, frozen=True):
    """One sound. keeps: the file that stays, and why that one. moves: (from, to) of the others, size_bytes: of
    these together. left: (file, why) of those that stay as well."""

    asset: str
    keeps: str
    why: str
    moves: list[tuple[str, str]]
    size_bytes: int
    left: list[tuple[str, str]]


class DuplicatesPlan(Answer, frozen=True):
    """projects: how many roadie knows; what they use is left alone."""

    groups: list[DuplicateMoves]
    projects: int
