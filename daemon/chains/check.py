"""Checks a chain's content and brings it into its canonical form: every number a float, nothing unknown in it."""

from __future__ import annotations

import math
import re
import reprlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from daemon.chains.effects import EFFECTS, NEED_A_FILE, Choice, Parameter, Range, Switch
from daemon.chains.errors import BadChain
from daemon.chains.plugins.folders import FORMATS
from daemon.kernel.at_home import at_home
from daemon.kernel.suggest import suggest
from daemon.kernel.types import Json

_SETTINGS: dict[str, dict[str, Parameter]] = {
    "normalize": {
        "mode": Choice(("peak", "true-peak", "lufs")),
        "dbfs": Range(-60.0, 0.0),
        "dbtp": Range(-60.0, 0.0),
        "lufs": Range(-60.0, 0.0),
        "ceiling_dbtp": Range(-60.0, 0.0),
        "limit": Switch(),
    },
    "tail": {"until_db": Range(-140.0, -20.0), "max_s": Range(0.0, 60.0)},
    "trim": {"start_db": Range(-140.0, -10.0), "end_db": Range(-140.0, -10.0)},
    "fade": {"in_ms": Range(0.0, 10000.0), "out_ms": Range(0.0, 10000.0)},
    "resample": {"rate_hz": Range(8000.0, 192000.0, whole=True)},
    "dither": {"bits": Range(8.0, 24.0, whole=True)},
}
_NEEDS = {"resample": "rate_hz", "dither": "bits"}
_SINGLE: dict[str, Parameter] = {"channels": Choice(("mono", "stereo")), "wet": Range(0.0, 1.0)}
CHANGES = (*_SETTINGS, "channels")
"""What changes a sound besides its effects."""
_TARGET = {"peak": "dbfs", "true-peak": "dbtp", "lufs": "lufs"}
_TOP = ("name", "about", "fx", *_SETTINGS, *_SINGLE)
_ANY_EFFECT = ("only", "wet")
_DEEPEST = 4  # parallel within parallel


@dataclass(frozen=True, slots=True)
class Place:
    """A chain's file and text, to name a line. fx: index of the effect looked at, None before the first. resolved: no
    person wrote it, so that plug-ins in it have what resolving adds."""

    path: str
    text: str
    fx: int | None = None
    resolved: bool = False

    def error(self, what: str, word: str = "", hint: str | None = None) -> BadChain:
        line = self._line(word)
        return BadChain(what, where=f"{self.path}, line {line}" if line else self.path, hint=hint)

    def beside(self, path: str) -> str:
        """A path that the file names, absolute: relative ones start in the file's own folder."""
        path = at_home(path)
        return at_home(str(Path(self.path).absolute().parent / path)) if self.text else path

    def _line(self, word: str) -> int | None:
        """The first line that has `word` as a whole, from the [[fx]] looked at on; None if it cannot be told."""
        lines = self.text.splitlines()
        heads = [i for i, line in enumerate(lines) if re.match(r"\s*\[\[\s*fx\s*\]\]", line)]
        first = heads[self.fx] if self.fx is not None and self.fx < len(heads) else 0
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])") if word else re.compile(r"\[\[")
        return next((i + 1 for i, line in enumerate(lines[first:], first) if pattern.search(line)), None)


def check(content: Mapping[str, Any], place: Place) -> dict[str, Json]:
    """The canonical form. Raises BadChain; checking a canonical form changes nothing."""
    for key in content:
        if key not in _TOP:
            raise place.error(f"there is no setting {key!r} in a chain", key, suggest(key, _TOP))
    chain: dict[str, Json] = {"name": _text(content, "name", place), "about": _text(content, "about", place)}
    for key, legal in _SETTINGS.items():
        if key in content:
            chain[key] = _setting(key, content[key], legal, place)
    for key, one in _SINGLE.items():
        if key in content:
            chain[key] = check_value(key, content[key], one, place)
    effects = content.get("fx", [])
    if not isinstance(effects, list):
        raise place.error("fx must be a list of tables: write [[fx]]", "fx")
    chain["fx"] = [_effect(one, replace(place, fx=i), 0) for i, one in enumerate(effects)]
    return chain


def _text(content: Mapping[str, Any], key: str, place: Place) -> str:
    value = content.get(key, "")
    if not isinstance(value, str):
        raise place.error(f"{key} must be text", key)
    return value


def _setting(key: str, content: object, legal: Mapping[str, Parameter], place: Place) -> dict[str, Json]:
    if not isinstance(content, Mapping):
        raise place.error(f"{key} must be a table, such as {key} = {{ ... }}", key)
    values = _parameters(key, content, legal, place)
    if key == "normalize":
        meant = next((mode for mode, target in _TARGET.items() if target in values), "true-peak")
        target = _TARGET[str(values.setdefault("mode", meant))]
        if target not in values:
            raise place.error(f"normalize with mode {values['mode']!r} needs {target}", key)
        others = [other for other in _TARGET.values() if other != target and other in values]
        if others:
            raise place.error(
                f"normalize with mode {values['mode']!r} goes by {target}, not {others[0]}", others[0]
            )
    elif key in _NEEDS and _NEEDS[key] not in values:
        raise place.error(f"{key} needs {_NEEDS[key]}", key)
    return values


def _effect(content: object, place: Place, depth: int) -> dict[str, Json]:
    if not isinstance(content, Mapping):
        raise place.error("an effect must be a table with use =, plugin = or parallel =")
    rest = {key: value for key, value in content.items() if key not in _ANY_EFFECT}
    if "plugin" in rest:
        effect = check_plugin(rest, place)
    else:
        effect = _parallel(rest, place, depth) if "parallel" in rest else _builtin(rest, place)
    if "wet" in content:
        effect["wet"] = check_value("wet", content["wet"], _SINGLE["wet"], place)
    if "only" in content:
        only = content["only"]
        if not isinstance(only, list) or not only or not all(isinstance(name, str) for name in only):
            raise place.error('only must be a list of classes, such as ["kick", "tom"]', "only")
        effect["only"] = sorted(set(only))
    return effect


_OF_A_PLUGIN: dict[str, Parameter] = {
    "preroll_s": Range(0.0, 30.0),
    "latency_frames": Range(0.0, 1e6, whole=True),
}
_TEXTS = ("plugin", "preset", "state")
# What is added when a chain is resolved: which file, which content. It is nobody's to write.
_RESOLVED = ("file", "name", "hash", "version", "blocked", "preset_hash", "state_hash", "instrument")


def check_plugin(content: Mapping[str, Any], place: Place) -> dict[str, Json]:
    """A plug-in's entry: its shape. Whether there is such a plug-in, and its parameters, is seen when the chain is
    resolved with what scans found. preset, state: paths, from the chain file's folder, as that of a plug-in is."""
    legal = (*_TEXTS, "params", *_OF_A_PLUGIN)
    known = (*legal, *_RESOLVED) if place.resolved else legal
    effect: dict[str, Json] = {}
    for key, value in content.items():
        if key not in known:
            raise place.error(f"{key!r} does not go with plugin", key, suggest(key, legal))
        if key in _OF_A_PLUGIN:
            effect[key] = check_value(key, value, _OF_A_PLUGIN[key], place)
        elif key == "params":
            effect[key] = _plugin_params(value, place)
        elif key == "instrument":
            effect[key] = bool(value)
        elif not isinstance(value, str) or not value:
            raise place.error(f"{key} must be text", key)
        else:
            effect[key] = place.beside(value) if key != "plugin" or _is_plugin_path(value) else value
    if "preset" in effect and "state" in effect:
        raise place.error("give either preset or state: each is the whole of a plug-in's settings", "state")
    return effect


def _is_plugin_path(plugin: str) -> bool:
    """Whether it is a path, with "#Name" behind it or not, rather than an id or a name."""
    return plugin.partition(":")[0] not in FORMATS.values() and any(
        PurePath(path).suffix.lower() in FORMATS for path in (plugin, plugin.rpartition("#")[0])
    )


def _plugin_params(value: object, place: Place) -> dict[str, Json]:
    if not isinstance(value, Mapping) or not all(map(_plain, value.values())):
        raise place.error("params must be a table of numbers, texts, true or false", "params")
    return {str(key): one for key, one in sorted(value.items())}


def _plain(value: object) -> bool:
    """Whether it is a text or a number, also one that a float can hold."""
    return isinstance(value, str) or abs(_number(value, math.inf)) <= sys.float_info.max


_INSTEAD = {
    "VST3Plugin": 'Write plugin = "vst3:Vendor/Name", or the path of a plug-in',
    "Convolution": "It needs a recorded impulse, which a chain cannot carry; use Reverb, or a plug-in",
}


def _builtin(content: Mapping[str, Any], place: Place) -> dict[str, Json]:
    use = content.get("use")
    if not isinstance(use, str):
        raise place.error(
            "an effect must be named: use =, plugin = or parallel =", "", f"Effects: {', '.join(EFFECTS)}"
        )
    if use in NEED_A_FILE:
        raise place.error(f"{use} is not used by this name", use, _INSTEAD.get(use, _INSTEAD["VST3Plugin"]))
    if use not in EFFECTS:
        raise place.error(f"there is no effect {use!r}", use, suggest(use, EFFECTS))
    parameters = {key: value for key, value in content.items() if key != "use"}
    return {"use": use, **_parameters(use, parameters, EFFECTS[use], place)}


def _parallel(content: Mapping[str, Any], place: Place, depth: int) -> dict[str, Json]:
    unknown = [key for key in content if key not in ("parallel", "gains_db")]
    if unknown:
        raise place.error(f"{unknown[0]!r} does not go with parallel", unknown[0], "Give parallel and gains_db")
    branches, gains = content["parallel"], content.get("gains_db")
    if not isinstance(branches, list) or not branches or not all(isinstance(b, list) for b in branches):
        raise place.error("parallel must be a list of branches, each a list of effects", "parallel")
    if depth >= _DEEPEST:
        raise place.error(f"parallel branches go at most {_DEEPEST} deep", "parallel")
    gains = [0.0] * len(branches) if gains is None else gains
    if not isinstance(gains, list) or len(gains) != len(branches):
        raise place.error(f"gains_db needs one gain for each of the {len(branches)} branches", "gains_db")
    return {
        "parallel": [[_effect(one, place, depth + 1) for one in branch] for branch in branches],
        "gains_db": [check_value("gains_db", gain, Range(-120.0, 60.0), place) for gain in gains],
    }


def _parameters(
    owner: str, content: Mapping[str, Any], legal: Mapping[str, Parameter], place: Place
) -> dict[str, Json]:
    for key in content:
        if key not in legal:
            raise place.error(f"{owner} has no parameter {key!r}", key, suggest(key, legal))
    return {key: check_value(key, content[key], legal[key], place) for key in sorted(content)}


def check_value(key: str, value: object, legal: Parameter, place: Place) -> Json:
    """A value as the canonical form has it. Raises BadChain with the legal range."""
    if isinstance(legal, Switch):
        if not isinstance(value, bool):
            raise place.error(f"{key} must be true or false, not {_shown(value)}", key)
        return value
    if isinstance(legal, Choice):
        if value not in legal.names:
            raise place.error(f"{key} must be one of {', '.join(legal.names)}, not {_shown(value)}", key)
        return str(value)
    number = math.nan if isinstance(value, bool) else _number(value, math.nan)
    if not legal.low <= number <= legal.high or (legal.whole and number != int(number)):
        kind = "a whole number" if legal.whole else "a number"
        raise place.error(
            f"{key} must be {kind} from {legal.low:g} to {legal.high:g}, not {_shown(value)}", key
        )
    return float(number)


def _number(value: object, otherwise: float) -> int | float:
    """value where it is a number. An integer stays one: it may have more digits than a float can hold."""
    return value if isinstance(value, int | float) else otherwise


def _shown(value: object) -> str:
    """A value as messages show it, in short: Python does not even write integers of thousands of digits."""
    if isinstance(value, list | Mapping):
        return "a list" if isinstance(value, list) else "a table"
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number of so many digits"
    return reprlib.repr(value)
