"""render: a sound through a chain of effects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from daemon.chains.files import resolve_chain
from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class RenderParams(Params, frozen=True):
    """chain: the name of a chain, or its content. The content takes the name's place before the run is keyed, so
    that an edited chain renders anew."""

    chain: str | dict[str, Any] = "one-shot-clean"


def _with_content(params: RenderParams, folder: Path) -> RenderParams:
    return msgspec.structs.replace(params, chain=resolve_chain(params.chain, (folder,)))


SPEC = StepSpec(
    name="render",
    version=1,
    params=RenderParams,
    run="daemon.steps.rendering:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    reads=("class", "stem"),
    resolve=_with_content,
)
