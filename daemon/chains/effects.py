"""The built-in effects a chain may use: pedalboard's classes, their parameters and legal ranges, as one table.

Plain data, so that the daemon can check a chain without loading pedalboard. Convolution (needs a file), external
plug-ins and containers are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """Closed range of a number, in the unit that the parameter's name ends with. whole: nothing between two."""

    low: float
    high: float
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A name from a fixed list."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """true or false."""


Parameter = Range | Choice | Switch

_HZ = Range(10.0, 22000.0)
_GAIN = Range(-60.0, 60.0)
_Q = Range(0.05, 30.0)
_UNIT = Range(0.0, 1.0)
_FEEDBACK = Range(0.0, 0.99)
_THRESHOLD = Range(-100.0, 0.0)
_RELEASE = Range(1.0, 5000.0)
_RATE = Range(0.0, 99.0)
_RESAMPLING = Choice(("ZeroOrderHold", "Linear", "CatmullRom", "Lagrange", "WindowedSinc8", "WindowedSinc32"))
_SHELF: dict[str, Parameter] = {"cutoff_frequency_hz": _HZ, "gain_db": _GAIN, "q": _Q}

EFFECTS: dict[str, dict[str, Parameter]] = {
    "Bitcrush": {"bit_depth": Range(1.0, 32.0)},
    "BrickwallLimiter": {
        "ceiling_db": Range(-60.0, 0.0),
        "release_ms": _RELEASE,
        "lookahead_ms": Range(0.1, 50.0),
        "true_peak": Switch(),
    },
    "Chorus": {
        "rate_hz": _RATE,
        "depth": _UNIT,
        "centre_delay_ms": Range(1.0, 100.0),
        "feedback": _FEEDBACK,
        "mix": _UNIT,
    },
    "Clipping": {"threshold_db": Range(-60.0, 0.0)},
    "Compressor": {
        "threshold_db": _THRESHOLD,
        "ratio": Range(1.0, 100.0),
        "attack_ms": Range(0.0, 1000.0),
        "release_ms": _RELEASE,
    },
    "Delay": {"delay_seconds": Range(0.0, 10.0), "feedback": _FEEDBACK, "mix": _UNIT},
    "Distortion": {"drive_db": Range(0.0, 80.0)},
    "GSMFullRateCompressor": {"quality": _RESAMPLING},
    "Gain": {"gain_db": _GAIN},
    "HighShelfFilter": _SHELF,
    "HighpassFilter": {"cutoff_frequency_hz": _HZ},
    "Invert": {},
    "LadderFilter": {
        "mode": Choice(("LPF12", "HPF12", "BPF12", "LPF24", "HPF24", "BPF24")),
        "cutoff_hz": _HZ,
        "resonance": _UNIT,
        "drive": Range(1.0, 100.0),
    },
    "Limiter": {"threshold_db": Range(-60.0, 0.0), "release_ms": _RELEASE},
    "LowShelfFilter": _SHELF,
    "LowpassFilter": {"cutoff_frequency_hz": _HZ},
    "MP3Compressor": {"vbr_quality": Range(0.0, 9.5)},
    "NoiseGate": {
        "threshold_db": _THRESHOLD,
        "ratio": Range(1.0, 100.0),
        "attack_ms": Range(0.0, 1000.0),
        "release_ms": _RELEASE,
    },
    "PeakFilter": _SHELF,
    "Phaser": {
        "rate_hz": _RATE,
        "depth": _UNIT,
        "centre_frequency_hz": _HZ,
        "feedback": _FEEDBACK,
        "mix": _UNIT,
    },
    "PitchShift": {"semitones": Range(-72.0, 72.0)},
    "Resample": {"target_sample_rate": Range(100.0, 192000.0), "quality": _RESAMPLING},
    "Reverb": {
        "room_size": _UNIT,
        "damping": _UNIT,
        "wet_level": _UNIT,
        "dry_level": _UNIT,
        "width": _UNIT,
        "freeze_mode": _UNIT,
    },
}

NEED_A_FILE = frozenset({"Convolution", "VST3Plugin", "AudioUnitPlugin", "ExternalPlugin"})
