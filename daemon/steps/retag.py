"""retag: a copy of a file with tags in it, from which the effect `write-tags` makes the file's new content."""

from __future__ import annotations

from msgspec import field

from daemon.kernel.types import Json
from daemon.kernel.work import Kind, Lane
from daemon.steps.spec import Params, StepSpec


class Written(Params, frozen=True):
    """What roadie wrote into a file. facts: names of what it said there. texts: what stood in which place then, as
    `daemon.audio.places` names them."""

    facts: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)


class RetagParams(Params, frozen=True):
    """facts: what is known of the sound, by the keys of `daemon.kernel.meta`, and `tags`, a list of the user's own
    words. own: what roadie wrote into the file before; where nobody changed it since, it gives way, and goes where the
    fact is known no more. copies: the same by the sha256 of a file's content, which tells it of a copy too.
    overwrite: genre, key, tempo and root note in the file give way; otherwise only what is empty is filled, and there
    nothing is written that others have said otherwise anywhere in the file."""

    facts: dict[str, Json] = field(default_factory=dict)
    own: Written = Written()
    copies: dict[str, Written] = field(default_factory=dict)
    overwrite: bool = False


SPEC = StepSpec(
    name="retag",
    version=5,
    params=RetagParams,
    run="daemon.steps.retag_run:run",
    lane=Lane.CPU,
    accepts=frozenset(kind for kind in Kind if kind.audible),
    annotates=("after", "before", "changed", "gone", "left", "own", "shared", "wrote"),
    fan_out=True,
)
