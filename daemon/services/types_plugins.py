"""Plug-ins and chains: what is asked and what is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from daemon.services.types import Answer, Request
from daemon.services.types_jobs import JobInput

Patience = Annotated[float, Meta(ge=0.5, le=600)]


class ParameterView(Answer, frozen=True):
    """One parameter of a plug-in. kind: number (low to high, in `unit`), choice (one of `choices`), switch."""

    name: str
    title: str
    kind: Literal["number", "choice", "switch"]
    unit: str
    low: float | None
    high: float | None
    choices: list[str]
    default: Any


class PresetView(Answer, frozen=True):
    name: str
    path: str


class PluginView(Answer, frozen=True):
    """id: as chains write it; of a file that could not be loaded, its path. state: ok, broken (why in `reason`),
    quarantined (it failed too often in renders), trying (a scan is at it, or was when roadie ended). latency_frames:
    as it reports; measured_frames: as measured, None where that is not clear. done, failed: renders since its scan."""

    id: str
    name: str
    vendor: str
    version: str
    category: str
    format: str
    path: str
    hash: str
    state: Literal["trying", "ok", "broken", "quarantined"]
    reason: str
    instrument: bool
    latency_frames: int
    measured_frames: int | None
    parameters: list[ParameterView]
    presets: list[PresetView]
    scanned_at: float
    done: int
    failed: int


class PluginScanRequest(Request, frozen=True):
    """paths: plug-ins or folders, absolute; none for the standard and the configured folders. again: also what is
    unchanged, blacklisted or quarantined. patience_s: how long one may take to load."""

    paths: list[str] = msgspec.field(default_factory=list)
    again: bool = False
    patience_s: Patience = 30.0


class PluginSaveRequest(Request, frozen=True):
    """Write a plug-in's settings to `out`, absolute: as .vstpreset, or raw with any other suffix. preset: where they
    begin. params: set on top of it."""

    plugin: str
    out: str
    preset: str | None = None
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    patience_s: Patience = 30.0


class ChainView(Answer, frozen=True):
    """content: canonical; None for a broken one, whose `problem` says what is wrong and where."""

    name: str
    about: str
    origin: Literal["shipped", "user"]
    path: str
    plugins: list[str]
    content: dict[str, Any] | None
    problem: str | None = None


class PreviewRequest(Request, frozen=True):
    """A few seconds of a sound through a chain. chain: a name, or the content of one. label: the sound's class, where
    the library's own is not meant."""

    chain: str | dict[str, Any]
    input: JobInput
    start_s: Annotated[float, Meta(ge=0)] = 0.0
    length_s: Annotated[float, Meta(gt=0, le=30)] = 8.0
    label: str | None = None
    patience_s: Patience = 15.0


class PreviewView(Answer, frozen=True):
    """audio: where it is to be had. unprocessed: why it sounds as before, when a plug-in failed."""

    id: str
    audio: str
    length_s: float
    peak_db: float
    warnings: list[str]
    unprocessed: str | None = None


NOTHING_NEW = "all of it stood there already, just so: nothing was written"
"""Among the warnings of a job that has nothing to take back."""


class ApplyRequest(Request, frozen=True):
    """Files, or all audio files below folders, through a chain. out: absolute; a folder, or for one file the new
    file's name (.wav, .flac, .aiff, .mp3 or .ogg). Nothing is replaced. label, kind: of all of them; without, files
    that the library does not know are heard where the chain asks, and loops stay in time."""

    chain: str | dict[str, Any]
    inputs: Annotated[list[JobInput], Meta(min_length=1, max_length=10_000)]
    out: str
    label: str | None = None
    kind: Literal["one-shot", "loop"] | None = None
    patience_s: Patience = 30.0
