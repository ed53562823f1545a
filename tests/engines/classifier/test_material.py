"""What training takes from a sound font by name, what it takes presets' names to say, and what it has models play."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.tagger import marching, presets, stk
from training.tagger.lmms import LMMS, Played, play
from training.tagger.zyn import class_of


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data


def _font(path: Path, sounds: dict[str, np.ndarray], rate_hz: int) -> Path:
    """A compressed sound font with these recordings and nothing that plays them."""
    pool, headers = b"", b""
    for name, audio in sounds.items():
        ogg = io.BytesIO()
        soundfile.write(ogg, audio, rate_hz, format="OGG", subtype="VORBIS")
        start, pool = len(pool), pool + ogg.getvalue()
        headers += struct.pack("<20sIIIIIBbHH", name.encode(), start, len(pool), 0, 0, rate_hz, 60, 0, 0, 0x11)
    headers += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    sdta = _chunk(b"LIST", b"sdta" + _chunk(b"smpl", pool))
    path.write_bytes(_chunk(b"RIFF", b"sfbk" + sdta + _chunk(b"LIST", b"pdta" + _chunk(b"shdr", headers))))
    return path


def test_takes_the_recordings_it_knows_from_a_font(tmp_path: Path) -> None:
    rate_hz = 32_000
    t = np.arange(rate_hz // 4) / rate_hz
    knock = {hz: 0.5 * np.sin(2 * np.pi * hz * t) * np.exp(-20 * t) for hz in (500, 2000)}
    font = _font(tmp_path / "f.sf3", {"MBass-2 rim 1": knock[500], "Kazoo": knock[2000], "MSnr-hit 4": knock[2000]},
                 rate_hz)  # fmt: skip
    assert [name for name, _, _ in marching.recordings(font)] == ["MBass-2 rim 1", "Kazoo", "MSnr-hit 4"]
    found = list(marching.sounds(font))
    assert [sound.label for sound in found] == ["rim", "snare"]
    for sound, hz in zip(found, (500, 2000), strict=True):
        spectrum = np.abs(np.fft.rfft(sound.audio))
        assert np.argmax(spectrum) * 44_100 / sound.audio.size == pytest.approx(hz, rel=0.02)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Strings/0033-Strings1", "strings"), ("Bass/0065-FM Bass 1", "bass"), ("oliver/0003-Synth Bass", "bass"),
        ("Brass/0042-Synth Brass 3", "brass"), ("mine/0001-Bright 80s Horn Stab Synth", None),
        ("Choir and Voice/0002-Ohh Choir", "vocal"), ("Rhodes/0090-A long time ago", "keys"),
        ("Strings/0001-Saw 1", None), ("Arpeggios/0001-Arpeggio1", None), ("x/0001-Tom Lead", "synth"),
    ],
)  # fmt: skip
def test_a_preset_is_what_its_name_or_else_its_folder_says(name: str, label: str | None) -> None:
    assert class_of(Path("/banks", f"{name}.xiz")) == label


PRESET = """<?xml version="1.0"?>
<!DOCTYPE lmms-project>
<lmms-project version="1.0" creator="LMMS" creatorversion="1.0.93" type="instrumenttracksettings">
  <head/>
  <instrumenttracksettings muted="0" type="0" name="Beep" solo="0">
    <instrumenttrack pan="0" fxch="0" pitchrange="1" pitch="0" basenote="57" vol="100">
      <instrument name="tripleoscillator"><tripleoscillator vol0="100" vol1="0" vol2="0"/></instrument>
    </instrumenttrack>
  </instrumenttracksettings>
</lmms-project>
"""


def test_a_preset_is_read_with_the_version_that_wrote_it(tmp_path: Path) -> None:
    (tmp_path / "Beep.xpf").write_text(PRESET)
    preset = presets.read(tmp_path / "Beep.xpf")
    assert (preset.name, preset.version, preset.settings.tag) == ("Beep", "1.0.93", "instrumenttrack")
    (tmp_path / "Empty.xpf").write_text("<lmms-project><head/></lmms-project>")
    with pytest.raises(ValueError, match=r"Empty\.xpf holds no track of one instrument"):
        presets.read(tmp_path / "Empty.xpf")


@pytest.mark.skipif(not LMMS.exists(), reason="LMMS is needed by training alone")
def test_lmms_plays_the_notes_it_is_told_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "Beep.xpf").write_text(PRESET)
    heard = play([presets.read(tmp_path / "Beep.xpf")], [[Played((69,), 90, 0.4), Played((81,), 90, 0.4)]])
    for audio, hz in zip(heard[0], (440, 880), strict=True):
        note = audio[: int(0.4 * 44_100)]
        assert np.argmax(np.abs(np.fft.rfft(note))) / 0.4 == pytest.approx(hz, rel=0.02)


@pytest.mark.skipif(not LMMS.exists(), reason="LMMS is needed by training alone")
@pytest.mark.parametrize(("crashes", "heard"), [(1, 1), (99, 0)])
def test_a_preset_is_left_out_only_when_lmms_crashes_each_time(
    crashes: int, heard: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Beep.xpf").write_text(PRESET)
    tried = tmp_path / "tried"
    tried.write_text("")
    crashing = tmp_path / "lmms"
    crashing.write_text(
        f'#!/bin/sh\necho >> {tried}\n[ $(wc -l < {tried}) -le {crashes} ] && kill -SEGV $$\nexec {LMMS} "$@"\n'
    )
    crashing.chmod(0o755)
    monkeypatch.setattr("training.tagger.lmms.LMMS", crashing)
    (found,) = play([presets.read(tmp_path / "Beep.xpf")], [[Played((69,), 90, 0.4)]])
    assert len(found) == heard


@pytest.mark.skipif(not stk.STK.exists(), reason="stk is needed by training alone")
def test_a_model_sounds_as_its_class_does() -> None:
    rng = np.random.default_rng(3)
    piano = next(model for model in stk.PLAYED if model.instrument == "Rhodey")
    struck, shaken = (stk.played(rng, model) for model in (piano, stk.SHAKEN[0]))
    assert struck is not None
    assert shaken is not None
    brightness = [
        np.average(np.fft.rfftfreq(x.size, 1 / 44_100), weights=np.abs(np.fft.rfft(x)) ** 2)
        for x in (struck, shaken)
    ]
    assert brightness[0] < 3500 < brightness[1]
