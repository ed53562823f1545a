"""A MIDI file through the chain's instrument, then through the rest of the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from daemon.audio import midi_events
from daemon.chains.apply import Audio, apply_chain
from daemon.chains.apply_long import apply_long
from daemon.chains.errors import NotPlayed
from daemon.chains.finish import tail_frames
from daemon.chains.plugins.hosted import SILENT, LoadedRack
from daemon.chains.plugins.messages import Sing
from daemon.chains.sound_file import IN_ONE_GO_SAMPLES, Written, write_long, write_whole
from daemon.chains.stream import streamable
from daemon.kernel.errors import BadParameter, UnreadableAudio

LONGEST_S = 30 * 60.0
_TAIL = {"until_db": -90.0, "max_s": 4.0}
_NO_SOUNDS = "It may need a preset or a state that loads its sounds"
_QUIET = 10 ** (-90 / 20)


def sing_file(
    order: Sing, chain: Mapping[str, Any], rack: LoadedRack, tell: Callable[[float], None]
) -> Written:
    """Writes `order.out`: as long as the MIDI file and the instrument's tail.

    Raises UnreadableAudio for a file that is no MIDI or has no notes, PluginFault for an instrument that fails,
    NotPlayed for one that stays silent.
    """
    messages, length_s = read_midi(Path(order.path))
    instrument, *effects = chain["fx"]
    hosted = rack.get(instrument)
    # The instrument rings out, and then the effects behind it do.
    rest = {**chain, "fx": effects, "tail": chain.get("tail") or _TAIL}
    length = int(length_s * order.rate_hz)
    room = tail_frames(order.rate_hz, rest["tail"])

    def sung() -> Iterator[Audio]:
        peak, done = 0.0, 0
        for piece in hosted.sing(messages, length + room, order.rate_hz, order.channels):
            peak = max(peak, float(np.abs(piece).max(initial=0.0)))
            done += piece.shape[1]
            tell(0.9 * done / (length + room))
            yield piece
        if peak < SILENT:
            # Most that are silent are well, and have no sounds loaded.
            raise NotPlayed("gave silence for notes", where=hosted.id, hint=_NO_SOUNDS)

    blocks = until_quiet(sung(), length)
    out = Path(order.out)
    short: list[float] = []
    if streamable(effects) and (length + room) * order.channels > IN_ONE_GO_SAMPLES:
        finished = apply_long(
            rest, blocks, order.rate_hz, order.channels, None, exact_length=False,
            spool=out.with_suffix(".spool"), tell=lambda frames: None if frames else tell(0.95), rack=rack,
            short=short.append,
        )  # fmt: skip
        return replace(write_long(rest, finished, order.rate_hz, order.channels, out), short_lu=sum(short))
    audio = np.concatenate([np.zeros((order.channels, 0), np.float32), *blocks], axis=1)
    return write_whole(apply_chain(rest, audio, order.rate_hz, rack=rack), out)


def until_quiet(blocks: Iterable[Audio], least_frames: int) -> Iterator[Audio]:
    """Blocks until they stay below -90 dBFS for good, but `least_frames` at least."""
    held: list[Audio] = []
    before = end = 0  # frames seen before this block; the last that counts
    for block in blocks:
        loud = np.flatnonzero(np.abs(block).max(axis=0) > _QUIET)
        if loud.size:
            end = before + int(loud[-1]) + 1
        if loud.size or before < least_frames:
            yield from held
            held = []
        held.append(block)
        before += block.shape[1]
    begin = before - sum(block.shape[1] for block in held)
    keep = max(end, min(least_frames, before)) - begin
    for block in held:
        if keep > 0:
            yield block[:, :keep]
        keep -= block.shape[1]


def read_midi(path: Path) -> tuple[list[Any], float]:
    """(messages with their times in seconds from the start, length in seconds), tempo changes followed."""
    at_s = 0.0
    messages = []
    for at_s, message in midi_events.timed(midi_events.read(path), path):
        if not message.is_meta:
            messages.append(message.copy(time=at_s))
    if not any(one.type == "note_on" and one.velocity for one in messages):
        raise UnreadableAudio("there are no notes in it", where=path)
    if at_s > LONGEST_S:
        raise BadParameter(
            "the MIDI file is too long for an instrument", where=path, why=f"{at_s / 60:.0f} minutes"
        )
    return messages, at_s
