"""render: a sound through a chain of effects."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from daemon.chains.files import resolve_chain
from daemon.chains.plugins.catalogue import Catalogue
from daemon.chains.plugins.resolve import external, quarantined_since, resolve_plugins
from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, Shelves, StepSpec

BATCH_FILES = 32


class RenderParams(Params, frozen=True):
    """chain: the name of a chain, or its content. The content takes the name's place before the run is keyed, so
    that an edited chain renders anew. patience_s: how long a plug-in may stand still before it is ended."""

    chain: str | dict[str, Any] = "one-shot-clean"
    patience_s: Annotated[float, Meta(ge=0.5, le=600)] = 30.0


def with_content(params: RenderParams, shelves: Shelves) -> RenderParams:
    chain = resolve_plugins(resolve_chain(params.chain, (shelves.chains,)), Catalogue(shelves.plugins))
    return msgspec.structs.replace(params, chain=chain)


def as_of_now(params: RenderParams, shelves: Shelves) -> RenderParams:
    """What failed too often in other runs meanwhile is not tried in this one."""
    assert isinstance(params.chain, dict)  # resolved
    return msgspec.structs.replace(params, chain=quarantined_since(params.chain, Catalogue(shelves.plugins)))


def place(params: RenderParams) -> tuple[Lane, str]:
    """A chain with plug-ins has a lane of its own, where the same chain comes back to the same process."""
    if isinstance(params.chain, dict) and any(external(params.chain["fx"])):
        content = msgspec.json.encode(params, order="deterministic")
        return Lane.PLUGIN, hashlib.blake2b(content, digest_size=12).hexdigest()
    return Lane.CPU, ""


SPEC = StepSpec(
    name="render",
    version=4,
    params=RenderParams,
    run="daemon.steps.rendering:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    reads=("class", "stem"),
    batch=BATCH_FILES,
    resolve=with_content,
    refresh=as_of_now,
    place=place,
)
