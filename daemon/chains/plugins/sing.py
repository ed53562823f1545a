"""A MIDI file through the chain's instrument, then through the rest of the chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mido
import numpy as np

from daemon.audio.identity import payload_hash
from daemon.audio.writer import write_wav
from daemon.chains.apply import apply_chain
from daemon.chains.errors import PluginFault
from daemon.chains.finish import tail_frames
from daemon.chains.plugins.hosted import HEARD, LoadedRack
from daemon.chains.plugins.messages import Sing
from daemon.chains.sound_file import Made
from daemon.kernel.errors import BadParameter, UnreadableAudio

LONGEST_S = 30 * 60.0
_DEFAULT_TAIL_S = 4.0


def sing_file(order: Sing, chain: Mapping[str, Any], rack: LoadedRack, tell: Callable[[float], None]) -> Made:
    """Writes `order.out`: as long as the MIDI file and the instrument's tail.

    Raises UnreadableAudio for a file that is no MIDI, PluginFault for an instrument that fails.
    """
    messages, length_s = read_midi(Path(order.path))
    instrument, *effects = chain["fx"]
    hosted = rack.get(instrument)
    tell(0.1)
    tail = chain.get("tail")
    room = tail_frames(order.rate_hz, tail) if tail is not None else int(_DEFAULT_TAIL_S * order.rate_hz)
    audio = hosted.sing(messages, length_s + room / order.rate_hz, order.rate_hz, order.channels)
    if (
        any(one.type == "note_on" and one.velocity for one in messages)
        and np.abs(audio).max(initial=0.0) < HEARD
    ):
        raise PluginFault("gave silence for notes", plugin=hosted.id, file=hosted.file)
    tell(0.6)
    rest = {**chain, "fx": effects, "tail": tail or {"until_db": -90.0, "max_s": 0.0}}
    loud = np.flatnonzero(np.abs(audio).max(axis=0) > 10 ** (-90 / 20))
    frames = max(int(length_s * order.rate_hz), int(loud[-1]) + 1 if loud.size else 0)
    rendered = apply_chain(rest, audio[:, :frames], order.rate_hz, rack=rack)
    out = Path(order.out)
    write_wav(out, rendered.audio, rendered.rate_hz)
    peak = float(np.abs(rendered.audio).max(initial=0.0))
    channels, written = rendered.audio.shape
    return Made(written, rendered.rate_hz, channels, peak, payload_hash(out))


def read_midi(path: Path) -> tuple[list[Any], float]:
    """(messages with their times in seconds from the start, length in seconds), tempo changes followed."""
    try:
        file = mido.MidiFile(path)
        at_s = 0.0
        messages = []
        for message in file:  # merged, with delta times in seconds
            at_s += message.time
            if not message.is_meta:
                messages.append(message.copy(time=at_s))
    except (OSError, EOFError, ValueError, KeyError, IndexError) as error:
        raise UnreadableAudio("this is no MIDI file that can be read", where=path, why=error) from error
    if at_s > LONGEST_S:
        raise BadParameter(
            "the MIDI file is too long for an instrument", where=path, why=f"{at_s / 60:.0f} minutes"
        )
    return messages, at_s
