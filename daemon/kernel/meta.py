"""The keys of a file's meta: what steps learn about a file, and file names, tags and later steps use.

A file made from another inherits its meta; a step adds to it or an annotating step learns more. Values are
JSON. A step declares in its spec which of these it reads, because they are then part of its key.
"""

from __future__ import annotations

from typing import TypedDict

Meta = TypedDict(
    "Meta",
    {
        # position in time
        "rate": int,  # Hz, of the file the next two count in
        "start_frames": int,  # where a slice begins in its stem (the audio kept, pre-roll included)
        "length_frames": int,
        "onset_frames": int,  # where the hit itself begins in the stem
        "time_reference_frames": int,  # BWF position of a source on its timeline, at its own rate
        # what it is
        "source": str,  # file name of the source without its extension
        "stem": str,
        "class": str,
        "confidence": float,  # of the class, 0..1
        "kind": str,  # one-shot | loop
        # what was measured
        "bpm": float,
        "bpm_confidence": float,
        "beats_per_bar": int,
        "first_downbeat_s": float,
        "key": str,  # Am, C#m, F
        "key_confidence": float,
        "bars": float,  # length of a loop
        "slices_frames": list[int],  # where the hits of a loop begin, from its start
        "root_note": int,  # MIDI number
        "velocity": int,  # 1..127, of a hit within its stem
        "lufs": float,
        "true_peak_dbtp": float,
        "peak_db": float,
        "brightness_hz": float,
        "attack_s": float,
        "decay_s": float,
        "noisiness": float,
        "unprocessed": str,  # why a sound is as it was before a chain that it was to go through
        "channels": int,
        "float_source": bool,  # the source's samples are float
        # what prepare reads from a source
        "payload": str,  # AssetId: hash of the audio payload without metadata
        "byte_hash": str,  # hash of the whole file
        "frames": int,  # exact, encoder delay and padding removed
        "length_s": float,
        "container": str,  # wav, rf64, aiff, flac, mp3, ogg, mp4 ...
        "codec": str,
        "bits": int,  # of a lossless codec
        "encoder_delay_frames": int,  # removed from the start, as gapless players do
    },
    total=False,
)

TEMPO = frozenset({"bpm", "bpm_confidence", "beats_per_bar", "first_downbeat_s"})
"""What a song and its loops have, and a single hit has not."""
KEY = frozenset({"key", "key_confidence"})
"""What pitched sounds have, and drums have not."""
OF_ONE_FILE = frozenset(
    {
        "payload", "byte_hash", "frames", "length_s", "container", "codec", "bits", "encoder_delay_frames", "channels",
        "lufs", "true_peak_dbtp", "peak_db", "brightness_hz", "attack_s", "decay_s", "noisiness", "root_note",
    }
)  # fmt: skip
"""What is true of a source alone, and not handed down to the stems and slices made from it."""
