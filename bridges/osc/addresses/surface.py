"""What a surface that can only send a button does with a slot."""

from __future__ import annotations

from bridges.osc.call import Call
from bridges.osc.slots import Slot
from bridges.osc.table import ROOT, Address, Arg
from daemon.kernel.errors import NotFound

_SOUNDS = 999


def slot_of(call: Call) -> Slot:
    slot = call.context.feedback.slots[int(call.path["slot"])]
    if not slot.job:
        raise NotFound("there is no job in this slot", where=f"slot {slot.number}")
    return slot


async def cancel(call: Call) -> None:
    if not call.context.feedback.reading:
        await call.context.feedback.refresh()
    await call.services.jobs.cancel(slot_of(call).job)


async def audition(call: Call) -> None:
    if not call.context.feedback.reading:
        await call.context.feedback.refresh()
    await call.services.audition.play_of_job(slot_of(call).job, int(call.number(0)) or 1)


ADDRESSES = (
    Address(
        f"{ROOT}/slot/{{slot}}/cancel",
        "Cancel the job in this slot",
        (Arg("f", "press", 0, None),), cancel, button=True, weighty=True,
    ),
    Address(
        f"{ROOT}/slot/{{slot}}/audition",
        "Play what the job in this slot made: the first sound for 1, the second for 2 and so on",
        (Arg("f", "number", 0, _SOUNDS),), audition, button=True,
    ),
)  # fmt: skip
