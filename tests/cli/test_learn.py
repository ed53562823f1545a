"""`roadie library learn` with the real daemon: nothing to learn from, a class of one's own, and forgetting it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from tests.cli.conftest import Ran
from tests.recovery.house import House

Roadie = Callable[..., Ran]


def test_a_class_of_ones_own_is_learnt_and_forgotten(warm: House, tmp_path: Path, roadie: Roadie) -> None:
    t = np.arange(22050) / 44100
    sound = tmp_path / "mine" / "zap.wav"
    sound.parent.mkdir()
    soundfile.write(sound, 0.5 * np.sin(2 * np.pi * (300 * t + 900 * t * t)) * np.exp(-t / 0.1), 44100)
    ran = roadie("library", "learn")
    assert ran.code != 0 and "no sound's class was corrected" in ran.err
    assert roadie("library", "scan", sound.parent).code == 0
    assert roadie("library", "tag", sound).code == 2
    assert roadie("library", "tag", sound, "--class", "zappo").code == 0
    ran = roadie("library", "learn", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["state"] == "done"
    assert len(list((warm.home / "models" / "taught").iterdir())) == 1
    ran = roadie("library", "learn")
    assert ran.code == 0 and "0 of them are called otherwise now" in ran.out
    ran = roadie("library", "learn", "--forget")
    assert ran.code == 0 and "Forgotten" in ran.out and "0 of them are called otherwise now" in ran.out
    assert "nothing to forget" in roadie("library", "learn", "--forget").out


def test_a_class_is_taken_back_as_it_was_said(warm: House, tmp_path: Path, roadie: Roadie) -> None:
    t = np.arange(22050) / 44100
    sound = tmp_path / "mine" / "zap.wav"
    sound.parent.mkdir()
    soundfile.write(sound, 0.5 * np.sin(2 * np.pi * (300 * t + 900 * t * t)) * np.exp(-t / 0.1), 44100)
    assert roadie("library", "scan", sound.parent).code == 0
    own = json.loads(roadie("search", "zap", "--json").out)
    ran = roadie("library", "tag", sound, "--class", "snare", "--off")
    assert ran.code == 2 and "roadie's own word" in ran.err
    assert roadie("library", "tag", sound, "--class", "snare").code == 0
    ran = roadie("library", "tag", sound, "--class", "rim", "--off")
    assert ran.code == 2 and "You said that it is snare" in ran.err
    ran = roadie("library", "tag", sound, "--class", "snare", "--off")
    assert ran.code == 0 and f"class {own[0]['class']}" in ran.out and "learn" in ran.err
    assert json.loads(roadie("search", "zap", "--json").out) == own
    ran = roadie("library", "learn")
    assert ran.code != 0 and "no sound's class was corrected" in ran.err
