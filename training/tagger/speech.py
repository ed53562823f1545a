"""Words, syllables and sung vowels by espeak-ng, in many voices and pitches."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator

import numpy as np
import soundfile
import soxr

from daemon.engines.classifier.image import RATE_HZ
from training.tagger.sound import Sound, tidy
from training.tagger.voices.dsp import RATE, Rng, log_uniform

_WORDS = (
    "hey", "yeah", "oh", "ah", "go", "come on", "one two three", "check", "drop it", "baby", "love",
    "tonight", "ooh", "la la",
    "listen", "what", "stop", "the night is young", "turn it up", "uh", "huh", "ready", "fire",
    "feel the music", "mmm", "no",
    "dance with me", "higher", "I want you", "everybody", "shhh", "ha ha", "boom", "freedom", "let me go",
    "why", "sing",
)  # fmt: skip
_VOICES = ("en", "en-us", "fr", "de", "it", "es", "pt", "sv", "pl", "ru")
_VARIANTS = ("", "+m1", "+m3", "+m7", "+f1", "+f2", "+f4", "+f5", "+croak", "+whisper", "+klatt", "+klatt4")


def sounds(rng: Rng, count: int) -> Iterator[Sound]:
    """`count` utterances; a third of them chopped to a syllable, a third sung: held on a stretched vowel."""
    for _ in range(count):
        word = str(rng.choice(_WORDS))
        voice = str(rng.choice(_VOICES)) + str(rng.choice(_VARIANTS))
        command = [
            "espeak-ng",
            "--stdout",
            "-v",
            voice,
            "-p",
            str(rng.integers(5, 99)),
            "-s",
            str(rng.integers(90, 260)),
            word,
        ]
        done = subprocess.run(command, check=True, capture_output=True)
        audio, rate_hz = soundfile.read(io.BytesIO(done.stdout), dtype="float32")
        audio = soxr.resample(audio, rate_hz * 2 ** (rng.normal(0, 3) / 12), RATE_HZ)
        if rng.random() < 0.4 and audio.size > 0.3 * RATE:
            start = int(rng.uniform(0, audio.size * 0.5))
            audio = audio[start : start + int(log_uniform(rng, 0.1, 0.6) * RATE)].copy()
            audio[:200] *= np.linspace(0, 1, min(200, audio.size))
        if (sound := tidy(audio)) is not None:
            yield Sound("vocal", "espeak", sound)
