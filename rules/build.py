"""Puts the parts of the rules together; the composition root calls it."""

from __future__ import annotations

from pathlib import Path

from daemon.kernel.clock import Clock
from rules.book import RuleBook
from rules.clockwork import Clockwork
from rules.dryrun import DryRun
from rules.engine import Limits, RuleEngine
from rules.gather import Gatherer
from rules.keeper import RuleKeeper
from rules.ports import Ports
from rules.runner import RunRunner


def build(user: Path, ports: Ports, clock: Clock, limits: Limits) -> RuleKeeper:
    """user: the folder of the user's own rules."""
    book = RuleBook(user)
    gatherer = Gatherer(ports, clock)
    runner = RunRunner(book, ports)
    engine = RuleEngine(book, ports, gatherer, runner, clock, limits)
    return RuleKeeper(
        book, ports, engine, gatherer, runner, Clockwork(book, ports, clock), DryRun(ports, gatherer)
    )
