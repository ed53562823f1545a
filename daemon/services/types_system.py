"""The daemon itself: lanes, models, the selection, transport, settings, uploads."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from daemon.services.types import Answer, Request


class ModelView(Answer, frozen=True):
    name: str
    engine: str
    task: str
    about: str
    size_bytes: int | None
    licence: str
    licence_note: str | None
    source: str
    installed: bool
    bundled: bool
    sha256: str | None
    command: str


class LaneView(Answer, frozen=True):
    lane: str
    device: str
    reason: str
    size: int
    workers: int
    busy: int
    waiting: int
    paused: bool


class SystemView(Answer, frozen=True):
    version: str
    uptime_s: float
    home: str
    lanes: list[LaneView]
    models: list[ModelView]
    folders: dict[str, list[str]]
    jobs_open: int
    memory_bytes: int


class SelectionRequest(Request, frozen=True):
    """At most one of path and asset; neither clears it."""

    path: str | None = None
    asset: str | None = None


class SelectionView(Answer, frozen=True):
    path: str | None
    asset: str | None


class TransportRequest(Request, frozen=True):
    playing: bool = False
    recording: bool = False
    bpm: Annotated[float, Meta(ge=1, le=999)] | None = None


class TransportView(Answer, frozen=True):
    """said_by: who spoke last, None when nobody has."""

    playing: bool
    recording: bool
    bpm: float | None
    heavy_paused: bool
    said_by: str | None = None


class SettingsView(Answer, frozen=True):
    """What may be read and changed while the daemon runs, and what needs a restart."""

    values: dict[str, Any]
    changeable: list[str]


class SettingsPatch(Request, frozen=True):
    values: dict[str, Any]


class UploadView(Answer, frozen=True):
    id: str
    offset: int
    length: int
    asset: str | None = None


class Check(Answer, frozen=True):
    """One line of `roadie doctor`. mend: what to do; None when all is well."""

    name: str
    ok: bool
    found: str
    mend: str | None = None
