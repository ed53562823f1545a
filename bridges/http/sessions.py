"""One-time codes and the sessions they are exchanged for: how a browser gets in without ever seeing the token."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict

from daemon.kernel.clock import Clock

CODE_LIFE_S = 120.0
SESSION_LIFE_S = 7 * 24 * 3600.0
_MAX_CODES = 16
_MAX_SESSIONS = 64


class Sessions:
    """Held in memory: a restart ends all sessions. Only hashes are kept, and looked up by hash, so neither a
    memory dump nor the time an answer takes gives one away."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: OrderedDict[bytes, float] = OrderedDict()
        self._sessions: OrderedDict[bytes, float] = OrderedDict()

    def new_code(self) -> str:
        """A code that opens one session, within two minutes."""
        return self._add(self._codes, CODE_LIFE_S, _MAX_CODES)

    def exchange(self, code: str) -> str | None:
        """The session that `code` opens, or None when it is unknown, used or too old. A code works once."""
        ends_at = self._codes.pop(_hash(code), None)
        if ends_at is None or ends_at <= self._clock.monotonic():
            return None
        return self._add(self._sessions, SESSION_LIFE_S, _MAX_SESSIONS)

    def knows(self, session: str) -> bool:
        key = _hash(session)
        ends_at = self._sessions.get(key)
        if ends_at is None:
            return False
        if ends_at <= self._clock.monotonic():
            del self._sessions[key]
            return False
        return True

    def end(self, session: str) -> None:
        self._sessions.pop(_hash(session), None)

    def _add(self, kept: OrderedDict[bytes, float], life_s: float, limit: int) -> str:
        secret = secrets.token_urlsafe(32)
        kept[_hash(secret)] = self._clock.monotonic() + life_s
        while len(kept) > limit:
            kept.popitem(last=False)
        return secret


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
