"""The effect `deliver`: artifacts placed where a DAW looks, through the journal, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.files.journal import Journal
from daemon.files.outcome import UndoReport
from daemon.jobs.held import Held, Ledger
from daemon.jobs.prepare import Prepared
from daemon.jobs.recipes import EffectEntry
from daemon.jobs.targets import DeliverItem, DeliverTarget
from daemon.kernel.errors import BadParameter
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import Kind
from daemon.library.assets import FileStat, NewAsset
from daemon.library.deliveries import Delivered, Deliveries

if TYPE_CHECKING:
    from daemon.jobs.steps import Outcome

DELIVERABLE = frozenset({Kind.STEM, Kind.SLICE, Kind.ONE_SHOT, Kind.LOOP, Kind.MIDI, Kind.LYRICS})


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
        places only what is not there yet.
        """
        made = {file.parent: file for file in encoded}
        wanted = [file for file in files if file.kind in DELIVERABLE]
        ready = [(file, made.get(file.id, file)) for file in wanted if not file.kind.audible or file.id in made]
        if not ready:
            return
        items = [_item(file, best, shipment) for file, best in ready]
        async with self._one_at_a_time:
            for name in delivery.to or effect.to:
                target = self._targets[name]
                owners = [f"{shipment.input}:{effect.id}:{name}:{file.id}" for file, _ in ready]
                paths = await asyncio.to_thread(
                    self._place,
                    target,
                    items,
                    delivery.layout or effect.layout,
                    delivery.folder,
                    shipment.job,
                    owners,
                )
                await self._know(shipment, ready, items, paths)

    def _place(
        self, target: DeliverTarget, items: Sequence[DeliverItem], layout: str | None, root: Path, job: str,
        owners: Sequence[str],
    ) -> list[Path]:  # fmt: skip
        placed = []
        for item, wanted, owner in zip(items, target.plan(items, layout, root), owners, strict=True):
            placed.append(self._journal.deliver(item.path, wanted, group=job, owner=owner, ordinal=0).path)
        for path, text in target.sidecars(items, placed, root).items():
            self._journal.replace_text(path, text)
        return placed

    async def _know(
        self, shipment: Shipment, ready: Sequence[tuple[Held, Held]], items: Sequence[DeliverItem],
        paths: Sequence[Path],
    ) -> None:  # fmt: skip
        assets = {file.id: best.payload for file, best in ready}
        stats = await asyncio.to_thread(lambda: [FileStat.of(path) for path in paths])
        await self._deliveries.record(
            [
                Delivered(
                    file.id, shipment.job,
                    NewAsset(best.payload, item.kind, path, stat, made=True, job=shipment.job,
                             source=shipment.source.asset, parent=_parent(file, assets, shipment),
                             meta={**item.meta, **best.own}),
                )
                for (file, best), item, path, stat in zip(ready, items, paths, stats, strict=True)
            ]
        )  # fmt: skip

    async def undo(self, job: str, in_use: Callable[[Path], bool]) -> UndoReport:
        """Take back what a job delivered and nobody changed or uses."""
        async with self._one_at_a_time:
            report = await asyncio.to_thread(self._take_back, job, in_use)
        await self._deliveries.taken_back([str(path) for path in (*report.removed, *report.gone)])
        return report

    def _take_back(self, job: str, in_use: Callable[[Path], bool]) -> UndoReport:
        report = self._journal.undo(job, in_use)
        for target in self._targets.values():
            for path, text in target.after_removal([*report.removed, *report.gone]).items():
                if text is None:
                    self._journal.remove(path)
                else:
                    self._journal.replace_text(path, text)
        self._journal.prune(job)  # the folders that only held a sidecar any more
        return report


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
