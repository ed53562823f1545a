"""What a name says, weighed against what was heard."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from daemon.kernel.types import Json
from daemon.steps.hearing.spoken import Spoken

_NEAR = 0.04  # of a tempo: closer is the same one
_WHOLE_BEATS = 0.04  # a loop's length may miss a whole number of beats by so much of a beat
_SAID = 0.6  # confidence in a key that is only said
_FITS = 0.9  # confidence in a tempo that is said and that the loop's length agrees with
_CLEAR = 0.5  # confidence in a tempo that was heard from which on another one that is said must explain more
_BEATS_PER_BAR = 4


def settled(meta: Mapping[str, Json], said: Spoken) -> dict[str, Json]:
    """meta with what the name adds to it.

    A tempo that is said decides the octave of the one that was heard. Where the two contradict each other, the said one
    stands only when a loop is a whole number of bars long by it, and what was heard is not clear or is none by which
    it is. A key that is said stands where none was heard. Labels that are said become tags; the classifier has weighed
    them for the class.
    """
    told = dict(meta)
    if said.labels:
        told["said"] = list(said.labels)
    kind, length_s = told.get("kind"), _number(told.get("length_s")) or 0.0
    if kind == "one-shot" and said.loop and not said.one_shot and said.bpm and _fits(said.bpm, length_s):
        told["kind"] = kind = "loop"
    if kind in ("loop", "source") and said.bpm is not None:
        told |= _tempo(told, said.bpm, length_s, loop=kind == "loop")
    if said.key is not None and kind in ("loop", "source") and "key" not in told:
        told |= {"key": said.key, "key_confidence": _SAID}
    return told


def _tempo(told: Mapping[str, Json], said: float, length_s: float, *, loop: bool) -> dict[str, Json]:
    """The tempo, and with it all that is counted in beats. Nothing where it is as it was heard."""
    heard = _number(told.get("bpm"))
    fits = loop and _fits(said, length_s)
    if heard is not None:
        octave = min((0.5, 1.0, 2.0), key=lambda each: abs(heard * each / said - 1))
        if abs(heard * octave / said - 1) <= _NEAR:
            tempo = {"bpm": said, "bpm_confidence": _FITS} if fits else {"bpm": round(heard * octave, 3)}
            return _at_octave(told, octave) | tempo
        if _fits(heard, length_s) and (_number(told.get("bpm_confidence")) or 0.0) >= _CLEAR:
            return {}
    return _counted(told, said, length_s) if fits else {}


def _counted(told: Mapping[str, Json], bpm: float, length_s: float) -> dict[str, Json]:
    """A loop counted through from its start."""
    beats = round(length_s * bpm / 60)
    counted: dict[str, Json] = {"bpm": bpm, "bpm_confidence": _FITS, "bars": beats / _BEATS_PER_BAR}
    if "beats_s" in told:
        at_s: list[Json] = [round(beat * 60 / bpm, 3) for beat in range(beats)]
        counted |= {"beats_s": at_s, "downbeats_s": at_s[::_BEATS_PER_BAR]}
        counted |= {"first_downbeat_s": 0.0, "beats_per_bar": _BEATS_PER_BAR}
    return counted


def _at_octave(told: Mapping[str, Json], octave: float) -> dict[str, Json]:
    """Beats, bar lines and bars of the same pulse counted twice or half as fast. Bars keep their number of beats."""
    changed: dict[str, Json] = {}
    if octave == 1.0:
        return changed
    if (bars := _number(told.get("bars"))) is not None:
        changed["bars"] = bars * octave
    beats, downbeats = _times(told.get("beats_s")), _times(told.get("downbeats_s"))
    if not beats or not downbeats:
        return changed
    if octave == 2.0:
        return changed | {"beats_s": [*_between(beats)], "downbeats_s": [*_between(downbeats)]}
    # Those beats go that no bar begins on.
    first = min(range(len(beats)), key=lambda index: abs(beats[index] - downbeats[0])) % 2
    return changed | {"beats_s": [*beats[first::2]], "downbeats_s": [*downbeats[::2]]}


def _between(times_s: list[float]) -> list[float]:
    """With one more between each two."""
    more = [round((one + other) / 2, 3) for one, other in pairwise(times_s)]
    return sorted([*times_s, *more])


def _times(value: Json) -> list[float]:
    return [float(each) for each in value if isinstance(each, int | float)] if isinstance(value, list) else []


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _fits(bpm: float, length_s: float) -> bool:
    """Whether a sound is a whole number of bars of 4 long."""
    beats = length_s * bpm / 60
    return (
        beats >= _BEATS_PER_BAR - 0.1
        and abs(beats - round(beats)) <= _WHOLE_BEATS * 2
        and round(beats) % _BEATS_PER_BAR == 0
    )
