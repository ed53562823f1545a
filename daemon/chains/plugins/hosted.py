"""A loaded plug-in as a chain plays it. In a host's child only: this module loads foreign code.

Latency is taken off as pedalboard does it, by what the plug-in reports; `latency_frames` in the chain stands for the
truth where that is a lie. What comes out is looked at: NaN, infinity, and silence where there was sound, are faults
of the plug-in by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard
from numpy.typing import NDArray

from daemon.chains.errors import BadChain, NotPlayed, PluginFault, said_by
from daemon.chains.plugins.binary import examine
from daemon.chains.plugins.raw_state import SAVE, damage, ignored
from daemon.chains.render import least_frames
from daemon.chains.stream import BLOCK_FRAMES
from daemon.kernel.errors import InputError, RoadieError, SourceChanged

Audio = NDArray[np.float32]
HEARD, SILENT = 1e-3, 1e-6
"""A sound with a peak above the first (-60 dBFS) that comes out below the second (-120) was swallowed."""
LOAD_PATIENCE_S = 5.0  # pedalboard's own, for plug-ins that load resources behind its back


PIECE_FRAMES = BLOCK_FRAMES
"""What a plug-in is given at once, so that a long sound shows signs of life."""
MOST_HELD_S = 60.0

Turn = Callable[[str], None]
"""Told whose turn it is: a plug-in's name, or "" for roadie's own code."""
Alive = Callable[[], None]
"""Called when a plug-in has done a piece of its work."""


def load(path: str, name: str) -> Any:
    """Raises what the loader raises, whatever that is."""
    kind = pedalboard.AudioUnitPlugin if path.endswith(".component") else pedalboard.VST3Plugin
    return kind(path, plugin_name=name, initialization_timeout=LOAD_PATIENCE_S)


class LoadedPlugin:
    """A `Hosted`."""

    def __init__(self, effect: Mapping[str, Any], turn: Turn, alive: Alive) -> None:
        self.id, self.file = str(effect["plugin"]), str(effect["file"])
        self._turn = turn
        self._alive = alive
        self._preroll_s = float(effect.get("preroll_s", 0.0))
        self._told_frames = effect.get("latency_frames")
        self._settled = any(effect.get(key) for key in ("preset", "state", "params"))
        self._effect = effect
        self._deaf = False
        self._check_file(str(effect["hash"]))
        self.plugin = self._loaded()
        self._right: Any = None
        self._rate_hz = 0
        self._drop = self._held = 0
        self._twice = self._apart = False
        self._peak_in = self._peak_out = 0.0

    def _loaded(self) -> Any:
        """One instance of it, with its settings made."""
        self._turn(self.id)
        try:
            plugin = load(self.file, str(self._effect["name"]))
            self._settle(plugin)
        except RoadieError:
            raise
        except Exception as error:
            raise self._fault("could not be loaded", error) from error
        self._turn("")
        return plugin

    def _check_file(self, known_hash: str) -> None:
        try:
            now = examine(Path(self.file)).hash
        except InputError as error:
            raise SourceChanged(
                "the plug-in changed or went while it was to be used", where=self.file, why=error.what,
                hint="Run `roadie plugins scan`",
            ) from error  # fmt: skip
        if now != known_hash:
            raise SourceChanged(
                "the plug-in changed while it was to be used", where=self.file, hint="Run `roadie plugins scan`"
            )

    def play(self, audio: Audio, rate_hz: int) -> Audio:
        before, after, start = self._room(rate_hz)
        padded = least_frames(np.pad(audio, ((0, 0), (before, after))) if before or after else audio)
        out = self._in_pieces(padded, rate_hz)[:, start : start + audio.shape[1]]
        if out.shape != audio.shape:
            raise self._fault(f"gave {out.shape[1]} frames for {audio.shape[1]}")
        self._check(out)
        self._check_heard(float(np.abs(audio).max(initial=0.0)), float(np.abs(out).max(initial=0.0)))
        return out

    def begin(self, rate_hz: int, channels: int) -> None:
        self._turn(self.id)
        self._reset()
        self._turn("")
        before, _, self._drop = self._room(rate_hz)
        self._rate_hz, self._held = rate_hz, 0
        self._peak_in = self._peak_out = 0.0
        if before:
            self._out(np.zeros((channels, before), np.float32))

    def push(self, block: Audio) -> Audio:
        self._peak_in = max(self._peak_in, float(np.abs(block).max(initial=0.0)))
        out = self._out(block)
        self._peak_out = max(self._peak_out, float(np.abs(out).max(initial=0.0)))
        return out

    def forget(self) -> None:
        """A new sound comes, whatever became of the one before."""
        self._peak_in = self._peak_out = 0.0
        self._apart = False

    def remarks(self) -> list[str]:
        """What a person should know of its settings, and of how it played the last sound."""
        lines = []
        if self._deaf:
            name = Path(self._effect["state"]).name
            lines.append(f"{self.id}: the state in {name} changed nothing; it may be of another plug-in")
        if self._apart:
            lines.append(
                f"{self.id}: takes mono alone, so stereo is processed as dual mono, each side by itself"
            )
        return lines

    def end(self) -> None:
        """A sound that was pushed is over. Raises PluginFault when nothing of it was heard."""
        peaks = self._peak_in, self._peak_out
        self._peak_in = self._peak_out = 0.0
        self._check_heard(*peaks)

    def sing(self, messages: list[Any], frames: int, rate_hz: int, channels: int) -> Iterator[Audio]:
        """Pieces of an instrument's sound, `frames` in all. messages: MIDI, with times in seconds. What it reports
        as latency, or what `latency_frames` says, is taken off the front."""
        self._turn(self.id)
        self.plugin.reset()
        late = int(self.plugin.reported_latency_samples if self._told_frames is None else self._told_frames)
        preroll = int(self._preroll_s * rate_hz)
        drop, left = preroll + late, frames
        struck = [(preroll + round(one.time * rate_hz), one) for one in messages]
        for at in range(0, preroll + late + frames, PIECE_FRAMES):
            those = [one.copy(time=(frame - at + 0.25) / rate_hz) for frame, one in struck
                     if at <= frame < at + PIECE_FRAMES]  # fmt: skip
            piece = self._sung(those, rate_hz, channels)[:, drop:][:, :left]
            drop = max(0, drop - PIECE_FRAMES)
            left -= piece.shape[1]
            yield piece
        self._turn("")

    def _sung(self, messages: list[Any], rate_hz: int, channels: int) -> Audio:
        # Half a frame more: the length in seconds becomes frames again by cutting off what is behind the point.
        length_s = (PIECE_FRAMES + 0.5) / rate_hz
        try:
            audio = self._sung_as_it_likes(messages, length_s, rate_hz, channels)
        except Exception as error:
            raise self._unplayed(error, channels) from error
        self._check(audio)
        return audio

    def _sung_as_it_likes(self, messages: list[Any], length_s: float, rate_hz: int, channels: int) -> Audio:
        """Mono of an instrument that is stereo only is the mean of its sides."""
        if not self._twice:
            try:
                out = self.plugin.process(messages, length_s, rate_hz, num_channels=channels, reset=False)
                return np.asarray(out, np.float32)
            except ValueError:
                if channels != 1:
                    raise
                self._twice = True
        out = np.asarray(self.plugin.process(messages, length_s, rate_hz, num_channels=2, reset=False))
        return np.asarray(out.mean(axis=0, keepdims=True, dtype=np.float32))

    def _in_pieces(self, audio: Audio, rate_hz: int) -> Audio:
        """As many frames out as in. The pieces are all of one size, for the reason that `stream` gives."""
        frames = audio.shape[1]
        if frames <= PIECE_FRAMES:
            return self._process(audio, rate_hz, reset=True)
        self._turn(self.id)
        self._reset()
        self._held = 0
        parts: list[Audio] = []
        done = at = 0
        while done < frames:
            piece = audio[:, at : at + PIECE_FRAMES]
            piece = np.pad(piece, ((0, 0), (0, PIECE_FRAMES - piece.shape[1])))
            parts.append(self._process(piece, rate_hz, reset=False))
            done += parts[-1].shape[1]
            at += PIECE_FRAMES
        return np.concatenate(parts, axis=1)[:, :frames]

    def _out(self, block: Audio) -> Audio:
        out = self._process(block, self._rate_hz, reset=False)
        self._check(out)
        dropped = min(self._drop, out.shape[1])
        self._drop -= dropped
        return out[:, dropped:]

    def _room(self, rate_hz: int) -> tuple[int, int, int]:
        """(frames of silence before, behind, frames to take off the output): for pre-roll, and for a latency that
        is not what the plug-in says."""
        preroll = int(self._preroll_s * rate_hz)
        if self._told_frames is None:
            return preroll, 0, preroll
        late = int(self._told_frames) - int(self.plugin.reported_latency_samples)
        return preroll + max(0, -late), max(0, late), preroll + max(0, late)

    def _process(self, audio: Audio, rate_hz: int, *, reset: bool) -> Audio:
        self._turn(self.id)
        try:
            out = self._as_it_likes(audio, rate_hz, reset=reset)
        except Exception as error:
            raise self._unplayed(error, audio.shape[0]) from error
        self._turn("")
        self._alive()
        out = np.asarray(out, np.float32).reshape(audio.shape[0], -1)
        self._held = 0 if reset else self._held + audio.shape[1] - out.shape[1]
        if self._held > MOST_HELD_S * rate_hz:
            raise self._fault(f"holds back more than {MOST_HELD_S:g} s of sound")
        return out

    def _as_it_likes(self, audio: Audio, rate_hz: int, *, reset: bool) -> Audio:
        """Mono through a plug-in that is stereo only goes to both sides, and back as their mean. Stereo through one
        that is mono only is dual mono, as other hosts do it."""
        channels = audio.shape[0]
        known = self._twice if channels == 1 else channels == 2 and self._right is not None
        if not known:
            try:
                return np.asarray(self.plugin.process(audio, rate_hz, reset=reset))
            except ValueError as error:
                if channels > 2 or (channels == 2 and not _of_channels(error)):
                    raise
        if channels == 2:
            return self._dual_mono(audio, rate_hz, reset=reset)
        out = np.asarray(self.plugin.process(np.repeat(audio, 2, axis=0), rate_hz, reset=reset))
        self._twice = True
        return np.asarray(out.mean(axis=0, keepdims=True, dtype=np.float32))

    def _dual_mono(self, audio: Audio, rate_hz: int, *, reset: bool) -> Audio:
        """Each side has an instance of its own, which keeps its state from block to block."""
        left = np.asarray(self.plugin.process(audio[:1], rate_hz, reset=reset))
        if self._right is None:
            self._right = self._loaded()
            self._alive()
            self._turn(self.id)
            self._right.reset()  # of what pedalboard played through it to try it out
        right = np.asarray(self._right.process(audio[1:], rate_hz, reset=reset))
        self._apart = True
        return np.concatenate([left.reshape(1, -1), right.reshape(1, -1)])

    def _reset(self) -> None:
        for one in (self.plugin, self._right):
            if one is not None:
                one.reset()

    def _settle(self, plugin: Any) -> None:
        """Preset or state first, single parameters on top of it."""
        effect = self._effect
        for key in ("preset", "state"):
            if key in effect:
                content = Path(effect[key]).read_bytes()
                if hashlib.sha256(content).hexdigest() != effect[f"{key}_hash"]:
                    raise SourceChanged(
                        "a plug-in's settings changed while they were to be used", where=effect[key]
                    )
                self._set(plugin, key, str(effect[key]), content)
        for name, value in effect.get("params", {}).items():
            if name not in plugin.parameters:
                raise self._fault(f"has no parameter {name!r} any more")
            setattr(plugin, name, value)

    def _set(self, plugin: Any, key: str, path: str, content: bytes) -> None:
        """Raises BadChain: settings that are not the plug-in's are no fault of it."""
        if key == "state":
            why = damage(content) if self.file.endswith(".vst3") else None
            if why is not None:
                raise BadChain("this is no raw state of a plug-in", where=path, why=why, hint=SAVE)
            before = plugin.raw_state
            plugin.raw_state = content
            self._deaf = ignored(content, before, plugin.raw_state)
            return
        try:
            plugin.load_preset(path)
        except RuntimeError as error:
            raise BadChain(
                f"the preset is damaged, or not of {self.id}", where=path, why=error, hint=SAVE
            ) from error

    def _check(self, out: Audio) -> None:
        if np.isfinite(out).all():
            return
        kind = "NaN" if np.isnan(out).any() else "infinity"
        raise self._fault(f"gave {kind}, which is no sound")

    def _check_heard(self, peak_in: float, peak_out: float) -> None:
        if peak_in > HEARD and peak_out < SILENT:
            raise self._silence("gave silence where there was sound")

    def _silence(self, what: str) -> RoadieError:
        """Nobody can know whether settings of the chain's own mean it; then it is told and not held against it."""
        if self._settled:
            return NotPlayed(what, where=self.id, why="which its settings in the chain may mean")
        return self._fault(what)

    def _unplayed(self, error: Exception, channels: int) -> RoadieError:
        if not _of_channels(error):
            return self._fault("could not play", error)
        self._turn("")  # it was not even asked
        hint = 'channels = "stereo" in the chain folds them before it' if channels > 2 else None
        return NotPlayed(f"does not take {_channels(channels)}", where=self.id, hint=hint)

    def _fault(self, what: str, error: object = None) -> PluginFault:
        why = said_by(error) if isinstance(error, Exception) else error
        return PluginFault(what, plugin=self.id, file=self.file, why=why)


def _of_channels(error: Exception) -> bool:
    """Whether pedalboard found that a plug-in does not take so many."""
    return isinstance(error, ValueError) and "-channel" in str(error)


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


class LoadedRack:
    """A `Rack`: each plug-in entry of the chain is loaded once and stays."""

    def __init__(self, turn: Turn, alive: Alive = lambda: None) -> None:
        self._turn = turn
        self._alive = alive
        self._loaded: dict[str, LoadedPlugin] = {}

    def get(self, effect: Mapping[str, Any]) -> LoadedPlugin:
        key = json.dumps({k: v for k, v in effect.items() if k not in ("only", "wet")}, sort_keys=True)
        if key not in self._loaded:
            self._loaded[key] = LoadedPlugin(effect, self._turn, self._alive)
        return self._loaded[key]

    def forget(self) -> None:
        """A new sound comes, whatever became of the one before."""
        for one in self._loaded.values():
            one.forget()

    def end(self) -> None:
        """A long sound is over."""
        for one in self._loaded.values():
            one.end()

    def remarks(self) -> tuple[str, ...]:
        """What a person should know of plug-ins' settings, and of how the last sound was played."""
        return tuple(line for one in self._loaded.values() for line in one.remarks())
