"""The measures on scales on which classes look like bells: logarithms where the ear hears ratios."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.measures import Measures

NAMES = (
    "log length",
    "log attack",
    "log decay",
    "octave of brightness",
    "noisiness",
    "low",
    "high",
    "clarity",
    "drop",
    "log bursts",
    "sustain",
)


def features(m: Measures) -> NDArray[np.float64]:
    """(len(NAMES),) in the order of NAMES."""
    return np.array(
        [
            np.log10(m.length_s + 0.01),
            np.log10(m.attack_s + 0.001),
            np.log10(m.decay_s + 0.01),
            np.log2(max(m.brightness_hz, 20.0)),
            m.noisiness,
            m.low,
            m.high,
            m.clarity,
            m.drop_octaves,
            np.log2(min(m.bursts, 6)),
            m.sustain,
        ]
    )
