"""Plug-ins over HTTP, typed, and how they are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from daemon.cli.client import Client
from daemon.cli.output import print_table
from daemon.cli.request import absolute
from daemon.kernel.errors import BadParameter, NotFound
from daemon.kernel.suggest import nearest
from daemon.kernel.typed_value import typed_value
from daemon.services.types_jobs import JobAck
from daemon.services.types_plugins import ParameterView, PluginView


def listed(client: Client) -> list[PluginView]:
    return msgspec.convert(client.get("/plugins")["items"], list[PluginView])


def named(client: Client, name: str) -> PluginView:
    """By id, name or path. Raises NotFound."""
    found = listed(client)
    for key, wanted in (("id", name), ("name", name), ("path", str(absolute(Path(name))))):
        for plugin in found:
            if getattr(plugin, key) == wanted:
                return plugin
    near = nearest(name, [word for plugin in found if plugin.vendor for word in (plugin.id, plugin.name)])
    listing = "`roadie plugins` lists them, `roadie plugins scan` looks for more"
    hint = listing if near is None else f"Did you mean {near}? {listing}"
    raise NotFound("there is no such plug-in", where=name, hint=hint)


def scan(client: Client, paths: Sequence[Path], *, again: bool, patience_s: float = 30.0) -> JobAck:
    body = {"paths": [str(absolute(path)) for path in paths], "again": again, "patience_s": patience_s}
    return msgspec.convert(client.post("/plugins/scan", body), JobAck)


def save(client: Client, name: str, out: Path, preset: str | None, sets: Sequence[str]) -> JobAck:
    body: dict[str, Any] = {"plugin": name, "out": str(absolute(out)), "params": _params(sets)}
    if preset is not None:
        body["preset"] = str(absolute(Path(preset))) if Path(preset).exists() else preset
    return msgspec.convert(client.post("/plugins/save", body), JobAck)


def _params(sets: Sequence[str]) -> dict[str, Any]:
    params = {}
    for text in sets:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise BadParameter("--set is not PARAM=VALUE", where=text, hint="For example --set gain_db=3")
        params[name] = typed_value(value)
    return params


def tell(plugins: Sequence[PluginView]) -> None:
    rows = [(one.id, _kind(one), one.version, one.state, one.reason or one.path) for one in plugins]
    print_table(
        ("id", "kind", "version", "state", "where, or why not"),
        rows,
        "No plug-ins are known: roadie plugins scan",
    )


def tell_one(plugin: PluginView) -> None:
    print(f"{plugin.id}  {plugin.version}  {_kind(plugin)}  {plugin.category}".rstrip())
    print(f"  {plugin.path}")
    print(f"  {plugin.state}" + (f": {plugin.reason}" if plugin.reason else ""))
    if plugin.done or plugin.failed:
        print(f"  rendered {plugin.done} sounds, failed on {plugin.failed}")
    if plugin.state not in ("ok", "quarantined"):
        return
    print(f"  latency: {_latency(plugin)}")
    for one in plugin.parameters:
        print(f"  {one.name} = {one.default}  ({_legal(one)})")
    for preset in plugin.presets:
        print(f"  preset {preset.name}: {preset.path}")


def _kind(plugin: PluginView) -> str:
    """ "" of a file that could not be loaded: nobody knows."""
    return "instrument" if plugin.instrument else "effect" if plugin.vendor else ""


def _latency(plugin: PluginView) -> str:
    told = f"{plugin.latency_frames} frames"
    if plugin.measured_frames is None or plugin.measured_frames == plugin.latency_frames:
        return told
    return f"{told} by its word, {plugin.measured_frames} measured; latency_frames in a chain sets it right"


def _legal(one: ParameterView) -> str:
    if one.kind == "switch":
        return "true or false"
    if one.kind == "choice":
        shown = one.choices[:8]
        return " | ".join(shown) + (" | ..." if len(one.choices) > len(shown) else "")
    return f"{one.low:g} to {one.high:g} {one.unit}".strip()
