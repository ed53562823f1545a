"""Ask a rule about a file."""

from __future__ import annotations

from bridges.osc.call import Call
from bridges.osc.table import ROOT, Address, Arg
from daemon.services.types_rules import RuleTrigger

ASKED = f"{ROOT}/rule/asked"
CLIENT = "osc"


async def trigger(call: Call) -> None:
    named = await call.context.reach.named(call.text(1), call.trusted)
    asked = await call.services.rules.trigger(call.text(0), RuleTrigger(named.path, named.asset), CLIENT)
    call.reply(ASKED, asked.rule, asked.asset)


ADDRESSES = (
    Address(
        f"{ROOT}/rule/trigger",
        "Ask a rule about a file. The rule must be on and have `trigger` among its events; its conditions decide as "
        "ever. The answer comes when the question is stored, what the rule does as `/roadie/job/state`",
        (Arg("s", "rule"), Arg("s", "path or asset")), trigger, options=True, weighty=True, replies=(ASKED,),
    ),
)  # fmt: skip
