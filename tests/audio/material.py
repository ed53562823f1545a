"""Signals and files that the audio tests make for themselves."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

Audio = NDArray[np.float32]
RATE = 44100


def sweep(frames: int, rate: int = RATE, channels: int = 2) -> Audio:
    """(channels, frames): a rising sine with pulses, so that no shift of it looks like another."""
    time = np.arange(frames) / rate
    length = frames / rate
    audio = [
        0.4
        * np.sin(2 * np.pi * (150 * (c + 1) * time + 0.5 * (2500 / length) * time**2))
        * (0.6 + 0.4 * np.cos(9 * time))
        for c in range(channels)
    ]
    return np.asarray(audio, np.float32)


def noise(frames: int, channels: int = 2, seed: int = 1, peak: float = 0.9) -> Audio:
    return np.random.default_rng(seed).uniform(-peak, peak, (channels, frames)).astype(np.float32)


def encode(
    path: Path, audio: Audio, rate: int, codec: str, form: str, bit_rate: int = 192_000, **options: str
) -> Path:
    """Encode with FFmpeg's own encoders through PyAV, as any program built on it would."""
    with av.open(str(path), "w", format=form, options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono" if audio.shape[0] == 1 else "stereo")
        stream.bit_rate = bit_rate
        if codec == "aac":
            # noise substitution decodes to other noise each time, which no comparison can use
            stream.codec_context.options = {"aac_pns": "0"}
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(audio), format="fltp", layout=stream.layout.name
        )
        frame.sample_rate = rate
        frame.pts = 0
        resampler = av.AudioResampler(stream.format.name, stream.layout, rate, stream.frame_size or None)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def every_kind(folder: Path, audio: Audio, rate: int = RATE) -> dict[str, Path]:
    """One file of each container and codec that roadie reads, by name."""
    files = {}
    for name, form, subtype in (
        ("wav16", "WAV", "PCM_16"),
        ("wav24", "WAV", "PCM_24"),
        ("wav-float", "WAV", "FLOAT"),
        ("wav-extensible", "WAVEX", "PCM_24"),
        ("rf64", "RF64", "PCM_24"),
        ("w64", "W64", "PCM_24"),
        ("aiff", "AIFF", "PCM_24"),
        ("aifc-float", "AIFF", "FLOAT"),
        ("flac", "FLAC", "PCM_24"),
        ("ogg", "OGG", "VORBIS"),
        ("mp3", "MP3", "MPEG_LAYER_III"),
        ("caf", "CAF", "PCM_24"),
        ("au", "AU", "PCM_24"),
    ):
        files[name] = folder / f"{name}.bin"
        soundfile.write(files[name], audio.T, rate, subtype=subtype, format=form)
    files["wav64"] = encode(folder / "s64.bin", audio, rate, "pcm_s64le", "wav")
    files["m4a"] = encode(folder / "m4a.bin", audio, rate, "aac", "ipod")
    files["alac"] = encode(folder / "alac.bin", audio, rate, "alac", "ipod")
    files["adts"] = encode(folder / "adts.bin", audio, rate, "aac", "adts")
    files["mkv-flac"] = encode(folder / "mkv.bin", audio, rate, "flac", "matroska")
    if rate == 48000:
        files["opus"] = encode(folder / "opus.bin", audio, rate, "libopus", "ogg")
        files["webm"] = encode(folder / "webm.bin", audio, rate, "libopus", "webm")
    return files


def lag_frames(decoded: Audio, original: Audio) -> int:
    """By how many frames `decoded` is late, from the peak of the cross-correlation of the first channels."""
    n = min(decoded.shape[1], original.shape[1], 1 << 16)
    size = 2 * n
    spectrum = np.fft.rfft(decoded[0, :n], size) * np.conj(np.fft.rfft(original[0, :n], size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return peak if peak < n else peak - size


def ffmpeg_decode(path: Path, channels: int) -> Audio:
    """What the ffmpeg program decodes. Skips the test, naming it, where it is not installed."""
    need("ffmpeg")
    run = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-"], capture_output=True, check=True
    )
    return np.frombuffer(run.stdout, "<f4").reshape(-1, channels).T


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def bare_wav(
    path: Path,
    data: bytes,
    *,
    channels: int = 1,
    rate: int = 8000,
    bits: int = 16,
    tag: int = 1,
    claimed: int | None = None,
) -> Path:
    """A WAV file made by hand, whose header may say anything."""
    align = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits)
    size = len(data) if claimed is None else claimed
    riff = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", min(0xFFFFFFFF, 28 + size)) + riff)
    return path
