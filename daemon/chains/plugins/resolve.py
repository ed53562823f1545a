"""A chain's plug-ins by what scans found: which file, which version, which parameters are legal.

What comes out says by hash what the plug-in and its preset are, so that it is the chain's content that keys a
render. Light: run in the daemon.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from daemon.chains.check import Place, check_value
from daemon.chains.effects import Choice, Parameter, Range, Switch
from daemon.chains.errors import BadChain
from daemon.chains.plugins.catalogue import (
    Catalogue,
    Described,
    Entry,
    ParameterView,
    how_to_try_again,
    unchanged,
)
from daemon.chains.plugins.folders import FORMATS
from daemon.chains.plugins.raw_state import SAVE, damage
from daemon.kernel.at_home import at_home
from daemon.kernel.errors import NotInstalled
from daemon.kernel.suggest import nearest, suggest
from daemon.kernel.types import Json

LARGEST_PRESET_BYTES = 64 << 20
Found = tuple[Entry, Described]


def resolve_plugins(
    chain: Mapping[str, Any], catalogue: Catalogue, where: str = "", text: str = ""
) -> dict[str, Json]:
    """The chain with every plug-in named by file, hash and version. One without plug-ins stays as it is. where, text:
    the chain's file and what stands in it, so that messages name lines.

    Raises NotInstalled for a plug-in that is not there, broken or changed since it was scanned (the step is skipped
    with that reason), and BadChain for its parameters. One in quarantine is marked `blocked`, with the reason.
    """
    if not any(external(chain["fx"])):
        return dict(chain)
    entries = catalogue.entries()
    where = where or f"chain {chain.get('name', '')}".strip()
    return {**chain, "fx": [_effect(one, entries, Place(where, text, i)) for i, one in enumerate(chain["fx"])]}


def quarantined_since(chain: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """A resolved chain as it is now: those of its plug-ins that went into quarantine meanwhile are marked `blocked`."""
    return {**chain, "fx": [_blocked_since(one, catalogue) for one in chain["fx"]]}


def _blocked_since(effect: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    if "parallel" in effect:
        branches = [[_blocked_since(one, catalogue) for one in branch] for branch in effect["parallel"]]
        return {**effect, "parallel": branches}
    entry = catalogue.get(Path(effect["file"])) if "plugin" in effect else None
    if entry is None or entry.state != "quarantined":
        return dict(effect)
    return {**effect, "blocked": entry.reason}


def external(effects: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The plug-ins of a chain's fx, also in parallel branches."""
    for effect in effects:
        if "plugin" in effect:
            yield effect
        for branch in effect.get("parallel", ()):
            yield from external(branch)


def hearing(effects: Sequence[Mapping[str, Any]], sound_class: str | None) -> Iterator[Mapping[str, Any]]:
    """The plug-ins that a sound of that class goes through, also in parallel branches."""
    for effect in effects:
        if "only" in effect and sound_class not in effect["only"]:
            continue
        if "plugin" in effect:
            yield effect
        for branch in effect.get("parallel", ()):
            yield from hearing(branch, sound_class)


def asked_classes(effects: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The classes of sounds that a chain's fx are for alone, each as often as it is named."""
    for effect in effects:
        yield from effect.get("only", ())
        for branch in effect.get("parallel", ()):
            yield from asked_classes(branch)


def _effect(effect: Mapping[str, Any], entries: Sequence[Entry], place: Place) -> dict[str, Any]:
    if "parallel" in effect:
        branches = [[_effect(one, entries, place) for one in branch] for branch in effect["parallel"]]
        return {**effect, "parallel": branches}
    return _plugin(effect, entries, place) if "plugin" in effect else dict(effect)


def _plugin(effect: Mapping[str, Any], entries: Sequence[Entry], place: Place) -> dict[str, Any]:
    entry, described = find(str(effect["plugin"]), entries)
    resolved: dict[str, Any] = {
        **effect, "file": entry.path, "name": described.name, "hash": entry.fingerprint.hash,
        "version": described.version or "unknown", "instrument": described.instrument,
    }  # fmt: skip
    if "params" in effect:
        resolved["params"] = _params(effect["params"], described, place)
    for key in ("preset", "state"):
        if key in effect:
            resolved[key] = str(_preset_path(str(effect[key]), described))
            content = _content(Path(resolved[key]), place)
            if key == "preset" and entry.format == "vst3":
                _check_preset(content, resolved[key], described, place)
            if key == "state" and entry.format == "vst3" and (why := damage(content)) is not None:
                raise place.error(f"{resolved[key]} is no raw state of a plug-in: {why}", "state", SAVE)
            resolved[f"{key}_hash"] = hashlib.sha256(content).hexdigest()
    if entry.state == "quarantined":
        resolved["blocked"] = entry.reason
    return resolved


def find(name: str, entries: Sequence[Entry]) -> Found:
    """The plug-in called "vst3:Vendor/Name", or a path with "#Name" behind it where a file has several, or a name
    alone that no other has.

    Raises NotInstalled with what to do.
    """
    everything = [(entry, one) for entry in entries for one in entry.plugins]
    path, inner = _path_of(at_home(name), entries)
    found = [pair for pair in everything if pair[1].id == name]
    found = found or [p for p in everything if p[0].path == path and inner in ("", p[1].name)]
    if not found and len({one.id for _, one in everything if one.name == name}) == 1:
        found = [pair for pair in everything if pair[1].name == name]
    usable = [pair for pair in found if pair[0].state in ("ok", "quarantined") and pair[1].error is None]
    if not found:
        broken = next((entry for entry in entries if path in (entry.path, Path(entry.path).stem)), None)
        if broken is not None:
            raise NotInstalled(
                "the plug-in cannot be used", where=name, why=broken.reason or broken.state,
                hint=how_to_try_again(broken.path),
            )  # fmt: skip
        near = nearest(name, [word for _, one in everything for word in (one.id, one.name)])
        hint = f"Did you mean {near}?" if near else "`roadie plugins scan` looks for plug-ins"
        if Path(path).suffix.lower() in FORMATS and os.path.lexists(path):
            hint = f"It was not scanned yet: `roadie plugins scan {shlex.quote(path)}`"
        raise NotInstalled("there is no such plug-in", where=name, hint=hint)
    if not usable:
        why = found[0][1].error or found[0][0].reason
        raise NotInstalled(
            "the plug-in cannot be used", where=name, why=why, hint=how_to_try_again(found[0][0].path)
        )
    fresh = [pair for pair in usable if unchanged(pair[0])]
    if not fresh:
        raise NotInstalled(
            "the plug-in has changed or gone since it was scanned", where=usable[0][0].path,
            hint="Run `roadie plugins scan`",
        )  # fmt: skip
    return fresh[0]


def _path_of(name: str, entries: Sequence[Entry]) -> tuple[str, str]:
    """(path, plug-in in it) of "path" or "path#Name"; a folder on the way to it may have a # of its own."""
    if "#" not in name or any(entry.path == name for entry in entries):
        return name, ""
    path, _, inner = name.rpartition("#")
    return path, inner


def _params(params: Mapping[str, Json], described: Described, place: Place) -> dict[str, Json]:
    known = {one.name: one for one in described.parameters}
    for key in params:
        if key not in known:
            raise place.error(f"{described.id} has no parameter {key!r}", key, suggest(key, known))
    return {key: check_value(key, value, _legal(known[key]), place) for key, value in params.items()}


def _legal(parameter: ParameterView) -> Parameter:
    if parameter.kind == "switch":
        return Switch()
    if parameter.kind == "choice":
        return Choice(tuple(parameter.choices))
    return Range(float(parameter.low or 0.0), float(parameter.high if parameter.high is not None else 1.0))


def _preset_path(preset: str, described: Described) -> Path:
    """A path, or the name of one of the plug-in's own presets."""
    named = {one.name: one.path for one in described.presets}
    return Path(
        named.get(preset) or named.get(Path(preset).name) or named.get(Path(preset).stem, preset)
        if not _stands(Path(preset))
        else preset
    )


def _stands(path: Path) -> bool:
    """Whether something is there. What can be no path is not there either: it may be too long, or hold a zero byte."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _check_preset(content: bytes, path: str, described: Described, place: Place) -> None:
    if not content.startswith(b"VST3"):
        raise place.error(f"{path} is no .vstpreset file", "preset")
    if described.class_id and content[8:40] != described.class_id.encode():
        raise place.error(f"{path} is a preset of another plug-in than {described.id}", "preset")


def _content(path: Path, place: Place) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise BadChain("a plug-in's settings are not a file", where=path)
        if found.st_size > LARGEST_PRESET_BYTES:
            raise place.error(f"{path} is too large for a plug-in's settings")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadChain(
            "a plug-in's settings cannot be read", where=path, why=getattr(error, "strerror", None) or error,
            hint="Name a file, or a preset that `roadie plugins show` lists",
        ) from error  # fmt: skip
