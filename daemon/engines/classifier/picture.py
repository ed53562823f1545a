"""What the tagger's network looks at: how loud, and how flat, each band is at each moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from daemon.engines.classifier.flatness import flatness
from daemon.engines.classifier.image import Mono, image

PLANES = 2


def picture(part: Mono) -> NDArray[np.float16]:
    """(PLANES, BANDS, FRAMES), 0..1. `part` begins PRE_S before the attack, at RATE_HZ (see `from_attack`)."""
    return np.stack([image(part), flatness(part)])
