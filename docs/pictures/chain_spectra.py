"""Draws what chains do to the kit of the demo's song: third-octave spectra before and after.

`uv run python docs/pictures/chain_spectra.py docs/pictures/chains.svg`
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daemon.chains.apply import apply_chain
from daemon.chains.files import load_chain
from daemon.demo.drums import make_kit

RATE = 44100
SOUNDS = ("kick", "snare", "closed-hat")
CHAINS = ("drum-punch", "lo-fi", "telephone")
WIDTH, HEIGHT, GAP, LEFT, TOP = 210, 130, 26, 84, 40
LOW_HZ, HIGH_HZ, FLOOR_DB, ROOF_DB = 30.0, 20000.0, -60.0, 6.0
BEFORE, AFTER, INK, GRID = "#8a8f98", "#d1495b", "#444a52", "#d9dce1"


def third_octaves(audio: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(centre frequencies in Hz, mean power in dB below a full-scale sine of the sound's own length)."""
    power = (np.abs(np.fft.rfft(audio.astype(float), axis=-1)) ** 2).mean(axis=0)
    hz = np.fft.rfftfreq(audio.shape[-1], 1 / RATE)
    centres = 1000 * 2 ** (np.arange(-15, 14) / 3)
    sums = [power[(hz >= centre / 2 ** (1 / 6)) & (hz < centre * 2 ** (1 / 6))].sum() for centre in centres]
    return centres, 10 * np.log10(np.array(sums) / power.sum().clip(1e-12) + 1e-9)


def main(out: str) -> None:
    kit = make_kit(np.random.default_rng(1), "room", RATE)
    parts = []
    for row, chain in enumerate(CHAINS):
        for column, name in enumerate(SOUNDS):
            sound = np.tile(0.7 * kit[name], (2, 1)).astype(np.float32)
            after = apply_chain(load_chain(chain), sound, RATE, name).audio
            parts.append(panel(column, row, sound, after))
        parts.append(text(LEFT - 12, y_of(row) + HEIGHT / 2, chain, "end"))
    for column, name in enumerate(SOUNDS):
        parts.append(text(x_of(column) + WIDTH / 2, TOP - 22, name, "middle"))
    width = x_of(len(SOUNDS)) + 8
    bottom = y_of(len(CHAINS)) + 12
    key = []
    for left, colour, name in ((LEFT, BEFORE, "before"), (LEFT + 90, AFTER, "after")):
        key.append(f'<rect x="{left}" y="{bottom - 8}" width="18" height="3" fill="{colour}"/>')
        key.append(text(left + 24, bottom - 2, name))
    told = "share of the sound in each third of an octave, 0 to -60 dB"
    drawn = "\n".join([*parts, *key, text(width - 10, bottom - 2, told, "end")])
    Path(out).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 12}" '
        'font-family="system-ui, sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f"{drawn}\n</svg>\n",
        "utf-8",
    )


def x_of(column: int) -> int:
    return LEFT + column * (WIDTH + GAP)


def y_of(row: int) -> int:
    return TOP + row * (HEIGHT + GAP + 8)


def panel(column: int, row: int, before: NDArray[np.float32], after: NDArray[np.float32]) -> str:
    x, y = x_of(column), y_of(row)
    lines = [f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="{GRID}"/>']
    for hz, label in ((100, "100"), (1000, "1k"), (10000, "10k Hz")):
        at = x + place(hz)
        lines.append(f'<line x1="{at:.1f}" y1="{y}" x2="{at:.1f}" y2="{y + HEIGHT}" stroke="{GRID}"/>')
        lines.append(text(at, y + HEIGHT + 14, label, "middle", 10))
    for sound, colour in ((before, BEFORE), (after, AFTER)):
        points = " ".join(
            f"{x + place(hz):.1f},{y + level(db):.1f}" for hz, db in zip(*third_octaves(sound), strict=True)
        )
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return "\n".join(lines)


def place(hz: float) -> float:
    return float(WIDTH * np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ))


def level(db: float) -> float:
    return float(HEIGHT * (ROOF_DB - max(db, FLOOR_DB)) / (ROOF_DB - FLOOR_DB))


def text(x: float, y: float, words: str, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{words}</text>'
    )


if __name__ == "__main__":
    main(sys.argv[1])
