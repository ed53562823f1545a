"""Requests and answers about kits."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from daemon.services.types import Answer, Request

Note = Annotated[int, Meta(ge=0, le=127)]
Velocity = Annotated[int, Meta(ge=1, le=127)]


class KitSlot(Request, frozen=True):
    """One sample. note: MIDI; left out, the General MIDI drum key of the sample's class, or the next free one."""

    asset: str
    note: Note | None = None
    low_velocity: Velocity = 1
    high_velocity: Velocity = 127


class KitRequest(Request, frozen=True):
    """Samples of a kit: slots, the members of a collection, or the one-shots of a job (`per_class` of each class).

    layers: samples of one class share its note and divide the velocities among them, softest first, rather than each
    having a note of its own.
    """

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    slots: list[KitSlot] = field(default_factory=list)
    collection: str | None = None
    job: str | None = None
    per_class: Annotated[int, Meta(ge=1, le=16)] = 1
    layers: bool = False


class KitPatch(Request, frozen=True):
    """Only the fields given change. slots: replaces them all."""

    name: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    slots: list[KitSlot] | None = None
    layers: bool = False


class KitSlotView(Answer, frozen=True):
    """path: None while the sample's file is missing."""

    asset: str
    name: str
    path: str | None
    label: str | None = field(name="class")
    note: int
    low_velocity: int
    high_velocity: int


class KitView(Answer, frozen=True):
    """slots: by note, then by velocity."""

    id: str
    name: str
    job: str | None
    slots: list[KitSlotView]
