"""The slice step's work: four passes over the file (peak, onsets, hits, writing), none of which holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from daemon.audio.identity import byte_hash, payload_hash
from daemon.audio.reader import Audio, AudioReader, open_audio
from daemon.audio.writer import write_wav
from daemon.kernel.types import AssetId, Json
from daemon.kernel.work import InputFile, Kind, Produced, StepResult
from daemon.steps.slice import SliceParams
from daemon.steps.slicing import loops
from daemon.steps.slicing.duplicates import Hit, Sounds
from daemon.steps.slicing.edges import Edges, faded
from daemon.steps.slicing.forward import Forward
from daemon.steps.slicing.hits import Cut, measure
from daemon.steps.slicing.onsets import Onset, Sensitivity, detect
from daemon.steps.spec import StepContext

_SILENT_DBFS = -60.0
_ALIKE_DB = 2.7
_MELODIC = Sensitivity(threshold=1.5, above_local=1.0, min_gap_s=0.06, spread=1)
_BY_STEM = {
    "drums": Sensitivity(),
    "vocals": Sensitivity(threshold=2.0, above_local=1.5, min_gap_s=0.12, spread=2),
}


def run(ctx: StepContext, inputs: tuple[InputFile, ...], params: SliceParams) -> StepResult:
    """Slices, loops and one onsets.json for each input. A silent input makes nothing."""
    files: list[Produced] = []
    for index, one in enumerate(inputs):
        prefix = f"{index + 1:02d}/" if len(inputs) > 1 else ""
        with open_audio(one.path, one.region) as audio:
            files += _Slicing(ctx, audio, one, index, prefix, params).make()
    return StepResult(files=tuple(files), reason="signal processing")


class _Slicing:
    """One file being sliced."""

    def __init__(
        self, ctx: StepContext, audio: AudioReader, one: InputFile, index: int, prefix: str, params: SliceParams
    ) -> None:
        self.ctx, self.audio, self.one, self.index, self.prefix, self.params = (
            ctx,
            audio,
            one,
            index,
            prefix,
            params,
        )
        self.rate = audio.rate_hz
        self.stem = str(one.meta.get("stem") or params.stem or "")
        # Inherited where the input says it; otherwise what is cut from it is told.
        self.told: dict[str, Json] = {"stem": self.stem} if self.stem and not one.meta.get("stem") else {}
        self.hits: list[tuple[Edges, float, int]] = []  # cut, level_db, index of its sound
        self.loudest_db = -np.inf

    def make(self) -> list[Produced]:
        peak = max((float(np.abs(block).max()) for block in self.audio.blocks()), default=0.0)
        if peak < 10 ** (_SILENT_DBFS / 20):
            return []
        onsets = self._onsets(peak)
        self.ctx.checkpoint(0.5, "measuring")
        sounds = self._measure(onsets, peak)
        if not self.hits:
            return []
        slices, names = self._write_slices(sounds)
        made = slices + self._write_loops()
        return [*made, self._write_onsets(names)]

    def _forward(self) -> Forward:
        return Forward(self.audio.blocks(), self.audio.channels)

    def _onsets(self, peak: float) -> list[Onset]:
        how = _BY_STEM.get(self.stem, _MELODIC if self.stem else _BY_STEM["drums"])
        if self.params.threshold is not None:
            how = replace(how, threshold=self.params.threshold)
        read = self._forward().read
        return detect(
            read,
            self.audio.frames,
            self.rate,
            peak,
            how,
            lambda part: self.ctx.checkpoint(0.5 * part, "onsets"),
        )

    def _measure(self, onsets: Sequence[Onset], peak: float) -> Sounds:
        params = self.params
        cut = Cut(params.min_length_s, params.max_length_s, params.tail_db)
        sounds = Sounds(-1.0 if params.keep_duplicates else _ALIKE_DB)
        quietest_db = 20 * np.log10(peak) + params.min_level_db
        for i, hit in enumerate(measure(onsets, self._forward(), self.audio.frames, self.rate, cut)):
            if hit.level_db >= quietest_db:
                self.hits.append((hit.edges, hit.level_db, sounds.add(hit)))
                self.loudest_db = max(self.loudest_db, hit.level_db)
            if i % 64 == 0:
                self.ctx.checkpoint(0.5 + 0.3 * i / len(onsets), "measuring")
        return sounds

    def _velocity(self, level_db: float) -> int:
        """Velocity is the square root of amplitude, as most samplers have it; the loudest hit is 127."""
        return int(np.clip(round(127 * 10 ** ((level_db - self.loudest_db) / 40)), 1, 127))

    def _write_slices(self, sounds: Sounds) -> tuple[list[Produced], dict[int, str]]:
        """The files, and for every sound the name of the slice that stands for it."""
        kept, stands = sounds.choose(self.params.max_slices)
        forward, made, names = self._forward(), [], {}
        for number, i in enumerate(kept, 1):
            hit = sounds.all[i].best
            names[i] = f"{self.prefix}slices/{number:03d}.wav"
            made.append(self._write_slice(names[i], hit, forward))
            self.ctx.checkpoint(0.8 + 0.1 * number / len(kept), "slices")
        return made, {sound: names[keeper] for sound, keeper in stands.items()}

    def _write_slice(self, name: str, hit: Hit, forward: Forward) -> Produced:
        edges = hit.edges
        audio = faded(
            forward.read(edges.start, edges.length), self.rate, self.params.fade_ms, edges.onset - edges.start
        )
        meta: dict[str, Json] = {
            "onset_frames": edges.onset,
            "velocity": self._velocity(hit.level_db),
            "peak_db": round(20 * float(np.log10(np.abs(audio).max() + 1e-9)), 2),
        }
        return self._write(name, Kind.SLICE, audio, edges.start, meta)

    def _write_loops(self) -> list[Produced]:
        bpm = self.one.meta.get("bpm")
        if not self.params.loops or not isinstance(bpm, (int, float)) or not bpm > 0:
            return []
        beats, first_s = self.one.meta.get("beats_per_bar", 4), self.one.meta.get("first_downbeat_s", 0.0)
        grid = loops.Grid.of(float(bpm), int(str(beats)), float(str(first_s)), self.rate)
        frames = self.audio.frames
        pictures = loops.bar_pictures(self._forward(), grid, frames, self.rate)
        edges = [edges for edges, _, _ in self.hits]
        placed = [
            loops.place(grid, first, bars, edges, frames, self.rate)
            for first, bars in loops.choose(pictures, self.params.max_loops)
        ]
        found = sorted((loop for loop in placed if loop), key=lambda loop: loop.start)
        forward, made = self._forward(), []
        for number, loop in enumerate(found, 1):
            audio = faded(
                forward.read(loop.start, loop.length), self.rate, self.params.fade_ms, loop.attack_frames
            )
            inside = [
                each.onset - loop.start for each in edges if loop.start <= each.onset < loop.start + loop.length
            ]
            meta: dict[str, Json] = {
                "kind": "loop", "bpm": float(bpm), "bars": float(loop.bars), "slices_frames": [*sorted(inside)],
            }  # fmt: skip
            name = f"{self.prefix}loops/{number:03d}.wav"
            made.append(self._write(name, Kind.LOOP, audio, loop.start, meta))
            self.ctx.checkpoint(0.9 + 0.1 * number / len(found), "loops")
        return made

    def _write(self, name: str, kind: Kind, audio: Audio, start: int, meta: dict[str, Json]) -> Produced:
        path = self._path(name)
        write_wav(path, audio, self.rate)
        place: dict[str, Json] = {"rate": self.rate, "start_frames": start, "length_frames": audio.shape[1]}
        return Produced(name, kind, payload_hash(path), self.index, place | self.told | meta)

    def _write_onsets(self, names: dict[int, str]) -> Produced:
        rate = self.rate
        rows = [
            {
                "onset_s": round(edges.onset / rate, 6),
                "start_s": round(edges.start / rate, 6),
                "length_s": round(edges.length / rate, 6),
                "velocity": self._velocity(level_db),
                "slice": names.get(sound),
            }
            for edges, level_db, sound in self.hits
        ]
        body = {"version": 1, "stem": self.stem, "rate_hz": rate, "onsets": rows}
        name = f"{self.prefix}onsets.json"
        path = self._path(name)
        path.write_bytes(msgspec.json.encode(body))
        return Produced(name, Kind.ONSETS, AssetId(byte_hash(path)), self.index, self.told)

    def _path(self, name: str) -> Path:
        path = self.ctx.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
