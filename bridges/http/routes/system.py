"""The daemon itself: health, devices, settings, selection, transport, models on disk."""

from __future__ import annotations

from pathlib import Path

from bridges.http.refusals import Invalid
from bridges.http.table import BASE, Access, Call, Reply, Route
from daemon.services.types import Answer, Page, Request
from daemon.services.types_system import (
    Check,
    ModelView,
    SelectionRequest,
    SelectionView,
    SettingsPatch,
    SettingsView,
    SystemView,
    TransportRequest,
    TransportView,
)


class HealthView(Answer, frozen=True):
    status: str
    version: str
    uptime_s: float


class AddModelRequest(Request, frozen=True):
    """path: an absolute folder or file on this machine. trusted: a pickle checkpoint may run any code when it
    is loaded; true says that its origin is trusted."""

    name: str
    path: str
    trusted: bool = False


async def health(call: Call[None, None]) -> Reply:
    return Reply(call.services.system.health())


async def system(call: Call[None, None]) -> SystemView:
    return await call.services.system.system()


async def doctor(call: Call[None, None]) -> Page[Check]:
    return Page(items=await call.services.system.doctor())


async def settings(call: Call[None, None]) -> SettingsView:
    return await call.services.system.settings()


async def patch_settings(call: Call[None, SettingsPatch]) -> SettingsView:
    return await call.services.system.patch_settings(call.body)


async def selection(call: Call[None, None]) -> SelectionView:
    return await call.services.selection.selection()


async def select(call: Call[None, SelectionRequest]) -> SelectionView:
    return await call.services.selection.select(call.body)


async def transport(call: Call[None, None]) -> TransportView:
    return await call.services.selection.transport()


async def set_transport(call: Call[None, TransportRequest]) -> TransportView:
    return await call.services.selection.set_transport(call.body)


async def add_model(call: Call[None, AddModelRequest]) -> ModelView:
    path = Path(call.body.path)
    if not path.is_absolute():
        raise Invalid("must be absolute", where="path")
    return await call.services.models.add(call.body.name, path, call.body.trusted)


async def remove_model(call: Call[None, None]) -> None:
    await call.services.models.remove(call.path["name"])


ROUTES = (
    Route("GET", "/health", health, "Is it there", answer=HealthView, access=Access.ANYONE),
    Route("GET", f"{BASE}/health", health, "Is it there", answer=HealthView, access=Access.ANYONE),
    Route("GET", f"{BASE}/system", system, "Devices, lanes, models, folders", answer=SystemView),
    Route("GET", f"{BASE}/doctor", doctor, "What is well and how to mend the rest", answer=Page[Check]),
    Route("GET", f"{BASE}/settings", settings, "Settings", answer=SettingsView),
    Route(
        "PATCH",
        f"{BASE}/settings",
        patch_settings,
        "Change settings",
        body=SettingsPatch,
        answer=SettingsView,
    ),
    Route("GET", f"{BASE}/selection", selection, "The current selection", answer=SelectionView),
    Route("PUT", f"{BASE}/selection", select, "Set the selection", body=SelectionRequest, answer=SelectionView),
    Route("GET", f"{BASE}/transport", transport, "What the DAW was said to do", answer=TransportView),
    Route(
        "PUT",
        f"{BASE}/transport",
        set_transport,
        "Say what the DAW does",
        body=TransportRequest,
        answer=TransportView,
    ),
    Route(
        "POST",
        f"{BASE}/models",
        add_model,
        "Add a model from this machine",
        body=AddModelRequest,
        answer=ModelView,
        status=201,
        also=((409, "there is one of this name"),),
    ),
    Route(
        "DELETE",
        f"{BASE}/models/{{name}}",
        remove_model,
        "Remove a model's weights",
        status=204,
        also=((404, "it is not installed"), (409, "it belongs to a package, and stays")),
    ),
)
