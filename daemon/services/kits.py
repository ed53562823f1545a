"""Kits: samples on notes, from which a DAW's drum rack, a sampler track or pads are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from daemon.kernel.errors import BadParameter
from daemon.library.asset_records import Asset
from daemon.library.assets import Assets
from daemon.library.collections import Collections
from daemon.library.kits import Kit, Kits, Slot
from daemon.services.types_kits import KitPatch, KitRequest, KitSlot, KitSlotView, KitView
from daemon.steps.notation import drum_map

_PADS = range(36, 128)
"""Where samples go that have no drum key of their own: from the first pad of most controllers upwards."""


class KitsService:
    def __init__(self, kits: Kits, assets: Assets, collections: Collections) -> None:
        self._kits = kits
        self._assets = assets
        self._collections = collections

    async def all(self) -> list[KitView]:
        return [_view(each) for each in await self._kits.all()]

    async def get(self, kit: str) -> KitView:
        """Raises NotFound."""
        return _view(await self._kits.get(kit))

    async def create(self, request: KitRequest) -> KitView:
        """Raises BadParameter for a kit without samples or with too many, Conflict for a name that is taken, NotFound
        for an unknown asset, collection or job without one-shots."""
        wanted = list(request.slots)
        if request.collection is not None:
            wanted += [KitSlot(asset) for asset in (await self._collections.get(request.collection)).assets]
        if request.job is not None:
            wanted += await self._best_of(request.job, request.per_class)
        if not wanted:
            raise BadParameter("a kit has samples", hint="Give slots, a collection, or a job with one-shots")
        slots = await self._placed(wanted, request.layers)
        return _view(await self._kits.put(None, request.name, request.job, slots))

    async def change(self, kit: str, patch: KitPatch) -> KitView:
        """Raises NotFound, Conflict, BadParameter."""
        old = await self._kits.get(kit)
        slots = [slot for slot, _ in old.slots]
        if patch.slots is not None:
            slots = await self._placed(patch.slots, patch.layers)
        return _view(await self._kits.put(kit, patch.name or old.name, old.job, slots))

    async def delete(self, kit: str) -> None:
        """The samples stay. Raises NotFound."""
        await self._kits.delete(kit)

    async def _best_of(self, job: str, per_class: int) -> list[KitSlot]:
        taken: Counter[str | None] = Counter()
        chosen = []
        for asset in await self._kits.one_shots_of(job):
            taken[asset.label] += 1
            if taken[asset.label] <= per_class:
                chosen.append(KitSlot(asset.id))
        return chosen

    async def _placed(self, wanted: Sequence[KitSlot], layers: bool) -> list[Slot]:
        assets = {slot.asset: await self._assets.get(slot.asset) for slot in wanted}
        return layered(wanted, assets) if layers else spread(wanted, assets)


def spread(wanted: Sequence[KitSlot], assets: Mapping[str, Asset]) -> list[Slot]:
    """A note for each sample: the one asked for, else its class's drum key if that is free, else the next free pad.

    Raises BadParameter when there are more samples than notes.
    """
    taken = {slot.note for slot in wanted if slot.note is not None}
    placed = []
    for slot in wanted:
        note = slot.note
        if note is None:
            own = drum_map.KEYS.get(assets[slot.asset].label or "")
            free = (pad for pad in _PADS if pad not in taken and pad not in drum_map.KEYS.values())
            note = own if own is not None and own not in taken else next(free, None)
        if note is None:
            raise BadParameter(
                f"a kit has no room for {len(wanted)} samples", hint="Take fewer, or velocity layers"
            )
        taken.add(note)
        placed.append(Slot(slot.asset, note, slot.low_velocity, slot.high_velocity))
    return placed


def layered(wanted: Sequence[KitSlot], assets: Mapping[str, Asset]) -> list[Slot]:
    """A note for each class; its samples divide the velocities 1..127 evenly, the softest hit lowest."""
    classes: dict[str, list[KitSlot]] = {}
    for slot in wanted:
        classes.setdefault(assets[slot.asset].label or "", []).append(slot)
    first = spread([slots[0] for slots in classes.values()], assets)
    placed = []
    for slots, place in zip(classes.values(), first, strict=True):
        soft_first = sorted(slots, key=lambda slot: _strength(assets[slot.asset]))
        edges = [round(127 * number / len(slots)) for number in range(len(slots) + 1)]
        if len(slots) > 127:
            raise BadParameter(f"{len(slots)} samples of one class do not fit on its 127 velocities")
        placed += [
            Slot(slot.asset, place.note, low + 1, high)
            for slot, low, high in zip(soft_first, edges, edges[1:], strict=False)
        ]
    return placed


def _strength(asset: Asset) -> float:
    """How hard a hit was: its velocity within its stem, else how loud it is."""
    for key in ("velocity", "peak_db"):
        value = asset.meta.get(key)
        if isinstance(value, int | float):
            return float(value)
    return 0.0


def _view(kit: Kit) -> KitView:
    slots = [
        KitSlotView(slot.asset, asset.name, asset.paths[0] if asset.paths else None, asset.label, slot.note, slot.low,
                    slot.high)
        for slot, asset in kit.slots
    ]  # fmt: skip
    return KitView(kit.id, kit.name, kit.job, slots)
