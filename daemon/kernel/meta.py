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
        "beats_s": list[float],  # of a song, every beat
        "downbeats_s": list[float],  # of these, those that begin a bar
        "key": str,  # Am, C#m, F
        "key_confidence": float,
        "bars": float,  # length of a loop
        "loop_confidence": float,  # that it is whole bars long, 0..1
        "wraps": bool,  # its end meets its beginning without a click
        "slices_frames": list[int],  # where the hits of a loop begin, from its start
        "root_note": int,  # MIDI number
        "root_cents": float,  # of the sound from that note, -50..50
        "root_confidence": float,  # 0..1
        "velocity": int,  # 1..127, of a hit within its stem
        "lufs": float,  # integrated, ITU-R BS.1770
        "true_peak_dbtp": float,
        "peak_db": float,  # dBFS
        "brightness_hz": float,  # centroid of the power spectrum
        "attack_s": float,  # from 10 to 90 percent of the peak
        "decay_s": float,  # from the peak to 40 dB below it
        "noisiness": float,  # 0 a tone, 1 white noise
        "stereo_width": float,  # the side's part of the energy: 0 mono, 0.5 independent sides, 1 opposite ones
        "silence_start_s": float,  # more than 60 dB below the peak
        "silence_end_s": float,
        "clipped_frames": int,  # samples in runs of three and more at full scale
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
NOTE = frozenset({"root_note", "root_cents", "root_confidence"})
"""What a sound's class decides whether it has: nobody asks for a snare's note."""
OF_ONE_FILE = frozenset(
    {
        "payload", "byte_hash", "frames", "length_s", "container", "codec", "bits", "encoder_delay_frames", "channels",
        "lufs", "true_peak_dbtp", "peak_db", "brightness_hz", "attack_s", "decay_s", "noisiness", "root_note",
        "root_cents", "root_confidence", "stereo_width", "silence_start_s", "silence_end_s", "clipped_frames", "wraps",
        "loop_confidence",
        "beats_s", "downbeats_s",
    }
)  # fmt: skip
"""What is true of a source alone, and not handed down to the stems and slices made from it."""
OF_ONE_PATH = frozenset({"time_reference_frames"})
"""What a file says of itself beside its sound: another file with the same payload may say something else."""
