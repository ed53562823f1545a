"""Plays audio through a chain. For workers only: this module loads pedalboard.

Every output frame stands where its input frame stood, in parallel branches too: each run of effects is one call
of pedalboard, which takes what its effects report as latency off the front. A plain list of effects therefore
gives what one call of a plain `pedalboard.Pedalboard` gives, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pedalboard
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Effect = Mapping[str, Any]


def play(effects: Sequence[Effect], audio: Audio, rate_hz: int, sound_class: str | None = None) -> Audio:
    """audio (channels, frames) through a chain's checked `fx`: as many frames come out as went in.

    Effects with `only` are left out unless it names `sound_class`.
    """
    meant = [effect for effect in effects if "only" not in effect or sound_class in effect["only"]]
    for parallel, run in groupby(meant, key=lambda effect: "parallel" in effect):
        for part in [[one] for one in run] if parallel else [list(run)]:
            audio = _mix(part[0], audio, rate_hz, sound_class) if parallel else _serial(part, audio, rate_hz)
    return audio


def _serial(effects: Sequence[Effect], audio: Audio, rate_hz: int) -> Audio:
    chain = pedalboard.Pedalboard([_plugin(one) for one in effects])  # type: ignore[attr-defined]
    return np.asarray(chain(audio, rate_hz), np.float32).reshape(audio.shape)


def _mix(effect: Effect, audio: Audio, rate_hz: int, sound_class: str | None) -> Audio:
    total = np.zeros_like(audio)
    for branch, gain_db in zip(effect["parallel"], effect["gains_db"], strict=True):
        total += play(branch, audio, rate_hz, sound_class) * np.float32(10 ** (gain_db / 20))
    return total


def _plugin(effect: Effect) -> pedalboard.Plugin:
    values = {key: value for key, value in effect.items() if key not in ("use", "only")}
    if "mode" in values:
        values["mode"] = getattr(pedalboard.LadderFilter.Mode, values["mode"])
    if "quality" in values:
        values["quality"] = getattr(pedalboard.Resample.Quality, values["quality"])
    plugin: pedalboard.Plugin = getattr(pedalboard, effect["use"])(**values)
    return plugin
