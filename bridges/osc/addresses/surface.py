"""What a surface that can only send a button does with a slot, and with a hit."""

from __future__ import annotations

from bridges.osc.addresses.library import tell_kit
from bridges.osc.call import Call
from bridges.osc.slots import Slot
from bridges.osc.table import HITS, PRESS, ROOT, Address, Arg
from daemon.kernel.errors import NotFound

_SOUNDS = 999


def slot_of(call: Call) -> Slot:
    slot = call.context.feedback.slots[int(call.path["slot"])]
    if not slot.job:
        raise NotFound("there is no job in this slot", where=f"slot {slot.number}")
    return slot


async def cancel(call: Call) -> None:
    await call.context.feedback.look()
    await call.services.jobs.cancel(slot_of(call).job)


async def audition(call: Call) -> None:
    await call.context.feedback.look()
    await call.services.audition.play_of_job(slot_of(call).job, max(1, int(call.number(0))))


async def kit(call: Call) -> None:
    await call.context.feedback.look()
    tell_kit(call, await call.services.audition.load_kit_of_job(slot_of(call).job))


async def select_hit(call: Call) -> None:
    await call.services.browse.choose(int(call.path["hit"]), HITS, call.vet)


async def audition_hit(call: Call) -> None:
    found = await call.services.browse.hit(int(call.path["hit"]), HITS)
    await call.vet(found)
    await call.services.audition.play(asset=found.id)


ADDRESSES = (
    Address(
        f"{ROOT}/slot/{{slot}}/cancel",
        "Cancel the job in this slot",
        (PRESS,), cancel, button=True, weighty=True,
    ),
    Address(
        f"{ROOT}/slot/{{slot}}/audition",
        "Play what the job in this slot made: the first sound for 1 and less, the second for 2 and so on",
        (Arg("f", "number", None, _SOUNDS),), audition, button=True,
    ),
    Address(
        f"{ROOT}/slot/{{slot}}/kit",
        "Put the slices of the job in this slot on the pads",
        (PRESS,), kit, button=True, replies=(f"{ROOT}/pad/name", f"{ROOT}/kit/done"),
    ),
    Address(
        f"{ROOT}/hit/{{hit}}/select",
        "Select this hit of the last search; hits are shown by eights, the page on which the selected one stands",
        (PRESS,), select_hit, button=True, hidden=True,
    ),
    Address(f"{ROOT}/hit/{{hit}}/audition", "Play this hit", (PRESS,), audition_hit, button=True,
            hidden=True),
)  # fmt: skip
