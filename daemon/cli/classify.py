"""The work behind `roadie library classify`: the classifier in this process, no daemon, no library."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from daemon.audio.binary import shown
from daemon.cli.failures import FAILED, lines
from daemon.cli.output import print_json_line
from daemon.cli.request import existing
from daemon.config import load_settings
from daemon.engines import registry
from daemon.engines.protocol import Classification, Classifier, Compute
from daemon.kernel.errors import RoadieError
from daemon.kernel.types import Json
from daemon.models.store import ModelStore
from daemon.steps.classify import ClassifyParams, choose
from daemon.steps.hearing.spoken import among_of


def classify_files(files: Iterable[Path], as_json: bool, names: bool = False) -> int:
    """One line per file, as soon as it is known; 1 when any file could not be classified. names: what a file's name
    says is weighed as a scan weighs it."""
    engine = load()
    code = 0
    for file in files:
        try:
            found = _classified(engine, existing(file), names)
        except RoadieError as error:
            code = FAILED
            if as_json:
                print_json_line({"path": shown(file), "error": error.info().to_wire()})
            print(*lines(error.info()), sep="\n", file=sys.stderr)
            continue
        if as_json:
            print_json_line(as_wire(file, found))
        else:
            print(as_line(file, found), flush=True)
    return code


def load() -> Classifier:
    """With what its owner taught it, as the step would choose."""
    store = ModelStore(load_settings(os.environ).models)
    return cast(Classifier, registry.load(choose(ClassifyParams(), store, "cpu"), Compute()))


def _classified(engine: Classifier, path: Path, names: bool) -> Classification:
    hint: dict[str, Json] = {"said": list(among_of(path))} if names else {}
    (found,) = engine.classify([path], [hint], lambda _fraction, _note="": None)
    return found


def as_wire(file: Path, found: Classification) -> dict[str, object]:
    """path as it was given, so that a caller finds its file again."""
    return {
        "path": str(file),
        "class": found.label,
        "kind": found.kind,
        "confidence": found.confidence,
        "alternatives": [{"class": label, "confidence": sure} for label, sure in found.alternatives],
    }


def as_line(file: Path, found: Classification) -> str:
    others = ", ".join(f"{label} {sure:.0%}" for label, sure in found.alternatives)
    return f"{found.label} {found.confidence:.0%}  {found.kind}  {file}" + (
        f"  (or {others})" if others else ""
    )
