"""Select, search and hear sounds."""

from __future__ import annotations

import asyncio

from bridges.osc.call import Call
from bridges.osc.table import ROOT, Address, Arg
from daemon.services.types import AssetQuery, SelectionRequest

_MOST_HITS = 200


async def select(call: Call) -> None:
    if not call.text(0):
        await call.services.selection.select(SelectionRequest())
        return
    named = await call.context.reach.named(call.text(0), call.trusted)
    await call.services.selection.select(SelectionRequest(path=named.path, asset=named.asset))


async def search(call: Call) -> None:
    query = AssetQuery(text=call.text(0) or None, limit=int(call.number(1)))
    page = await call.services.library.search(query)
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
        "Set the selection, by the whole path of a file or the id of an asset; an empty text clears it",
        (Arg("s", "path or asset"),), select, hidden=True,
    ),
    Address(
        f"{ROOT}/search",
        "Find sounds in the library: a message for each, then how many there were",
        (Arg("s", "query"), Arg("i", "limit", 1, _MOST_HITS)), search, options=True,
        replies=(f"{ROOT}/hit", f"{ROOT}/search/done"),
    ),
)  # fmt: skip
