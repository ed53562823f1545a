"""What the keys of a MIDI controller do."""

from __future__ import annotations

from bridges.http.protocol import while_there
from bridges.http.table import BASE, Call, Route
from daemon.services.types_controls import BindingsRequest, BindingView, ControlsView, LearnRequest


async def bindings(call: Call[None, None]) -> ControlsView:
    return await call.services.controls.view()


async def replace(call: Call[None, BindingsRequest]) -> ControlsView:
    return await call.services.controls.replace(call.body.bindings)


async def learn(call: Call[None, LearnRequest]) -> BindingView:
    """Ends with the client: the next key would be bound to what nobody waits for."""
    return await while_there(call.request, call.services.controls.learn(call.body.do, call.body.wait_s))


ROUTES = (
    Route("GET", f"{BASE}/midi", bindings, "What MIDI keys do, and what they can", answer=ControlsView),
    Route("PUT", f"{BASE}/midi", replace, "Set what MIDI keys do", body=BindingsRequest, answer=ControlsView),
    Route(
        "POST",
        f"{BASE}/midi/learn",
        learn,
        "Bind the next key that is pressed",
        body=LearnRequest,
        answer=BindingView,
        also=((404, "no key came, or there is no MIDI"), (409, "another key is being learnt")),
    ),
)
