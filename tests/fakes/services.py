"""Services in memory, with the signatures of the real ones."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from daemon.kernel.errors import Conflict, InputError, NotFound
from daemon.kernel.types import Json
from daemon.services import types as t
from daemon.services import types_alike as ta
from daemon.services import types_controls as tc
from daemon.services import types_duplicates as td
from daemon.services import types_edits as te
from daemon.services import types_jobs as tj
from daemon.services import types_kits as tk
from daemon.services import types_learn as tn
from daemon.services import types_library as tl
from daemon.services import types_plugins as tg
from daemon.services import types_projects as tp
from daemon.services import types_rules as tr
from daemon.services import types_system as ty
from daemon.services import types_watch as tw
from daemon.services.types_tags import WriteTagsRequest


@dataclass(frozen=True)
class Message:
    seq: int
    durable: bool
    body: dict[str, Json]


class FakeEvents:
    """A table of durable events and, per listener, an unbounded queue of what happens."""

    def __init__(self) -> None:
        self.table: list[Message] = []
        self.read: int = 0
        self.open_streams = 0
        self._listeners: list[asyncio.Queue[Message | None]] = []

    async def latest(self) -> int:
        return self.table[-1].seq if self.table else 0

    async def oldest(self) -> int:
        return self.table[0].seq if self.table else 1

    def happen(self, kind: str, **body: Json) -> None:
        seq = self.table[-1].seq + 1 if self.table else 1
        message = Message(seq, True, {"type": kind, **body})
        self.table.append(message)
        self._tell(message)

    def progress(self, **body: Json) -> None:
        seq = self.table[-1].seq if self.table else 0
        self._tell(Message(seq, False, {"type": "step.progress", **body}))

    def _tell(self, message: Message) -> None:
        for queue in self._listeners:
            queue.put_nowait(message)

    async def stream(self, since: int | None) -> AsyncIterator[Message]:
        queue: asyncio.Queue[Message | None] = asyncio.Queue()
        self._listeners.append(queue)
        self.open_streams += 1
        try:
            for message in list(self.table):
                if since is not None and message.seq > since:
                    self.read += 1
                    yield message
            while (message := await queue.get()) is not None:
                self.read += 1
                yield message
        finally:
            self.open_streams -= 1
            self._listeners.remove(queue)


class FakeJobs:
    def __init__(self) -> None:
        self.requests: dict[str, tuple[tj.JobRequest, str]] = {}
        self.acks: dict[str, tj.JobAck] = {}
        self._keys: dict[tuple[str, str], str] = {}

    async def submit(self, request: tj.JobRequest, client: str) -> tuple[tj.JobAck, bool]:
        key = (client, request.idempotency_key or "")
        if request.idempotency_key and key in self._keys:
            known = self._keys[key]
            if self.requests[known][0] != request:
                raise Conflict("this key was used with another body", where=request.idempotency_key)
            return self.acks[known], False
        ack = tj.JobAck(id=f"job{len(self.acks) + 1}", state="preparing")
        self.requests[ack.id], self.acks[ack.id] = (request, client), ack
        if request.idempotency_key:
            self._keys[key] = ack.id
        return ack, True

    def _ack(self, id: str) -> tj.JobAck:
        if id not in self.acks:
            raise NotFound("no such job", where=id)
        return self.acks[id]

    async def get(self, id: str) -> tj.JobView:
        ack = self._ack(id)
        request, client = self.requests[id]
        return tj.JobView(
            id=ack.id, recipe=request.recipe, client=client, state=ack.state, progress=0.0, eta_s=None,
            created_at=0.0, started_at=None, finished_at=None, warnings=[], error=None, inputs=[], steps=[],
            artifacts=[],
        )  # fmt: skip

    async def list(self, state: str | None, cursor: str | None, limit: int) -> t.Page[tj.JobView]:
        views = [await self.get(id) for id in self.acks]
        found = [view for view in views if state is None or view.state == state]
        start = int(cursor or 0)
        end = start + limit
        return t.Page(items=found[start:end], next_cursor=str(end) if end < len(found) else None)

    async def cancel(self, id: str) -> tj.JobAck:
        self.acks[id] = tj.JobAck(id=self._ack(id).id, state="cancelled")
        return self.acks[id]

    async def retry(self, id: str) -> tj.JobAck:
        self.acks[id] = tj.JobAck(id=self._ack(id).id, state="queued")
        return self.acks[id]

    async def undo(self, id: str) -> tj.UndoView:
        return tj.UndoView(id=self._ack(id).id, removed=["/music/a.wav"], kept=[])


def asset_view(id: str, path: Path | None = None, **more: Any) -> tl.AssetView:
    values: dict[str, Any] = {
        "id": id, "name": id, "kind": "source", "path": str(path) if path else None,
        "paths": [str(path)] if path else [], "label": None, "confidence": None, "bpm": None, "key": None,
        "stem": None, "length_s": None, "rate_hz": None, "channels": None, "rating": 0, "tags": [],
        "parent": None, "source": None, "job": None, "missing": False, "added_at": 0.0, "meta": {},
    }  # fmt: skip
    return tl.AssetView(**{**values, **more})


class FakeLibrary:
    """Assets are files, identified by the SHA-256 of their bytes."""

    def __init__(self) -> None:
        self.assets: dict[str, tl.AssetView] = {}
        self.queries: list[tl.AssetQuery] = []
        self.deleted: list[tuple[str, bool]] = []
        self.peaks_error: Exception | None = None
        self._collections: dict[str, tl.CollectionView] = {}

    def add(self, path: Path, name: str = "") -> tl.AssetView:
        id = hashlib.sha256(path.read_bytes()).hexdigest()
        self.assets.setdefault(id, asset_view(id, path, name=name or path.name))
        return self.assets[id]

    async def add_upload(self, path: Path, name: str) -> tj.JobAck | tl.AssetView:
        if path.stat().st_size == 0:  # noqa: ASYNC240 - a fake
            raise InputError("is empty", where=name)
        return self.add(path, name)

    async def search(self, query: tl.AssetQuery) -> tl.SoundsPage:
        self.queries.append(query)
        return tl.SoundsPage(items=list(self.assets.values()))

    async def facets(self, query: tl.AssetQuery) -> dict[str, dict[str, int]]:
        self.queries.append(query)
        return {"all": {"assets": len(self.assets)}}

    async def get(self, id: str) -> tl.AssetView:
        if id not in self.assets:
            raise NotFound("no such asset", where=id)
        return self.assets[id]

    async def at(self, request: tl.FileRequest) -> tl.AssetView:
        for each in self.assets.values():
            if request.path in each.paths:
                return each
        raise NotFound("the library does not know this file", where=request.path)

    async def patch(self, id: str, patch: tl.AssetPatch) -> tl.AssetView:
        old = await self.get(id)
        self.assets[id] = asset_view(id, name=patch.name or old.name, rating=patch.rating or old.rating)
        return self.assets[id]

    async def delete(self, id: str, with_file: bool, path: str | None = None) -> None:
        await self.get(id)
        del self.assets[id]
        self.deleted.append((id, with_file))

    async def audio_path(self, id: str) -> Path:
        return Path(str((await self.get(id)).path))

    async def peaks(self, id: str, n: int) -> dict[str, Any]:
        if self.peaks_error:
            raise self.peaks_error
        return {"asset": (await self.get(id)).id, "n": n, "peaks": []}

    async def derived(self, id: str) -> list[tl.AssetView]:
        return [each for each in self.assets.values() if each.parent == id]

    async def slices(self, id: str) -> dict[str, Any]:
        return {"asset": (await self.get(id)).id, "slices": []}

    async def notes(self, id: str) -> dict[str, Any]:
        return {"asset": (await self.get(id)).id, "notes": []}

    async def lyrics(self, id: str) -> dict[str, Any]:
        return {"asset": (await self.get(id)).id, "words": []}

    async def duplicates(self) -> list[tl.DuplicateGroup]:
        return []

    async def collections(self) -> list[tl.CollectionView]:
        return list(self._collections.values())

    async def collection(self, id: str) -> tl.CollectionView:
        if id not in self._collections:
            raise NotFound("no such collection", where=id)
        return self._collections[id]

    async def create_collection(self, request: tl.CollectionRequest) -> tl.CollectionView:
        made = tl.CollectionView(id=f"c{len(self._collections)}", name=request.name, assets=request.assets)
        self._collections[made.id] = made
        return made

    async def patch_collection(self, id: str, patch: tl.CollectionPatch) -> tl.CollectionView:
        old = await self.collection(id)
        kept = [each for each in old.assets if each not in patch.remove]
        new = tl.CollectionView(id=id, name=patch.name or old.name, assets=[*kept, *patch.add])
        self._collections[id] = new
        return new

    async def delete_collection(self, id: str) -> None:
        await self.collection(id)
        del self._collections[id]

    async def stats(self) -> tl.StatsView:
        return tl.StatsView(assets=len(self.assets), paths=0, missing=0, length_s=0.0, by_kind={}, by_class={})

    async def scan(self, request: tl.ScanRequest, client: str) -> tj.JobAck:
        return tj.JobAck(id="scan1", state="preparing")


class FakeProjects:
    async def all(self) -> list[tp.ProjectSummary]:
        return []

    async def read(self, request: tp.ProjectRequest) -> tp.ProjectView:
        raise InputError("this is no project", where=request.path)

    async def scan(self, request: tl.ScanRequest, client: str) -> tj.JobAck:
        return tj.JobAck(id="projects1", state="preparing")

    async def get(self, id: str) -> tp.ProjectView:
        raise NotFound("no such project", where=id)

    async def forget(self, id: str) -> None:
        raise NotFound("no such project", where=id)

    async def used_by(self, asset: str) -> list[tp.UsedByView]:
        return []

    async def used_at(self, request: tp.UsedAtRequest) -> list[tp.UsedByView]:
        return []


class FakeKits:
    def __init__(self) -> None:
        self._kits: dict[str, tk.KitView] = {}

    async def all(self) -> list[tk.KitView]:
        return list(self._kits.values())

    async def get(self, id: str) -> tk.KitView:
        if id not in self._kits:
            raise NotFound("no such kit", where=id)
        return self._kits[id]

    async def create(self, request: tk.KitRequest) -> tk.KitView:
        made = tk.KitView(id=f"k{len(self._kits)}", name=request.name, job=request.job, slots=[])
        self._kits[made.id] = made
        return made

    async def change(self, id: str, patch: tk.KitPatch) -> tk.KitView:
        return await self.get(id)

    async def delete(self, id: str) -> None:
        await self.get(id)
        del self._kits[id]


class FakeExports:
    async def export(self, request: tl.ExportRequest, client: str) -> tj.JobAck:
        return tj.JobAck(id="export1", state="preparing")


class FakeTags:
    def __init__(self) -> None:
        self.asked: list[WriteTagsRequest] = []

    async def start(self, request: WriteTagsRequest, client: str) -> tj.JobAck:
        self.asked.append(request)
        return tj.JobAck(id="tags1", state="preparing")


class FakeLearn:
    def __init__(self) -> None:
        self.taught = False

    async def learn(self, client: str) -> tj.JobAck:
        self.taught = True
        return tj.JobAck(id="learn1", state="preparing")

    async def forget(self, client: str) -> tn.Forgotten:
        self.taught, before = False, self.taught
        return tn.Forgotten(forgotten=before, job="forget1" if before else None)


class FakeDuplicates:
    def __init__(self) -> None:
        self.asked: list[td.DuplicatesRequest] = []

    async def plan(self, request: td.DuplicatesRequest) -> td.DuplicatesPlan:
        self.asked.append(request)
        return td.DuplicatesPlan(groups=[], projects=0)

    async def remove(self, request: td.DuplicatesRequest, client: str) -> tj.JobAck:
        self.asked.append(request)
        return tj.JobAck(id="duplicates1", state="preparing")


class FakeAlike:
    def __init__(self) -> None:
        self.found: list[ta.NearDuplicates] = []
        self.asked = 0

    async def look(self, client: str) -> tj.JobAck:
        self.asked += 1
        return tj.JobAck(id="near1", state="preparing")

    async def groups(self, cursor: str | None, limit: int) -> t.Page[ta.NearDuplicates]:
        start = int(cursor or 0)
        more = len(self.found) > start + limit
        return t.Page(self.found[start : start + limit], str(start + limit) if more else None)


class FakeMap:
    def __init__(self) -> None:
        self.asked: list[ta.MapRequest] = []

    async def make(self, request: ta.MapRequest, client: str) -> tj.JobAck:
        self.asked.append(request)
        return tj.JobAck(id="map1", state="preparing")

    async def view(self, query: ta.MapQuery) -> ta.MapView:
        return ta.MapView(
            assets=["a1"], x=[0.25], y=[0.75], classes=["kick"], placed=1, waiting=0, version="1.1"
        )


class FakeModels:
    def __init__(self) -> None:
        self.pulled: list[str] = []

    async def list(self) -> list[ty.ModelView]:
        return []

    async def pull(self, name: str, client: str) -> tj.JobAck:
        self.pulled.append(name)
        return tj.JobAck(id="pull1", state="preparing")

    async def add(self, name: str, path: Path, trusted: bool) -> ty.ModelView:
        return ty.ModelView(
            name=name, engine="demucs", task="separate", about="", size_bytes=None, licence="unknown",
            licence_note=None, source=str(path), installed=True, bundled=False, sha256=None, command="",
        )  # fmt: skip

    async def remove(self, name: str) -> None:
        raise NotFound("no such model", where=name)


class FakeRecipes:
    async def list(self) -> list[tj.RecipeView]:
        return [tj.RecipeView(name="stems", about="", origin="shipped", steps=[], effects=[])]


class FakeSystem:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {"pause_heavy": "never"}

    def health(self) -> dict[str, Any]:
        return {"status": "ok", "version": "0.1.0", "uptime_s": 1.5}

    async def system(self) -> ty.SystemView:
        return ty.SystemView(
            version="0.1.0", uptime_s=1.5, home="/home", lanes=[], models=[], folders={}, jobs_open=0,
            memory_bytes=1,
        )  # fmt: skip

    async def settings(self) -> ty.SettingsView:
        return ty.SettingsView(values=self.values, changeable=list(self.values))

    async def patch_settings(self, patch: ty.SettingsPatch) -> ty.SettingsView:
        self.values = {**self.values, **patch.values}
        return await self.settings()

    async def doctor(self) -> list[ty.Check]:
        return [ty.Check(name="SQLite", ok=True, found="3.45")]


class FakeSelection:
    def __init__(self) -> None:
        self._selected = ty.SelectionView(path=None, asset=None)
        self._transport = ty.TransportView(playing=False, recording=False, bpm=None, heavy_paused=False)

    async def selection(self) -> ty.SelectionView:
        return self._selected

    async def select(self, request: ty.SelectionRequest) -> ty.SelectionView:
        self._selected = ty.SelectionView(path=request.path, asset=request.asset)
        return self._selected

    async def transport(self) -> ty.TransportView:
        return self._transport

    async def set_transport(self, request: ty.TransportRequest) -> ty.TransportView:
        self._transport = ty.TransportView(
            playing=request.playing, recording=request.recording, bpm=request.bpm, heavy_paused=False
        )
        return self._transport


class FakeUploads:
    """Uploads grow in memory; the finished one becomes an asset of the library."""

    def __init__(self) -> None:
        self.data: dict[str, bytearray] = {}
        self.names: dict[str, str] = {}
        self.largest_chunk = 0
        self._lengths: dict[str, int] = {}

    async def create(self, length: int, name: str) -> ty.UploadView:
        id = f"u{len(self._lengths)}"
        self.data[id], self._lengths[id], self.names[id] = bytearray(), length, name
        return await self.get(id)

    async def append(self, id: str, offset: int, chunks: AsyncIterator[bytes]) -> ty.UploadView:
        if offset != (await self.get(id)).offset:
            raise Conflict("the upload stands elsewhere", where=id)
        async for chunk in chunks:
            self.largest_chunk = max(self.largest_chunk, len(chunk))
            self.data[id] += chunk
        return await self.get(id)

    async def get(self, id: str) -> ty.UploadView:
        if id not in self.data:
            raise NotFound("no such upload", where=id)
        data = self.data[id]
        whole = len(data) == self._lengths[id]
        asset = hashlib.sha256(data).hexdigest() if whole else None
        return ty.UploadView(id=id, offset=len(data), length=self._lengths[id], asset=asset)

    async def finish(self, id: str) -> ty.UploadView:
        return await self.get(id)

    async def delete(self, id: str) -> None:
        await self.get(id)
        del self.data[id]


class FakeEdits:
    """One asset, whose edits are kept as they come."""

    def __init__(self) -> None:
        self.put: list[tuple[str, Any]] = []

    async def slices(self, id: str) -> dict[str, Any]:
        return self._found(id)

    async def notes(self, id: str) -> dict[str, Any]:
        return self._found(id)

    async def lyrics(self, id: str) -> dict[str, Any]:
        return self._found(id)

    async def put_slices(self, id: str, edit: te.SlicesEdit, client: str) -> tj.JobAck:
        return self._taken(id, edit)

    async def put_notes(self, id: str, edit: te.NotesEdit, client: str) -> tj.JobAck:
        return self._taken(id, edit)

    async def put_lyrics(self, id: str, edit: te.LyricsEdit, client: str) -> tj.JobAck:
        return self._taken(id, edit)

    def _found(self, id: str) -> dict[str, Any]:
        if id != "a":
            raise NotFound("no such asset", where=id)
        return {"items": []}

    def _taken(self, id: str, edit: Any) -> tj.JobAck:
        self._found(id)
        self.put.append((id, edit))
        return tj.JobAck(id=f"e{len(self.put)}", state="preparing")


class FakeControls:
    def __init__(self) -> None:
        self.bindings: list[tc.BindingView] = []

    async def view(self) -> tc.ControlsView:
        return tc.ControlsView(bindings=self.bindings, commands={"next": "select the next hit"})

    async def replace(self, bindings: list[tc.BindingSpec]) -> tc.ControlsView:
        self.bindings = [tc.BindingView(on=each.on, do=each.do) for each in bindings]
        return await self.view()

    async def learn(self, do: str, wait_s: float) -> tc.BindingView:
        raise NotFound(f"no key came within {wait_s:g} s")


class FakeWatching:
    def __init__(self) -> None:
        self.folders: dict[str, str] = {}

    async def view(self) -> tw.WatchView:
        folders = [
            tw.WatchedView(
                path=path, role=role, polled=False, reason="", placeholders=0, problem=None, fixed=False  # type: ignore[arg-type]
            )
            for path, role in self.folders.items()
        ]  # fmt: skip
        return tw.WatchView(folders=folders, waiting=0, arriving=0, taken=0, refused=0, problems=[])

    async def add(self, request: tw.WatchRequest) -> tw.WatchView:
        self.folders[request.path] = request.role
        return await self.view()

    async def remove(self, path: str) -> tw.WatchView:
        if path not in self.folders:
            raise NotFound("this folder is not watched", where=path)
        del self.folders[path]
        return await self.view()

    async def rescan(self) -> tw.WatchView:
        return await self.view()


class FakePlugins:
    async def list(self) -> list[tg.PluginView]:
        return []

    async def scan(self, request: tg.PluginScanRequest, client: str) -> tj.JobAck:
        return tj.JobAck(id="plugins1", state="preparing")

    async def save(self, request: tg.PluginSaveRequest, client: str) -> tj.JobAck:
        return tj.JobAck(id="save1", state="preparing")


class FakeChains:
    async def list(self) -> list[tg.ChainView]:
        return []

    async def preview(self, request: tg.PreviewRequest) -> tg.PreviewView:
        return tg.PreviewView(
            id="p1", audio="/api/v1/chains/preview/p1/audio", length_s=1.0, peak_db=-1.0, warnings=[]
        )

    async def preview_path(self, preview: str) -> Path:
        raise NotFound("no such preview", where=preview)

    async def apply(self, request: tg.ApplyRequest, client: str) -> tj.JobAck:
        return tj.JobAck(id="apply1", state="preparing")


class FakeRules:
    """Rules are their texts."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.triggered: list[tuple[str, tr.RuleTrigger, str]] = []

    def _view(self, name: str) -> tr.RuleView:
        if name not in self.texts:
            raise NotFound(f"there is no rule {name!r}", where=name)
        return tr.RuleView(
            name=name, about="", origin="user", enabled=False, priority=0, events=["asset.added"], actions=["tag"],
            version="1", path=f"/rules/{name}.toml", problem=None, runs=0, text=self.texts[name],
        )  # fmt: skip

    async def list(self) -> list[tr.RuleView]:
        return [self._view(name) for name in self.texts]

    async def get(self, name: str) -> tr.RuleView:
        return self._view(name)

    async def put(self, name: str, asked: tr.RuleText) -> tr.RuleView:
        self.texts[name] = asked.text or ""
        return self._view(name)

    async def check(self, text: str, where: str) -> tr.RuleView:
        self.texts.setdefault(where, text)
        return self._view(where)

    async def trigger(self, name: str, asked: tr.RuleTrigger, client: str) -> tr.TriggerView:
        self._view(name)
        self.triggered.append((name, asked, client))
        return tr.TriggerView(
            rule=name, asset=asked.asset or "a1", path=asked.path or "", matches=True, because=[]
        )

    async def dry_run(self, asked: tr.DryRunRequest) -> tr.DryRunView:
        return tr.DryRunView(
            rule=asked.name or "", folder=asked.folder, files=[], matched=0, unmatched=0, unknown=0, unreadable=[],
            left_out=0, time_s=None, time_rough=False, time_note="", writes_below=[],
        )  # fmt: skip

    async def runs(self, rule: str | None, limit: int) -> list[tr.RuleRunView]:
        return []

    async def run(self, id: str) -> tr.RuleRunView:
        raise NotFound("there is no such run of a rule", where=id)

    async def undo(self, id: str) -> tr.RuleUndoView:
        raise NotFound("there is no such run of a rule", where=id)


@dataclass(frozen=True)
class FakeServices:
    jobs: FakeJobs = field(default_factory=FakeJobs)
    library: FakeLibrary = field(default_factory=FakeLibrary)
    models: FakeModels = field(default_factory=FakeModels)
    recipes: FakeRecipes = field(default_factory=FakeRecipes)
    system: FakeSystem = field(default_factory=FakeSystem)
    selection: FakeSelection = field(default_factory=FakeSelection)
    uploads: FakeUploads = field(default_factory=FakeUploads)
    projects: FakeProjects = field(default_factory=FakeProjects)
    kits: FakeKits = field(default_factory=FakeKits)
    exports: FakeExports = field(default_factory=FakeExports)
    tags: FakeTags = field(default_factory=FakeTags)
    learn: FakeLearn = field(default_factory=FakeLearn)
    duplicates: FakeDuplicates = field(default_factory=FakeDuplicates)
    alike: FakeAlike = field(default_factory=FakeAlike)
    map: FakeMap = field(default_factory=FakeMap)
    events: FakeEvents = field(default_factory=FakeEvents)
    watching: FakeWatching = field(default_factory=FakeWatching)
    edits: FakeEdits = field(default_factory=FakeEdits)
    plugins: FakePlugins = field(default_factory=FakePlugins)
    chains: FakeChains = field(default_factory=FakeChains)
    rules: FakeRules = field(default_factory=FakeRules)
    controls: FakeControls = field(default_factory=FakeControls)
