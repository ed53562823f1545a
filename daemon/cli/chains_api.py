"""Chains over HTTP, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from daemon.chains.check import CHANGES
from daemon.chains.files import load_chain
from daemon.chains.plugins.resolve import external
from daemon.cli.client import Client
from daemon.cli.request import absolute, existing
from daemon.engines.classifier.classes import CLASSES
from daemon.kernel.errors import BadParameter
from daemon.services.types_jobs import JobAck, JobInput, JobView
from daemon.services.types_plugins import NOTHING_NEW, ApplyRequest

NO_SOUND = "Name an audio file, or a folder of them"
NO_FILE = "Name a chain file, or one of those that `roadie chains` lists"


def request(
    chain: str, files: Sequence[Path], out: Path, label: str | None = None, kind: str | None = None
) -> ApplyRequest:
    """Raises FileMissing for a file that is not there, BadChain for a chain file that is not well, BadParameter."""
    if kind not in (None, "one-shot", "loop"):
        raise BadParameter("--as is one-shot or loop", where=kind)
    given: str | dict[str, Any] = chain
    if chain.endswith(".toml"):
        given = dict(load_chain(str(existing(Path(chain), NO_FILE))))
    elif Path(chain).suffix and Path(chain).is_file():
        raise BadParameter(
            "a chain file's name ends with .toml", where=chain, hint="roadie chains apply CHAIN FILE..."
        )
    inputs = [
        JobInput(path=str(absolute(file) if absolute(file).is_dir() else existing(file, NO_SOUND)))
        for file in files
    ]
    return ApplyRequest(chain=given, inputs=inputs, out=str(absolute(out)), label=label, kind=kind)  # type: ignore[arg-type]


def apply(client: Client, asked: ApplyRequest) -> JobAck:
    return msgspec.convert(client.post("/chains/apply", msgspec.to_builtins(asked)), JobAck)


def place(out: str, job: JobView) -> str:
    """The folder where it is now, and how what was written there goes again. A file may have got another name."""
    folder = Path(out) if Path(out).is_dir() else Path(out).parent
    undo = "" if NOTHING_NEW in job.warnings else f" (roadie jobs undo {job.id[:10]} takes it back)"
    return f"in {folder}{undo}"


def worth_knowing(chain: Mapping[str, Any]) -> list[str]:
    """A line for each thing that is legal, and yet seldom meant. chain: resolved."""
    lines = []
    if not chain["fx"] and not any(key in chain for key in CHANGES):
        lines.append("it changes nothing: there is no [[fx]] in it")
    for one in external(chain["fx"]):
        if "blocked" in one:
            lines.append(f"{one['plugin']} is quarantined, so sounds stay as they are: {one['blocked']}")
        if one.get("instrument"):
            lines.append(
                f"{one['plugin']} is an instrument: it plays MIDI, by the step `play`, and takes no sounds"
            )
    return lines


def unknown_classes(chain: Mapping[str, Any]) -> list[str]:
    """A line for each class in `only` that the tagger does not know: right for one of a person's own, else a slip."""
    found: set[str] = set()
    waiting = list(chain["fx"])
    while waiting:
        effect = waiting.pop()
        found |= set(effect.get("only", ()))
        waiting += [one for branch in effect.get("parallel", ()) for one in branch]
    lines = []
    for name in sorted(found - set(CLASSES)):
        near = get_close_matches(name, CLASSES, 1)
        hint = f"did you mean {near[0]}?" if near else f"it knows {', '.join(CLASSES)}"
        lines.append(f"only: the tagger has no class {name!r}; {hint}")
    return lines
