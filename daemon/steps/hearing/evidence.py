"""What a name says, weighed against what was heard."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.kernel.types import Json
from daemon.steps.hearing.spoken import Spoken

_NEAR = 0.04  # of a tempo: closer is the same one
_WHOLE_BEATS = 0.04  # a loop's length may miss a whole number of beats by so much of a beat
_SAID = 0.6  # confidence in a key that is only said
_FITS = 0.9  # confidence in a tempo that is said and that the loop's length agrees with


def settled(meta: Mapping[str, Json], said: Spoken) -> dict[str, Json]:
    """meta with what the name adds to it.

    A tempo that is said decides the octave of the one that was heard, and stands by itself when a loop is a whole
    number of such beats long. A key that is said stands where none was heard. Labels that are said become tags; the
    classifier has weighed them for the class.
    """
    told = dict(meta)
    if said.labels:
        told["said"] = list(said.labels)
    kind, length_s = told.get("kind"), float(str(told.get("length_s") or 0.0))
    if kind == "one-shot" and said.loop and not said.one_shot and said.bpm and _fits(said.bpm, length_s):
        told["kind"] = kind = "loop"
    if kind in ("loop", "source") and said.bpm is not None:
        heard = told.get("bpm")
        agrees = isinstance(heard, int | float) and any(
            abs(float(heard) * octave / said.bpm - 1) <= _NEAR for octave in (0.5, 1, 2)
        )
        if kind == "loop" and _fits(said.bpm, length_s):
            told |= {"bpm": said.bpm, "bpm_confidence": _FITS}
        elif agrees and isinstance(heard, int | float):
            octave = min((0.5, 1, 2), key=lambda each: abs(float(heard) * each / said.bpm - 1))  # type: ignore[operator]
            told["bpm"] = round(float(heard) * octave, 3)
    if said.key is not None and kind in ("loop", "source") and "key" not in told:
        told |= {"key": said.key, "key_confidence": _SAID}
    return told


def _fits(bpm: float, length_s: float) -> bool:
    """Whether a sound is a whole number of beats long, a bar of 4 at least."""
    beats = length_s * bpm / 60
    return beats >= 3.9 and abs(beats - round(beats)) <= _WHOLE_BEATS * 2 and round(beats) % 4 == 0
