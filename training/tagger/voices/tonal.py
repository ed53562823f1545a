"""Pitched instruments: plucked, struck, bowed, blown and subtractive; single notes and chords."""

from __future__ import annotations

import numpy as np

from training.tagger.voices.dsp import (
    RATE,
    Rng,
    Wave,
    adsr,
    attack,
    band,
    decay,
    drive,
    log_uniform,
    modes,
    noise,
    pluck,
    resonance,
    saw,
    seconds,
    shaped_noise,
    sine,
    square,
    unit,
)  # fmt: skip

CHORDS = ((0,), (0, 7), (0, 12), (0, 4, 7), (0, 3, 7), (0, 3, 7, 10), (0, 4, 7, 11), (0, 5, 7), (0, 7, 12, 16))


def note_hz(rng: Rng, low: float, high: float) -> float:
    return float(440 * 2 ** ((rng.integers(int(low), int(high) + 1) + rng.normal(0, 0.05) - 69) / 12))


def chord(rng: Rng, single: float) -> tuple[int, ...]:
    return (0,) if rng.random() < single else CHORDS[int(rng.integers(1, len(CHORDS)))]


def _lowpassed(x: Wave, cut_hz: Wave, q: float) -> Wave:
    """A filter that moves, in blocks of 5 ms (two-pole low-pass of the audio EQ cookbook)."""
    from scipy.signal import lfilter, lfilter_zi  # noqa: F401, PLC0415 - only used here

    out, block, state = np.empty(x.size), 220, np.zeros(2)
    for i in range(0, x.size, block):
        w = 2 * np.pi * float(np.clip(cut_hz[i], 20, RATE * 0.45)) / RATE
        alpha, cos = np.sin(w) / (2 * q), np.cos(w)
        b = np.array([(1 - cos) / 2, 1 - cos, (1 - cos) / 2]) / (1 + alpha)
        a = np.array([1, -2 * cos / (1 + alpha), (1 - alpha) / (1 + alpha)])
        out[i : i + block], state = lfilter(b, a, x[i : i + block], zi=state)
    return out


def _oscillators(rng: Rng, hz: float, n: int, shape: str, voices: int, spread: float) -> Wave:
    out = np.zeros(n)
    for _ in range(voices):
        f = hz * 2 ** (rng.normal(0, spread) / 12)
        out += saw(f, n, rng.random()) if shape == "saw" else square(f, n, rng.uniform(0.1, 0.5), rng.random())
    return out


def bass(rng: Rng) -> Wave:
    """Subtractive synth bass."""
    hz = note_hz(rng, 24, 52)
    held = log_uniform(rng, 0.1, 2)
    t = seconds(min(held + rng.uniform(0.05, 0.5), 3))
    x = _oscillators(rng, hz, t.size, str(rng.choice(["saw", "square"])), int(rng.integers(1, 4)), 0.08)
    x = unit(x) + unit(sine(hz * rng.choice([0.5, 1]), t.size)) * rng.uniform(0, 1)
    cut = log_uniform(rng, 100, 1500) + log_uniform(rng, 100, 6000) * np.exp(-t / log_uniform(rng, 0.03, 0.6))
    x = _lowpassed(x, cut, rng.uniform(0.6, 4))
    x *= adsr(
        t,
        log_uniform(rng, 0.001, 0.03),
        log_uniform(rng, 0.1, 1),
        rng.uniform(0, 1),
        held,
        rng.uniform(0.02, 0.2),
    )
    return drive(x, log_uniform(rng, 1, 8)) if rng.random() < 0.4 else x


def sub(rng: Rng) -> Wave:
    """Sub and tuned 808: a low sine that is held, with or without a kick's click, clean or saturated."""
    hz = note_hz(rng, 24, 45)
    t = seconds(log_uniform(rng, 0.4, 3.2))
    glide = (
        hz * 2 ** (rng.uniform(0, 1.5) * np.exp(-t / rng.uniform(0.01, 0.05)))
        if rng.random() < 0.6
        else np.full(t.size, hz)
    )
    x = sine(glide, t.size) * (
        decay(t, log_uniform(rng, 0.8, 6)) if rng.random() < 0.7 else adsr(t, 0.01, 1, 1, t[-1] * 0.85, 0.05)
    )
    if rng.random() < 0.6:
        x = drive(x, log_uniform(rng, 1.2, 10))
    return x * attack(t, log_uniform(rng, 0.001, 0.02))


def acid(rng: Rng) -> Wave:
    hz = note_hz(rng, 28, 55)
    t = seconds(log_uniform(rng, 0.15, 1))
    slide = hz * 2 ** (rng.choice([0, 0, 0, -12, 12, 5]) / 12 * np.exp(-t / 0.04))
    x = saw(slide, t.size) if rng.random() < 0.6 else square(slide, t.size)
    cut = log_uniform(rng, 150, 700) + log_uniform(rng, 500, 5000) * np.exp(-t / log_uniform(rng, 0.05, 0.4))
    x = _lowpassed(x, cut, rng.uniform(3, 14)) * adsr(t, 0.002, 0.4, 0.5, t[-1] * 0.8, 0.03)
    return drive(x, log_uniform(rng, 1, 15))


def string_bass(rng: Rng) -> Wave:
    """Electric or upright: fingered, picked, slapped, muted."""
    hz = note_hz(rng, 26, 55)
    t60 = log_uniform(rng, 0.3, 7)
    t = seconds(min(t60, log_uniform(rng, 0.25, 3)))
    x = unit(pluck(rng, t.size, hz, t60, rng.uniform(0.25, 1.2), rng.uniform(0.05, 0.35)))
    finger = shaped_noise(rng, t.size, log_uniform(rng, 200, 2000), 6000, 1) * decay(t, rng.uniform(0.01, 0.05))
    x = x + finger * rng.uniform(0.01, 0.3)
    return _body(rng, band(x, None, log_uniform(rng, 700, 7000), 1), 60, 300)


def _body(rng: Rng, x: Wave, low: float, high: float) -> Wave:
    """A few resonances of wood or a cabinet."""
    out = unit(x)
    for _ in range(int(rng.integers(1, 4))):
        out = out + unit(resonance(x, log_uniform(rng, low, high), rng.uniform(1, 6))) * rng.uniform(0.05, 0.5)
    return out


def _string(rng: Rng, hz: float, n: int, t60_s: float) -> Wave:
    return unit(pluck(rng, n, hz, t60_s, rng.uniform(0.5, 1.8), rng.uniform(0.05, 0.4)))


def guitar(rng: Rng) -> Wave:
    """Nylon, steel or clean electric; open, palm-muted, harmonics, bends, slides."""
    hz = note_hz(rng, 40, 80)
    t60 = log_uniform(rng, 0.15, 6)
    t = seconds(min(t60 * 1.1, log_uniform(rng, 0.25, 3.2)))
    x = _string(rng, hz, t.size, t60)
    if rng.random() < 0.25:
        x = _string(rng, hz * 2, t.size, t60)
    pick = shaped_noise(rng, t.size, log_uniform(rng, 800, 3000), 9000, 1) * decay(t, rng.uniform(0.005, 0.03))
    x = x + pick * rng.uniform(0.02, 0.4)
    if rng.random() < 0.3:
        warp = np.cumsum(
            1
            + 0.06 * rng.uniform(-1, 1) * (1 - np.exp(-t / 0.15))
            + 0.004 * np.sin(2 * np.pi * 5.5 * t) * (t > 0.2)
        )
        x = np.interp(warp, np.arange(t.size), x)
    return _body(rng, x, 90, 700) if rng.random() < 0.6 else band(x, None, log_uniform(rng, 2500, 9000), 1)


def strummed(rng: Rng) -> Wave:
    """A chord over four to six strings, up or down, at times damped to a chuck."""
    root = rng.integers(40, 56)
    shape = np.array(
        [(0, 7, 12, 16, 19, 24), (0, 7, 12, 15, 19, 24), (0, 7, 12), (0, 5, 10, 15, 19)][int(rng.integers(4))][
            : int(rng.integers(3, 7))
        ]
    )
    if rng.random() < 0.4:
        shape = shape[::-1]
    t60 = log_uniform(rng, 0.06, 5)
    t = seconds(min(t60 * 1.2 + 0.15, 3.2))
    gap = rng.uniform(0.003, 0.03)
    out = np.zeros(t.size)
    for i, step in enumerate(shape):
        start = int(i * gap * RATE)
        out[start:] += _string(rng, 440 * 2 ** ((root + step - 69) / 12), t.size - start, t60) * rng.uniform(
            0.6, 1
        )
    x = _body(rng, out, 90, 600)
    return drive(x, log_uniform(rng, 1, 30)) if rng.random() < 0.35 else x


def overdriven(rng: Rng) -> Wave:
    """Single notes, power chords, palm mutes through an amplifier and its cabinet."""
    root = rng.integers(38, 70)
    t60 = log_uniform(rng, 0.15, 9)
    t = seconds(log_uniform(rng, 0.2, 3.2))
    out = np.zeros(t.size)
    for step in ((0,), (0, 7), (0, 7, 12), (0, 5))[int(rng.integers(4))]:
        hz = 440 * 2 ** ((root + step - 69) / 12)
        out += _string(rng, hz, t.size, t60)
    if rng.random() < 0.3:
        out = np.interp(
            np.cumsum(1 + 0.006 * np.sin(2 * np.pi * rng.uniform(4, 7) * t)), np.arange(t.size), out
        )
    x = drive(band(out, 100, None, 1), log_uniform(rng, 4, 90))
    x = band(x, 80, log_uniform(rng, 2500, 6500), 2)
    return np.asarray(x * np.where(t < t[-1] * 0.92, 1, decay(t - t[-1] * 0.92, 0.1)))


def piano(rng: Rng) -> Wave:
    """Stiff strings, two or three to a note, struck by a felt hammer; soft to hard, upright to tack."""
    root = int(rng.integers(28, 92))
    t = seconds(log_uniform(rng, 0.25, 3.2))
    out = np.zeros(t.size)
    for step in chord(rng, 0.6):
        hz = 440 * 2 ** ((root + step - 69) / 12)
        count = max(int(min(RATE * 0.4 / hz, 32)), 1)
        k = np.arange(1, count + 1)
        stiff = rng.uniform(1e-4, 8e-4)
        t60 = 10 * (hz / 200) ** -0.7 / (1 + 0.15 * k) * rng.uniform(0.4, 1)
        gain = k ** -rng.uniform(0.7, 2.2) * rng.uniform(0.5, 1.2, count)
        for _ in range(2):
            detune = 2 ** (rng.normal(0, 0.012) / 12)
            out += modes(
                t.size, hz * detune * k * np.sqrt(1 + stiff * k * k), gain, t60, rng.uniform(0, 0.6, count)
            )
    knock = modes(t.size, rng.uniform(80, 900, 6), rng.uniform(0.2, 1, 6), rng.uniform(0.03, 0.15, 6))
    held = t[-1] * rng.uniform(0.6, 1)
    return (unit(out) + unit(knock) * rng.uniform(0.01, 0.15)) * np.where(t < held, 1, decay(t - held, 0.25))


def organ(rng: Rng) -> Wave:
    root = int(rng.integers(36, 84))
    t = seconds(log_uniform(rng, 0.2, 3.2))
    drawbars = rng.random(9) * (rng.random(9) < 0.6)
    drawbars[int(rng.integers(0, 3))] = 1
    out = np.zeros(t.size)
    wobble = 1 + rng.uniform(0, 0.004) * np.sin(2 * np.pi * rng.choice([0.8, 6.5]) * t)
    for step in chord(rng, 0.5):
        hz = 440 * 2 ** ((root + step - 69) / 12)
        for gain, ratio in zip(drawbars, (0.5, 1.5, 1, 2, 3, 4, 5, 6, 8), strict=True):
            if gain > 0 and hz * ratio < 15000:
                out += gain * sine(hz * ratio * wobble, t.size, rng.uniform(0, 6))
    click = shaped_noise(rng, t.size, 1000, 8000) * decay(t, 0.008) * rng.uniform(0, 0.15)
    x = (unit(out) + click) * adsr(t, log_uniform(rng, 0.002, 0.06), 1, 1, t[-1] * rng.uniform(0.7, 0.95), 0.02)
    return drive(x, log_uniform(rng, 1, 6)) if rng.random() < 0.4 else x


def electric_piano(rng: Rng) -> Wave:
    """Tine and tone bar (FM with a short bright partial), Wurlitzer, clavinet."""
    root = int(rng.integers(33, 85))
    t = seconds(log_uniform(rng, 0.25, 3.2))
    out = np.zeros(t.size)
    ratio, index, fall = rng.choice([1, 1, 2, 14]), log_uniform(rng, 0.2, 3), log_uniform(rng, 0.05, 1.5)
    for step in chord(rng, 0.6):
        hz = 440 * 2 ** ((root + step - 69) / 12)
        modulator = index * decay(t, fall) * np.sin(2 * np.pi * hz * ratio * t)
        out += np.sin(2 * np.pi * hz * t + modulator) * decay(t, rng.uniform(2, 6))
    tine = modes(t.size, [440 * 2 ** ((root - 69) / 12) * rng.uniform(6, 9)], [1], [rng.uniform(0.05, 0.4)])
    out = unit(out) + unit(tine) * rng.uniform(0, 0.25)
    held = t[-1] * rng.uniform(0.5, 1)
    return (
        out
        * np.where(t < held, 1, decay(t - held, 0.2))
        * (1 + rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(3, 7) * t))
    )


def _sustained(rng: Rng, hz: float, t: Wave, tilt: float, vibrato: float, count: int) -> Wave:
    """Harmonics with a slope, a common vibrato that comes late, and a little noise in their levels."""
    rise = 1 - np.exp(-t / rng.uniform(0.1, 0.6))
    wander = np.cumsum(noise(rng, t.size)) / RATE
    f = hz * (
        1 + vibrato * rise * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * t) + 0.01 * (wander - wander.mean())
    )
    turns = 2 * np.pi * np.cumsum(f) / RATE
    out = np.zeros(t.size)
    for k in range(1, min(count, int(16000 / hz) + 1) + 1):
        out += k**tilt * rng.uniform(0.5, 1.3) * np.sin(k * turns + rng.uniform(0, 6))
    return out


def bowed(rng: Rng) -> Wave:
    hz = note_hz(rng, 40, 88)
    t = seconds(log_uniform(rng, 0.25, 3))
    x = unit(_sustained(rng, hz, t, rng.uniform(-1.4, -0.7), rng.uniform(0, 0.008), 24))
    scratch = shaped_noise(rng, t.size, hz, 9000, 1) * (
        rng.uniform(0.01, 0.06) + decay(t, 0.1) * rng.uniform(0, 0.3)
    )
    x = _body(rng, x + scratch, 250, 3500)
    return x * adsr(
        t,
        log_uniform(rng, 0.01, 0.35),
        0.5,
        rng.uniform(0.6, 1),
        t[-1] * rng.uniform(0.6, 0.9),
        rng.uniform(0.03, 0.3),
    )


def ensemble(rng: Rng) -> Wave:
    root = int(rng.integers(40, 80))
    t = seconds(log_uniform(rng, 0.5, 3.3))
    out = np.zeros(t.size)
    for step in chord(rng, 0.5)[:3]:
        hz = 440 * 2 ** ((root + step - 69) / 12)
        for _ in range(4):
            f = (
                hz
                * (1 + 0.004 * np.sin(2 * np.pi * rng.uniform(4, 7) * t + rng.uniform(0, 6)))
                * 2 ** (rng.normal(0, 0.12) / 12)
            )
            out += saw(f, t.size, rng.random())
    x = _body(rng, band(out, 120, log_uniform(rng, 1800, 8000), 1), 300, 3000)
    return x * adsr(t, log_uniform(rng, 0.03, 0.6), 1, 1, t[-1] * rng.uniform(0.6, 0.9), rng.uniform(0.1, 0.4))


def pizzicato(rng: Rng) -> Wave:
    t60 = log_uniform(rng, 0.15, 1)
    t = seconds(t60 * 1.2)
    x = pluck(rng, t.size, note_hz(rng, 38, 88), t60, rng.uniform(0.3, 0.9), rng.uniform(0.1, 0.4))
    return _body(rng, x, 150, 900)


def brass(rng: Rng) -> Wave:
    """The louder the brighter: harmonics open with the level; a blip of pitch at the start; stabs, swells, sections."""
    root = int(rng.integers(40, 80))
    t = seconds(log_uniform(rng, 0.15, 2.5))
    held = t[-1] * rng.uniform(0.5, 0.9)
    rise = log_uniform(rng, 0.01, 0.12)
    level = adsr(t, rise, rng.uniform(0.1, 0.5), rng.uniform(0.4, 1), held, rng.uniform(0.03, 0.15))
    out = np.zeros(t.size)
    for step in chord(rng, 0.6)[:3]:
        hz = 440 * 2 ** ((root + step - 69) / 12)
        for _ in range(int(rng.integers(1, 4))):
            f = (
                hz
                * 2 ** (rng.normal(0, 0.08) / 12)
                * (1 - 0.03 * np.exp(-t / 0.03) + 0.004 * np.sin(2 * np.pi * 5.3 * t) * (t > 0.3))
            )
            out += saw(f, t.size, rng.random())
    cut = log_uniform(rng, 300, 900) + level**1.5 * log_uniform(rng, 1500, 9000)
    x = _lowpassed(out, cut, rng.uniform(0.6, 1.4))
    x = _body(rng, x, 400, 2000)
    return x * level + shaped_noise(rng, t.size, 1000, 6000) * rng.uniform(0, 0.03) * level


def flute(rng: Rng) -> Wave:
    """Flute, recorder, pan pipe, ocarina: few harmonics, breath, a chiff."""
    hz = note_hz(rng, 55, 96)
    t = seconds(log_uniform(rng, 0.2, 2.5))
    x = unit(_sustained(rng, hz, t, rng.uniform(-3.5, -1.5), rng.uniform(0, 0.008), 8))
    breath = unit(
        resonance(noise(rng, t.size), hz, rng.uniform(2, 12)) + 0.4 * resonance(noise(rng, t.size), 2 * hz, 3)
    )
    chiff = decay(t, rng.uniform(0.03, 0.12)) * rng.uniform(0, 0.8)
    x = x * (1 + 0.15 * np.sin(2 * np.pi * 5.2 * t) * (t > 0.3)) + breath * (rng.uniform(0.01, 0.3) + chiff)
    return x * adsr(
        t, log_uniform(rng, 0.01, 0.12), 1, 1, t[-1] * rng.uniform(0.6, 0.92), rng.uniform(0.03, 0.12)
    )


def reed(rng: Rng) -> Wave:
    """Clarinet (odd harmonics), oboe and bassoon (formants), saxophones (rough, bright)."""
    hz = note_hz(rng, 45, 85)
    t = seconds(log_uniform(rng, 0.2, 2.5))
    if rng.random() < 0.35:
        x = band(
            square(hz * (1 + 0.003 * np.sin(2 * np.pi * 5 * t)), t.size), None, log_uniform(rng, 1200, 5000), 1
        )
    else:
        x = _sustained(rng, hz, t, rng.uniform(-1.2, -0.3), rng.uniform(0, 0.008), 20)
        x = unit(resonance(x, log_uniform(rng, 500, 1500), rng.uniform(0.7, 3))) + unit(
            resonance(x, log_uniform(rng, 1800, 3500), 2)
        ) * rng.uniform(0.1, 0.8)
        if rng.random() < 0.4:
            x = drive(x, log_uniform(rng, 1, 4))
    breath = shaped_noise(rng, t.size, 1000, 7000, 1) * rng.uniform(0, 0.06)
    return (unit(x) + breath) * adsr(
        t, log_uniform(rng, 0.01, 0.1), 0.5, rng.uniform(0.7, 1), t[-1] * rng.uniform(0.6, 0.92), 0.05
    )


def bar(rng: Rng) -> Wave:
    """Marimba, vibraphone, xylophone, glockenspiel, kalimba, music box, steel drum."""
    kind = rng.integers(5)
    ratios = ((1, 4, 9.2), (1, 4, 10), (1, 3, 6), (1, 2.76, 5.4, 8.93), (1, 2, 3.01, 4.1))[kind]
    low, high = ((40, 84), (53, 89), (60, 96), (67, 105), (50, 84))[kind]
    slow = ((0.15, 0.9), (0.8, 6), (0.1, 0.5), (0.6, 4), (0.3, 1.5))[kind]
    hz, t60 = note_hz(rng, low, high), log_uniform(rng, *slow)
    t = seconds(min(t60 * 1.1 + 0.05, 3.2))
    r = np.array(ratios)
    gain = np.array([1.0, *rng.uniform(0.03, 0.6, r.size - 1)])
    x = modes(t.size, hz * r, gain, t60 / r ** rng.uniform(0.5, 1.3))
    if kind == 1:
        x *= 1 + rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(3, 7) * t)
    mallet = shaped_noise(rng, t.size, 200, log_uniform(rng, 1000, 9000), 1) * decay(
        t, log_uniform(rng, 0.004, 0.03)
    )
    return unit(x) + mallet * rng.uniform(0.01, 0.25)


def chime(rng: Rng) -> Wave:
    """Tubular bells, celesta, FM bells with a pitch."""
    hz = note_hz(rng, 55, 92)
    t60 = log_uniform(rng, 0.8, 6)
    t = seconds(min(t60, 3.2))
    if rng.random() < 0.5:
        r = np.array([0.5, 1, 1.19, 1.5, 2, 2.5, 3, 4.05]) * rng.uniform(0.99, 1.01, 8)
        return modes(t.size, hz * r, rng.uniform(0.1, 1, 8) / r**0.5, t60 / r**0.6, rng.uniform(0, 6, 8))
    index = rng.uniform(0.5, 4) * decay(t, t60 * 0.4)
    return np.asarray(
        np.sin(2 * np.pi * hz * t + index * np.sin(2 * np.pi * hz * rng.choice([1.4, 3.5, 2.0, 3.0]) * t))
        * decay(t, t60)
    )


def pad(rng: Rng) -> Wave:
    """Slow, wide, held; detuned saws, moving filters, wavetable-like harmonics, airy noise; chords or one note."""
    root = int(rng.integers(36, 76))
    t = seconds(log_uniform(rng, 1, 3.4))
    out = np.zeros(t.size)
    harmonics = rng.random() < 0.35
    for step in chord(rng, 0.35):
        hz = 440 * 2 ** ((root + step - 69) / 12)
        if harmonics:
            for k in range(1, 9):
                tremble = 1 + 0.6 * np.sin(2 * np.pi * rng.uniform(0.1, 1.5) * t + rng.uniform(0, 6))
                out += (
                    sine(hz * k * 2 ** (rng.normal(0, 0.03) / 12), t.size, rng.uniform(0, 6))
                    * tremble
                    / k ** rng.uniform(0.6, 2)
                )
        else:
            out += _oscillators(
                rng, hz, t.size, str(rng.choice(["saw", "square"])), int(rng.integers(2, 6)), 0.1
            )
    sweep_hz = log_uniform(rng, 300, 4000) * 2 ** (
        rng.uniform(-1.5, 1.5) * np.sin(2 * np.pi * rng.uniform(0.05, 0.6) * t + rng.uniform(0, 6))
    )
    x = _lowpassed(out, sweep_hz, rng.uniform(0.6, 2.5)) if rng.random() < 0.8 else out
    air = shaped_noise(rng, t.size, 2000, 12000, 1) * rng.uniform(0, 0.06)
    return (unit(x) + air) * adsr(
        t, log_uniform(rng, 0.02, 1), 1, 1, t[-1] * rng.uniform(0.6, 0.95), rng.uniform(0.1, 0.5)
    )


def lead(rng: Rng) -> Wave:
    hz = note_hz(rng, 48, 88)
    t = seconds(log_uniform(rng, 0.15, 2.5))
    bend = (
        1
        + 0.006 * rng.random() * np.sin(2 * np.pi * rng.uniform(4, 7) * t) * (t > 0.2)
        - rng.uniform(0, 0.3) * np.exp(-t / 0.03) * (rng.random() < 0.3)
    )
    x = saw(hz * bend, t.size) if rng.random() < 0.5 else square(hz * bend, t.size, rng.uniform(0.05, 0.5))
    if rng.random() < 0.5:
        x = x + saw(hz * bend * 2 ** (rng.choice([0.08, 0.12, 7, 12]) / 12), t.size, rng.random())
    if rng.random() < 0.25:  # hard sync
        x = np.sin(2 * np.pi * ((np.cumsum(hz * bend) / RATE) % 1) * rng.uniform(1.5, 5)) + 0.0
    x = _lowpassed(
        x,
        np.full(t.size, log_uniform(rng, 800, 12000)) * (0.3 + np.exp(-t / rng.uniform(0.1, 1))),
        rng.uniform(0.6, 5),
    )
    x *= adsr(t, log_uniform(rng, 0.001, 0.05), 0.3, rng.uniform(0.4, 1), t[-1] * rng.uniform(0.6, 0.95), 0.05)
    return drive(x, log_uniform(rng, 1, 10)) if rng.random() < 0.3 else x


def pluck_synth(rng: Rng, t: Wave, root: int, steps: tuple[int, ...]) -> Wave:
    out = np.zeros(t.size)
    for step in steps:
        hz = 440 * 2 ** ((root + step - 69) / 12)
        out += _oscillators(rng, hz, t.size, str(rng.choice(["saw", "square"])), int(rng.integers(1, 5)), 0.09)
    cut = log_uniform(rng, 150, 900) + log_uniform(rng, 1000, 9000) * np.exp(-t / log_uniform(rng, 0.02, 0.4))
    return _lowpassed(out, cut, rng.uniform(0.6, 5))


def pluck_note(rng: Rng) -> Wave:
    t = seconds(log_uniform(rng, 0.15, 1.5))
    return pluck_synth(rng, t, int(rng.integers(45, 84)), chord(rng, 0.7)) * decay(
        t, log_uniform(rng, 0.15, 1.5)
    )


def stab(rng: Rng) -> Wave:
    """A chord hit: rave, house, dub."""
    t = seconds(log_uniform(rng, 0.15, 1.2))
    x = pluck_synth(rng, t, int(rng.integers(40, 72)), CHORDS[int(rng.integers(3, len(CHORDS)))])
    return x * adsr(
        t, 0.003, log_uniform(rng, 0.1, 0.6), rng.uniform(0.1, 0.8), t[-1] * rng.uniform(0.4, 0.8), 0.06
    )
