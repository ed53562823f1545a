"""lyrics: the words of a song with the time of each, as .json, .lrc, .srt and .vtt."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.engines.whisper import SPEC as ENGINE
from daemon.kernel.errors import BadParameter, NotInstalled
from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import ModelStore
from daemon.steps.spec import Params, StepSpec

_SUGGESTED = "small"


class LyricsParams(Params, frozen=True):
    """model: a Whisper model by name, "auto" for the best installed one. language: a code such as "en", None to
    detect it. prompt: names and spellings to expect. voice_threshold: probability from which the voice detector
    believes; 0 trusts loudness alone, for singing that it misses. silence_db: below the loud level, what is
    quieter is silence and gets no words. beam_size: hypotheses followed at once."""

    model: str = "auto"
    language: Annotated[str, Meta(min_length=2, max_length=4)] | None = None
    prompt: Annotated[str, Meta(max_length=600)] | None = None
    voice_threshold: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.3
    silence_db: Annotated[float, Meta(ge=-90.0, le=-6.0)] = -40.0
    beam_size: Annotated[int, Meta(ge=1, le=20)] = 5


def choose(params: LyricsParams, store: ModelStore, device: str) -> EngineChoice:
    """The model asked for, or the best installed one; int8 on a CPU, fp16 on a CUDA device. Raises
    NotInstalled, with the command that installs one."""
    if params.model == "auto":
        found, reason = store.best(ENGINE.name), "best installed"
    else:
        found, reason = store.require(params.model), "asked for"
    if found is None:
        entry = store.entry(_SUGGESTED)
        raise NotInstalled(
            "no Whisper model is installed",
            hint=f"Run `roadie models pull {_SUGGESTED}` ({entry.size_text}; licence: {entry.licence})",
        )
    if found.engine != ENGINE.name:
        raise BadParameter(f"{found.name} is a model of {found.engine}, not of {ENGINE.name}")
    return EngineChoice(
        engine=ENGINE.name,
        version=ENGINE.version,
        model=found.name,
        weights=found.sha256,
        path=found.path,
        precision="fp16" if device == "cuda" else "int8",
        reason=reason,
    )


SPEC = StepSpec(
    name="lyrics",
    version=1,
    params=LyricsParams,
    run="daemon.steps.words.lyrics_run:run",
    lane=Lane.HEAVY,
    accepts=frozenset({Kind.STEM, Kind.SOURCE}),
    reads=("source",),
    fan_out=True,
    choose=choose,
)
