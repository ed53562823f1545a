"""play: notes through an instrument plug-in, and the rest of its chain: a new stem."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from daemon.chains.files import resolve_chain
from daemon.chains.plugins.catalogue import Catalogue
from daemon.chains.plugins.resolve import resolve_plugins
from daemon.kernel.errors import BadParameter
from daemon.kernel.work import Kind, Lane
from daemon.steps.render import place
from daemon.steps.spec import Params, Shelves, StepSpec


class PlayParams(Params, frozen=True):
    """chain: name or content of a chain whose first effect is an instrument plug-in. instrument: or such a plug-in
    alone, by its name. patience_s: how long a plug-in may stand still before it is ended."""

    chain: str | dict[str, Any] = ""
    instrument: str = ""
    rate_hz: Annotated[int, Meta(ge=8000, le=192000)] = 48000
    channels: Literal[1, 2] = 2
    patience_s: Annotated[float, Meta(ge=0.5, le=600)] = 30.0


def with_content(params: PlayParams, shelves: Shelves) -> PlayParams:
    """Raises BadParameter when no instrument comes first, and what resolving a chain raises."""
    given: str | dict[str, Any] = params.chain
    if params.instrument and given:
        raise BadParameter("play takes an instrument or a chain, not both", hint="Its first effect may be one")
    if params.instrument:
        given = {"name": params.instrument, "fx": [{"plugin": params.instrument}]}
    if not given:
        raise BadParameter("play needs an instrument", hint='Set instrument = "vst3:Vendor/Name", or a chain')
    chain: dict[str, Any] = resolve_plugins(resolve_chain(given, (shelves.chains,)), Catalogue(shelves.plugins))
    first = chain["fx"][0] if chain["fx"] else {}
    if not isinstance(first, dict) or not first.get("instrument"):
        raise BadParameter("the chain does not begin with an instrument plug-in", where=str(chain.get("name")))
    return msgspec.structs.replace(params, chain=chain, instrument="")


SPEC = StepSpec(
    name="play",
    version=2,
    params=PlayParams,
    run="daemon.steps.playing:run",
    lane=Lane.PLUGIN,
    accepts=frozenset({Kind.MIDI}),
    reads=("stem",),
    resolve=with_content,
    place=place,
)
