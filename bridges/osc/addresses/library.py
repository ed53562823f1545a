"""Select, search and hear sounds."""

from __future__ import annotations

import asyncio

from bridges.osc.call import Call
from bridges.osc.table import PRESS, ROOT, Address, Arg
from daemon.kernel.errors import NotFound
from daemon.services.types_library import AssetQuery
from daemon.services.types_system import SelectionRequest

_MOST_HITS = 200


async def select(call: Call) -> None:
    if not call.text(0):
        await call.services.selection.select(SelectionRequest())
        return
    named = await call.context.reach.named(call.text(0), call.trusted)
    await call.services.selection.select(SelectionRequest(path=named.path, asset=named.asset))


async def audition(call: Call) -> None:
    if call.text(0) == "stop":
        call.services.audition.stop()
        return
    named = await call.context.reach.named(call.text(0), call.trusted)
    await call.services.audition.play(path=named.path, asset=named.asset)


async def select_played(call: Call) -> None:
    path = call.services.audition.played
    if path is None:
        raise NotFound("nothing was played yet", hint=f"Send {ROOT}/audition or {ROOT}/slot/1/audition first")
    # A slot plays what its job made, wherever that was delivered; to select it is to name it.
    await call.context.reach.file(path, call.trusted)
    await call.services.selection.select(SelectionRequest(path=path))


async def stop(call: Call) -> None:
    call.services.audition.stop()


async def next_hit(call: Call) -> None:
    await call.services.browse.step(1, call.vet)


async def previous_hit(call: Call) -> None:
    await call.services.browse.step(-1, call.vet)


async def kit(call: Call) -> None:
    tell_kit(call, await call.services.audition.load_kit(call.text(0)))


def tell_kit(call: Call, pads: dict[int, str]) -> None:
    """What is on each key, to one who is not told as every subscriber is."""
    if not call.ref and call.context.subscriptions.left_s(call.peer) is not None:
        return
    for note, name in pads.items():
        call.reply(f"{ROOT}/pad/name", note, name)
    call.reply(f"{ROOT}/kit/done", len(pads))


def pad(call: Call) -> None:
    note, velocity = int(call.number(0)), int(call.number(1))
    if velocity and note not in call.services.audition.pads:
        raise NotFound(
            "nothing is on this key", where=f"note {note}", hint=f"Send {ROOT}/kit with a kit or a job"
        )
    if velocity:
        call.services.audition.hit(note, velocity)


async def search(call: Call) -> None:
    query = AssetQuery(text=call.text(0) or None, limit=int(call.number(1)))
    page = await call.services.library.search(query)
    call.services.browse.remember(page.items)
    call.context.feedback.tell_hits()
    for index, hit in enumerate(page.items):
        call.reply(
            f"{ROOT}/hit", index, hit.path or "", hit.label or "", hit.key or "", float(hit.bpm or 0.0),
            float(hit.confidence or 0.0),
        )  # fmt: skip
        if index % 16 == 15:
            await asyncio.sleep(0)
    call.reply(f"{ROOT}/search/done", len(page.items))


ADDRESSES = (
    Address(
        f"{ROOT}/select",
        "Set the selection, by the whole path of a file or the id of an asset; an empty text clears it; a file that is "
        "not there is refused",
        (Arg("s", "path or asset"),), select, hidden=True,
    ),
    Address(
        f"{ROOT}/search",
        "Find sounds in the library: a message for each, then how many there were",
        (Arg("s", "query"), Arg("i", "limit", 1, _MOST_HITS)), search, options=True,
        replies=(f"{ROOT}/hit", f"{ROOT}/search/done"),
    ),
    Address(f"{ROOT}/hit/next", "Select the next hit of the last search, from the last the first",
            (PRESS,), next_hit, button=True, hidden=True),
    Address(f"{ROOT}/hit/previous", "Select the hit before",
            (PRESS,), previous_hit, button=True, hidden=True),
    Address(
        f"{ROOT}/audition",
        "Play a file or an asset through the default output, where there is one; `stop` ends it",
        (Arg("s", "path, asset or stop"),), audition, hidden=True,
    ),
    Address(f"{ROOT}/audition/stop", "End what plays", (PRESS,), stop, button=True),
    Address(f"{ROOT}/audition/select", "Select what was played last: keep the one that was heard",
            (PRESS,), select_played, button=True, hidden=True),
    Address(
        f"{ROOT}/kit",
        "Put a kit on keys, or the slices of a job, the first of each class on its General MIDI key: a message for "
        "each key, then how many there are",
        (Arg("s", "kit or job"),), kit, options=True, replies=(f"{ROOT}/pad/name", f"{ROOT}/kit/done"),
    ),
    Address(
        f"{ROOT}/pad",
        "Strike a key of the kit; velocity 0 does nothing, a sound rings out",
        (Arg("i", "note", 0, 127), Arg("i", "velocity", 0, 127)), quick=pad,
    ),
)  # fmt: skip
