"""The root note that a file is written with."""

from __future__ import annotations

import re
from collections.abc import Mapping

from daemon.kernel.types import Json

_MIDDLE_C = 60
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "#": 1, "b": -1}
_TONIC = re.compile(r"([A-G])([#b]?)")


def with_root(meta: Mapping[str, Json]) -> dict[str, Json]:
    """meta as it is written: by a loop's root note DAWs transpose it, so that is the tonic of its key, in the octave of
    middle C, and none where it has no key. Any other sound keeps the note that was measured."""
    if meta.get("kind") != "loop":
        return dict(meta)
    told = {name: value for name, value in meta.items() if name not in ("root_note", "root_cents")}
    found = _TONIC.match(str(meta.get("key") or ""))
    if found is not None:
        told["root_note"] = _MIDDLE_C + (_STEPS[found[1]] + _SIGNS[found[2]]) % 12
    return told
