"""retag: a copy of a file with tags in it, from which the effect `write-tags` makes the file's new content."""

from __future__ import annotations

from msgspec import field

from daemon.kernel.types import Json
from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class RetagParams(Params, frozen=True):
    """facts: what is known of the sound, by the keys of `daemon.kernel.meta`, and `tags`, a list of the user's own
    words. own: of these facts, what roadie wrote into the file before; where nobody changed it since, it gives way.
    overwrite: genre, key, tempo and root note in the file give way; otherwise only what is empty is filled, and nothing
    is written that the file says otherwise anywhere."""

    facts: dict[str, Json] = field(default_factory=dict)
    own: dict[str, Json] = field(default_factory=dict)
    overwrite: bool = False


SPEC = StepSpec(
    name="retag",
    version=4,
    params=RetagParams,
    run="daemon.steps.retag_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    annotates=("before", "changed", "left", "own", "shared", "wrote"),
    fan_out=True,
)
