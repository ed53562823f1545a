"""separate: one file into stems, by Demucs when a model is installed, by the built-in method otherwise."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from daemon.engines import registry
from daemon.engines.demucs import precision
from daemon.kernel.errors import BadParameter
from daemon.kernel.work import EngineChoice, Kind, Lane
from daemon.models.store import Installed, ModelStore
from daemon.steps.spec import Params, StepSpec

AUTO, BUILTIN = "auto", "builtin"


class SeparateParams(Params, frozen=True):
    """model: a name from the store, "auto" for the best installed, "builtin" for the method without weights.
    mode: "stems", "only:STEM" for one of them, "all-but:STEM" for the mix without it (`no_STEM.wav`).
    stems: which to write with mode "stems", empty for all. residual: write what the written files leave of
    the source, so that all of them add up to it. shifts: random time shifts averaged (slower, slightly better;
    Demucs only). overlap: of neighbouring segments, as a part of one. seed: for shifts; the job's own if none.
    """

    model: str = AUTO
    mode: Annotated[str, Meta(pattern=r"^(stems|(only|all-but):[A-Za-z0-9_-]+)$")] = "stems"
    stems: tuple[str, ...] = ()
    residual: bool = False
    shifts: Annotated[int, Meta(ge=0, le=20)] = 0
    overlap: Annotated[float, Meta(ge=0.0, le=0.95)] = 0.25
    seed: int | None = None


def choose(params: SeparateParams, store: ModelStore, device: str) -> EngineChoice:
    """The engine and weights for these parameters. Raises NotInstalled, and NotFound for an unknown model."""
    if params.model == BUILTIN:
        return _builtin("asked for")
    if params.model != AUTO:
        return _demucs(store.require(params.model), device, "asked for")
    best = store.best("demucs")
    if best is None:
        return _builtin("no Demucs model is installed; `roadie models pull htdemucs` gets one")
    return _demucs(best, device, "best installed")


def _builtin(reason: str) -> EngineChoice:
    return EngineChoice(BUILTIN, registry.spec(BUILTIN).version, reason=reason)


def _demucs(weights: Installed, device: str, reason: str) -> EngineChoice:
    if weights.engine != "demucs":
        raise BadParameter(
            f"{weights.name} is a model of {weights.engine} and does not separate",
            hint="`roadie models list` shows what each one is for",
        )
    return EngineChoice(
        engine="demucs",
        version=registry.spec("demucs").version,
        model=weights.name,
        weights=weights.sha256,
        path=weights.path,
        precision=precision.choose(device)[0],
        reason=reason,
        trusted=weights.trusted,
    )


SPEC = StepSpec(
    name="separate",
    version=1,
    params=SeparateParams,
    run="daemon.steps.separation.run:run",
    lane=Lane.HEAVY,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    reads=("time_reference_frames",),
    fan_out=True,
    choose=choose,
)
