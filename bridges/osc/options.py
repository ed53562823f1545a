"""Trailing `key=value` texts: `ref=17`, `token=...`, and parameters of a recipe's steps (`separate.model=htdemucs`)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from daemon.kernel.errors import BadParameter
from daemon.kernel.typed_value import LONGEST, typed_value

MAX_REF = 100


@dataclass(frozen=True, slots=True)
class Options:
    """ref: as it came, "" when it did not. token: what was given as such. params: by step. texts: all of them."""

    ref: str = ""
    token: str = ""
    params: dict[str, dict[str, Any]] = field(default_factory=dict)
    texts: tuple[str, ...] = ()

    def trusted(self, token: str) -> bool:
        return bool(self.token) and hmac.compare_digest(self.token.encode(), token.encode())


def ref_of(texts: Sequence[object]) -> str:
    """The ref among arguments that may be wrong otherwise, so that their error can name it."""
    refs = [text[4:] for text in texts if isinstance(text, str) and text.startswith("ref=")]
    return refs[-1][:MAX_REF] if refs else ""


def parse(texts: Sequence[str], steps: bool) -> Options:
    """steps: whether parameters of steps are legal. Raises BadParameter."""
    plain: dict[str, str] = {}
    params: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        step, dot, name = key.partition(".")
        if not equals or not key:
            raise BadParameter(f"{text!r} is one argument too many", hint="Options are written key=value")
        if len(value) > LONGEST:
            raise BadParameter(f"the option {key[:MAX_REF]!r} is longer than {LONGEST} characters")
        if key in ("ref", "token"):
            plain[key] = value
        elif steps and dot and step and name:
            params.setdefault(step, {})[name] = typed_value(value)
        else:
            legal = "ref, token and step.param" if steps else "ref and token"
            raise BadParameter(f"the option {key!r} is not known here", hint=f"Options here: {legal}")
    if len(plain.get("ref", "")) > MAX_REF:
        raise BadParameter(f"a ref may be {MAX_REF} characters long")
    return Options(plain.get("ref", ""), plain.get("token", ""), params, tuple(texts))
