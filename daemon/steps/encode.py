"""encode: files as they are delivered, in the container and depth asked for, with their metadata inside."""

from __future__ import annotations

from typing import Literal

from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class EncodeParams(Params, frozen=True):
    """container: kind of file. depth: of WAV, AIFF and FLAC; "auto" is 24 bits, or 32-bit float where the source
    is float or 24 bits would clip."""

    container: Literal["wav", "flac", "aiff", "mp3", "ogg"] = "wav"
    depth: Literal["auto", "pcm16", "pcm24", "float32"] = "auto"


SPEC = StepSpec(
    name="encode",
    version=6,
    params=EncodeParams,
    run="daemon.steps.encode_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    reads=(
        "source",
        "stem",
        "class",
        "confidence",
        "kind",
        "bpm",
        "beats_per_bar",
        "key",
        "bars",
        "root_note",
        "root_cents",
        "slices_frames",
        "rate",
        "start_frames",
        "time_reference_frames",
        "float_source",
    ),
)
