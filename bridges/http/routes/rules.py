"""Rules: what they are, what they did, what they would do."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from bridges.http.table import BASE, Call, Reply, Route
from daemon.services.types import Page, Request
from daemon.services.types_rules import (
    DryRunRequest,
    DryRunView,
    RuleRunView,
    RuleText,
    RuleTrigger,
    RuleUndoView,
    RuleView,
    TriggerView,
)


class RunsQuery(Request, frozen=True):
    rule: str | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 50


class CheckRequest(Request, frozen=True):
    """where: the file's name, for messages."""

    text: Annotated[str, Meta(max_length=100_000)]
    where: str = "rule.toml"


async def list_rules(call: Call[None, None]) -> Page[RuleView]:
    return Page(items=await call.services.rules.list())


async def get(call: Call[None, None]) -> RuleView:
    return await call.services.rules.get(call.path["name"])


async def put(call: Call[None, RuleText]) -> RuleView:
    return await call.services.rules.put(call.path["name"], call.body)


async def check(call: Call[None, CheckRequest]) -> RuleView:
    return await call.services.rules.check(call.body.text, call.body.where)


async def trigger(call: Call[None, RuleTrigger]) -> Reply:
    return Reply(await call.services.rules.trigger(call.path["name"], call.body, call.client), 202)


async def dry_run(call: Call[None, DryRunRequest]) -> DryRunView:
    return await call.services.rules.dry_run(call.body)


async def runs(call: Call[RunsQuery, None]) -> Page[RuleRunView]:
    return Page(items=list(await call.services.rules.runs(call.query.rule, call.query.limit)))


async def run(call: Call[None, None]) -> RuleRunView:
    return await call.services.rules.run(call.path["id"])


async def undo(call: Call[None, None]) -> RuleUndoView:
    return await call.services.rules.undo(call.path["id"])


_ALL = f"{BASE}/rules"
_ONE = f"{_ALL}/{{name}}"
_RUNS = f"{BASE}/rule-runs"
_NONE = (404, "no such rule")
_BAD = (422, "this is no rule: file, line and a suggestion stand in the detail")
_NO_RUN = ((404, "no such run"),)

ROUTES = (
    Route("GET", _ALL, list_rules, "All rules", answer=Page[RuleView]),
    Route(
        "POST", f"{_ALL}/dry-run", dry_run, "What a rule would do with a folder's files; nothing is changed",
        body=DryRunRequest, answer=DryRunView, also=(_BAD, _NONE),
    ),
    Route("POST", f"{_ALL}/check", check, "Whether a text is a rule", body=CheckRequest, answer=RuleView, also=(_BAD,)),
    Route("GET", _ONE, get, "One rule, with its text", answer=RuleView, also=(_NONE,)),
    Route(
        "PUT", _ONE, put, "Write a rule, switch one on or off", body=RuleText, answer=RuleView, also=(_BAD, _NONE)
    ),
    Route(
        "POST", f"{_ONE}/trigger", trigger, "Ask a rule about one file", body=RuleTrigger, answer=TriggerView,
        status=202, also=(_NONE, (409, "it is not enabled, or does not answer when it is asked")),
    ),
    Route("GET", _RUNS, runs, "What rules did, newest first", query=RunsQuery, answer=Page[RuleRunView]),
    Route("GET", f"{_RUNS}/{{id}}", run, "One answer of a rule to an event", answer=RuleRunView, also=_NO_RUN),
    Route("POST", f"{_RUNS}/{{id}}/undo", undo, "Take back all that it did", answer=RuleUndoView, also=_NO_RUN),
)  # fmt: skip
