"""Lights and motor faders: how far the work is, told back to the keys that are bound to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

from bridges.midi.trigger import Trigger, parse

_OPEN = frozenset({"preparing", "queued", "running"})

Send = Callable[[bytes], None]


class Lights:
    """A key bound to `run RECIPE` lights while such a job is open, brighter as it goes on; one bound to `progress`
    shows the newest open job; both are dark when there is none. Only what changed is sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._by_command: dict[str, list[Trigger]] = {}
        self._shown: dict[Trigger, int] = {}
        self._jobs: dict[str, tuple[str, float]] = {}

    def bind(self, bindings: Mapping[str, str]) -> None:
        self._by_command = {}
        for on, do in bindings.items():
            trigger = parse(on)
            if trigger.kind != "program" and (do == "progress" or do.startswith("run ")):
                self._by_command.setdefault(do, []).append(trigger)
        bound = {trigger for triggers in self._by_command.values() for trigger in triggers}
        self._darken(self._shown.keys() - bound)
        self._show()

    @property
    def any(self) -> bool:
        return bool(self._by_command)

    def begin(self, jobs: Iterable[tuple[str, str, float]]) -> None:
        """What is open now, as (job, recipe, progress), the newest last; after a time in which nothing was told."""
        self._jobs = {job: (recipe, progress) for job, recipe, progress in jobs}
        self._show()

    def dark(self) -> None:
        """Nothing more will be told."""
        self._jobs.clear()
        self._darken(set(self._shown))

    def happened(self, body: Mapping[str, Any]) -> None:
        """An event of the daemon."""
        job = body.get("job")
        match body["type"]:
            case "job.state" if body["state"] in _OPEN:
                self._jobs[str(job)] = (body["recipe"], body["progress"])
            case "job.state":
                self._jobs.pop(str(job), None)
            case "step.progress" if job in self._jobs:
                self._jobs[str(job)] = (self._jobs[str(job)][0], body["job_progress"])
            case _:
                return
        self._show()

    def again(self) -> None:
        """To a device that was plugged in just now."""
        self._shown.clear()
        self._show()

    def _darken(self, triggers: Set[Trigger]) -> None:
        for trigger in triggers:
            if self._shown.pop(trigger):
                self._send(trigger.message(0))

    def _show(self) -> None:
        for command, triggers in self._by_command.items():
            value = self._value(command)
            for trigger in triggers:
                if self._shown.get(trigger, 0) != value:
                    self._shown[trigger] = value
                    self._send(trigger.message(value))

    def _value(self, command: str) -> int:
        """0 for dark; at least 1 as long as the job is open."""
        shares = [share for recipe, share in self._jobs.values() if command in ("progress", f"run {recipe}")]
        return max(1, min(127, round(127 * shares[-1]))) if shares else 0
