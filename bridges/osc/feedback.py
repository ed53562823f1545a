"""What happens, told to those who asked: subscribers, whoever started a job, and OSCQuery's listeners."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import islice
from typing import Any

from bridges.osc.complaints import Complaints
from bridges.osc.feed import EVERY_S, JobFeed, feed_of, name_of, trouble_of
from bridges.osc.packet import encode
from bridges.osc.packs import packs
from bridges.osc.pads import pad_packets
from bridges.osc.peers import Outlet, Peer
from bridges.osc.slots import Slots
from bridges.osc.subscriptions import Subscriptions
from bridges.osc.table import HITS, SLOTS
from daemon.kernel.clock import Clock
from daemon.kernel.errors import RoadieError
from daemon.services import Services
from daemon.services.events import EventMessage

log = logging.getLogger(__name__)

MAX_WATCHERS = 16
AGAIN_S = 2.0
"""Until events are read again that could not be."""
_ARTIFACTS_AT_ONCE = 32
_ASSETS_AT_ONCE = 64
_ASSETS_KEPT = 10_000
_ENDS_KEPT = 512
_STATE = "/roadie/job/state"

Listener = Callable[[str, bytes], None]
"""Takes (address, packet) of a value that changed."""


class Feedback:
    """Reads the events only while somebody wants them."""

    def __init__(
        self, services: Services, subscriptions: Subscriptions, outlet: Outlet, complaints: Complaints, clock: Clock
    ) -> None:  # fmt: skip
        self._services = services
        self._subscriptions = subscriptions
        self._outlet = outlet
        self._complaints = complaints
        self._clock = clock
        self._feeds: dict[str, JobFeed] = {}
        self._ended: OrderedDict[str, JobFeed] = OrderedDict()
        self._assets: deque[str] = deque(maxlen=_ASSETS_KEPT)
        self._assets_timer: asyncio.TimerHandle | None = None
        self._seat_timer: asyncio.TimerHandle | None = None
        self._listeners: set[Listener] = set()
        self._holds = 0
        self._waking = asyncio.Lock()
        self._pump: asyncio.Task[None] | None = None
        self._read_to = 0
        self._read_on = asyncio.Event()
        self._hits_told: dict[str, str] = {}
        self._pads_told: dict[int, str] = {}
        self.slots = Slots()
        self.selection = ""

    # ------------------------------------------------------------ who wants it

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nothing that happens inside is missed."""
        self._holds += 1
        try:
            await self.awake()
            yield
        finally:
            self._holds -= 1

    async def awake(self) -> None:
        """Begin to read events, if nobody does yet, from a known state."""
        async with self._waking:
            if self._pump is None or self._pump.done():
                since = await self._services.events.latest()
                self._feeds = {feed.job: feed for feed in await self._refresh()}
                self._read_to = since
                self._seat()  # those that have to wait for a slot
                self._pump = asyncio.create_task(self._read(), name="osc-feedback")

    async def caught_up(self) -> None:
        """Until all that has happened so far was read. Only while it is held."""
        latest = await self._services.events.latest()
        while self._read_to < latest and self.reading:
            self._read_on.clear()
            await self._read_on.wait()

    async def look(self) -> None:
        """Bring the values up to date; where events are read they are."""
        async with self._waking:
            if not self.reading:
                await self._refresh()

    async def _refresh(self) -> list[JobFeed]:
        """Slots and selection as they are now, for a time in which no events were read. Returns every open job, the
        oldest first: those that are not among the newest run before them."""
        standing = await self._services.jobs.open([slot.job for slot in self.slots.all() if slot.job])
        now_s = self._clock.monotonic()
        unended = []
        for job in standing:
            feed = feed_of(job)
            self._fill_slot(feed)
            ago_s = 0.0 if job.finished_at is None else max(0.0, self._clock.now() - job.finished_at)
            self._mark_slot(feed, now_s - ago_s)
            if not feed.over:
                unended.append(feed)
        self.slots.seat(unended[-SLOTS:], now_s)
        self._pads_told = dict(self._services.audition.pads)
        self._hits_told = self._hits()
        chosen = await self._services.selection.selection()
        self.selection = chosen.path or chosen.asset or ""
        return unended

    @property
    def reading(self) -> bool:
        return self._pump is not None and not self._pump.done()

    def watch(self, job: str, recipe: str, state: str, peer: Peer, ref: str) -> None:
        """Tell this sender of this job until it ends; of its end, when that was a moment ago."""
        ended = self._ended.get(job)
        if ended is not None:
            target = self._subscriptions.reply_to(peer)
            self.tell_trouble(ended.trouble, target, ref)
            self._outlet.send(target, ended.state_packet(ref))
            return
        feed = self._feed(job, recipe, state, 0.0)
        if peer in feed.watchers or len(feed.watchers) < MAX_WATCHERS:
            feed.watchers[peer] = ref
        else:
            why = f"{MAX_WATCHERS} who asked for this job are told of it and no more; whoever subscribes is told too"
            self._complaints.tell(peer, ref, "busy", why, _STATE)
        self._soon(feed)

    def listen(self, listener: Listener) -> None:
        self._listeners.add(listener)

    def unlisten(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def values(self) -> dict[str, str | float]:
        """What every address that has a value says now."""
        return {**self.slots.values(), "/roadie/selection": self.selection, **self._hits()}

    def _hits(self) -> dict[str, str]:
        names = self._services.browse.page(HITS)
        names += [""] * (HITS - len(names))
        return {f"/roadie/hit/{number}/name": name for number, name in enumerate(names, 1)}

    def tell_hits(self) -> None:
        """The names of hits that are other than when they were told last."""
        now = self._hits()
        before, self._hits_told = self._hits_told, now
        self._tell_slot({address: name for address, name in now.items() if before.get(address, "") != name})

    def now(self) -> list[bytes]:
        """The same as packets, and what is on the pads, for one who begins to listen."""
        values = [encode(address, value) for address, value in self.values().items()]
        return values + pad_packets({}, self._services.audition.pads)

    async def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        self._stop_timers()
        if self._assets_timer is not None:
            self._assets_timer.cancel()

    def _wanted(self) -> bool:
        if self._holds or self._listeners or len(self._subscriptions):
            return True
        return any(feed.watchers for feed in self._feeds.values())

    # ------------------------------------------------------------ what happens

    async def _read(self) -> None:
        """Until nobody wants it. What goes wrong in reading ends no feedback: it goes on where it was."""
        try:
            while True:
                try:
                    await self._follow()
                    return
                except Exception:
                    log.exception("events could not be read for OSC")
                if not self._wanted():
                    self._rest()
                    return
                await asyncio.sleep(AGAIN_S)
        finally:
            self._read_on.set()

    async def _follow(self) -> None:
        async with aclosing(self._services.events.stream(self._read_to)) as stream:
            async for message in stream:
                if not self._wanted():
                    self._rest()
                    return
                await self._take(message)

    def _rest(self) -> None:
        """At once, before anything is awaited: whoever wants it from now on begins anew."""
        self._pump = None
        self._stop_timers()
        self._feeds.clear()
        self._ended.clear()

    def _stop_timers(self) -> None:
        for timer in (self._seat_timer, *(feed.timer for feed in self._feeds.values())):
            if timer is not None:
                timer.cancel()

    async def _take(self, message: EventMessage) -> None:
        try:
            await self._happened(message.body)
        except RoadieError as error:  # a row that cannot be read: the next event is another
            log.warning("an event was not told over OSC: %s", error)
        except Exception:
            # The disk, or a mistake of ours: what happens next concerns others too.
            log.exception("an event was not told over OSC")
        self._read_to = message.seq
        self._read_on.set()

    async def _happened(self, body: dict[str, Any]) -> None:
        match body["type"]:
            case "job.submitted":
                job = await self._services.jobs.get(body["job"])
                self._feed(job.id, job.recipe, job.state, job.progress).name = name_of(job)
                self._seat()
            case "job.state":
                await self._stands(body)
            case "job.undone":
                job = await self._services.jobs.get(body["job"])
                packet = encode(_STATE, "", job.id, job.recipe, "undone", float(job.progress))
                for target in self._subscriptions.targets():
                    self._send(target, [packet])
            case "step.progress" if body["job"] in self._feeds:
                feed = self._feeds[body["job"]]
                if not feed.over:
                    feed.progress = body["job_progress"]
                    self._soon(feed)
            case "job.artifact" if body["result"] and body["job"] in self._feeds:
                feed = self._feeds[body["job"]]
                feed.artifacts.append((body["kind"], body["name"], body["path"]))
                self._soon(feed)
            case "asset.added":
                self._assets.append(body["asset"])
                if self._assets_timer is None:
                    self._assets_timer = asyncio.get_running_loop().call_later(EVERY_S, self._tell_assets)
            case "selection.changed":
                self.selection = body["path"] or body["asset"] or ""
                self._tell_slot({"/roadie/selection": self.selection})
                self.tell_hits()
            case "kit.loaded":
                before, self._pads_told = self._pads_told, dict(body["pads"])
                for target in self._subscriptions.targets():
                    self._send(target, pad_packets(before, self._pads_told))

    async def _stands(self, body: dict[str, Any]) -> None:
        """A job's state."""
        # Known before the state is set: what is told meanwhile, by a timer of before, is a whole truth.
        trouble = await self._trouble(body["job"]) if body["state"] == "failed" else None
        self._ended.pop(body["job"], None)  # one that is tried again
        feed = self._feed(body["job"], body["recipe"], body["state"], body["progress"])
        feed.state, feed.progress, feed.trouble = body["state"], body["progress"], trouble
        self._mark_slot(feed, self._clock.monotonic())
        self._soon(feed)
        if not feed.name and not feed.over:  # begun again, long after it was told of last
            feed.name = name_of(await self._services.jobs.get(feed.job))
        self._seat()

    async def _trouble(self, job: str) -> tuple[str, str] | None:
        """None also where that cannot be read: its end is told all the same."""
        try:
            return trouble_of(await self._services.jobs.get(job))
        except Exception:
            log.exception("why job %s failed is not told over OSC", job)
            return None

    def _feed(self, job: str, recipe: str, state: str, progress: float) -> JobFeed:
        feed = self._feeds.get(job)
        if feed is None:
            feed = self._feeds[job] = JobFeed(job, recipe, state, progress)
        return feed

    # ------------------------------------------------------------ telling

    def _soon(self, feed: JobFeed) -> None:
        if feed.timer is None:
            wait_s = max(0.0, feed.sent_at_s + EVERY_S - self._clock.monotonic())
            feed.timer = asyncio.get_running_loop().call_later(wait_s, self._tell_job, feed)

    def _tell_job(self, feed: JobFeed) -> None:
        feed.timer = None
        feed.sent_at_s = self._clock.monotonic()
        artifacts = [feed.artifacts.popleft() for _ in range(min(len(feed.artifacts), _ARTIFACTS_AT_ONCE))]
        state = (feed.state, feed.progress)
        # The end is told last, when everything that was made has been.
        tell_state = state != feed.sent and not (feed.over and feed.artifacts)
        for target, ref in self._targets(feed).items():
            packets = [feed.artifact_packet(ref, artifact) for artifact in artifacts]
            if tell_state:
                self.tell_trouble(feed.trouble, target, ref)
                packets.append(feed.state_packet(ref))
            self._send(target, packets)
        if tell_state:
            feed.sent = state
            self._tell_slot(self._fill_slot(feed))
        if feed.artifacts:
            self._soon(feed)
        elif feed.over:
            self._feeds.pop(feed.job, None)
            self._ended[feed.job] = feed
            if len(self._ended) > _ENDS_KEPT:
                self._ended.popitem(last=False)

    def tell_trouble(self, trouble: tuple[str, str] | None, target: Peer, ref: str) -> None:
        """A surface that says "failed" and not why leaves a person with nothing to do."""
        if trouble is not None:
            self._complaints.tell_at(target, ref, *trouble, _STATE)

    def _targets(self, feed: JobFeed) -> dict[Peer, str]:
        targets = dict.fromkeys(self._subscriptions.targets(), "")
        targets |= {self._subscriptions.reply_to(peer): ref for peer, ref in feed.watchers.items()}
        return targets

    def _fill_slot(self, feed: JobFeed) -> dict[str, str | float]:
        """Its slot's values that are other than before."""
        slot = self.slots.of(feed.job)
        if slot is None:
            return {}
        before = slot.values()
        slot.state, slot.progress = feed.state, float(feed.progress)
        return {address: value for address, value in slot.values().items() if before[address] != value}

    def _mark_slot(self, feed: JobFeed, ended_s: float) -> None:
        slot = self.slots.of(feed.job)
        if slot is not None:
            slot.ended_s = ended_s if feed.over else None

    def _seat(self) -> None:
        """Slots for the newest open jobs; of one that has to wait for its slot, when that is free."""
        if self._seat_timer is not None:
            self._seat_timer.cancel()
            self._seat_timer = None
        known = (feed for feed in reversed(self._feeds.values()) if feed.name and not feed.over)
        newest = list(islice(known, SLOTS))[::-1]
        given, wait_s = self.slots.seat(newest, self._clock.monotonic())
        for slot in given:
            self._tell_slot(slot.values())
        if wait_s is not None:
            self._seat_timer = asyncio.get_running_loop().call_later(wait_s, self._seat)

    def _tell_slot(self, values: dict[str, str | float]) -> None:
        packets = {address: encode(address, value) for address, value in values.items()}
        for target in self._subscriptions.targets():
            self._send(target, list(packets.values()))
        for listener in list(self._listeners):
            for address, packet in packets.items():
                listener(address, packet)

    def _tell_assets(self) -> None:
        self._assets_timer = None
        count = min(len(self._assets), _ASSETS_AT_ONCE)
        packets = [encode("/roadie/asset/added", self._assets.popleft()) for _ in range(count)]
        for target in self._subscriptions.targets():
            self._send(target, packets)
        if self._assets:
            self._assets_timer = asyncio.get_running_loop().call_later(EVERY_S, self._tell_assets)

    def _send(self, target: Peer, packets: list[bytes]) -> None:
        for packet in packs(packets):
            self._outlet.send(target, packet)
