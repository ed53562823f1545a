"""Hearing sounds through the default output, and playing slices as a kit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from daemon.kernel.errors import NotFound, RoadieError
from daemon.kernel.events import Event, KitLoaded
from daemon.kernel.work import Kind
from daemon.library.jobs import OPEN
from daemon.playback.errors import NoAudio
from daemon.playback.messages import Pad
from daemon.playback.player import Player
from daemon.services.jobs import JobsService
from daemon.services.kits import KitsService
from daemon.services.library import LibraryService
from daemon.services.types_jobs import ArtifactView
from daemon.services.types_system import Check
from daemon.steps.notation.drum_map import KEYS

_SHORT = frozenset({Kind.ONE_SHOT, Kind.SLICE, Kind.LOOP})
_FIRST_PAD, _LAST_PAD = 36, 127
"""Where pad controllers begin: C1, which is General MIDI's bass drum."""
_BETWEEN = " - "


class AuditionService:
    """Everything here raises NoAudio, with what to install, where nothing can be heard. played: the path of the file
    that was asked for last, also where it could not be heard. pads: what is on each key."""

    def __init__(
        self, player: Player, library: LibraryService, jobs: JobsService, kits: KitsService,
        tell: Callable[[Event], None],
    ) -> None:  # fmt: skip
        self._player = player
        self._library = library
        self._jobs = jobs
        self._kits = kits
        self._tell = tell
        self.played: str | None = None
        self.pads: dict[int, str] = {}

    async def play(self, *, path: str | None = None, asset: str | None = None, gain: float = 1.0) -> str:
        """Play one file instead of what plays; returns its path. Raises NotFound, FileMissing, StepFailed."""
        if path is None:
            path = str(await self._library.audio_path(asset or ""))
        self.played = path
        await self._player.play(path, gain)
        return path

    async def play_of_job(self, job: str, number: int) -> str:
        """Play the number-th sound that a job made, from 1. Raises NotFound when it has made fewer."""
        return await self.play(path=await self.sound_of_job(job, number))

    async def sound_of_job(self, job: str, number: int) -> str:
        """The path of the number-th sound that a job made, from 1. Raises NotFound when it has made fewer."""
        view = await self._jobs.get(job)
        sounds = _made(each for each in view.artifacts if _audible(each))
        if not 1 <= number <= len(sounds):
            ended = view.state not in OPEN
            raise NotFound(
                f"the job has made {len(sounds)} sounds{'' if ended else ' so far'}",
                where=f"sound {number} of job {job}",
                hint="Send a smaller number" if ended else "Wait until it is done, or send a smaller number",
            )
        return sounds[number - 1].path

    async def load_kit(self, name: str) -> dict[int, str]:
        """Put a kit on the keys, by its name or id, or the slices of a job; returns what is on each key. Raises
        NotFound for none of them."""
        for kit in await self._kits.all():
            if name in (kit.id, kit.name):
                slots = [slot for slot in kit.slots if slot.path is not None]
                failed = await self._player.load(
                    [Pad(each.note, str(each.path), each.low_velocity, each.high_velocity) for each in slots]
                )
                return self._loaded(
                    {each.note: Path(each.name).stem for each in slots if each.path not in failed}
                )
        try:
            await self._jobs.get(name)
        except NotFound as error:
            raise NotFound("there is no kit and no job of that name", where=repr(name)) from error
        return await self.load_kit_of_job(name)

    async def load_kit_of_job(self, job: str) -> dict[int, str]:
        """Put the one-shots and loops of a job on keys; returns what is on each, as short as it can be told. Raises
        NotFound for none."""
        view = await self._jobs.get(job)
        pads = pads_of(_made(each for each in view.artifacts if each.kind in _SHORT))
        if not pads:
            raise NotFound(
                "the job has made no slices", where=job, hint="Run the recipe `samples` on something"
            )
        failed = await self._player.load([Pad(note, each.path) for note, each in pads.items()])
        loaded = {note: each for note, each in pads.items() if each.path not in failed}
        names = short_names([each.path for each in loaded.values()])
        return self._loaded(dict(zip(loaded, names, strict=True)))

    def _loaded(self, pads: dict[int, str]) -> dict[int, str]:
        self.pads = pads
        self._tell(KitLoaded(tuple(pads.items())))
        return pads

    def hit(self, note: int, velocity: int) -> bool:
        """Strike a key of the kit that was loaded. From any thread; opens nothing and waits for nothing."""
        return self._player.hit(note, velocity)

    def stop(self) -> None:
        self._player.stop()

    async def check(self) -> Check:
        """A line for `roadie doctor`: opens the output and lets go of it. No sound system is no fault: a server has
        none, and everything else works."""
        try:
            ready = await self._player.probe()
        except NoAudio as error:
            why = f" ({error.why})" if error.why else ""
            return Check("audition", True, f"nothing can be heard here: {error.what}{why}", error.hint)
        except RoadieError as error:
            return Check("audition", False, error.message, error.hint)
        return Check("audition", True, f"{ready.device}, {ready.rate_hz} Hz, {1000 * ready.latency_s:.0f} ms")


def pads_of(artifacts: Iterable[ArtifactView]) -> dict[int, ArtifactView]:
    """Sounds on keys: the first of each class on its General MIDI key, the others on free keys from 36 upwards."""
    pads: dict[int, ArtifactView] = {}
    rest: list[ArtifactView] = []
    for each in artifacts:
        key = KEYS.get(each.label or "")
        if key is None or key in pads:
            rest.append(each)
        else:
            pads[key] = each
    free = (note for note in range(_FIRST_PAD, _LAST_PAD + 1) if note not in pads)
    pads |= dict(zip(free, rest, strict=False))
    return dict(sorted(pads.items()))


def short_names(paths: Sequence[str]) -> list[str]:
    """File names without their ending and without the parts that all begin with: the song is the same on every pad.
    Parts are separated by " - ", as the layouts of roadie write them."""
    parts = [Path(path).stem.split(_BETWEEN) for path in paths]
    most = min((len(each) for each in parts), default=1) - 1
    same = 0
    while same < most and len({each[same] for each in parts}) == 1:
        same += 1
    return [_BETWEEN.join(each[same:]) for each in parts]


def _made(artifacts: Iterable[ArtifactView]) -> list[ArtifactView]:
    """What a job made for the person: what it delivered, and where it delivered none of these, what its steps made."""
    found = list(artifacts)
    return [each for each in found if each.delivered] or found


def _audible(artifact: ArtifactView) -> bool:
    return artifact.kind in set(Kind) and Kind(artifact.kind).audible
