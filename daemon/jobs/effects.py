"""The effect `deliver`: artifacts placed where a DAW looks, through the journal, exactly once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.files.journal import Journal
from daemon.files.outcome import UndoReport
from daemon.jobs.held import Held, Ledger
from daemon.jobs.prepare import Prepared
from daemon.jobs.recipe import EffectEntry
from daemon.jobs.targets import DeliverItem, DeliverTarget
from daemon.jobs.uncut import to_its_end
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import Kind
from daemon.library.asset_records import FileStat, NewAsset
from daemon.library.deliveries import Delivered, Deliveries

if TYPE_CHECKING:
    from daemon.jobs.steps import Outcome

DELIVERABLE = frozenset({Kind.SOURCE, Kind.STEM, Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP, Kind.MIDI, Kind.LYRICS})


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where and how a job delivers. to: targets by name; None, like layout None, means as the recipe says."""

    folder: Path
    to: tuple[str, ...] | None
    layout: str | None
    container: str
    depth: str


@dataclass(frozen=True, slots=True)
class Shipment:
    """Where the files of one delivery come from. outcomes: of every step of the job, by its id."""

    job: str
    recipe: str
    input: str
    source: Prepared
    ledger: Ledger
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What goes where. wishes: the path wanted for each item; owners: its name in the journal."""

    target: DeliverTarget
    items: Sequence[DeliverItem]
    wishes: Sequence[Path]
    owners: Sequence[str]
    folder: Path


class Deliverer:
    """Delivers what steps made, and takes back what was delivered. One delivery at a time: the journal's rule."""

    def __init__(self, journal: Journal, deliveries: Deliveries, targets: Mapping[str, DeliverTarget]) -> None:
        self._journal = journal
        self._deliveries = deliveries
        self._targets = targets
        self._one_at_a_time = asyncio.Lock()

    def check(self, names: Sequence[str]) -> None:
        """Raises BadParameter for a target that is not there."""
        for name in names:
            if name not in self._targets:
                raise BadParameter(f"nothing delivers to {name!r}", hint=f"Targets: {', '.join(self._targets)}")

    async def deliver(
        self,
        shipment: Shipment,
        effect: EffectEntry,
        delivery: Delivery,
        files: Sequence[Held],
        encoded: Sequence[Held],
    ) -> None:
        """Place an effect's files with every target. Raises DiskError.

        encoded: the audible ones among them in the format asked for. Asked again, after a restart or a retry, it
        places only what is not there yet. Cancelled, it ends with the file that is being placed.
        """
        made = {file.parent: file for file in encoded}
        # A source that a step made (a song through a chain) is a result; the one that was given is not.
        wanted = [
            file for file in files if file.kind in DELIVERABLE or (file.kind is Kind.SOURCE and file.parent)
        ]
        ready = [(file, made.get(file.id, file)) for file in wanted if not file.kind.audible or file.id in made]
        if not ready:
            return
        items = [_item(file, best, shipment) for file, best in ready]
        async with self._one_at_a_time:
            for name in delivery.to or effect.to:
                target = self._targets[name]
                owners = [f"{shipment.input}:{effect.id}:{name}:{file.id}" for file, _ in ready]
                wishes = await asyncio.to_thread(
                    target.plan,
                    items,
                    effect.layout if delivery.layout is None else delivery.layout,
                    delivery.folder,
                )
                stop = threading.Event()
                plan = _Plan(target, items, wishes, owners, delivery.folder)
                await to_its_end(self._place_and_know(shipment, ready, plan, stop), stop.set)

    async def _place_and_know(
        self, shipment: Shipment, ready: Sequence[tuple[Held, Held]], plan: _Plan, stop: threading.Event
    ) -> None:
        """Whatever was placed is known, also when the disk refuses the rest or `stop` comes in between."""
        placed: list[Path] = []
        try:
            await asyncio.to_thread(self._place, plan, shipment.job, placed, stop)
        finally:
            await self._know(shipment, ready, plan.items, placed)

    def _place(self, plan: _Plan, job: str, placed: list[Path], stop: threading.Event) -> None:
        try:
            for item, wanted, owner in zip(plan.items, plan.wishes, plan.owners, strict=True):
                if stop.is_set():
                    break
                placed.append(self._journal.deliver(item.path, wanted, group=job, owner=owner, ordinal=0).path)
        finally:
            told = plan.target.sidecars(plan.items[: len(placed)], placed, plan.folder)
            for path, text in told.items():
                self._journal.replace_text(path, text)

    async def _know(
        self, shipment: Shipment, ready: Sequence[tuple[Held, Held]], items: Sequence[DeliverItem],
        paths: Sequence[Path],
    ) -> None:  # fmt: skip
        """paths: of the first of the items, those that were placed."""
        assets = {file.id: best.payload for file, best in ready}
        stats = await asyncio.to_thread(lambda: [FileStat.of(path) for path in paths])
        await self._deliveries.record(
            [
                Delivered(
                    artifact_of(file, best).id, shipment.job,
                    NewAsset(best.payload, item.kind, path, stat, made=True, job=shipment.job,
                             source=shipment.source.asset, parent=_parent(file, assets, shipment),
                             meta={**item.meta, **best.own}),
                )
                for (file, best), item, path, stat in zip(ready, items, paths, stats, strict=False)
            ]
        )  # fmt: skip

    async def remove(self, paths: Sequence[Path]) -> None:
        """Remove files that roadie wrote, because a person asked for just that; their sidecars then no longer name
        them. Raises Forbidden, and removes nothing, when one of them is not as roadie wrote it any more; DiskError:
        what was removed before it stays removed and known."""
        async with self._one_at_a_time:
            await to_its_end(asyncio.to_thread(self._remove, paths))

    def _remove(self, paths: Sequence[Path]) -> None:
        gone: list[Path] = []
        self._journal.check_unchanged(paths)
        try:
            for path in paths:
                self._journal.remove(path, unchanged=True)
                gone.append(path)
        finally:
            self._rewrite_sidecars(gone)

    async def undo(self, job: str, in_use: Callable[[Path], bool]) -> UndoReport:
        """Take back what a job delivered and nobody changed or uses."""
        async with self._one_at_a_time:
            known = await self._deliveries.standing(job)
            report = await to_its_end(asyncio.to_thread(self._take_back, job, in_use, known))
            moved = await asyncio.to_thread(_standing, await self._deliveries.moved_back(job))
            await self._deliveries.followed_back(moved, job)
            home = {home for _, home, _ in moved}
            again = await asyncio.to_thread(_stats, [path for path in report.restored if path not in home])
            await self._deliveries.given_back(again, job)
            away = {path for path, _, _ in moved}
            gone = [path for path in (*report.removed, *report.gone) if path not in away]
            await self._deliveries.taken_back([str(path) for path in gone])
        return report

    def _take_back(self, job: str, in_use: Callable[[Path], bool], known: Sequence[Path]) -> UndoReport:
        """known: what the library believes to stand. An undo that was cut short may have removed some of it."""
        report = self._journal.undo(job, in_use)
        told = {*report.removed, *report.gone}
        lost = [path for path in known if path not in told and path.parent.is_dir() and not path.exists()]
        report = replace(report, gone=(*report.gone, *lost))
        self._rewrite_sidecars([*report.removed, *report.gone])
        self._journal.prune(job)  # the folders that only held a sidecar any more
        return report

    def _rewrite_sidecars(self, gone: Sequence[Path]) -> None:
        for target in self._targets.values():
            for path, text in target.after_removal(gone).items():
                if text is None:
                    self._journal.remove(path)
                else:
                    self._journal.replace_text(path, text)


def artifact_of(file: Held, encoded: Held) -> Held:
    """As which artifact a job has a file that it delivers encoded: as what a step made of it, and what was given, as
    what was made of that."""
    return file if file.parent is not None else encoded


def _stats(paths: Sequence[Path]) -> list[tuple[Path, FileStat]]:
    """Of those that are there, how they look."""
    return [(path, FileStat.of(path)) for path in paths if path.is_file()]


def _standing(moves: Sequence[tuple[Path, Path]]) -> list[tuple[Path, Path, FileStat]]:
    """Moves whose file is at its old place again, with how it looks there."""
    return [(away, home, FileStat.of(home)) for away, home in moves if home.is_file()]


def _item(file: Held, best: Held, shipment: Shipment) -> DeliverItem:
    meta = shipment.ledger.meta(file.id)
    kind = file.kind
    if kind is Kind.SLICE and meta.get("kind") in (Kind.ONE_SHOT, Kind.LOOP):
        kind = Kind(str(meta["kind"]))
    return DeliverItem(best.path, file.name, kind, meta, best.payload, _provenance(file, shipment, meta))


def _provenance(file: Held, shipment: Shipment, meta: Mapping[str, Json]) -> dict[str, Json]:
    """How a file came to be: its own step and those it was made through, with their engines and parameters."""
    outcomes = {name: shipment.outcomes[name] for name in _lineage(file, shipment)}
    source = shipment.source
    return {
        "job": shipment.job,
        "recipe": shipment.recipe,
        "step": file.step,
        "engines": [
            {"step": name, "engine": each.engine.engine, "version": each.engine.version,
             "model": each.engine.model, "weights": each.engine.weights, "device": each.device}
            for name, each in outcomes.items() if each.engine is not None
        ],
        "params": {name: dict(each.params) for name, each in outcomes.items()},
        "source": {
            "path": str(source.path), "asset": source.asset,
            "encoder_delay_frames": source.meta.get("encoder_delay_frames"),
            "region_start_frames": meta.get("region_start_frames"),
        },
    }  # fmt: skip


def _lineage(file: Held, shipment: Shipment) -> list[str]:
    """The steps that a file was made through, the first one first."""
    steps: list[str] = []
    above: str | None = file.id
    while above is not None:
        step = shipment.ledger.step(above)
        if step in shipment.outcomes:
            steps.append(step)
        above = shipment.ledger.parent(above)
    return steps[::-1]


def _parent(file: Held, assets: Mapping[str, AssetId], shipment: Shipment) -> str:
    """The nearest ancestor that was delivered as well, otherwise the source."""
    above = file.parent
    while above is not None:
        if above in assets:
            return assets[above]
        above = shipment.ledger.parent(above)
    return shipment.source.asset
