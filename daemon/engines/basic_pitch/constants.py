"""The numbers of the ICASSP 2022 network (`basic_pitch.constants`), and where its frames lie in time.

The network looks at windows of 43844 samples and answers with 172 frames for each, 256 samples apart. Windows
overlap by 30 frames; half of the overlap is cut away on both sides, so 142 frames stand for the 36164 samples
from one window to the next.
"""

from __future__ import annotations

from daemon.kernel.types import Hertz

RATE = Hertz(22050)
FRAME_HOP = 256
"""Samples from one frame to the next within a window."""
WINDOW_SAMPLES = 2 * RATE - FRAME_HOP
WINDOW_FRAMES = 172
TRIM_FRAMES = 15
"""Frames cut from both ends of a window's answer: half of the overlap."""
KEPT_FRAMES = WINDOW_FRAMES - 2 * TRIM_FRAMES
LEAD_SAMPLES = TRIM_FRAMES * FRAME_HOP
"""Silence before the first window, so that the first frame kept is at time 0."""
WINDOW_HOP = WINDOW_SAMPLES - 2 * LEAD_SAMPLES

PITCHES = 88
LOWEST_PITCH = 21
"""MIDI number of the first column of the note and onset matrices (A0)."""
BINS_PER_SEMITONE = 3
CONTOUR_BINS = PITCHES * BINS_PER_SEMITONE
NOMINAL_FRAMES_PER_S = RATE // FRAME_HOP
"""86: the rounded-down frame rate by which Basic Pitch counts the frames of a file."""
