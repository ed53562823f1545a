"""Begin, look at, cancel, retry and undo jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bridges.osc.call import Call
from bridges.osc.feed import trouble_of
from bridges.osc.slots import OPEN
from bridges.osc.table import PRESS, ROOT, Address, Arg
from daemon.kernel.errors import BadParameter, Forbidden
from daemon.services.types_jobs import JobAck, JobBrief, JobInput, JobView

STATE = f"{ROOT}/job/state"
QUEUED = f"{ROOT}/queued"
_LISTED = 50
_JOB = Arg("s", "job")

Begin = Callable[[], Awaitable[tuple[JobAck, bool]]]
"""Gives the job and whether it is new."""


async def start(call: Call, recipe: str, begin: Begin) -> None:
    """Begin a job, acknowledge it, and tell its sender how it goes."""
    context = call.context
    async with context.feedback.held():
        ack, created = await begin()
        call.reply(QUEUED, ack.id)
        if created or ack.state in OPEN:
            context.feedback.watch(ack.id, recipe, ack.state, call.peer, call.ref)
        else:
            view = await call.services.jobs.get(ack.id)
            context.feedback.tell_trouble(trouble_of(view), context.subscriptions.reply_to(call.peer), call.ref)
            _tell(call, view)


async def run(call: Call) -> None:
    named = await call.context.reach.named(call.text(1), call.trusted)
    recipe, params = call.text(0), call.options.params
    await start(call, recipe, lambda: call.context.submitter.submit(call.peer, call.ref, recipe, named, params))


async def run_selected(call: Call) -> None:
    chosen = await call.services.selection.selection()
    if chosen.path is None and chosen.asset is None:
        raise BadParameter("nothing is selected", hint=f"Send {ROOT}/select with a path first")
    named = JobInput(asset=chosen.asset) if chosen.asset is not None else JobInput(path=chosen.path)
    await start(call, call.path["recipe"], lambda: call.context.presses.run(call.path["recipe"], named))


async def cancel(call: Call) -> None:
    await call.services.jobs.cancel(call.text(0))
    _tell(call, await call.services.jobs.get(call.text(0)))


async def retry(call: Call) -> None:
    job = call.text(0)
    async with call.context.feedback.held():
        ack = await call.services.jobs.retry(job)
        await call.context.feedback.caught_up()  # or the end of before would be told as that of this attempt
        view = await call.services.jobs.get(job)
        _tell(call, view)
        if ack.state in OPEN:
            call.context.feedback.watch(job, view.recipe, ack.state, call.peer, call.ref)


async def undo(call: Call) -> None:
    if not call.trusted:
        raise Forbidden("an undo needs the token", where=call.text(0), hint="Send token=... with it")
    await call.services.jobs.undo(call.text(0))
    _tell(call, await call.services.jobs.get(call.text(0)))


async def jobs(call: Call) -> None:
    unended = {line.id: line for line in await call.services.jobs.open()}
    ended = [line for line in await call.services.jobs.newest(_LISTED) if line.id not in unended]
    listed = [*reversed(unended.values()), *ended[: max(0, _LISTED - len(unended))]]
    for number, line in enumerate(listed):
        _tell(call, line)
        if number % 16 == 15:
            await asyncio.sleep(0)  # a receiver with a small buffer, and everyone else, get their turn
    call.reply(f"{ROOT}/jobs/done", len(listed))


def _tell(call: Call, view: JobBrief | JobView) -> None:
    state = "undone" if view.undone and view.state not in OPEN else view.state
    call.reply(STATE, view.id, view.recipe, state, float(view.progress))


ADDRESSES = (
    Address(
        f"{ROOT}/run",
        "Begin a job. Feedback about it follows until it ends. With `ref`, repeating the message gives the same job, "
        "so send it until it is acknowledged; `step.param=value` sets parameters of the recipe",
        (Arg("s", "recipe"), Arg("s", "path or asset")), run,
        options=True, steps=True, weighty=True, once=True, replies=(QUEUED, STATE),
    ),
    Address(
        f"{ROOT}/selected/run/{{recipe}}",
        "Run this recipe on the selection; pressed again while that is under way, it is the same job",
        (PRESS,), run_selected, button=True, weighty=True, relies=True,
        replies=(QUEUED, STATE),
    ),
    Address(f"{ROOT}/job/cancel", "Stop a job", (_JOB,), cancel, options=True, weighty=True, replies=(STATE,)),
    Address(
        f"{ROOT}/job/retry",
        "Do again what failed, was cancelled or was undone",
        (_JOB,), retry, options=True, weighty=True, replies=(STATE,),
    ),
    Address(
        f"{ROOT}/job/undo",
        "Take back what a job wrote. Needs `token`",
        (_JOB,), undo, options=True, weighty=True, replies=(STATE,),
    ),
    Address(
        f"{ROOT}/jobs",
        f"Every open job, and where these are fewer than {_LISTED}, the newest that ended until there are so many; "
        "each the newest first. A state for each, then how many there were",
        (), jobs, options=True, replies=(STATE, f"{ROOT}/jobs/done"),
    ),
)  # fmt: skip
