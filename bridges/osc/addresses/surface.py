"""What a surface that can only send a button does with a slot."""

from __future__ import annotations

from bridges.osc.call import Call
from bridges.osc.slots import Slot
from bridges.osc.table import ROOT, Address, Arg
from daemon.kernel.errors import NotFound


def slot_of(call: Call) -> Slot:
    slot = call.context.feedback.slots[int(call.path["slot"])]
    if not slot.job:
        raise NotFound("there is no job in this slot", where=f"slot {slot.number}")
    return slot


async def cancel(call: Call) -> None:
    if not call.context.feedback.reading:
        await call.context.feedback.refresh()
    await call.services.jobs.cancel(slot_of(call).job)


ADDRESSES = (
    Address(
        f"{ROOT}/slot/{{slot}}/cancel",
        "Cancel the job in this slot",
        (Arg("f", "press", 0, None),), cancel, button=True, weighty=True,
    ),
)  # fmt: skip
