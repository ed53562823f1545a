"""analyse: tempo, bars, key, loudness and brightness of a sound."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class AnalyseParams(Params, frozen=True):
    """min_confidence: a tempo or a key less sure than this is not told at all. bpm_min, bpm_max: a tempo is looked
    for within these."""

    min_confidence: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.4
    bpm_min: Annotated[float, Meta(ge=30.0, le=150.0)] = 50.0
    bpm_max: Annotated[float, Meta(ge=100.0, le=300.0)] = 210.0

    def __post_init__(self) -> None:
        self._in_order("bpm_min", "bpm_max")


SPEC = StepSpec(
    name="analyse",
    version=6,
    params=AnalyseParams,
    run="daemon.steps.analysing.run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    annotates=(
        "bpm",
        "bpm_confidence",
        "beats_per_bar",
        "first_downbeat_s",
        "beats_s",
        "downbeats_s",
        "key",
        "key_confidence",
        "lufs",
        "true_peak_dbtp",
        "peak_db",
        "brightness_hz",
        "attack_s",
        "decay_s",
        "noisiness",
        "root_note",
        "root_cents",
        "root_confidence",
        "stereo_width",
        "silence_start_s",
        "silence_end_s",
        "clipped_frames",
        "wraps",
        "bars",
        "loop_confidence",
        "channels",
    ),
    reads=("source",),
    fan_out=True,
)
