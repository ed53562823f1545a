"""What a plug-in says of itself, asked in a child of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pedalboard

from daemon.chains.plugins.catalogue import Described, ParameterView, PresetView
from daemon.chains.plugins.folders import FORMATS, preset_folders
from daemon.chains.plugins.hosted import load

RATE_HZ = 44100
IMPULSE_FRAMES = 1 << 16
_MOST_CHOICES = 400
_CLEAR = 4.0  # an answer's peak must stand out by so much over the rest to say when it comes


def names(path: Path) -> list[str]:
    """The plug-ins of a file. Raises what the loader raises."""
    kind = pedalboard.AudioUnitPlugin if path.suffix == ".component" else pedalboard.VST3Plugin
    return [str(name) for name in kind.get_plugin_names_for_file(str(path))]


def describe(path: Path, name: str) -> Described:
    """Load one and ask. Raises what the loader raises."""
    plugin = load(str(path), name)
    vendor = str(plugin.manufacturer_name or "unknown")
    kind = FORMATS[path.suffix.lower()]
    instrument = bool(plugin.is_instrument)
    latency = int(plugin.reported_latency_samples)
    return Described(
        id=f"{kind}:{vendor}/{name}", name=name, vendor=vendor, version=str(plugin.version or ""),
        category=str(plugin.category or ""), instrument=instrument, latency_frames=latency,
        measured_frames=None if instrument else _measured(plugin, latency),
        parameters=[_parameter(key, one) for key, one in plugin.parameters.items()],
        presets=_presets(vendor, name), class_id=_class_id(plugin) if kind == "vst3" else "",
    )  # fmt: skip


def _class_id(plugin: Any) -> str:
    """As the head of a .vstpreset has it (VST 3 documentation, "Preset Format"): 32 digits behind "VST3" and a
    version; "" of a plug-in that gives no settings."""
    try:
        head = bytes(plugin.preset_data[:40])
    except (RuntimeError, ValueError):
        return ""
    return head[8:].decode("ascii", "replace") if head.startswith(b"VST3") and len(head) == 40 else ""


def _parameter(name: str, parameter: Any) -> ParameterView:
    title, unit = str(parameter.name), str(parameter.label or "")
    default = getattr(parameter, "string_value", None)
    if parameter.type is bool:
        return ParameterView(name=name, title=title, kind="switch", default=_plain(default))
    if parameter.type is str:
        choices = [str(one) for one in parameter.valid_values[:_MOST_CHOICES]]
        return ParameterView(name=name, title=title, kind="choice", choices=choices, default=_plain(default))
    low, high = parameter.min_value, parameter.max_value
    return ParameterView(
        name=name, title=title, kind="number", unit=unit, low=float(low if low is not None else 0.0),
        high=float(high if high is not None else 1.0), default=_plain(default),
    )  # fmt: skip


def _plain(value: object) -> str | float | bool | None:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def _presets(vendor: str, name: str) -> list[PresetView]:
    folders = [root / vendor / name for root in preset_folders()]
    files = [path for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*.vstpreset"))]
    return [PresetView(name=path.stem, path=str(path)) for path in files]


def _measured(plugin: Any, reported_frames: int) -> int | None:
    """Where the answer to an impulse has its peak, in frames behind the impulse: the plug-in's real latency, where it
    has a clear one. pedalboard has taken the reported latency off, so it is added again."""
    impulse = np.zeros((2, IMPULSE_FRAMES), np.float32)
    at = IMPULSE_FRAMES // 2
    impulse[:, at] = 0.5
    try:
        answer = np.abs(np.asarray(plugin.process(impulse, RATE_HZ, reset=True))).max(axis=0)
    except (RuntimeError, ValueError):
        return None
    if not np.isfinite(answer).all() or answer.max(initial=0.0) < 1e-3:
        return None
    peak = int(answer.argmax())
    rest = np.delete(answer, slice(max(0, peak - 8), peak + 8))
    return peak - at + reported_frames if answer[peak] > _CLEAR * rest.max(initial=0.0) else None
