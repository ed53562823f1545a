"""The drum kit of the freepats collection (Debian: freepats): recorded sounds that no onset weights were trained on.

Its files are Gravis Ultrasound patches: a header of 239 bytes, then for each sample 96 bytes about it and its PCM.
Format: the "GF1PATCH110" description in the Gravis SDK; only what these files use is read.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from bench.drum_sounds import Sound

FOLDER = Path("/usr/share/midi/freepats/Drum_000")
FILES = {
    "kick": "035_Kick_1", "snare": "038_Snare_1", "rim": "037_Stick_Rim", "clap": "039_Clap_Hand",
    "closed-hat": "042_Hi-Hat_Closed", "open-hat": "046_Hi-Hat_Open", "crash": "049_Cymbal_Crash_1",
    "ride": "051_Cymbal_Ride_1", "tom": "048_Tom_High_2", "tom-low": "043_Tom_Low_1", "shaker": "082_Shaker",
    "tambourine": "054_Tombourine", "cowbell": "056_Cow_Bell", "conga": "063_Conga_High_2_Open",
}  # fmt: skip
SECOND = {
    **FILES, "kick": "036_Kick_2", "snare": "040_Snare_2", "crash": "057_Cymbal_Crash_2", "ride": "059_Cymbal_Ride_2",
    "tom": "047_Tom_Mid_1", "tom-low": "041_Tom_Low_2", "shaker": "070_Maracas", "cowbell": "067_Agogo_High",
    "conga": "064_Conga_Low", "closed-hat": "044_Hi-Hat_Pedal",
}  # fmt: skip
KITS = (FILES, SECOND)
_HEADER, _ABOUT = 239, 96
_SIXTEEN_BITS, _UNSIGNED = 1, 2


def read_patch(path: Path) -> tuple[Sound, int]:
    """The first sample of a patch, as floats, and its rate in Hz."""
    body = path.read_bytes()
    if not body.startswith(b"GF1PATCH110\0"):
        raise SystemExit(f"{path} is no GF1 patch")
    about = body[_HEADER : _HEADER + _ABOUT]
    size, rate, modes = *struct.unpack_from("<I", about, 8), *struct.unpack_from("<H", about, 20), about[55]
    data = body[_HEADER + _ABOUT : _HEADER + _ABOUT + size]
    kind = ("<u" if modes & _UNSIGNED else "<i") + ("2" if modes & _SIXTEEN_BITS else "1")
    values = np.frombuffer(data[: size // 2 * 2], kind).astype(np.float64)
    return values - (2 ** (8 * np.dtype(kind).itemsize - 1) if modes & _UNSIGNED else 0), int(rate)


def load_kit(files: dict[str, str], rate: int) -> dict[str, Sound]:
    """Every sound alone, peak 1, at most 3.5 s. Exits with the name of the Debian package when it is not installed."""
    if not FOLDER.is_dir():
        raise SystemExit(f"{FOLDER} is not there: apt-get install freepats")
    kit = {}
    for name, file in files.items():
        sound, own_rate = read_patch(FOLDER / f"{file}.pat")
        divisor = np.gcd(rate, own_rate)
        sound = resample_poly(sound, rate // divisor, own_rate // divisor)[: int(3.5 * rate)]
        kit[name] = sound / np.abs(sound).max()
    return kit
