"""Plays audio through a chain in one go. For workers only: this module loads pedalboard.

Every output frame stands where its input frame stood, in parallel branches too: each run of effects is one call
of pedalboard, which takes what its effects report as latency off the front. A plain list of effects therefore
gives what one call of a plain `pedalboard.Pedalboard` gives, bit for bit, but for
`late_frames`. What is too long for memory is played by `daemon.chains.stream` instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import pedalboard
from numpy.typing import NDArray

from daemon.chains import pairs
from daemon.kernel.errors import BadParameter

Audio = NDArray[np.float32]
Effect = Mapping[str, Any]
_FREQUENCIES = frozenset({"cutoff_frequency_hz", "cutoff_hz", "centre_frequency_hz"})
_HIGHEST_CUTOFF = 0.499
"""Of the rate: just below what a sound of that rate can hold."""
_FEW_FRAMES = 64
_CENTRE_DELAY_MS = 7.0  # pedalboard's default


class Hosted(Protocol):
    """An external plug-in, loaded, with its settings made, ready for audio from the start."""

    def play(self, audio: Audio, rate_hz: int) -> Audio:
        """As many frames out as in, each where its input stood. Raises PluginFault."""
        ...

    def begin(self, rate_hz: int, channels: int) -> None:
        """From here on `push` takes a new sound, block by block."""
        ...

    def push(self, block: Audio) -> Audio:
        """What is ready: fewer frames than came in at first, for as long as the plug-in holds them back."""
        ...


class Rack(Protocol):
    """Holds external plug-ins. There is one only in a host's child process."""

    def get(self, effect: Effect) -> Hosted: ...


class EmptyRack:
    """In a worker, where no external plug-in is ever loaded."""

    def get(self, effect: Effect) -> Hosted:
        raise BadParameter("a plug-in is played in a process of its own only", where=effect.get("plugin"))


def play(
    effects: Sequence[Effect],
    audio: Audio,
    rate_hz: int,
    sound_class: str | None = None,
    rack: Rack | None = None,
) -> Audio:
    """audio (channels, frames) through a chain's checked `fx`: as many frames come out as went in.

    Effects with `only` are left out unless it names `sound_class`.
    """
    rack = rack or EmptyRack()
    for run in runs(effects, sound_class, rate_hz, audio.shape[0]):
        dry = audio
        if "parallel" in run[0]:
            audio = _mix(run[0], audio, rate_hz, sound_class, rack)
        elif "plugin" in run[0]:
            audio = rack.get(run[0]).play(audio, rate_hz)
        elif pairs.needed(run[0], rate_hz, audio.shape[0]):
            audio = pairs.in_pairs(run[0], audio, rate_hz, partial(_through, run))
        else:
            audio = _through(run, audio, rate_hz)
        audio = blend(dry, audio, run[0].get("wet", 1.0))
    return audio


def runs(
    effects: Sequence[Effect], sound_class: str | None, rate_hz: int, channels: int
) -> Iterator[list[Effect]]:
    """The effects meant for a class, as few calls as there can be: built-in ones in a row are one, but for those that
    do not take such a sound."""
    row: list[Effect] = []
    for effect in effects:
        if "only" in effect and sound_class not in effect["only"]:
            continue
        if "use" in effect and "wet" not in effect and not pairs.needed(effect, rate_hz, channels):
            row.append(effect)
            continue
        if row:
            yield row
        yield [effect]
        row = []
    if row:
        yield row


def board(effects: Sequence[Effect], rate_hz: int) -> Any:
    """Built-in effects as one pedalboard, fresh, for sounds of that rate."""
    return pedalboard.Pedalboard([_plugin(one, rate_hz) for one in effects])  # type: ignore[attr-defined]


def least_frames(audio: Audio) -> Audio:
    """audio, with silence behind a sound so short that pedalboard could not tell its frames from its channels."""
    short = _FEW_FRAMES - audio.shape[1]
    return np.pad(audio, ((0, 0), (0, short))) if 0 < short < _FEW_FRAMES else audio


def late_frames(effects: Sequence[Effect], rate_hz: int) -> int:
    """How late built-in effects let a sound out, besides what pedalboard takes off: a chorus without dry sound in it
    is a sway in pitch alone, which is to go round the sound's own place, not round one `centre_delay_ms` behind."""
    swaying = [one for one in effects if one["use"] == "Chorus" and one.get("mix", 0.5) >= 1.0]
    late_ms: float = sum(one.get("centre_delay_ms", _CENTRE_DELAY_MS) for one in swaying)
    return round(late_ms * rate_hz / 1000)


def _through(run: Sequence[Effect], audio: Audio, rate_hz: int) -> Audio:
    """audio through built-in effects."""
    late = late_frames(run, rate_hz)
    given = least_frames(np.pad(audio, ((0, 0), (0, late))) if late else audio)
    out = np.asarray(board(run, rate_hz)(given, rate_hz), np.float32).reshape(given.shape)
    return out[:, late : late + audio.shape[1]]


def blend(dry: Audio, wet: Audio, share: float) -> Audio:
    """share: 1 for wet alone, 0 for dry alone."""
    if share >= 1.0:
        return wet
    return dry * np.float32(1.0 - share) + wet * np.float32(share)


def gain_of(gain_db: float) -> np.float32:
    return np.float32(10 ** (gain_db / 20))


def _mix(effect: Effect, audio: Audio, rate_hz: int, sound_class: str | None, rack: Rack) -> Audio:
    total = np.zeros_like(audio)
    for branch, gain_db in zip(effect["parallel"], effect["gains_db"], strict=True):
        total += play(branch, audio, rate_hz, sound_class, rack) * gain_of(gain_db)
    return total


def _plugin(effect: Effect, rate_hz: int) -> pedalboard.Plugin:
    values = {key: value for key, value in effect.items() if key not in ("use", "only", "wet")}
    for key in _FREQUENCIES & values.keys():
        # A filter set above half the rate is unstable: it gives silence, or numbers that are none.
        values[key] = min(values[key], _HIGHEST_CUTOFF * rate_hz)
    if "mode" in values:
        values["mode"] = getattr(pedalboard.LadderFilter.Mode, values["mode"])
    if "quality" in values:
        values["quality"] = getattr(pedalboard.Resample.Quality, values["quality"])
    plugin: pedalboard.Plugin = getattr(pedalboard, effect["use"])(**values)
    return plugin
