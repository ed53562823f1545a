"""Tags in another alphabet than UTF-8, as old programs wrote them: the sound is read all the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from daemon.audio.identity import payload_hash
from daemon.audio.probe import probe
from daemon.audio.reader import open_audio
from tests.audio.material import need

RATE = 44100
REWRITES = {"a.wma", "a.ts", "a.caf"}  # ffmpeg brings their tags into an alphabet, or writes none
TITLES = {
    "latin-1": b"caf\xe9",
    "shift-jis": "音楽".encode("shift-jis"),
    "cut off": "é".encode()[:1],
    "none": b"\xff\xfe",
}
PICTURE = ("-f", "lavfi", "-i", "color=red:size=32x32:rate=5:duration=1", "-shortest")
CONTAINERS = {
    "a.avi": (*PICTURE, "-c:v", "mpeg4"),
    "a.mkv": (*PICTURE, "-c:v", "mpeg4"),
    "a.mov": (*PICTURE, "-c:v", "mpeg4", "-c:a", "aac"),
    "a.m4a": ("-c:a", "aac"),
    "a.mka": (),
    "a.webm": ("-c:a", "libopus"),
    "a.flv": ("-c:a", "aac"),
    "a.wma": ("-c:a", "wmav2"),
    "a.ts": ("-c:a", "aac"),
    "a.wv": (),
    "a.tta": (),
    "a.wav": ("-c:a", "pcm_f64le"),
    "b.wav": ("-c:a", "pcm_s64le"),
    "c.wav": ("-c:a", "adpcm_ms"),
    "a.caf": ("-c:a", "pcm_s16be"),
    "a.aiff": ("-write_id3v2", "1"),
    "a.flac": (),
    "a.ogg": ("-c:a", "libvorbis"),
    "a.opus": ("-c:a", "libopus"),
    "a.mp3": (),
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
@pytest.mark.parametrize("name", CONTAINERS)
def test_tags_that_are_not_utf8_keep_no_sound_from_being_read(tmp_path: Path, name: str, title: bytes) -> None:
    path = tmp_path / name
    tone = ["-f", "lavfi", "-i", f"sine=440:duration=1:sample_rate={RATE}"]
    tags = [b"-metadata", b"title=" + title, b"-metadata:s:a:0", b"title=" + title]
    need("ffmpeg")
    subprocess.run(
        [*map(os.fsencode, ["ffmpeg", "-v", "error", *tone, *CONTAINERS[name]]), *tags, os.fsencode(path)],
        check=True,
    )
    assert title in path.read_bytes() or name in REWRITES, "ffmpeg wrote no such tag"
    info = probe(path)
    with open_audio(path) as reader:
        audio = reader.read()
    assert audio.shape == (info.channels, info.frames) and abs(audio).max() > 0.05
    assert payload_hash(path)
